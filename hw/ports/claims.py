"""Which modem each configured port has: every "auto" another one, and none that is configured by name.

A claim is held for a while after its modem went away, so that a modem that starts anew comes back to the
driver that had it. ModemManager's and other programs' modems come last.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Lock

from hw.ports.holders import holders
from hw.ports.places import SYSTEM, Places
from hw.ports.probe import answering
from hw.ports.specs import by_modem, meant, named, parse, resolve
from hw.ports.sysfs import SerialPort, serial_ports

HOLD_SECONDS = 30.0
"""How long a claim outlives its modem. A guess: the slowest +CFUN=1,1 in manuals is about 20 s."""
ASK_AGAIN_SECONDS = 20.0
"""A port that did not answer is left alone so long: it may be no modem at all, or one that is starting."""

Ask = Callable[[Sequence[SerialPort]], set[str]]
"""Return the names of the ports that answer AT. May take some seconds."""


@dataclass(slots=True)
class _Claim:
    modem: str
    seen: float


@dataclass(frozen=True, slots=True)
class _Heard:
    answered: bool
    when: float


class Claims:
    """The configured ports of one process. ``locate`` may be called from several threads."""

    def __init__(
        self,
        specs: Iterable[str],
        *,
        places: Places = SYSTEM,
        clock: Callable[[], float] = time.monotonic,
        ask: Ask = answering,
    ) -> None:
        """Take all configured ports, in their order. Raises SpecError."""
        self.specs = tuple(parse(text) for text in specs)
        self._places, self._clock, self._ask = places, clock, ask
        self._claims: dict[int, _Claim] = {}
        self._heard: dict[tuple[str, str], _Heard] = {}
        self._lock = Lock()

    @property
    def names(self) -> tuple[str, ...]:
        """A name for each port, as configured; several "auto" are numbered: auto, auto 2, auto 3."""
        seen: dict[str, int] = {}
        labels: list[str] = []
        for spec in self.specs:
            seen[spec.text] = count = seen.get(spec.text, 0) + 1
            labels.append(spec.text if count == 1 else f"{spec.text} {count}")
        return tuple(labels)

    def locator(self, number: int) -> Callable[[], str | None]:
        """Return the function that finds the port configured as ``number``, for ``PortSpec.locate``."""
        return lambda: self.locate(number)

    def locate(self, number: int) -> str | None:
        """Return the device file to open now, or None while there is none. For a thread: may ask modems first."""
        spec = self.specs[number]
        if spec.file is not None or spec.name is not None:
            device = resolve(spec.text, self._places)
            return None if device is None else str(device)
        with self._lock:
            ports = [port for port in serial_ports(self._places) if port.device.exists()]
            self._forget_gone(ports)
            chosen = self._any(number, ports) if spec.auto else self._of(meant(spec, ports))
        return None if chosen is None else str(chosen.device)

    def usb_path(self, number: int) -> str | None:
        """Return the USB path of the modem that the port configured as ``number`` has now, to be plugged in again.

        None where it has none or is configured as a file, which may get another name, and for a port of an
        adapter: other modems hang on that. For a thread.
        """
        spec = self.specs[number]
        if spec.file is not None:
            return None
        with self._lock:
            ports = serial_ports(self._places)
            claim = self._claims.get(number)
            of_it = meant(spec, ports) if claim is None else [p for p in ports if p.modem == claim.modem]
        return next((port.path for port in of_it if port.modem == f"usb:{port.path}"), None)

    def _of(self, ports: Sequence[SerialPort]) -> SerialPort | None:
        """Return the AT port among those of one modem: by its profile, else by asking, else the likeliest."""
        if not ports or named(ports[0]) or len(ports) == 1:
            return ports[0] if ports else None
        return self._answering(ports) or ports[0]

    def _any(self, number: int, ports: Sequence[SerialPort]) -> SerialPort | None:
        modems = by_modem(ports)
        claim, now = self._claims.get(number), self._clock()
        if claim is not None and claim.modem in modems:
            claim.seen = now
            return self._of(modems[claim.modem])
        if claim is not None and now - claim.seen < HOLD_SECONDS:
            return None
        self._claims.pop(number, None)
        return self._claim(number, modems, ports)

    def _claim(
        self, number: int, modems: dict[str, list[SerialPort]], ports: Sequence[SerialPort]
    ) -> SerialPort | None:
        """Return the AT port of a modem nobody else has, and claim it unless another program uses it."""
        taken = self._reserved(ports) | {claim.modem for claim in self._claims.values()}
        open_modems = {modem: of_it for modem, of_it in modems.items() if modem not in taken}
        busy = self._busy([port for of_it in open_modems.values() for port in of_it])
        free = [of_it for modem, of_it in open_modems.items() if modem not in busy]
        chosen = self._first_modem(free)
        if chosen is not None:
            self._claims[number] = _Claim(chosen.modem, self._clock())
            return chosen
        # Better a driver that says "in use by another program" than one that says "absent".
        return next((open_modems[modem][0] for modem in busy if named(open_modems[modem][0])), None)

    def _first_modem(self, modems: Sequence[list[SerialPort]]) -> SerialPort | None:
        known = next((ports[0] for ports in modems if named(ports[0])), None)
        return known or self._answering([port for ports in modems for port in ports])

    def _reserved(self, ports: Sequence[SerialPort]) -> set[str]:
        """Return the modems among ``ports`` that are configured by name."""
        return {port.modem for spec in self.specs for port in meant(spec, ports)}

    def _busy(self, ports: Sequence[SerialPort]) -> list[str]:
        """Return the modems of which another process has a port. Our own may be closing one that hangs."""
        having = holders([port.device for port in ports], self._places)
        others = {device for device, holder in having.items() if holder.pid != os.getpid()}
        return list(dict.fromkeys(port.modem for port in ports if port.device in others))

    def _answering(self, ports: Sequence[SerialPort]) -> SerialPort | None:
        """Return the first of ``ports`` that answers AT, asking those of which that is not known."""
        now = self._clock()
        todo = [port for port in ports if self._unknown(port, now)]
        if todo:
            answered = self._ask(todo)
            for port in todo:
                self._heard[port.name, port.plugging] = _Heard(port.name in answered, self._clock())
        return next((port for port in ports if self._heard[port.name, port.plugging].answered), None)

    def _unknown(self, port: SerialPort, now: float) -> bool:
        heard = self._heard.get((port.name, port.plugging))
        return heard is None or (not heard.answered and now - heard.when >= ASK_AGAIN_SECONDS)

    def _forget_gone(self, ports: Sequence[SerialPort]) -> None:
        """Forget what was heard of earlier pluggings: the kernel counts them to 127 and begins again."""
        present = {(port.name, port.plugging) for port in ports}
        self._heard = {key: heard for key, heard in self._heard.items() if key in present}
