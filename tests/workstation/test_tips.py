"""What tips shows: parts joined, gaps shown, nothing dropped, nothing twice."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.workstation import FIRST, PERIOD, Box, Station
from wire.signed import time_text
from wire.slip import Flag, Kind, Origin

KEYS = {
    "tip", "line", "conversation", "received", "period", "text", "parts", "parts_missing", "flags", "data", "perhaps",
}  # fmt: skip
SMILE = "\U0001f600"


def test_a_tip_is_one_object_with_these_keys(station: Station, box: Box, stick: Path) -> None:
    slip = box.text("Vi una cosa")
    box.cut(stick, slip)
    station.take(stick)
    (tip,) = station.tips()
    assert tip == {
        "tip": slip.message.hex(),
        "line": "police",
        "conversation": slip.conversation.hex(),
        "received": time_text(FIRST),
        "period": PERIOD,
        "text": "Vi una cosa",
        "parts": 1,
        "parts_missing": [],
        "flags": [],
        "data": None,
        "perhaps": [],
    }
    assert set(tip) == KEYS


def test_parts_in_any_order_and_over_batches_make_the_same_tip(
    station: Station, box: Box, tmp_path: Path
) -> None:
    parts = box.long_text(["one ", "two ", "three"])
    results = []
    for number, order in enumerate(itertools.permutations(parts)):
        folder = tmp_path / str(number)
        folder.mkdir()
        other = Station.make(folder)
        sheet = replace(other.sheet)
        sender = Box(sheet, seed=number + 10)
        other.trust(sender, folder)
        for part in order:
            sender.cut(folder / "stick", replace(part, line=sheet.line))
        other.take(folder / "stick")
        results.append(other.tips())
    assert [result[0]["text"] for result in results] == ["one two three"] * 6
    assert all(result == results[0] for result in results)


def test_a_missing_part_is_a_gap_at_its_place(station: Station, box: Box, stick: Path) -> None:
    first, _, third = box.long_text(["one ", "two ", "three"])
    box.cut(stick, third, first)
    station.take(stick)
    (tip,) = station.tips()
    assert (tip["parts"], tip["parts_missing"]) == (3, [2])
    assert tip["text"].startswith("one ") and tip["text"].endswith("three") and "2/3" in tip["text"]
    assert "gap" in tip["flags"]


def test_a_part_that_comes_later_fills_the_gap_and_keeps_place_and_id(
    station: Station, box: Box, tmp_path: Path
) -> None:
    first, second = box.long_text(["one ", "two"])
    box.cut(tmp_path / "a", first)
    station.take(tmp_path / "a")
    (before,) = station.tips()
    box.cut(
        tmp_path / "b",
        replace(second, received=FIRST + 5 * PERIOD),
        box.text("between", received=FIRST + PERIOD),
    )
    station.take(tmp_path / "b")
    after, between = station.tips()
    assert (after["tip"], after["received"]) == (before["tip"], before["received"])
    assert (after["text"], between["text"]) == ("one two", "between")


def test_a_slip_that_is_in_two_batches_is_one_tip(station: Station, box: Box, stick: Path) -> None:
    alone, (first, second) = box.text("alone"), box.long_text(["one ", "two"])
    box.cut(stick, alone, first, second)
    box.cut(stick, alone, second)
    station.take(stick)
    assert sorted(tip["text"] for tip in station.tips()) == ["alone", "one two"]


def test_a_part_repeated_with_another_content_is_shown_too(station: Station, box: Box, stick: Path) -> None:
    first, second = box.long_text(["one ", "two"])
    changed = replace(
        box.text("TWO", udh=bytes((0, 3, 5, 2, 2))), message=second.message, received=FIRST + PERIOD
    )
    box.cut(stick, first, second, changed)
    station.take(stick)
    (tip,) = station.tips()
    assert tip["text"].startswith("one two") and tip["text"].endswith("TWO")
    assert "conflicting-part" in tip["flags"]


def test_a_surrogate_pair_cut_in_two_is_whole_again(station: Station, box: Box, stick: Path) -> None:
    octets = f"así {SMILE}".encode("utf-16-be")
    udh = [bytes((5, 0, 3, 9, 2, number)) for number in (1, 2)]
    message = box.random.randbytes(16)
    parts = [
        box.part(flags=Flag.UDHI, dcs=8, data=head + piece, udl=len(head + piece), message=message)
        for head, piece in zip(udh, (octets[:-2], octets[-2:]), strict=True)
    ]
    box.cut(stick, *parts)
    station.take(stick)
    assert [tip["text"] for tip in station.tips()] == [f"así {SMILE}"]


def test_data_is_given_in_hexadecimal_without_its_header(station: Station, box: Box, stick: Path) -> None:
    data = bytes.fromhex("0605040b8423f0") + b"\x00\x01\xfe"
    box.cut(stick, box.part(flags=Flag.UDHI, dcs=4, udl=len(data), data=data))
    station.take(stick)
    (tip,) = station.tips()
    assert (tip["text"], tip["data"]) == (None, "0001fe")
    assert {"data", "ports"} <= set(tip["flags"])


def test_what_could_not_be_parsed_is_offered_as_octets(station: Station, box: Box, stick: Path) -> None:
    box.cut(stick, box.part(kind=Kind.UNPARSED, origin=Origin.NONE, data=b"\x01\x02"))
    assert station.take(stick)["slips"]["unparsed"] == 1
    (tip,) = station.tips()
    assert (tip["text"], tip["data"], tip["flags"]) == (None, "0102", ["unparsed"])


@pytest.mark.parametrize(
    ("fields", "flag"),
    [
        ({"origin": Origin.NETWORK}, "network"),
        ({"origin": Origin.ALPHANUMERIC}, "alphanumeric"),
        ({"origin": Origin.NONE}, "no-sender"),
        ({"flags": Flag.AFTER_LOSS}, "after-loss"),
        ({"flags": Flag.MULTIMEDIA}, "multimedia"),
        ({"dcs": 0x10}, "class-0"),
        ({"dcs": 0xF0}, "class-0"),
        ({"dcs": 0xC8}, "message-waiting"),
        ({"pid": 0x40}, "silent"),
    ],
)
def test_what_a_reader_should_know_is_a_flag(
    station: Station, box: Box, stick: Path, fields: dict[str, Any], flag: str
) -> None:
    box.cut(stick, box.text("text", **fields))
    station.take(stick)
    (tip,) = station.tips()
    assert (tip["text"], tip["flags"]) == ("text", [flag])


def test_an_empty_message_is_a_tip(station: Station, box: Box, stick: Path) -> None:
    box.cut(stick, box.text(""))
    station.take(stick)
    assert [tip["text"] for tip in station.tips()] == [""]


def test_runs_of_digits_are_masked_in_texts_of_the_network_only(
    station: Station, box: Box, stick: Path
) -> None:
    text = "Missed call from 6561234567"
    box.cut(stick, box.text(text, origin=Origin.NETWORK), box.text(text))
    station.take(stick)
    by_network = {"network" in tip["flags"]: tip["text"] for tip in station.tips()}
    assert "6561234567" not in by_network[True]
    assert by_network[False] == text


def test_cover_canaries_and_manifests_are_no_tips(station: Station, box: Box, stick: Path) -> None:
    box.cut(stick, box.part(kind=Kind.CANARY, flags=0, data=b"nonce"))
    station.take(stick)
    assert station.tips() == []


def test_tips_come_by_time_then_in_an_order_that_does_not_change(
    station: Station, box: Box, tmp_path: Path
) -> None:
    paths = [
        box.cut(
            tmp_path / "all", *(box.text(f"{n} {m}", received=FIRST + (5 - n) * PERIOD) for m in range(4))
        )
        for n in range(5)
    ]
    station.take(*reversed(paths))
    tips = station.tips()
    assert [tip["received"] for tip in tips] == sorted(tip["received"] for tip in tips)
    assert len(tips) == 20
    (tmp_path / "other").mkdir()
    assert station.tips() == tips


def test_a_repeat_after_a_power_loss_is_offered_and_not_dropped(
    station: Station, box: Box, stick: Path
) -> None:
    first = box.text("help")
    again = box.text("help", flags=Flag.AFTER_LOSS, received=FIRST + PERIOD)
    box.cut(stick, first, box.text("help"), again, box.text("other", flags=Flag.AFTER_LOSS))
    station.take(stick)
    tips = {tip["tip"]: tip for tip in station.tips()}
    assert len(tips) == 4
    offered = tips[again.message.hex()]
    assert offered["flags"] == ["after-loss", "possible-repeat"]
    assert first.message.hex() in offered["perhaps"]
    assert [tip["perhaps"] for tip in tips.values()].count([]) == 3


def test_the_rest_of_a_message_after_a_power_loss_is_offered(station: Station, box: Box, stick: Path) -> None:
    first, _, _ = box.long_text(["one ", "two ", "three"], reference=77)
    _, second, third = box.long_text(["one ", "two ", "three"], reference=77, received=FIRST + PERIOD)
    loss = [replace(part, flags=part.flags | Flag.AFTER_LOSS) for part in (second, third)]
    (stranger, _) = box.long_text(["a ", "b"], reference=77, received=FIRST + PERIOD)
    box.cut(stick, first, *loss, stranger)
    station.take(stick)
    tips = {tip["tip"]: tip for tip in station.tips()}
    assert tips[second.message.hex()]["perhaps"] == [first.message.hex()]
    assert "possible-rest" in tips[second.message.hex()]["flags"]
    assert tips[stranger.message.hex()]["perhaps"] == []


HOSTILE = "\x1b[2J\x1b]0;owned\x07 \u202eevil\u2066 <b>&</b> [bold]x[/bold] \r\n\x00\x85 http://x"


def test_json_lines_are_ascii_whatever_the_text(station: Station, box: Box, stick: Path) -> None:
    box.cut(stick, box.text(HOSTILE))
    station.take(stick)
    output = station.run("tips", "--json").stdout
    assert output.isascii() and all(c.isprintable() or c == "\n" for c in output)
    assert json.loads(output)["text"] == HOSTILE


def test_on_a_terminal_a_hostile_text_is_shown_and_not_acted_on(
    station: Station, box: Box, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "500")
    box.cut(stick, box.text(HOSTILE), box.text("\u202e\n2026-01-01T00:00:00Z  police  tip 00"))
    station.take(stick)
    output = station.run("tips").output
    shown = output.replace("\n", "")
    assert not any(c in shown for c in "\x1b\x07\r\x00\x85\u202e\u2066")
    assert "<U+001B>[2J" in output and "<U+202E>evil" in output and "[bold]x[/bold]" in output
    assert [row for row in output.splitlines() if "tip 00" in row] == [
        "  | 2026-01-01T00:00:00Z  police  tip 00"
    ]


def test_a_long_line_is_broken_within_the_margin(
    station: Station, box: Box, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    box.cut(stick, box.text("漢" * 60))
    station.take(stick)
    rows = station.run("tips").output.splitlines()
    assert len([row for row in rows if row.startswith("  | ")]) == 2


def test_a_stored_batch_that_was_changed_on_the_disk_is_not_booked_and_reported(
    station: Station, box: Box, stick: Path
) -> None:
    box.cut(stick, box.text("good"))
    station.take(stick)
    box.cut(stick, box.text("changed"))
    station.take(stick)
    database = station.home / "batches.db"
    octets = database.read_bytes()
    body = (stick / sorted(p.name for p in stick.iterdir())[1]).read_bytes()[-40:]
    assert octets.count(body) == 1
    database.write_bytes(octets.replace(body, bytes(40)))
    assert {tip["text"] for tip in station.tips()} == {"good", "changed"}, "it was read before it was changed"
    for path in station.home.glob("casebook.db*"):
        path.unlink()
    result = station.run("tips", "--json", code=11)
    assert [json.loads(line)["text"] for line in result.stdout.splitlines()] == ["good"]
    assert "does not verify" in result.stderr
    report = station.run("import", stick, "--json", code=11)
    assert json.loads(report.stdout)["known"] == 2
