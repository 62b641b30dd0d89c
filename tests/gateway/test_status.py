"""What ``status`` says needs the operator: a modem that receives nothing never looks well."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from gateway.box import load_box
from gateway.config import parse
from gateway.intake.kept import KeptMemory
from gateway.intake.main import _parts
from gateway.status import modem_problems
from hw.contract import Phase
from tests.support.boxes import make_state

CONFIG = """
state_dir = "state"
[batch]
slots = 8
[[line]]
name = "police"
[[line.modem]]
port = "/dev/none"
[[line.modem]]
port = "/dev/nothing"
"""


def modem(**changes: Any) -> dict[str, Any]:
    return {"port": "auto", "state": "receiving", "registration": 1, "problem": None} | changes


@pytest.mark.parametrize("registration", [1, 5, 6, 7, None])
def test_a_modem_that_receives_needs_nobody(registration: int | None) -> None:
    assert modem_problems([modem(registration=registration)]) == []


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.RECEIVING])
def test_a_modem_in_any_other_phase_is_told(phase: Phase) -> None:
    (problem,) = modem_problems([modem(state=phase.value)])
    assert problem["what"] == f"modem auto: {phase.value}"


@pytest.mark.parametrize("registration", [0, 2, 3, 4])
def test_a_modem_that_the_network_does_not_know_is_told_though_it_is_ready(registration: int) -> None:
    (problem,) = modem_problems([modem(registration=registration)])
    assert "not registered" in problem["what"]
    assert problem["way_out"]


def test_what_a_modem_says_of_itself_comes_first_and_once() -> None:
    (problem,) = modem_problems([modem(problem="the SIM is full", registration=2)])
    assert problem["what"] == "modem auto: the SIM is full"


def test_a_modem_is_in_the_status_before_anything_was_heard_of_it(tmp_path: Path) -> None:
    make_state(tmp_path / "state")
    config = parse(CONFIG.encode(), base=tmp_path)

    async def start() -> None:
        parts = _parts(config, load_box(config.state_dir), KeptMemory())
        live = await parts.report.live()
        assert [each["port"] for each in live["modems"]] == ["/dev/none", "/dev/nothing"]
        assert len(modem_problems(live["modems"])) == 2
        assert parts.report.sentence().startswith("0 of 2 modems receiving")
        await parts.committer.close()
        parts.db.close()

    asyncio.run(start())
