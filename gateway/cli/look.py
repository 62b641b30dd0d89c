"""Commands that look, and change nothing."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import click

from gateway.box import load_box
from gateway.cli.common import config_of, guarded, line_of
from gateway.durable import write_pieces_durably
from gateway.faults import Exit
from gateway.state import SPOOL, check_private

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
@guarded
def status(ctx: click.Context, as_json: bool) -> None:
    """Show modems, waiting slips, batches, destinations, epochs, canaries.

    Exit code 1 where something needs you.

    \b
    Examples:
      tipline-gateway status
      tipline-gateway status --json
    """
    from gateway.status import gather

    config = config_of(ctx)
    check_private(config.state_dir)
    found = gather(config, load_box(config.state_dir).identity.box.hex())
    if as_json:
        click.echo(json.dumps(found, indent=1))
    else:
        from gateway.show import show_status

        show_status(found)
    sys.exit(Exit.FOUND if found["problems"] else Exit.OK)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
@guarded
def check(ctx: click.Context, as_json: bool) -> None:
    """Look at configuration, keys, folders, clock and swap; say what to do.

    Exit code 1 where something serious was found.

    \b
    Example: tipline-gateway --config tipline.toml check
    """
    from gateway.check import check as look
    from gateway.show import show_findings

    findings = look(config_of(ctx))
    if as_json:
        rows = [{"what": f.what, "way_out": f.way_out, "serious": f.serious} for f in findings]
        click.echo(json.dumps({"findings": rows}, indent=1))
    else:
        show_findings(findings)
    sys.exit(Exit.FOUND if any(finding.serious for finding in findings) else Exit.OK)


@click.command()
@click.argument("line")
@click.argument("month")
@click.option("--output", type=click.Path(path_type=Path), required=True, help="File to write.")
@click.option(
    "--audit", is_flag=True, help="Write what an auditor needs instead: salts and groups of the month."
)
@click.pass_context
@guarded
def ledger(ctx: click.Context, line: str, month: str, output: Path, audit: bool) -> None:
    """Write the signed ledger of a closed MONTH (YYYY-MM, UTC) of LINE.

    \b
    Examples:
      tipline-gateway ledger police 2026-10 --output police-2026-10.ledger
      tipline-gateway ledger police 2026-10 --audit --output police-2026-10.audit
    """
    from gateway.spool.ledgers import stored_audit, stored_ledger
    from gateway.spool.schema import open_spool

    config = config_of(ctx)
    if not _MONTH.fullmatch(month):
        raise click.UsageError("MONTH is written like 2026-10")
    line_of(config, line)
    check_private(config.state_dir)
    box = load_box(config.state_dir)
    db = open_spool(config.state_dir / SPOOL)
    try:
        pieces = stored_audit(db, line, month, box) if audit else stored_ledger(db, line, month)
        write_pieces_durably(output, pieces, mode=0o644)
    finally:
        db.close()
    click.echo(f"{output}: {'audit' if audit else 'ledger'} of line {line}, {month}")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@guarded
def ports(as_json: bool) -> None:
    """List USB serial ports not in use: which answers AT, which profile fits. Needs no configuration.

    \b
    Examples:
      tipline-gateway ports
      tipline-gateway ports --json
    """
    import asyncio
    from dataclasses import asdict

    from gateway.show import show_ports
    from hw.ports.listing import list_ports

    rows = asyncio.run(list_ports())
    if as_json:
        click.echo(json.dumps({"ports": [asdict(row) for row in rows]}, indent=1))
    else:
        show_ports(rows)
