"""The command check, and what other commands ask of the machine before they begin."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workstation.cli.common import Place

if TYPE_CHECKING:
    from workstation.home import Home
    from workstation.machine.examination import Examination
    from workstation.machine.policy import Level


@click.command()
@click.option("--json", "json_wanted", is_flag=True, help="One JSON object on stdout.")
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="NAME=LEVEL",
    help="Change the policy: network, swap, clock, age; refuse, warn, ignore.",
)
@click.pass_obj
def check(place: Place, json_wanted: bool, changes: tuple[str, ...]) -> None:
    """Look at this machine: its network, swap, clock, disk, and how old the program is.

    No passphrase is needed. The same is asked whenever batches are taken or tips shown.

    \b
    Exit codes: 0 (also with warnings), 2, 5, 9, 11, 12, 13 (the policy refuses it).
    Example:
      tipline-workstation --home ~/tipline check --set network=refuse
    """
    from workstation.home import check_home
    from workstation.machine.examination import examine
    from workstation.machine.policy import change_policy, read_policy

    check_home(place.path)
    wanted = dict(map(_change, changes))
    policy = change_policy(place.path, wanted) if wanted else read_policy(place.path)
    found = examine(place.path, policy, now=int(time.time()))
    if json_wanted:
        click.echo(json.dumps(_as_json(found)))
    else:
        for one in found.findings:
            click.echo(f"{one.check:<8} {'good' if one.good else policy.level(one.check):<7} {one.words}")
    found.refuse()


def begin(home: Home) -> None:
    """Return once work may begin in ``home``: warnings are told on stderr, a cut-off destruction is brought to its end.

    What takes batches or shows tips calls this first. Raises MachineRefused, Damaged.
    """
    from workstation.epochs.destruction import settle
    from workstation.epochs.tpm import MediumMissing
    from workstation.machine.opened import examine_opened
    from workstation.machine.policy import Level

    found = examine_opened(home, now=int(time.time()))
    found.refuse()
    for one in found.at(Level.WARN):
        click.echo(f"warning: {one.words}", err=True)
    try:
        settle(home)
    except MediumMissing as missing:
        click.echo(f"warning: a destruction was cut short and cannot be ended yet: {missing}", err=True)


def look(path: Path) -> None:
    """Return once warnings about the machine are told on stderr; for what opens the home later. Raises as ``begin``."""
    from workstation.machine.examination import examine
    from workstation.machine.policy import read_policy

    _tell(examine(path, read_policy(path), now=int(time.time())))


def _tell(found: Examination) -> None:
    from workstation.machine.policy import Level

    found.refuse()
    for one in found.at(Level.WARN):
        click.echo(f"warning: {one.words}", err=True)


def _change(text: str) -> tuple[str, Level]:
    from workstation.machine.policy import NAMES, Level

    name, _, level = text.partition("=")
    if name not in NAMES or level not in list(Level):
        raise click.UsageError(
            f"'{text}' is not one of {', '.join(NAMES)}, '=', and one of {', '.join(Level)}."
        )
    return name, Level(level)


def _as_json(found: Examination) -> dict[str, Any]:
    from workstation.machine.policy import Level
    from workstation.machine.program import installed

    return {
        "version": installed().version,
        "refused": bool(found.at(Level.REFUSE)),
        "findings": [
            {
                "check": one.check.value,
                "good": one.good,
                "level": found.policy.level(one.check).value,
                "words": one.words,
            }
            for one in found.findings
        ],
    }
