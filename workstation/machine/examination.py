"""All checks of the machine together, and what follows from them by the policy of the home."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from wire.keysheet import read_keysheet
from wire.refusal import Refused
from workstation.batches.store import Store
from workstation.home import BATCHES, SHEET
from workstation.machine.clock import clock
from workstation.machine.disk import disk
from workstation.machine.findings import Finding
from workstation.machine.network import network
from workstation.machine.policy import Level, Policy
from workstation.machine.program import age, installed
from workstation.machine.swap import swap
from workstation.problems import Problem

ROOT = Path("/")


class MachineRefused(Problem):
    """This machine is refused by the policy of the home."""

    exit_code = 13


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found, and what is to be done about it."""

    findings: tuple[Finding, ...]
    policy: Policy

    def at(self, level: Level) -> tuple[Finding, ...]:
        """Return the findings that are not good and of ``level``."""
        return tuple(one for one in self.findings if not one.good and self.policy.level(one.check) is level)

    def refuse(self) -> None:
        """Return if nothing is refused. Raises MachineRefused, which says how the policy is changed."""
        refused = self.at(Level.REFUSE)
        if refused:
            names = " ".join(f"--set {one.check}=warn" for one in refused)
            raise MachineRefused(
                "; ".join(one.words for one in refused),
                way_out=f"Mend that. If it is meant so, whoever answers for this machine may say: check {names}",
            )


def examine(
    home: Path, policy: Policy, *, now: int, latest: int | None = None, root: Path | None = None
) -> Examination:
    """Return what the machine is like for the home at ``home``, at ``now`` (Unix seconds).

    ``latest`` is what the caller knows of the newest time in the home, such as that of the log's last row; ``root`` is
    another place than ``/`` in tests.
    """
    root = root or ROOT
    times = [*newest(home), *([] if latest is None else [latest])]
    findings = (
        network(root),
        swap(root),
        clock(now, max(times, default=None)),
        age(now, installed()),
        disk(home),
    )
    return Examination(findings, policy)


def newest(home: Path) -> Iterator[int]:
    """Yield times that are written in the home and that nobody needs a passphrase for. Raises Damaged."""
    sheet = _sheet_date(home)
    if sheet is not None:
        yield sheet
    if (home / BATCHES).is_file():
        with closing(Store(home / BATCHES)) as store:
            period = store.newest_period()
        if period is not None:
            yield period


def _sheet_date(home: Path) -> int | None:
    """Return the date of the key sheet; None for one that cannot be read, of which whoever opens the home is told."""
    try:
        return read_keysheet((home / SHEET).read_bytes()).date
    except (Refused, OSError):
        return None
