"""The commands about certificates."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workstation.amounts import amount
from workstation.cli.common import Place

if TYPE_CHECKING:
    from wire.endings import Matter
    from workstation.epochs.certificates import Kept


@click.group(invoke_without_command=True)
@click.option("--json", "json_wanted", is_flag=True, help="One JSON object on stdout.")
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="DIR", help="Write them there, to be given out."
)
@click.pass_context
def certificates(context: click.Context, json_wanted: bool, output: Path | None) -> None:
    """Show the certificates of the line: what was destroyed, which boxes were retired, and by whom.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12, 17 (one does not verify, or is missing).
    Example:
      tipline-workstation --home ~/tipline certificates --output /media/stick
    """
    if context.invoked_subcommand is not None:
        return
    from workstation.epochs.certificates import give_out
    from workstation.epochs.destruction import settle
    from workstation.epochs.review import certificates_of

    home = context.obj.open()
    settle(home)
    row = certificates_of(home).row()
    if output is not None:
        give_out(row, output)
    _show(row.kept, json_wanted=json_wanted)


@certificates.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.option(
    "--fingerprint",
    "said",
    multiple=True,
    metavar="F",
    help="Of the line's authority; without it that of the home. More than one may be given.",
)
@click.option("--json", "json_wanted", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def verify(place: Place, files: tuple[Path, ...], said: tuple[str, ...], json_wanted: bool) -> None:
    """Verify certificates: each signature, that none is missing between them, and whose the last one is.

    No passphrase is needed, and with --fingerprint no home either.

    \b
    Exit codes: 0, 2, 5, 11, 12, 17.
    Example:
      tipline-workstation certificates verify *.certificate --fingerprint "1f0c 88b2 …"
    """
    from workstation.epochs.certificates import NotVerified, read_kept, verify_row

    kept = sorted(map(read_kept, files), key=lambda one: one.certificate.serial)
    verify_row(kept, authorities=_expected(place, said, kept))
    if not said and not json_wanted:
        click.echo("signed by the authority of this home; without a home give --fingerprint", err=True)
    if kept[0].certificate.serial != 1:
        raise NotVerified(f"the first one given is number {kept[0].certificate.serial}, not 1")
    _show(kept, json_wanted=json_wanted)


@certificates.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.pass_obj
def take(place: Place, files: tuple[Path, ...]) -> None:
    """Take certificates back that were given out after the backup from which this home was restored.

    Else the next one would get a number that was given already.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12, 17 (with those that are here they do not make one row).
    Example:
      tipline-workstation --home ~/tipline certificates take /media/stick/*.certificate
    """
    from workstation.epochs.certificates import read_kept
    from workstation.epochs.review import certificates_of
    from workstation.home import alone

    home = place.open()
    with alone(home.path):
        taken = certificates_of(home).take_back(list(map(read_kept, files)), authority=home.sheet.authority)
    click.echo(f"{taken} certificates taken back")


def _expected(place: Place, said: Sequence[str], kept: Sequence[Kept]) -> Collection[bytes]:
    """Return the keys of the authorities that may sign the last certificate."""
    from wire.hashing import same_fingerprint
    from wire.keysheet import read_keysheet
    from workstation.home import SHEET, check_home

    if said:
        authorities = {one.certificate.authority for one in kept}
        return {key for key in authorities if any(same_fingerprint(text, key) for text in said)}
    check_home(place.path)
    return {read_keysheet((place.path / SHEET).read_bytes()).authority}


def _show(kept: Sequence[Kept], *, json_wanted: bool) -> None:
    if json_wanted:
        click.echo(json.dumps({"certificates": [_as_json(one) for one in kept]}))
        return
    for one in kept:
        shown = _as_json(one)
        click.echo(f"{shown['serial']:>5}  {shown['date'][:10]}  {_in_words(one.certificate.matter)}")
    click.echo(f"{len(kept)} certificates" if kept else "no certificate yet: nothing was destroyed here")


def _as_json(one: Kept) -> dict[str, Any]:
    from wire.certificate import file_name
    from wire.endings import KINDS
    from wire.hashing import fingerprint
    from wire.signed import time_text

    said = one.certificate
    return {
        "serial": said.serial,
        "date": time_text(said.date),
        "kind": KINDS[type(said.matter)],
        "hash": one.hash.hex(),
        "authority": fingerprint(said.authority),
        "file": file_name(said),
        **_matter_json(said.matter),
    }


def _matter_json(matter: Matter) -> dict[str, Any]:
    from wire.endings import BoxRetired, EpochsEnded
    from wire.signed import time_text

    by = {"by": list(matter.by)}
    if isinstance(matter, EpochsEnded):
        boxes = [
            {
                "box": at.box.hex(),
                "chain": at.chain.hex(),
                "sequence": at.sequence,
                "lowest_epoch": at.lowest_epoch,
            }
            for at in matter.boxes
        ]
        passed = [{"box": one.box.hex(), "what": one.what.value} for one in matter.passed]
        ended = [epoch.number for epoch in matter.epochs]
        how = {"how": matter.how.value, "store": matter.store.value, "epochs": ended}
        retired = [box.hex() for box in matter.retired]
        return {**how, "boxes": boxes, "retired": retired, "passed_over": passed, **by}
    if isinstance(matter, BoxRetired):
        return {"box": matter.box.hex(), **by}
    closed = {"days": matter.days, "closed_before": time_text(matter.closed_before)}
    return {**closed, "tips": matter.tips, "held": matter.held, **by}


def _boxes(number: int) -> str:
    return f"{number} box{'es' if number > 1 else ''}"


def _in_words(matter: Matter) -> str:
    from wire.endings import BoxRetired, EpochsEnded

    by = " and ".join(matter.by)
    if isinstance(matter, BoxRetired):
        return f"box {matter.box.hex()} retired by {by}"
    if isinstance(matter, EpochsEnded):
        numbers = ", ".join(str(epoch.number) for epoch in matter.epochs)
        over = f"; {by} passed over what was missing from {_boxes(len(matter.passed))}" if by else ""
        return f"epoch {numbers} {matter.how.value}{over}"
    tips, days = amount(matter.tips, "tip"), amount(matter.days, "day")
    return f"{tips} destroyed, closed more than {days} before; {matter.held} held back; by {by}"
