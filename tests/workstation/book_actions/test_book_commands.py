"""The commands of the case book, as a script drives them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.support.people import secret
from tests.support.terminal import terminal
from tests.support.workstation import Box, Station
from wire.hashing import NO_HASH
from workstation.book.connection import NAME, Book
from workstation.cli import cli

HOSTILE = "<script>\x1b[2J\u202eevil"


@pytest.fixture
def filled(station: Station, box: Box, stick: Path) -> Station:
    """A workstation with four tips."""
    texts = ["Vi una camioneta roja", "venden droga en la esquina", HOSTILE, "camioneta verde"]
    box.cut(stick, *(box.text(text) for text in texts))
    station.take(stick)
    return station


def _lines(station: Station, *words: object) -> list[dict[str, Any]]:
    return [json.loads(line) for line in station.run(*words, "--json").stdout.splitlines()]


def _one(station: Station, *words: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(station.run(*words, "--json").stdout)
    return found


def _ids(station: Station) -> dict[str, str]:
    return {str(tip["text"]): str(tip["tip"]) for tip in _lines(station, "list", "--order", "oldest")}


def _tip(station: Station, begin: str) -> str:
    return next(tip for text, tip in _ids(station).items() if text.startswith(begin))


def test_a_tip_is_read_worked_on_and_closed(filled: Station) -> None:
    tip = _tip(filled, "Vi una")
    assert (
        "action 3" in filled.run("set", tip[:8], "--status", "investigating", "--unit", "U4").stdout or True
    )
    filled.run("note", tip[:8], "nobody there")
    filled.run(
        "set", tip, "--status", "unconfirmed", "--reason", "no such car", "--category", "theft_vehicle"
    )
    found = _one(filled, "tip", tip[:10])
    assert (found["tip"], found["status"], found["unit"]) == (tip, "unconfirmed", "U4")
    assert found["category"] == "theft_vehicle"
    assert found["closed"] == found["last_action"] is not None
    kinds = [event["kind"] for event in found["timeline"]]
    assert kinds == ["booked", "status", "assign", "note", "status", "category"]
    assert [event["note"] for event in found["timeline"] if event["note"]] == ["nobody there", "no such car"]
    assert {user for event in found["timeline"][1:] for user in event["users"]} == {filled.open().users[0]}


def test_a_note_is_read_from_stdin(filled: Station) -> None:
    tip = _tip(filled, "Vi una")
    result = CliRunner().invoke(cli, filled.arguments("note", tip, "-"), input="de la calle\nsegunda línea\n")
    assert result.exit_code == 0
    assert _one(filled, "tip", tip)["timeline"][-1]["note"] == "de la calle\nsegunda línea"
    assert CliRunner().invoke(cli, filled.arguments("note", tip, "-"), input=b"\xff\xfe").exit_code == 20


def test_lists_are_filtered_and_searched(filled: Station) -> None:
    ids = _ids(filled)
    first = ids["Vi una camioneta roja"]
    filled.run("set", first, "--category", "theft_vehicle", "--priority", "3", "--person", "Luz")
    assert [tip["tip"] for tip in _lines(filled, "list", "--category", "theft_vehicle")] == [first]
    assert len(_lines(filled, "list", "--category", "-")) == 3
    assert _lines(filled, "list", "--order", "priority")[0]["tip"] == first
    assert {tip["tip"] for tip in _lines(filled, "search", "CAMIÓNETA")} == {first, ids["camioneta verde"]}
    assert [tip["tip"] for tip in _lines(filled, "search", "camioneta", "roja")] == [first]
    assert len(_lines(filled, "list", "--limit", "2")) == 2
    assert len(_lines(filled, "list", "--limit", "0", "--class", "open")) == 4
    assert _lines(filled, "list", "--from", "2030-01-01") == []
    assert len(_lines(filled, "list", "--to", "2030-01-01")) == 4
    assert _lines(filled, "list", "--silent") == []


def test_a_filter_is_saved_used_and_removed(filled: Station) -> None:
    tip = _tip(filled, "Vi una")
    filled.run("set", tip, "--status", "valid")
    filled.run("list", "--status", "valid", "--status", "other", "--save", "mine")
    assert [one["tip"] for one in _lines(filled, "list", "--saved", "mine")] == [tip]
    (saved,) = _lines(filled, "filters")
    assert saved["name"] == "mine"
    filled.run("filters", "--remove", "mine")
    filled.run("list", "--saved", "mine", code=19)


def test_what_is_unknown_ends_with_19_and_its_name(filled: Station) -> None:
    tip = _tip(filled, "Vi una")
    for words in (
        ("tip", "ffffffff0000"),
        ("tip", "zz\x1b[2J"),
        ("set", tip, "--status", "gone"),
        ("set", tip, "--category", "gossip"),
        ("set", tip, "--district", "atlantis"),
        ("list", "--status", "gone"),
        ("list", "--district", "atlantis"),
        ("merge", tip, "--into", "0123456789ab"),
        ("undo", "--action", "4711"),
        ("settle", "99", "--same"),
        ("settings", "colour", "red"),
    ):
        result = filled.run(*words, code=19)
        assert "error: " in result.stderr
        assert "\x1b" not in result.output
        assert "Traceback" not in result.output


def test_a_beginning_that_two_tips_share_names_none(station: Station, box: Box, stick: Path) -> None:
    for last in range(2):
        box.cut(stick, box.text(f"text {last}", message=bytes([0xAB] * 15 + [last])))
    station.take(stick)
    assert "more than one" in station.run("tip", "abab", code=19).stderr.lower()
    assert _one(station, "tip", "ab" * 15 + "01")["text"] == "text 1"


def test_what_cannot_follow_ends_with_20_and_says_what_can(filled: Station) -> None:
    tip = _tip(filled, "Vi una")
    filled.run("set", tip, "--status", "not_actionable.prank")
    assert "Possible: reopened." in filled.run("set", tip, "--status", "valid", code=20).stderr
    assert "never set by hand" in filled.run("set", tip, "--status", "delivered", code=20).stderr
    filled.run("merge", tip, "--into", tip, code=20)


def test_merging_linking_and_undoing_by_commands(filled: Station) -> None:
    ids = _ids(filled)
    one, two = ids["Vi una camioneta roja"], ids["camioneta verde"]
    filled.run("link", one, "--with", two)
    filled.run("merge", one, "--into", two)
    found = _one(filled, "tip", two)
    assert (found["parts_of"], found["links"]) == ([one], [one])
    filled.run("undo", one)
    filled.run("link", one, "--with", two, "--remove")
    found = _one(filled, "tip", two)
    assert (found["parts_of"], found["links"]) == ([], [])
    filled.run("set", one, two, "--status", "valid")
    number = _one(filled, "tip", one)["can_undo"]
    filled.run("undo", "--action", number)
    assert {tip["status"] for tip in _lines(filled, "list")} == {"delivered"}
    assert "already" in filled.run("set", one, "--priority", "0").stdout


def test_offers_are_shown_and_settled(station: Station, box: Box, stick: Path) -> None:
    text = "robaron la tienda de la calle Juárez anoche a las once"
    box.cut(stick, box.text(text), box.text(text + "!"))
    station.take(stick)
    (offer,) = _lines(station, "offers")
    station.run("settle", offer["offer"], "--same")
    assert _lines(station, "offers") == []
    assert _one(station, "tip", offer["tip"])["status"] in ("merged", "delivered")
    assert {tip["status"] for tip in _lines(station, "list")} == {"merged", "delivered"}
    station.run("settle", offer["offer"], "--different", code=20)


def test_the_log_is_shown_and_verified(filled: Station) -> None:
    tip = _tip(filled, "Vi una")
    filled.run("set", tip, "--status", "valid", "--category", "other")
    noted = _one(filled, "log", "verify")["head"]
    filled.run("set", tip, "--status", "investigating")
    shown = _lines(filled, "log")
    assert [row["action"] for row in shown] == ["import", "status", "category", "status"]
    assert [row["tip"] for row in _lines(filled, "log", "--tip", tip)] == [tip] * 3
    assert len(_lines(filled, "log", "--last", "2")) == 2
    assert _one(filled, "log", "verify", "--head", noted)["rows"] == 4
    assert _one(filled, "log", "verify")["head"] == shown[-1]["hash"] != NO_HASH.hex()
    home = filled.open()
    with Book.open(home.path / NAME, home.vault.book) as book:
        book.connection.execute("UPDATE log SET users = 'eve' WHERE id = 2")
    assert "row 2 " in filled.run("log", "verify", code=17).stderr
    filled.run("log", "verify", "--head", "ab", code=2)


def test_a_tip_is_held_by_two_named_users_only(filled: Station, tmp_path: Path) -> None:
    tip = _tip(filled, "Vi una")
    assert "two" in filled.run("hold", tip, code=18).stderr.lower()
    filled.run("set", tip, "--status", "withheld", code=18)
    two = Station.make_two_person(_folder(tmp_path))
    box = Box(two.sheet)
    two.trust(box, tmp_path)
    stick = tmp_path / "other"
    box.cut(stick, box.text("hold me"))
    two.take(stick)
    (row,) = two.tips()
    two.run("hold", row["tip"])
    two.run("set", row["tip"], "--status", "withheld")
    found = _one(two, "tip", row["tip"])
    assert found["held"] is True
    assert found["timeline"][-1]["users"] == sorted(found["timeline"][-1]["users"])
    assert len(found["timeline"][-1]["users"]) == 2
    two.run("hold", row["tip"], "--release")
    assert _one(two, "tip", row["tip"])["held"] is False


def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "two"
    folder.mkdir()
    return folder


def test_a_home_of_one_takes_a_second_user_for_what_two_have_to_do(filled: Station, tmp_path: Path) -> None:
    tip = _tip(filled, "Vi una")
    file = secret(tmp_path, "another phrase", "bea")
    filled.run("users", "add", "bea", "--new-passphrase-file", file)
    both = Station(filled.home, filled.passphrase_file, (file,))
    both.run("hold", tip)
    assert _one(filled, "tip", tip)["timeline"][-1]["users"] == ["analyst", "bea"]
    with terminal(*filled.arguments("hold", tip, "--release")) as term:
        term.answer("a second user, to unhold a tip", "another phrase")
        assert term.close() == 0
    assert _one(filled, "tip", tip)["held"] is False


def test_a_hostile_text_is_shown_and_never_acted_on(filled: Station) -> None:
    tip = _tip(filled, "<script>")
    filled.run("note", tip, HOSTILE)
    for words in (("tip", tip), ("list",), ("search", "evil"), ("log",)):
        shown = filled.run(*words).stdout
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert json.dumps(HOSTILE) not in filled.run("log", "--json").stdout
    assert "<U+001B>" in filled.run("tip", tip).stdout


def test_districts_are_taken_from_a_file_or_refused_with_the_line(filled: Station, tmp_path: Path) -> None:
    file = tmp_path / "districts.csv"
    file.write_text("code,es,en\nnorte,Norte,North\nsur,Sur\n", encoding="utf-8")
    assert "line 3" in filled.run("districts", file, code=3).stderr
    assert _lines(filled, "districts") == []
    file.write_text("code,es,en\nnorte,Norte,North\n", encoding="utf-8")
    assert "Norte / North" in filled.run("districts", file).stdout
    tip = _tip(filled, "Vi una")
    filled.run("set", tip, "--district", "norte")
    assert [one["tip"] for one in _lines(filled, "list", "--district", "norte")] == [tip]
    filled.run("districts", tmp_path / "missing.csv", code=12)


def test_settings_figures_and_vocabulary_are_shown(filled: Station) -> None:
    filled.run("settings", "silence_days", "12")
    assert _one(filled, "settings")["silence_days"] == 12
    assert _one(filled, "settings", "silence_days") == {"silence_days": 12}
    filled.run("settings", "silence_days", "0", code=20)
    assert "silence_days" in filled.run("settings").stdout
    found = _one(filled, "figures")
    assert (found["tips"], found["first_action"]["median_hours"]) == (4, None)
    assert "4 untouched" in filled.run("figures", "--days", "3000").stdout
    words = json.loads(filled.run("vocabulary", "--json").stdout)
    assert {one["code"] for one in words["statuses"] if not one["by_hand"]} >= {
        "delivered",
        "merged",
        "no_response",
    }
    assert len(words["categories"]) == 23
    assert "never by hand" in filled.run("vocabulary").stdout


def test_nothing_of_the_book_is_shown_without_the_passphrase(filled: Station, tmp_path: Path) -> None:
    filled.passphrase_file = secret(tmp_path, "wrong")
    for words in (("list",), ("log",), ("figures",), ("retention",), ("tip", "ab")):
        assert filled.run(*words, code=7).stdout == ""
