"""Commands that set a box up: identity, key sheets, destinations."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from gateway.box import load_box, make_box
from gateway.cli.common import config_of, guarded, line_of
from gateway.durable import write_durably
from gateway.faults import MissingError, TrustError
from gateway.state import BOX_KEY, SPOOL, check_private, make_folder
from wire.hashing import fingerprint, same_fingerprint
from wire.keysheet import LIMIT, KeySheet, read_keysheet
from wire.refusal import Refused


@click.command()
@click.pass_context
@guarded
def init(ctx: click.Context) -> None:
    """Make the box's identity in the state folder; print box id and fingerprint.

    \b
    Example: tipline-gateway --config /etc/tipline/tipline.toml init
    """
    from gateway.spool.schema import open_spool

    config = config_of(ctx)
    make_folder(config.state_dir)
    check_private(config.state_dir)
    if not (config.state_dir / BOX_KEY).exists():
        open_spool(config.state_dir / SPOOL, make=True).close()
        make_folder(config.outbox, mode=0o750)
    box = make_box(config.state_dir)  # last: what was broken off before can be begun again
    click.echo(f"box          {box.identity.box.hex()}")
    click.echo(f"fingerprint  {fingerprint(box.identity.key)}")
    click.echo("next: `identity --output FILE` for the workstation, then `enroll LINE KEYSHEET`")


@click.command()
@click.option("--output", type=click.Path(path_type=Path), required=True, help="File to write.")
@click.pass_context
@guarded
def identity(ctx: click.Context, output: Path) -> None:
    """Write the public part of the box's identity, for the workstation and the portal.

    \b
    Example: tipline-gateway identity --output box.identity
    """
    config = config_of(ctx)
    check_private(config.state_dir)
    box = load_box(config.state_dir)
    write_durably(output, box.identity_text, mode=0o644)
    click.echo(f"box          {box.identity.box.hex()}")
    click.echo(f"fingerprint  {fingerprint(box.identity.key)}   (compare it aloud when the box is trusted)")


@click.command()
@click.argument("line")
@click.argument("keysheet", type=click.Path(path_type=Path))
@click.option(
    "--yes", is_flag=True, help="Take the fingerprint as it is: only where nobody could exchange the file."
)
@click.option("--fingerprint", "said", help="The fingerprint as the authority told it; compared for you.")
@click.pass_context
@guarded
def enroll(ctx: click.Context, line: str, keysheet: Path, yes: bool, said: str | None) -> None:
    """Give LINE its KEYSHEET; the first one pins the line's authority.

    \b
    Examples:
      tipline-gateway enroll police police.keysheet
      tipline-gateway enroll police police.keysheet --fingerprint "9f3a 11c0 ..."
    """
    from gateway.spool import lines
    from gateway.spool.schema import open_spool

    config = config_of(ctx)
    check_private(config.state_dir)
    line_of(config, line)
    octets, sheet = _read_sheet(keysheet)
    if sheet.name != line:
        raise TrustError(
            f'the key sheet is for a line called "{sheet.name}", not "{line}"',
            "enroll it under its own name: tips sealed to another line's key go to other people",
        )
    db = open_spool(config.state_dir / SPOOL)
    try:
        current = lines.line_state(db, line).keysheet
        if current is None or current.authority != sheet.authority:
            _confirm(sheet, yes=yes, said=said)
        new = lines.enroll(db, line, sheet, octets, now=int(time.time()))
    finally:
        db.close()
    last = sheet.epochs[-1]
    click.echo(
        f"line {line} {'has a new key sheet' if new else 'had this key sheet already'}: "
        f"serial {sheet.serial}, epochs {sheet.epochs[0].number} to {last.number}"
    )


def _read_sheet(path: Path) -> tuple[bytes, KeySheet]:
    try:
        with path.open("rb") as file:
            octets = file.read(LIMIT + 1)  # the reader refuses what is longer; /dev/zero has no end
    except OSError as error:
        raise MissingError(f"{path} cannot be read: {error.strerror}", "name the key sheet's file") from error
    try:
        return octets, read_keysheet(octets)
    except Refused as error:
        raise TrustError(
            f"{path} is refused: {error}", "fetch the key sheet again from the authority"
        ) from error


def _confirm(sheet: KeySheet, *, yes: bool, said: str | None) -> None:
    """Return once somebody stands for the authority's fingerprint. Raises TrustError."""
    shown = fingerprint(sheet.authority)
    click.echo(f"line         {sheet.name} ({sheet.line.hex()})")
    click.echo(f"fingerprint  {shown}")
    if said is not None:
        if not same_fingerprint(said, sheet.authority):
            raise TrustError(
                "the fingerprint is not the one you gave", "do not use this key sheet; ask the authority"
            )
        return
    if yes:
        return
    if not sys.stdin.isatty():
        raise TrustError(
            "nobody confirmed the fingerprint", "use --fingerprint F, or --yes where that is safe"
        )
    if not click.confirm("Does the authority read out the same fingerprint?"):
        raise TrustError("the fingerprint was not confirmed", "do not use this key sheet; ask the authority")


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@guarded
def prepare(path: Path) -> None:
    """Make a mounted stick or share at PATH a destination.

    \b
    Example: tipline-gateway prepare /media/stick
    """
    from gateway.forward.marker import prepare_directory

    click.echo(f"{path} is a destination: marker {prepare_directory(path)}")
