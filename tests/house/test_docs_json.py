"""docs/operating.md tells of every key of the box's --json, and of none that is not there: by its real output."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from gateway.forward.notices import State
from hw.contract import Phase
from hw.ports.listing import list_ports
from tests.support.house import in_code, page, sections
from tests.support.town import Town, town, until
from tests.support.usb import Bus, Face

INNER = ("canary", "forwarder", "intake", "last_batch", "problems")
"""Keys whose own keys stand beside them, in the row that tells of them."""


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A box that runs, with a modem that receives and a batch that went to its destination."""
    with town(tmp_path_factory.mktemp("town")) as (made, _):
        (made.folder / "before").write_text(json.dumps(made.status()))  # a problem: intake does not run
        made.start("run")
        made.wait_receiving()
        until(
            lambda: made.status()["destinations"][0].get("last_success") is not None,
            "a batch is sent",
            made.log,
        )
        yield made


def section(command: str) -> str:
    """Return what the page says of ``command``."""
    (found,) = (text for text in sections(page("operating.md")) if re.match(rf"#+ .*`{command}`\n", text))
    return found


def told(text: str) -> dict[str, str]:
    """Return the rows of the tables in ``text``, by each key that stands in front."""
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|(.*)$", text, re.MULTILINE)
    return {key: row for keys, row in rows for key in re.findall(r"`(\w+)`", keys)}


def status_tables() -> dict[str, dict[str, str]]:
    """Return the four tables of ``status``: of the whole, and "Of each" of what is in its lists."""
    whole, *lists = re.split(r"^Of each (\w+)", section("status"), flags=re.MULTILINE)
    names = {"modem": "modems", "line": "lines", "destination": "destinations"}
    return {"": told(whole)} | {names[lists[at]]: told(lists[at + 1]) for at in range(0, len(lists), 2)}


def inner_keys(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (key, key in it) of what has no table of its own."""
    for key in INNER:
        held = found.get(key)
        for one in held if isinstance(held, list) else [held or {}]:
            yield from ((key, name) for name in one)


def test_the_page_tells_of_every_key_of_status_and_of_no_other(box: Town) -> None:
    found, tables = box.status(), status_tables()
    assert found["modems"] and found["lines"] and found["destinations"]
    assert set(found) == set(tables[""])
    for name in ("modems", "lines", "destinations"):
        assert all(set(one) == set(tables[name]) for one in found[name]), name


def test_the_page_tells_of_every_key_in_a_key_of_status(box: Town) -> None:
    found, tables = box.status(), status_tables()
    found["problems"] = json.loads((box.folder / "before").read_text())["problems"]
    inner = [*inner_keys(found), *inner_keys(found["lines"][0])]
    assert {key for key, _ in inner} == set(INNER)
    rows = tables[""] | tables["lines"]
    assert [f"{key}.{name}" for key, name in inner if f"`{name}`" not in rows[key]] == []


def test_the_page_tells_of_every_state_of_a_modem_and_a_destination() -> None:
    tables = status_tables()
    for name, words in (("modems", Phase), ("destinations", State)):
        assert re.findall(r"`([^`]+)`", tables[name]["state"]) == [one.value for one in words]


def test_the_page_tells_of_every_key_of_check(box: Town) -> None:
    found = json.loads(box.gateway("check", "--json", expect=(0, 1)))
    assert found["findings"], "a box without canaries is advised to have them"
    code = in_code(section("check")).split("\n")
    assert {*found, *(key for one in found["findings"] for key in one)} <= set(code)


def test_the_page_tells_of_every_key_of_ports(box: Town, tmp_path: Path) -> None:
    bus = Bus(tmp_path)
    bus.plug("1-1.2", "2c7c:0125", Face(2, "ttyUSB0"))
    (row,) = asyncio.run(list_ports(bus.places, ask=False))
    code = in_code(section("ports")).split("\n")
    assert {*json.loads(box.gateway("ports", "--json")), *asdict(row)} <= set(code)
