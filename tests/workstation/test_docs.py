"""docs/workstation-reference.md names every command, key, flag and exit code; the program decides, the page follows."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

from wire.text import Mark
from workstation import problems
from workstation.batches.opening import Tally
from workstation.batches.report import Report, as_json
from workstation.cli import cli
from workstation.cli.reading import SOME_QUARANTINED
from workstation.console import tip_json
from workstation.messages import joining, offers
from workstation.messages.joining import Tip

PAGE = (Path(__file__).parent.parent.parent / "docs" / "workstation-reference.md").read_text()


def _missing(words: list[str]) -> list[str]:
    return [word for word in words if f"`{word}`" not in PAGE]


def test_every_key_of_the_json_is_documented() -> None:
    tip = Tip(
        tip=b"", conversation=b"", received=0, period=1, text="", parts=1, parts_missing=(), flags=(), data=None,
    )  # fmt: skip
    assert _missing([*json.loads(tip_json(tip, "l")), *as_json(Report(), "l"), *Tally.counts()]) == []


def test_every_flag_is_documented() -> None:
    written = re.findall(r'"([a-z]+(?:-[a-z0-9]+)*)"', inspect.getsource(joining))
    flags = {*written, *Mark, offers.AFTER_LOSS, offers.REPEAT, offers.REST}
    assert len(flags) > 15
    assert _missing(sorted(flags)) == []


def test_every_exit_code_and_command_is_documented() -> None:
    codes = {problem.exit_code for problem in vars(problems).values() if hasattr(problem, "exit_code")}
    assert len(codes) >= 13
    assert all(f"\n| {code} | " in PAGE for code in {*codes, SOME_QUARANTINED, 0, 2})
    assert all(f"| `{name} " in PAGE for name in cli.commands)
