"""The decisions the modem driver leaves to the box: which SIM belongs to which line, which PIN may be tried."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from sqlite_utils import Database

from gateway.config import Config, LineConfig, ModemConfig
from gateway.fields import MODEM_FIELD
from gateway.intake.line import Line
from hw.contract import Assignment, Mode, ModemStatus, Phase, SimIdentity

_log = logging.getLogger(__name__)
_ICCID_LEAST = 18
_TROUBLE = frozenset(
    {Phase.NO_SIM, Phase.PIN_NEEDED, Phase.PUK_NEEDED, Phase.UNASSIGNED, Phase.HELD, Phase.FAILED}
)


@dataclass(frozen=True, slots=True)
class Place:
    """A configured modem and its line."""

    line: LineConfig
    modem: ModemConfig


def same_iccid(configured: str, read: str) -> bool:
    """Return whether two ICCIDs name one card: modems leave out the check digit, or give it. ITU-T E.118."""
    least = min(len(configured), len(read))
    return (
        least >= _ICCID_LEAST and configured[:least] == read[:least] and abs(len(configured) - len(read)) <= 1
    )


def place_of(config: Config, port: str, sim: SimIdentity) -> Place | None:
    """Return where a SIM in ``port`` belongs: by its ICCID; by its port only where nothing else can be meant."""
    places = [Place(line, modem) for line in config.line for modem in line.modem]
    if sim.iccid is not None:
        for place in places:
            if place.modem.sim is not None and same_iccid(place.modem.sim, sim.iccid):
                return place
    if len(config.line) > 1:
        return None
    return next(
        (place for place in places if port_name(config, place.modem) == port and place.modem.sim is None),
        None,
    )


def port_name(config: Config, modem: ModemConfig) -> str:
    """Return the name of a configured modem: its port; the second "auto" is "auto 2"."""
    same = [other for line in config.line for other in line.modem if other.port == modem.port]
    number = next(at for at, other in enumerate(same, 1) if other is modem)
    return modem.port if number == 1 else f"{modem.port} {number}"


HOUSE_PATIENCE = 1.0
"""Seconds for which the connection of a House may wait: it is used in the event loop."""


class House:
    """The household of all modems of this box. ``db`` is a connection of its own that waits a second at the most."""

    def __init__(
        self, config: Config, lines: list[Line], db: Database, *, on_change: Callable[[ModemStatus], None]
    ) -> None:
        self._config = config
        self._lines = {line.config.name: line for line in lines}
        self._db = db
        self._on_change = on_change
        self.ports = [port_name(config, modem) for line in config.line for modem in line.modem]
        """The names of the configured modems."""
        self.modems: dict[str, ModemStatus] = {}
        self.line_of: dict[str, str] = {}
        """Name of the line each port receives for."""

    def assign(self, port: str, sim: SimIdentity) -> Assignment | None:
        """Return what this SIM is for, None for a SIM of no line or of a line without a key sheet."""
        place = place_of(self._config, port, sim)
        line = self._lines[place.line.name] if place else None
        if place is None or line is None or not line.enrolled:
            self.line_of.pop(port, None)
            return None
        self.line_of[port] = place.line.name
        return Assignment(
            line.receiver,
            Mode(place.modem.mode),
            direct_proven=self._proven(port),
            clear_foreign=place.modem.foreign == "clear",
        )

    def pin(self, port: str, sim: SimIdentity) -> str | None:
        """Return the PIN from the file, once for each state of the file; the attempt is on disk before."""
        place = place_of(self._config, port, sim)
        if place is None or place.modem.pin_file is None:
            return None
        path = place.modem.pin_file
        try:
            found, pin = path.stat(), path.read_text("ascii", "replace").strip()
        except OSError as error:
            _log.error("the PIN file %s cannot be read: %s", path, error.strerror)
            return None
        mark = f"{path} {found.st_mtime_ns} {found.st_size}"
        name = sim.iccid or port
        try:
            tried = self._db.conn.execute(
                "SELECT pin_file FROM pin_attempt WHERE sim = ?", (name,)
            ).fetchone()
            if tried is not None and tried[0] == mark:
                return None
            self._db.conn.execute("INSERT OR REPLACE INTO pin_attempt VALUES (?, ?)", (name, mark))
        except sqlite3.Error as error:
            _log.error("the PIN is not tried: the attempt cannot be noted: %s", error)
            return None
        return pin

    def pin_accepted(self, port: str, sim: SimIdentity) -> None:
        """Forget the attempt noted for this SIM."""
        with contextlib.suppress(sqlite3.Error):  # then the file has to be written anew before its next use
            self._db.conn.execute("DELETE FROM pin_attempt WHERE sim = ?", (sim.iccid or port,))

    def changed(self, status: ModemStatus) -> None:
        """Note a modem's status; say what the operator has to hear."""
        before = self.modems.get(status.port)
        self.modems[status.port] = status
        if status.problem and (before is None or before.problem != status.problem):
            _log.warning("modem %s: %s", status.port, status.problem, extra={MODEM_FIELD: status.port})
        if before is None or before.phase is not status.phase:
            level = logging.WARNING if status.phase in _TROUBLE else logging.INFO
            _log.log(level, "modem %s: %s", status.port, status.phase.value, extra={MODEM_FIELD: status.port})
        self._on_change(status)

    def note_proof(self, port: str) -> None:
        """Note on disk that direct mode is true on this modem's model and revision."""
        status = self.modems[port]
        try:
            self._db.conn.execute(
                "INSERT OR REPLACE INTO direct_proof VALUES (?, ?)",
                (status.model or "", status.revision or ""),
            )
        except sqlite3.Error as error:
            _log.error("modem %s: the proof cannot be noted: %s", port, error)

    def _proven(self, port: str) -> bool:
        status = self.modems.get(port)
        if status is None or not status.model or not status.revision:
            return False
        query = "SELECT 1 FROM direct_proof WHERE model = ? AND revision = ?"
        try:
            return self._db.conn.execute(query, (status.model, status.revision)).fetchone() is not None
        except sqlite3.Error as error:
            _log.error("modem %s: no proof can be read, so it is not proven: %s", port, error)
            return False
