"""Commands by which the operator steps in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
from sqlite_utils import Database

from gateway.cli.common import config_of, guarded, line_of
from gateway.faults import MissingError, OperatorError
from gateway.state import SPOOL, check_private


@click.command()
@click.argument("destination")
@click.argument("span", metavar="FROM..TO")
@click.option("--line", help="Only this line; without it, all that the destination gets.")
@click.option("--chain", help="The chain's id in hexadecimal; without it, each line's newest.")
@click.pass_context
@guarded
def resend(ctx: click.Context, destination: str, span: str, line: str | None, chain: str | None) -> None:
    """Send batches FROM..TO (sequence numbers, or days YYYY-MM-DD) to DESTINATION again.

    \b
    Examples:
      tipline-gateway resend stick 12..40
      tipline-gateway resend stick 2026-11-01..2026-11-07
    """
    from gateway.forward.resend import parse_span, request_resend

    count = request_resend(config_of(ctx), destination, parse_span(span), line=line, chain=chain)
    click.echo(f"{count} batches will be sent to {destination} again")


@click.command()
@click.argument("line")
@click.pass_context
@guarded
def canary(ctx: click.Context, line: str) -> None:
    """Send a canary on LINE now; `status` shows when it came in.

    \b
    Example: tipline-gateway canary police
    """
    from gateway.intake.control import ask

    config = config_of(ctx)
    line_of(config, line)
    _told(ask(config.state_dir, {"op": "canary", "line": line}, timeout=300))
    click.echo("the canary is sent; `status` shows when it has come in")


@click.command()
@click.argument("port")
@click.pass_context
@guarded
def prove(ctx: click.Context, port: str) -> None:
    """Test whether direct mode is true on the modem at PORT, with an own message left unacknowledged.

    Takes up to three minutes. With a yes, mode "auto" uses direct mode on this model and revision.

    \b
    Example: tipline-gateway prove /dev/ttyUSB2
    """
    from gateway.intake.control import ask

    reply = _told(ask(config_of(ctx).state_dir, {"op": "prove", "port": port}, timeout=300))
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


@click.command("accept-clock")
@click.argument("line")
@click.pass_context
@guarded
def accept_clock(ctx: click.Context, line: str) -> None:
    """Say that the clock is right although it went far ahead: the key of its date is used from the next period on.

    \b
    Example: tipline-gateway accept-clock police
    """
    from gateway.spool.lines import accept_clock as accept

    _on_line(ctx, line, accept)
    click.echo(f"line {line} takes the key of the clock's date at the next period")


@click.command()
@click.argument("line")
@click.pass_context
@guarded
def restored(ctx: click.Context, line: str) -> None:
    """Say that the state folder came from a backup: LINE begins a new chain, so that no number is used twice.

    \b
    Example: tipline-gateway restored police
    """
    from gateway.spool.lines import begin_chain

    _on_line(ctx, line, begin_chain)
    click.echo(f"line {line} begins a new chain")


def _on_line(ctx: click.Context, line: str, change: Callable[[Database, str], None]) -> None:
    from gateway.spool.lines import line_state
    from gateway.spool.schema import open_spool

    config = config_of(ctx)
    check_private(config.state_dir)
    line_of(config, line)
    db = open_spool(config.state_dir / SPOOL)
    try:
        if line_state(db, line).sheet is None:
            raise MissingError(f"line {line} is not enrolled", f"tipline-gateway enroll {line} KEYSHEET")
        change(db, line)
    finally:
        db.close()
