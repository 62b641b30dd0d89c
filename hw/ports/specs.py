"""The words for a port in the configuration, and which port they mean now."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from hw.ports.places import SYSTEM, Places
from hw.ports.sysfs import SerialPort, numeric, serial_ports
from hw.profiles import at_interface

AUTO = "auto"
_USB = re.compile(r"usb:(?P<path>\d+-\d+(?:\.\d+)*)(?P<interface>:\d+\.\d+(?::\d+)?)?")
_AT_BY_CLASS = "02/02/01"
"""A CDC interface that says it takes AT commands of V.250. USB CDC 1.2 §4.4."""
_UNNAMED = 99


class SpecError(ValueError):
    """A port is not written as it has to be; ``str`` is for whoever wrote the configuration."""


@dataclass(frozen=True, slots=True)
class Spec:
    """A configured port: a file, a USB path with or without interface, or any free modem."""

    text: str
    file: Path | None = None
    path: str | None = None
    name: str | None = None
    """The whole name, where the interface is given."""

    @property
    def auto(self) -> bool:
        """True where any free modem will do."""
        return self.file is None and self.path is None


def parse(text: str) -> Spec:
    """Return what ``text`` asks for. Raises SpecError."""
    if text == AUTO:
        return Spec(text)
    if text.startswith("/"):
        if text.startswith("/dev/serial/by-id/"):
            raise SpecError(f'two equal sticks share a name in by-id: use "usb:…" or by-path, not {text!r}')
        return Spec(text, file=Path(text))
    match = _USB.fullmatch(text)
    if match is None:
        raise SpecError(f'a port is a path from /, "usb:1-1.2:1.2", "usb:1-1.2" or "auto", not {text!r}')
    return Spec(text, path=match["path"], name=text if match["interface"] else None)


def resolve(text: str, places: Places = SYSTEM) -> Path | None:
    """Return the device file ``text`` means now, or None while it is not there. Asks no modem.

    Raises SpecError. The device file of a USB name changes with each re-plug: resolve before each opening.
    """
    spec = parse(text)
    if spec.file is not None:
        return spec.file if spec.file.exists() else None
    ports = candidates(places) if spec.auto else meant(spec, serial_ports(places))
    return next((port.device for port in ports if port.device.exists()), None)


def meant(spec: Spec, ports: Iterable[SerialPort]) -> list[SerialPort]:
    """Return those of ``ports`` that ``spec`` means, the likeliest AT port first; for "auto" none."""
    if spec.file is not None:
        file = spec.file.resolve()
        return [port for port in ports if port.device.resolve() == file]
    if spec.name is not None:
        return [port for port in ports if port.name == spec.name]
    return sorted((port for port in ports if port.path == spec.path), key=likelihood)


def candidates(places: Places = SYSTEM) -> list[SerialPort]:
    """Return the likeliest AT port of each modem, those that a profile names first. Asks no modem."""
    best = [ports[0] for ports in by_modem(serial_ports(places)).values()]
    return sorted(best, key=lambda port: (not named(port), numeric(port.name)))


def by_modem(ports: Iterable[SerialPort]) -> dict[str, list[SerialPort]]:
    """Return the ports of each modem, the likeliest AT port first."""
    modems: dict[str, list[SerialPort]] = {}
    for port in ports:
        modems.setdefault(port.modem, []).append(port)
    return {modem: sorted(of_it, key=likelihood) for modem, of_it in modems.items()}


def named(port: SerialPort) -> bool:
    """Return whether a profile names ``port`` as an AT port."""
    return at_interface(port.usb) is not None


def likelihood(port: SerialPort) -> tuple[int, bool, tuple[int, ...]]:
    """Return a key that sorts the likeliest AT port first: as profiles list them, then by class, then number."""
    profile = at_interface(port.usb)
    place = _UNNAMED
    if profile is not None:
        place = next(place for place, usb in enumerate(profile.usb) if usb.fits(port.usb))
    return place, port.usb.protocol != _AT_BY_CLASS, numeric(port.name)


def clashes(specs: Sequence[str], places: Places = SYSTEM) -> list[tuple[str, str]]:
    """Return the pairs that mean the same modem now: two drivers on one modem ruin each other's dialogue.

    Raises SpecError.
    """
    ports = serial_ports(places)
    modems = [(text, _meant_modems(parse(text), ports)) for text in specs]
    return [(one, other) for (one, a), (other, b) in combinations(modems, 2) if a & b]


def _meant_modems(spec: Spec, ports: Sequence[SerialPort]) -> set[str]:
    found = meant(spec, ports)
    if not found and spec.file is not None:
        return {str(spec.file.resolve())}
    return {port.modem for port in found}
