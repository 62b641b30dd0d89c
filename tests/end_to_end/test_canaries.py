"""Own test messages prove a line and are no tips; an own message proves whether a modem waits to be told."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.support.town import Line, Town, town, until

NUMBERS = ("+5216560000001", "+5216560000002")
FOUND = 1


def _configure(box: Town, *, canary: str = "") -> None:
    """Give each modem its number, and say whether canaries are sent."""
    text = box.config.read_text()
    for at, number in enumerate(NUMBERS):
        port = f'port = "{box.folder}/modem{at}"\n'
        text = text.replace(port, f'{port}number = "{number}"\n')
    box.config.write_text(text + canary)


def _meter(box: Town) -> tuple[int, int]:
    """Return how many canaries the ledger will say were sent and received."""
    db = sqlite3.connect(f"file:{box.state}/spool.sqlite?mode=ro", uri=True, timeout=10)
    row = db.execute("SELECT sum(canaries_sent), sum(canaries_received) FROM meter").fetchone()
    db.close()
    return int(row[0] or 0), int(row[1] or 0)


def _proven(box: Town) -> bool:
    return box.status()["lines"][0]["canary"]["proven_minutes"] == 0


@pytest.mark.parametrize("mode", ["stored", "direct"])
def test_one_modem_of_a_line_texts_the_other_and_it_is_no_tip(tmp_path: Path, mode: str) -> None:
    with town(tmp_path, modems=2, lines=(Line("police", (0, 1), mode=mode),)) as (box, network):
        _configure(box, canary='[canary]\nenabled = true\nevery = "2s"\n')
        box.start("run")
        until(lambda: _proven(box), "the line is proven", box.log)
        network.deliver("un aviso entre canarios", 0, sender="+5216561230001")
        assert network.wait(timeout=60, every=True), box.log()
        box.wait_forwarded()
        box.stop()
        sent, received = _meter(box)
        assert network.record(0)["sent"] and sent >= received >= 1
        assert {message["to"] for message in network.record(0)["sent"]} == {NUMBERS[1]}
        found = json.loads(box.workstation("import", str(box.stick), "--json"))
        assert found["slips"]["tips"] == 1
        assert found["slips"]["canaries"] >= 1
        tips = box.workstation("tips", "--json").splitlines()
        assert [json.loads(tip)["text"] for tip in tips] == ["un aviso entre canarios"]
        assert network.record(0)["violations"] == network.record(1)["violations"] == []


def test_a_canary_that_arrives_after_a_restart_is_still_known(tmp_path: Path) -> None:
    with town(
        tmp_path, modems=2, modem_options=("--set", "retry_ms=300"), lines=(Line("police", (0, 1)),)
    ) as (
        box,
        network,
    ):
        _configure(box)
        running = box.start("run")
        box.wait_receiving(2)
        network.set(1, registration=0)
        box.gateway("canary", "police")
        assert not _proven(box)
        running.terminate()
        assert running.wait(30) == 0
        network.set(1, registration=1)
        box.start("run")
        until(lambda: _proven(box), "the line is proven", box.log)
        box.wait_forwarded()
        assert _meter(box) == (1, 1)
        found = json.loads(box.workstation("import", str(box.stick), "--json"))
        assert (found["slips"]["tips"], found["slips"]["canaries"]) == (0, 1)


def test_a_deaf_line_is_never_proven_and_a_canary_that_cannot_be_sent_says_why(tmp_path: Path) -> None:
    with town(tmp_path, modems=2, lines=(Line("police", (0, 1)),)) as (box, network):
        _configure(box)
        network.set(0, registration=3)
        box.start("run")
        box.wait_receiving(2)
        box.gateway("canary", "police", expect=FOUND)
        assert box.status()["lines"][0]["canary"]["proven_minutes"] is None
        assert "never proven" in box.gateway("status", expect=(0, FOUND))


@pytest.mark.slow
def test_a_modem_that_waits_to_be_told_is_proven_and_then_used_directly(tmp_path: Path) -> None:
    options = ("--set", "ack_timeout_ms=1500", "--set", "retry_ms=500")
    with town(tmp_path, modem_options=options, lines=(Line("police", mode="direct"),)) as (box, network):
        _configure(box)
        running = box.start("run")
        box.wait_receiving()
        box.gateway("prove", f"{tmp_path}/modem0")
        running.terminate()
        running.wait(30)
        box.config.write_text(box.config.read_text().replace('mode = "direct"', 'mode = "auto"'))
        box.start("run")
        box.wait_receiving()
        assert box.status()["modems"][0]["mode"] == "direct"
        network.deliver("por la vía directa", sender="+5216561230001")
        assert network.wait(timeout=60, count=2), box.log()
        assert network.messages()[-1]["memory"] is None
        box.wait_forwarded()
        assert [tip["text"] for tip in box.tips()] == ["por la vía directa"]


def test_a_modem_that_acknowledges_by_itself_is_found_out_and_used_in_stored_mode(tmp_path: Path) -> None:
    with town(tmp_path, modem_options=("--set", "self_ack=yes"), lines=(Line("police", mode="direct"),)) as (
        box,
        network,
    ):
        _configure(box)
        box.start("run")
        box.wait_receiving()
        texts = [f"aviso {number}" for number in range(6)]
        for text in texts:
            network.deliver(text, sender="+5216561230001")
        until(lambda: box.status()["modems"][0]["mode"] == "stored", "it is found out", box.log)
        box.gateway("prove", f"{tmp_path}/modem0", expect=FOUND)
        network.deliver("y sigue recibiendo", sender="+5216561230001")
        assert network.wait(timeout=60, count=7), box.log()
        box.wait_forwarded()
        assert sorted(tip["text"] for tip in box.tips()) == sorted([*texts, "y sigue recibiendo"])
