"""``tipline-gateway``: the operator's commands. docs/operating.md."""

from __future__ import annotations

import functools
import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from gateway.box import load_box, make_box
from gateway.config import Config, load
from gateway.durable import write_durably
from gateway.faults import Exit, MissingError, OperatorError, StorageError, TrustError
from gateway.service import Service, set_up_logging
from gateway.state import SPOOL, check_private, make_folder
from wire.hashing import fingerprint, same_fingerprint
from wire.keysheet import KeySheet, read_keysheet
from wire.refusal import Refused

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
EXITS = """\b
Exit codes: 0 well; 1 something needs you; 2 wrong use; 3 configuration;
4 signature, fingerprint or key sheet refused; 5 not there, or not yet;
6 folder or database unusable; 7 already running."""


def _fail(error: OperatorError) -> NoReturn:
    click.echo(f"tipline-gateway: {error}", err=True)
    if error.way_out:
        click.echo(f"  what to do: {error.way_out}", err=True)
    sys.exit(error.code)


def _guarded(command: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``command`` with errors for the operator shown as two lines and an exit code."""

    @functools.wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except OperatorError as error:
            _fail(error)
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            _fail(
                StorageError(f"{where}{error.strerror}", "look at the disk and at the rights of the folder")
            )

    return guarded


class _Group(click.Group):
    """Commands in the order in which they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXITS)
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    default=Path("/etc/tipline/tipline.toml"),
    show_default=True,
    help="The configuration file.",
)
@click.pass_context
def main(ctx: click.Context, config_path: Path) -> None:
    """The box: receive tips from modems, seal them, hand them on in signed batches.

    \b
    Examples:
      tipline-gateway --config /etc/tipline/tipline.toml init
      tipline-gateway enroll police police.keysheet
      tipline-gateway status
    """
    ctx.obj = config_path


def _config(ctx: click.Context) -> Config:
    return load(ctx.obj)


@main.command()
@click.pass_context
@_guarded
def init(ctx: click.Context) -> None:
    """Make the box's identity in the state folder; print box id and fingerprint.

    \b
    Example: tipline-gateway --config /etc/tipline/tipline.toml init
    """
    from gateway.spool.schema import open_spool

    config = _config(ctx)
    make_folder(config.state_dir)
    check_private(config.state_dir)
    box = make_box(config.state_dir)
    open_spool(config.state_dir / SPOOL, make=True).close()
    make_folder(config.outbox, mode=0o750)
    click.echo(f"box          {box.identity.box.hex()}")
    click.echo(f"fingerprint  {fingerprint(box.identity.key)}")
    click.echo("next: `identity --output FILE` for the workstation, then `enroll LINE KEYSHEET`")


@main.command()
@click.option("--output", type=click.Path(path_type=Path), required=True, help="File to write.")
@click.pass_context
@_guarded
def identity(ctx: click.Context, output: Path) -> None:
    """Write the public part of the box's identity, for the workstation and the portal.

    \b
    Example: tipline-gateway identity --output box.identity
    """
    box = load_box(_config(ctx).state_dir)
    write_durably(output, box.identity_text, mode=0o644)
    click.echo(f"box          {box.identity.box.hex()}")
    click.echo(f"fingerprint  {fingerprint(box.identity.key)}   (compare it aloud when the box is trusted)")


@main.command()
@click.argument("line")
@click.argument("keysheet", type=click.Path(path_type=Path))
@click.option(
    "--yes", is_flag=True, help="Take the fingerprint as it is: only where nobody could exchange the file."
)
@click.option("--fingerprint", "said", help="The fingerprint as the authority told it; compared for you.")
@click.pass_context
@_guarded
def enroll(ctx: click.Context, line: str, keysheet: Path, yes: bool, said: str | None) -> None:
    """Give LINE its KEYSHEET; the first one pins the line's authority.

    \b
    Examples:
      tipline-gateway enroll police police.keysheet
      tipline-gateway enroll police police.keysheet --fingerprint "9f3a 11c0 ..."
    """
    from gateway.spool import lines
    from gateway.spool.schema import open_spool

    config = _config(ctx)
    check_private(config.state_dir)
    if config.line_named(line) is None:
        raise MissingError(f'the configuration has no line "{line}"', "add [[line]] with this name")
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
        octets = path.read_bytes()
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


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
@_guarded
def prepare(path: Path) -> None:
    """Make a mounted stick or share at PATH a destination.

    \b
    Example: tipline-gateway prepare /media/stick
    """
    from gateway.forward.marker import prepare_directory

    click.echo(f"{path} is a destination: marker {prepare_directory(path)}")


@main.command()
@click.pass_context
@_guarded
def intake(ctx: click.Context) -> None:
    """Receive, seal and store tips; cut batches. Ends cleanly on SIGTERM.

    \b
    Example: tipline-gateway --config tipline.toml intake
    """
    from gateway.intake.main import intake as run_intake

    set_up_logging()
    run_intake(_config(ctx))


@main.command()
@click.pass_context
@_guarded
def forward(ctx: click.Context) -> None:
    """Carry finished batches to the destinations. Ends cleanly on SIGTERM.

    \b
    Example: tipline-gateway --config tipline.toml forward
    """
    from gateway.forward.main import run as run_forwarder

    set_up_logging()
    sys.exit(run_forwarder(_config(ctx), Service()))


@main.command()
@click.pass_context
@_guarded
def run(ctx: click.Context) -> None:
    """Run intake and forwarder as two processes and keep intake's memory over a crash of it.

    \b
    Example: tipline-gateway --config tipline.toml run
    """
    from gateway.keeper import run as keep

    config = _config(ctx)
    check_private(config.state_dir)
    load_box(config.state_dir)
    set_up_logging()
    sys.exit(keep(ctx.obj))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
@_guarded
def status(ctx: click.Context, as_json: bool) -> None:
    """Show modems, waiting slips, batches, destinations, epochs, canaries.

    Exit code 1 where something needs you.

    \b
    Examples:
      tipline-gateway status
      tipline-gateway status --json
    """
    from gateway.status import gather

    config = _config(ctx)
    check_private(config.state_dir)
    found = gather(config, load_box(config.state_dir).identity.box.hex())
    if as_json:
        click.echo(json.dumps(found, indent=1))
    else:
        from gateway.show import show_status

        show_status(found)
    sys.exit(Exit.FOUND if found["problems"] else Exit.OK)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
@_guarded
def check(ctx: click.Context, as_json: bool) -> None:
    """Look at configuration, keys, folders, clock and swap; say what to do.

    Exit code 1 where something serious was found.

    \b
    Example: tipline-gateway --config tipline.toml check
    """
    from gateway.check import check as look
    from gateway.show import show_findings

    findings = look(_config(ctx))
    if as_json:
        rows = [{"what": f.what, "way_out": f.way_out, "serious": f.serious} for f in findings]
        click.echo(json.dumps({"findings": rows}, indent=1))
    else:
        show_findings(findings)
    sys.exit(Exit.FOUND if any(finding.serious for finding in findings) else Exit.OK)


@main.command()
@click.argument("line")
@click.argument("month")
@click.option("--output", type=click.Path(path_type=Path), required=True, help="File to write.")
@click.option(
    "--audit", is_flag=True, help="Write what an auditor needs instead: salts and groups of the month."
)
@click.pass_context
@_guarded
def ledger(ctx: click.Context, line: str, month: str, output: Path, audit: bool) -> None:
    """Write the signed ledger of a closed MONTH (YYYY-MM, UTC) of LINE.

    \b
    Examples:
      tipline-gateway ledger police 2026-10 --output police-2026-10.ledger
      tipline-gateway ledger police 2026-10 --audit --output police-2026-10.audit
    """
    from gateway.spool.ledgers import stored_audit, stored_ledger
    from gateway.spool.schema import open_spool

    config = _config(ctx)
    if not _MONTH.fullmatch(month):
        raise click.UsageError("MONTH is written like 2026-10")
    if config.line_named(line) is None:
        raise MissingError(f'the configuration has no line "{line}"', "name one that it has")
    check_private(config.state_dir)
    box = load_box(config.state_dir)
    db = open_spool(config.state_dir / SPOOL)
    try:
        octets = stored_ledger(db, line, month)
        if audit:
            octets = stored_audit(db, line, month, box=box.identity.box, key=box.key)
    finally:
        db.close()
    write_durably(output, octets, mode=0o644)
    click.echo(f"{output}: {'audit' if audit else 'ledger'} of line {line}, {month}")


@main.command()
@click.argument("destination")
@click.argument("span", metavar="FROM..TO")
@click.pass_context
@_guarded
def resend(ctx: click.Context, destination: str, span: str) -> None:
    """Send batches FROM..TO (sequence numbers, or days YYYY-MM-DD) to DESTINATION again.

    \b
    Examples:
      tipline-gateway resend stick 12..40
      tipline-gateway resend stick 2026-11-01..2026-11-07
    """
    from gateway.forward.resend import parse_span, request_resend

    count = request_resend(_config(ctx), destination, parse_span(span))
    click.echo(f"{count} batches will be sent to {destination} again")


@main.command()
@click.argument("line")
@click.pass_context
@_guarded
def canary(ctx: click.Context, line: str) -> None:
    """Send a canary on LINE now; `status` shows when it came in.

    \b
    Example: tipline-gateway canary police
    """
    from gateway.intake.control import ask

    _told(ask(_config(ctx).state_dir, {"op": "canary", "line": line}, timeout=300))
    click.echo("the canary is sent; `status` shows when it has come in")


@main.command()
@click.argument("port")
@click.pass_context
@_guarded
def prove(ctx: click.Context, port: str) -> None:
    """Test whether direct mode is true on the modem at PORT, with an own message left unacknowledged.

    Takes up to three minutes. With a yes, mode "auto" uses direct mode on this model and revision.

    \b
    Example: tipline-gateway prove /dev/ttyUSB2
    """
    from gateway.intake.control import ask

    reply = _told(ask(_config(ctx).state_dir, {"op": "prove", "port": port}, timeout=300))
    if not reply.get("proven"):
        raise OperatorError(
            "the message was not delivered again: the modem acknowledges by itself",
            'use mode = "stored" (or "auto") for this modem',
        )
    click.echo("direct mode is true on this modem")


def _told(reply: dict[str, Any]) -> dict[str, Any]:
    if "error" in reply:
        raise OperatorError(str(reply["error"]))
    return reply


@main.command("accept-clock")
@click.argument("line")
@click.pass_context
@_guarded
def accept_clock(ctx: click.Context, line: str) -> None:
    """Say that the clock is right although it went far ahead: the key of its date is used from the next period on.

    \b
    Example: tipline-gateway accept-clock police
    """
    _on_line(ctx, line, "accept_clock")
    click.echo(f"line {line} takes the key of the clock's date at the next period")


@main.command()
@click.argument("line")
@click.pass_context
@_guarded
def restored(ctx: click.Context, line: str) -> None:
    """Say that the state folder came from a backup: LINE begins a new chain, so that no number is used twice.

    \b
    Example: tipline-gateway restored police
    """
    _on_line(ctx, line, "begin_chain")
    click.echo(f"line {line} begins a new chain")


def _on_line(ctx: click.Context, line: str, change: str) -> None:
    from gateway.spool import lines
    from gateway.spool.schema import open_spool

    config = _config(ctx)
    check_private(config.state_dir)
    if config.line_named(line) is None:
        raise MissingError(f'the configuration has no line "{line}"', "name one that it has")
    db = open_spool(config.state_dir / SPOOL)
    try:
        getattr(lines, change)(db, line)
    finally:
        db.close()
