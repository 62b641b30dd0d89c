"""``attack``: what can be recovered from all that is public."""

from __future__ import annotations

import json
from pathlib import Path

import click

from portal.cli.common import FILE, folders, inputs
from portal.console import progress, visible
from portal.problems import EXIT_REFUSED, Recovered


@click.command
@inputs
@click.option("--own", type=FILE, metavar="FILE", help="Own tips, JSON: what an attacker knows of them.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def attack(
    *, ledgers: Path, bulletins: Path, identities: Path | None, own: Path | None, as_json: bool
) -> None:
    """Try to recover small counts from the bulletins, as a reader would who has all of them.

    \b
    Exit codes: 0 nothing found, 3 nothing found, but files were refused, 7 small counts can be recovered.

    \b
    Example:
      tipline-portal attack --ledgers ledgers --bulletins bulletins --own own.json
    """
    from portal.attacking import attack_all, read_own
    from portal.reading.keys import Pins
    from portal.release.gather import gather
    from portal.release.record import Past

    tips = read_own(own) if own else ()
    with progress() as step:
        step("reading")
        gathered = gather(folders(ledgers, bulletins, identities), Pins(), Past())
        step("attacking")
        leaks = attack_all(gathered.ledgers, gathered.bulletins, tips)
    if as_json:
        refused = [{"file": one.name, "kind": one.kind, "reason": one.reason} for one in gathered.refused]
        found = {
            "bulletins": len(gathered.bulletins),
            "own": len(tips),
            "refused": refused,
            "findings": [leak.as_json() for leak in leaks],
        }
        click.echo(json.dumps(found, indent=1))
    else:
        for one in gathered.refused:
            click.echo(visible(f"refused: {one.name}: {one.kind}: {one.reason}"))
        for leak in leaks:
            click.echo(visible(str(leak)))
        click.echo(
            f"{len(gathered.bulletins)} bulletins, {len(tips)} own tips: {len(leaks)} small counts recovered"
        )
    raise SystemExit(Recovered.exit_code if leaks else EXIT_REFUSED if gathered.refused else 0)
