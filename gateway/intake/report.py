"""What intake says of itself when asked over its socket. Kept nowhere: a file would date the messages."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from gateway.intake.canaries import CanaryKeeper
from gateway.intake.clockwork import Clockwork
from gateway.intake.household import House
from gateway.intake.line import Line
from gateway.spool.committer import Committer, NotStored
from gateway.spool.lines import waiting
from hw.contract import ModemStatus

DISK_SLOW = 30.0
"""Seconds for one transaction after which the operator is told."""


class Report:
    """Gathers the live part of ``status``."""

    def __init__(
        self,
        lines: list[Line],
        house: House,
        *,
        committer: Committer,
        clockwork: Clockwork,
        canaries: CanaryKeeper,
    ) -> None:
        self._lines = lines
        self._house = house
        self._committer = committer
        self._clockwork = clockwork
        self._canaries = canaries

    def held(self) -> str | None:
        """Return why nothing is stored at the moment, or None."""
        if self._committer.busy_for() > DISK_SLOW:
            return "the disk does not answer"
        return self._committer.held

    def sentence(self) -> str:
        """Return how things are, in a sentence for systemd."""
        modems = self._modems()
        receiving = sum(modem.phase.value.startswith("receiving") for modem in modems)
        words = [f"{receiving} of {len(modems)} modems receiving"]
        words += [f"NOT STORING: {held}" for held in (self.held(),) if held]
        words += [problem for problem in (self._clockwork.problem,) if problem]
        words += [f"line {line.config.name} is not enrolled" for line in self._lines if not line.enrolled]
        return "; ".join(words)

    async def live(self) -> dict[str, Any]:
        """Return what only the running intake knows."""
        return {
            "held": self.held(),
            "problem": self._clockwork.problem,
            "modems": [self._modem(status) for status in self._modems()],
            "lines": {line.config.name: await self._line(line) for line in self._lines},
        }

    def _modems(self) -> list[ModemStatus]:
        """Return the status of each configured modem, also of one that nothing was heard of yet."""
        return [self._house.modems.get(port, ModemStatus(port)) for port in sorted(self._house.ports)]

    def _modem(self, status: ModemStatus) -> dict[str, Any]:
        return {
            "port": status.port,
            "device": status.device,
            "line": self._house.line_of.get(status.port),
            "state": status.phase.value,
            "mode": status.mode.value if status.mode else None,
            "registration": status.registration,
            "signal_dbm": status.signal_dbm,
            "iccid": status.iccid,
            "imei": status.imei,
            "model": status.model,
            "revision": status.revision,
            "profile": status.profile,
            "calls": status.calls,
            "foreign": status.foreign,
            "restarts": status.restarts,
            "problem": status.problem,
        }

    async def _line(self, line: Line) -> dict[str, Any]:
        try:
            count, _ = await self._committer.run(partial(waiting, line=line.state.id))
        except NotStored:
            count = None
        proven = line.receiver.canary_proven
        return {
            "waiting": count,
            "alarm": line.alarm.value if line.alarm else None,
            "canary_proven_minutes": None if proven is None else int((time.monotonic() - proven) / 60),
            "canary_problem": self._canaries.problems.get(line.config.name),
        }
