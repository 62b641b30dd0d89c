"""The reference tells of every key that the commands of the case book print."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.house import in_code, page, sections
from tests.support.people import bare
from tests.support.workstation import Box, Station


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            if key not in ("detail", "new", "old"):  # columns of tips and parameters of actions
                yield from _keys(inner)
    if isinstance(value, list):
        for one in value:
            yield from _keys(one)


def _told() -> str:
    wanted = ("tips", "The case book: what can be done", "What the commands print", "Status", "Districts")
    found = [
        text for text in sections(page("workstation-reference.md")) if text.lstrip("# ").startswith(wanted)
    ]
    return in_code("\n".join(found))


def test_every_key_that_is_printed_is_told(station: Station, box: Box, stick: Path, tmp_path: Path) -> None:
    text = "robaron la tienda de la calle Juárez anoche a las once"
    box.cut(stick, box.text(text), box.text(text + "!"), *box.long_text(["uno", "dos"])[:1])
    station.take(stick)
    districts = tmp_path / "districts.csv"
    districts.write_text("code,es,en\nnorte,Norte,North\n", encoding="utf-8")
    station.run("districts", districts)
    tip = str(station.tips()[0]["tip"])
    station.run("set", tip, "--status", "valid", "--reason", "why", "--unit", "U")
    station.run("list", "--status", "valid", "--save", "mine")
    commands = [
        ("tip", tip), ("list",), ("search", "tienda"), ("offers",), ("vocabulary",), ("figures",), ("log",),
        ("log", "verify"), ("retention",), ("districts",), ("settings",), ("filters",),
    ]  # fmt: skip
    printed: set[str] = set()
    for words in commands:
        lines = station.run(*words, "--json").stdout.splitlines()
        assert lines, words
        for line in lines:
            printed |= set(_keys(json.loads(line)))
    station.run("settings", "retention_days", "1")
    printed |= set(_keys(json.loads(station.run("retention", "run", "--json").stdout)))
    told = _told()
    assert {"tip", "timeline", "median_hours", "by_hand", "deed", "can_undo"} <= printed
    assert not sorted(key for key in printed if key not in told)


def test_the_words_are_shown_without_a_home() -> None:
    assert json.loads(bare("vocabulary", "--json").stdout)["statuses"]
