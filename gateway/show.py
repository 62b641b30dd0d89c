"""Status and findings as an operator reads them on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gateway.check import Finding
from hw.ports.listing import PortRow

_REGISTRATION = {
    0: "not registered",
    1: "home",
    2: "searching",
    3: "denied",
    5: "roaming",
    6: "SMS only",
    7: "SMS only",
}


def show_status(found: dict[str, Any]) -> None:
    """Print the status as tables, what needs the operator last."""
    console = Console(highlight=False)
    running = found["intake"]["running"]
    console.print(f"box {found['box']}   {found['time']}")
    console.print(f"intake     {_light(running)} {'running' if running else 'not running'}")
    forwarding = found["forwarder"]["running"]
    console.print(f"forwarder  {_light(forwarding)} {'running' if forwarding else 'not running'}\n")
    console.print(_modems(found["modems"]))
    console.print(_lines(found["lines"]))
    console.print(_destinations(found["destinations"]))
    for problem in found["problems"]:
        console.print(f"[red]![/] {escape(problem['what'])}", soft_wrap=True)
        if problem["way_out"]:
            console.print(f"    what to do: {escape(problem['way_out'])}", soft_wrap=True)
    if not found["problems"]:
        console.print("[green]Nothing needs you.[/]")


def _light(good: bool, amber: bool = False) -> str:
    return "[green]●[/]" if good else "[yellow]●[/]" if amber else "[red]●[/]"


def _modems(modems: Sequence[dict[str, Any]]) -> Table:
    table = Table(
        "modem", "line", "state", "mode", "network", "signal", "calls", title="Modems", title_justify="left"
    )
    for modem in modems:
        signal = "-" if modem["signal_dbm"] is None else f"{modem['signal_dbm']} dBm"
        table.add_row(
            modem["port"],
            modem["line"] or "-",
            f"{_light(modem['state'] == 'receiving')} {modem['state']}",
            modem["mode"] or "-",
            _REGISTRATION.get(modem["registration"], "unknown"),
            signal,
            str(modem["calls"]),
        )
    return table


def _lines(lines: Sequence[dict[str, Any]]) -> Table:
    table = Table(
        "line", "waiting", "last batch", "epoch", "epochs left", "canary", title="Lines", title_justify="left"
    )
    for line in lines:
        batch = line["last_batch"]
        table.add_row(
            line["name"],
            f"{line['waiting']}" + (f" (oldest {line['oldest_seconds']} s)" if line["waiting"] else ""),
            f"{batch['sequence']} ({batch['period']})" if batch else "none yet",
            str(line["epoch"] or "-"),
            "-" if line["epochs_left"] is None else str(line["epochs_left"]),
            _canary(line["canary"]),
        )
    return table


def _canary(canary: dict[str, Any]) -> str:
    proven = canary["proven_minutes"]
    if proven is None:
        return f"{_light(False, amber=True)} never proven"
    return f"{_light(canary['state'] == 'green', amber=True)} proven {proven} minutes ago"


def _destinations(destinations: Sequence[dict[str, Any]]) -> Table:
    table = Table(
        "destination", "state", "backlog", "last success", title="Destinations", title_justify="left"
    )
    for row in destinations:
        backlog = "-" if row["backlog"] is None else str(row["backlog"])
        state = f"{_light(row['state'] == 'up', amber=row['state'] == 'not tried yet')} {row['state']}"
        table.add_row(row["name"], state, backlog, row.get("last_success") or "-")
    return table


def show_findings(findings: Sequence[Finding]) -> None:
    """Print what ``check`` found, the serious first."""
    console = Console(highlight=False)
    for finding in sorted(findings, key=lambda finding: not finding.serious):
        mark = "[red]problem[/]" if finding.serious else "[yellow]advice[/] "
        console.print(f"{mark}  {escape(finding.what)}", soft_wrap=True)
        console.print(f"         what to do: {escape(finding.way_out)}", soft_wrap=True)
    if not any(finding.serious for finding in findings):
        console.print("[green]Nothing stands in the way.[/]")


def show_ports(rows: Sequence[PortRow]) -> None:
    """Print the serial ports found, or that there are none."""
    console = Console(highlight=False)
    if not rows:
        console.print("No USB serial port is there: plug a modem in.")
        return
    table = Table("port", "device", "USB id", "description", "answers AT", "profile", "note")
    answers = {True: "[green]yes[/]", False: "no", None: "not asked"}
    for row in rows:
        note = ", ".join(part for part in (row.in_use_by and f"in use by {row.in_use_by}", row.note) if part)
        cells = (row.name, row.device or "-", row.usb_id, row.description)
        table.add_row(*map(escape, cells), answers[row.answers_at], row.profile or "-", escape(note))
    console.print(table)
