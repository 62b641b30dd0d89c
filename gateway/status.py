"""``status``: what the operator sees, gathered from intake, the spool and the forwarder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from sqlite_utils import Database

from gateway.clock import choose_epoch
from gateway.config import Config
from gateway.faults import MissingError
from gateway.forward.lock import forwarder_runs
from gateway.forward.notices import read_status
from gateway.intake.control import ask
from gateway.spool.lines import LineState, line_state, waiting
from gateway.spool.schema import open_spool
from gateway.state import SPOOL
from hw.driver.watch import REGISTERED
from wire.signed import time_text

Problem = dict[str, str]
_FEW_EPOCHS = 4


def gather(config: Config, box: str) -> dict[str, Any]:
    """Return the whole status. Its keys are described in docs/operating.md. Raises StorageError."""
    live, problems = _live(config)
    db = open_spool(config.state_dir / SPOOL)
    try:
        lines = [_line(config, db, line.name, live, problems) for line in config.line]
    finally:
        db.close()
    modems = live.get("modems", [])
    problems += modem_problems(modems)
    return {
        "box": box,
        "time": time_text(int(time.time())),
        "intake": {"running": bool(live), "held": live.get("held"), "problem": live.get("problem")},
        "forwarder": {"running": forwarder_runs(config.forward)},
        "modems": modems,
        "lines": lines,
        "destinations": _destinations(config, problems),
        "problems": problems,
    }


def modem_problems(modems: Sequence[dict[str, Any]]) -> list[Problem]:
    """Return what keeps each modem from receiving, as far as it and the driver know."""
    problems: list[Problem] = []
    for modem in modems:
        what = modem["problem"] or (modem["state"] if modem["state"] != "receiving" else None)
        if what:
            problems.append({"what": f"modem {modem['port']}: {what}", "way_out": ""})
        elif modem["registration"] is not None and modem["registration"] not in REGISTERED:
            problems.append(
                {
                    "what": f"modem {modem['port']}: it is not registered in the network, so nothing reaches it",
                    "way_out": "look at antenna and place, and at the SIM's contract",
                }
            )
    return problems


def _live(config: Config) -> tuple[dict[str, Any], list[Problem]]:
    try:
        live = ask(config.state_dir, {"op": "status"})
    except MissingError as error:
        return {}, [{"what": error.problem, "way_out": error.way_out}]
    problems: list[Problem] = []
    if live.get("held"):
        problems.append(
            {"what": f"nothing is stored: {live['held']}", "way_out": "make room; intake goes on by itself"}
        )
    if live.get("problem"):
        problems.append(
            {"what": live["problem"], "way_out": "make room on the disk of the outbox, or mend its rights"}
        )
    return live, problems


def _line(
    config: Config, db: Database, name: str, live: dict[str, Any], problems: list[Problem]
) -> dict[str, Any]:
    state = line_state(db, name)
    now = int(time.time())
    count, oldest = waiting(db, state.id)
    here = live.get("lines", {}).get(name, {})
    if state.sheet is None:
        problems.append(
            {"what": f"line {name} is not enrolled", "way_out": f"tipline-gateway enroll {name} KEYSHEET"}
        )
    if here.get("alarm"):
        problems.append({"what": f"line {name}: {here['alarm']}", "way_out": ""})
    proven = here.get("canary_proven_minutes")
    if here.get("canary_problem"):
        problems.append({"what": f"line {name}: no canary: {here['canary_problem']}", "way_out": ""})
    epochs_left = _epochs_left(state, now)
    if epochs_left is not None and epochs_left < _FEW_EPOCHS:
        what = f"line {name}: {epochs_left} epochs left on the key sheet"
        problems.append({"what": what, "way_out": "enroll a new sheet"})
    return {
        "name": name,
        "line": state.line.hex() if state.line else None,
        "enrolled": state.sheet is not None,
        "waiting": count,
        "oldest_seconds": None if oldest is None else max(0, now - oldest),
        "last_batch": _last_batch(db, state),
        "epoch": state.highest_epoch,
        "epochs_left": epochs_left,
        "alarm": here.get("alarm"),
        "canary": {
            "state": _canary_state(config, proven),
            "proven_minutes": proven,
            "problem": here.get("canary_problem"),
        },
    }


def _epochs_left(state: LineState, now: int) -> int | None:
    """Return how many epochs of the key sheet come after the one in use, None without a sheet."""
    sheet = state.keysheet
    if sheet is None:
        return None
    choice = choose_epoch(
        sheet,
        now=now,
        highest=state.highest_epoch,
        last_cut=state.last_cut,
        accepted=bool(state.clock_accepted),
    )
    return sheet.epochs[-1].number - choice.epoch.number


def _canary_state(config: Config, proven: int | None) -> str:
    """Return "green" while a canary came in within two turns of the schedule, else "amber": a modem can be deaf."""
    if proven is None or (config.canary.enabled and proven * 60 > 2 * config.canary.every):
        return "amber"
    return "green"


def _last_batch(db: Database, state: LineState) -> dict[str, Any] | None:
    row = db.conn.execute(
        "SELECT sequence, period, filed FROM batch WHERE line = ? AND chain = ? ORDER BY sequence DESC LIMIT 1",
        (state.id, state.chain),
    ).fetchone()
    if row is None:
        return None
    return {"sequence": row[0], "period": time_text(row[1]), "in_outbox": bool(row[2])}


def _destinations(config: Config, problems: list[Problem]) -> list[dict[str, Any]]:
    status = read_status(config.forward)
    known = {found.name: found for found in status.destinations} if status else {}
    for alarm in status.alarms if status else ():
        problems.append({"what": alarm, "way_out": ""})
    rows: list[dict[str, Any]] = []
    for destination in config.destination:
        found = known.get(destination.name)
        if found is None:
            rows.append({"name": destination.name, "state": "not tried yet", "backlog": None})
            continue
        if found.problem:
            problems.append(
                {"what": f"destination {found.name}: {found.problem}", "way_out": found.way_out or ""}
            )
        rows.append(
            {
                "name": found.name,
                "type": found.type,
                "state": found.state.value,
                "backlog": found.backlog,
                "last_success": time_text(found.last_success) if found.last_success else None,
                "marker": found.marker,
                "problem": found.problem,
                "next_try": time_text(found.next_try) if found.next_try else None,
            }
        )
    return rows
