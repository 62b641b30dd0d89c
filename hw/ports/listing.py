"""What ``tipline-gateway ports`` shows: a row for each USB serial port, and for each modem without one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hw.ports.holders import Holder, holders, left_alone, modem_manager_runs
from hw.ports.places import SYSTEM, Places
from hw.ports.probe import HASTE, Haste, ProbeResult, probe_all
from hw.ports.specs import by_modem
from hw.ports.stranded import stranded
from hw.ports.sysfs import SerialPort, UsbDevice, serial_ports
from hw.profiles import at_interface

MODEM_MANAGER = (
    "ModemManager runs and may open this port: stop it, or install 70-tipline.rules (docs/ports.md)"
)
SILENT = "no port of this device answers AT: it may be starting, hung, or no modem"


@dataclass(frozen=True, slots=True)
class PortRow:
    """One row; its fields are the keys of ``--json``."""

    name: str
    """For the configuration: ``usb:1-1.2:1.2``."""
    device: str | None
    """The device file now; None for a modem with no serial port."""
    usb_id: str
    """``vendor:product``, hexadecimal."""
    description: str
    in_use_by: str | None
    """Process and pid, as far as it is shown to us."""
    answers_at: bool | None
    """None where it was not asked, or could not be opened."""
    profile: str | None
    """From what the modem said, else from its USB interface; None for ports that are not known to be AT ports."""
    note: str | None
    """What is wrong, with the way out."""


async def list_ports(places: Places = SYSTEM, *, ask: bool = True, haste: Haste = HASTE) -> list[PortRow]:
    """Return a row for each port, then one for each modem without a port. Asks only ports not in use."""
    ports = serial_ports(places)
    having = holders([port.device for port in ports], places)
    free = [port.device for port in ports if port.device not in having and port.device.exists()]
    results = await probe_all(free, haste) if ask else {}
    silent = _silent(ports, results)
    managed = modem_manager_runs(places)
    rows = []
    for port in ports:
        notes = [SILENT] if port.modem in silent else []
        if managed and not left_alone(port, places):
            notes.append(MODEM_MANAGER)
        rows.append(_row(port, having.get(port.device), results.get(port.device), notes))
    return rows + [_stranded_row(device, why) for device, why in stranded(places)]


def _silent(ports: Sequence[SerialPort], results: Mapping[Path, ProbeResult]) -> set[str]:
    """Return the modems all of whose ports were asked, and none answered."""
    return {
        modem
        for modem, of_it in by_modem(ports).items()
        if all(port.device in results and results[port.device].answers is False for port in of_it)
    }


def _row(
    port: SerialPort, holder: Holder | None, result: ProbeResult | None, notes: Sequence[str]
) -> PortRow:
    known = at_interface(port.usb)
    unopened = result.reason if result is not None and result.answers is None else None
    model = None if result is None else " ".join(filter(None, (result.maker, result.model)))
    return PortRow(
        name=port.name,
        device=str(port.device),
        usb_id=f"{port.usb.vendor}:{port.usb.product}",
        description=model or _description(port.manufacturer, port.product),
        in_use_by=None if holder is None else str(holder),
        answers_at=None if result is None else result.answers,
        profile=(result.profile if result is not None else None) or (known.name if known else None),
        note="; ".join(filter(None, (unopened, *notes))) or None,
    )


def _stranded_row(device: UsbDevice, why: str) -> PortRow:
    return PortRow(
        name=f"usb:{device.path}",
        device=None,
        usb_id=f"{device.vendor}:{device.product_id}",
        description=_description(device.manufacturer, device.product),
        in_use_by=None,
        answers_at=None,
        profile=None,
        note=why,
    )


def _description(manufacturer: str, product: str) -> str:
    """Return both strings, without saying the maker twice."""
    if product.lower().startswith(manufacturer.lower()):
        return product
    return f"{manufacturer} {product}".strip()
