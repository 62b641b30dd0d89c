"""Destruction by rule: what goes, what stays, what is certified, and that nothing of it is left in any file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from tests.support.book_actions import (
    ANA,
    DAY,
    KEY,
    NOW,
    TWO,
    actions,
    add_tips,
    decrypted,
    new_book,
    value,
)
from tests.support.searching import needles
from tests.support.workstation import Box, Station
from wire.certificate import read_certificate
from wire.endings import TipsEnded
from workstation.book.actions import (
    add_note,
    change_setting,
    hold,
    link,
    merge,
    set_status,
    undo_newest,
    unhold,
)
from workstation.book.certified import certify_last, is_certified
from workstation.book.checking import verify_log
from workstation.book.connection import NAME, Book
from workstation.book.faults import NotAllowed
from workstation.book.figures import figures
from workstation.book.listing import page
from workstation.book.retention import Ended, destroy_due, due, rewrite
from workstation.book.rows import Filter
from workstation.problems import StorageFailed

LATER = NOW + 400 * DAY
TEXT = "la camioneta verde del taller Zafiro, señor Quetzalcoatl Barranquilla"
NOTE = "vecina Xóchitl confirma el domicilio Tlaxcaltongo"
OTHER = "una fiesta ruidosa en la calle Jacaranda junto al mercado Sonora"


def _closed(book: Book, number: int = 1) -> list[int]:
    tips = add_tips(book, number)
    set_status(book, ANA, tips, "unconfirmed", now=NOW)
    return tips


def _rule(book: Book, days: int = 365) -> None:
    change_setting(book, ANA, "retention_days", str(days), now=NOW)


def test_without_a_rule_nothing_is_ever_due(book: Book) -> None:
    _closed(book)
    assert due(book, now=LATER * 2).days is None
    with pytest.raises(NotAllowed, match="no rule"):
        destroy_due(book, ANA, now=LATER)
    assert "destroy" not in actions(book)


def test_what_was_closed_long_enough_ago_is_due_to_the_second(book: Book) -> None:
    _closed(book, 3)
    add_tips(book, 2)
    _rule(book)
    assert due(book, now=NOW + 365 * DAY).tips == 0
    assert due(book, now=NOW + 365 * DAY + 1).tips == 3


def test_a_reopened_tip_is_not_due(book: Book) -> None:
    (tip,) = _closed(book)
    set_status(book, ANA, [tip], "reopened", now=NOW + DAY)
    _rule(book, 1)
    assert due(book, now=LATER).tips == 0


def test_only_counts_and_codes_are_left_of_a_destroyed_tip(book: Book) -> None:
    (tip, other) = _closed(book, 2)
    (stays,) = add_tips(book, 1)
    add_note(book, ANA, [tip], NOTE, now=NOW)
    link(book, ANA, [tip], stays, now=NOW)
    book.connection.execute("INSERT INTO offers VALUES (1, ?, ?, 'similar', 'different')", (tip, stays))
    _rule(book)
    ended = destroy_due(book, ANA, now=LATER)
    assert ended == Ended(ended.row, LATER, 365, LATER - 365 * DAY, 2, 0, ("ana",)) if ended else False
    columns = "text, data, missing, flags, conversation, unit, person, status, destroyed, closed"
    assert value(book, tip, columns) == (None, None, "", "", bytes(16), None, None, "destroyed", LATER, NOW)
    for table in ("notes", "links", "offers", "slips"):
        assert book.connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    assert value(book, stays, "text, status") == ("text", "delivered")
    query = "SELECT value FROM history WHERE tip = ? AND field = 'status' ORDER BY log"
    assert book.connection.execute(query, (other,)).fetchall() == [("unconfirmed",), ("destroyed",)]
    assert verify_log(book).rows == len(actions(book))
    assert figures(book, now=LATER).tips == 3
    assert destroy_due(book, ANA, now=LATER) is None


def test_nothing_more_can_be_done_with_a_destroyed_tip(book: Book) -> None:
    (tip,) = _closed(book)
    (other,) = add_tips(book, 1)
    _rule(book)
    destroy_due(book, ANA, now=LATER)
    for attempt in (
        lambda: set_status(book, ANA, [tip], "reopened", now=LATER),
        lambda: undo_newest(book, ANA, [tip], now=LATER),
        lambda: add_note(book, ANA, [tip], "x", now=LATER),
        lambda: merge(book, ANA, [tip], other, now=LATER),
        lambda: merge(book, ANA, [other], tip, now=LATER),
        lambda: link(book, ANA, [other], tip, now=LATER),
        lambda: hold(book, TWO, [tip], now=LATER),
    ):
        with pytest.raises(NotAllowed, match="was destroyed on 20"):
            attempt()


def test_a_tip_that_two_people_hold_back_is_spared_until_two_let_it_go(book: Book) -> None:
    tips = _closed(book, 2)
    hold(book, TWO, [tips[0]], now=NOW)
    _rule(book)
    assert (due(book, now=LATER).tips, due(book, now=LATER).held) == (1, 1)
    ended = destroy_due(book, ANA, now=LATER)
    assert ended is not None
    assert (ended.tips, ended.held) == (1, 1)
    assert value(book, tips[0], "text") == ("text",)
    unhold(book, TWO, [tips[0]], now=LATER)
    assert due(book, now=LATER).tips == 1


def test_a_merged_tip_follows_its_master(book: Book) -> None:
    open_master, closed_master, held_master, part, of_open, of_closed, of_held = add_tips(book, 7)
    merge(book, ANA, [of_open], open_master, now=NOW)
    merge(book, ANA, [of_closed], part, now=NOW)
    merge(book, ANA, [part], closed_master, now=NOW)
    merge(book, ANA, [of_held], held_master, now=NOW)
    set_status(book, ANA, [closed_master, held_master], "unconfirmed", now=NOW)
    hold(book, TWO, [held_master], now=NOW)
    _rule(book)
    destroy_due(book, ANA, now=LATER)
    gone = [tip for (tip,) in book.connection.execute("SELECT id FROM tips WHERE destroyed IS NOT NULL")]
    assert gone == [closed_master, part, of_closed]


def test_a_part_that_is_held_outlives_its_master_and_follows_when_it_is_let_go(book: Book) -> None:
    one, two = add_tips(book, 2)
    merge(book, ANA, [two], one, now=NOW)
    set_status(book, ANA, [one], "unconfirmed", now=NOW)
    hold(book, TWO, [two], now=NOW)
    _rule(book)
    destroy_due(book, ANA, now=LATER)
    assert value(book, two, "destroyed") == (None,)
    unhold(book, TWO, [two], now=LATER)
    destroy_due(book, ANA, now=LATER)
    assert value(book, two, "destroyed") == (LATER,)


def test_a_run_that_was_killed_is_brought_to_its_end_by_the_next(book: Book) -> None:
    _closed(book, 3)
    _rule(book)

    def killed() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        destroy_due(book, ANA, now=LATER, advance=killed)
    assert actions(book).count("destroy") == 3
    assert "destruction" not in actions(book)
    ended = destroy_due(book, ANA, now=LATER + 5)
    assert ended is not None
    assert ended.tips == 3
    assert destroy_due(book, ANA, now=LATER + 9) is None


def test_rewriting_removes_what_deleted_rows_left_in_free_parts_of_pages(tmp_path: Path) -> None:
    """Overwriting deleted rows where they lie is not enough: this finds copies that rows left when they moved."""
    random = Random(7)
    with new_book(tmp_path) as book:
        order = random.sample(range(1, 1201), 1200)
        with book.write():
            book.connection.executemany(
                "INSERT INTO tips (id, tip, conversation, received, period, booked, text, parts)"
                " VALUES (?, ?, ?, 1, 1, 1, ?, 1)",
                (
                    (
                        n,
                        random.randbytes(16),
                        random.randbytes(16),
                        f"mark{n:05d}" + "w" * random.randrange(20, 900),
                    )
                    for n in order
                ),
            )
        with book.write():
            book.connection.execute("UPDATE tips SET text = NULL WHERE id % 2")
        book.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert [n for n in range(1, 1201, 2) if b"mark%05d" % n in decrypted(book.path, KEY)]
        rewrite(book)
        octets = decrypted(book.path, KEY)
        assert not [n for n in range(1, 1201, 2) if b"mark%05d" % n in octets]
        assert all(b"mark%05d" % n in octets for n in range(2, 1201, 2))
        assert not [file for file in tmp_path.iterdir() if file.stat().st_size and "wal" in file.name]


def test_the_file_that_a_rewriting_makes_on_the_way_lies_in_the_home_and_is_encrypted(tmp_path: Path) -> None:
    seen: dict[str, bytes] = {}

    def look() -> int:
        for name in os.listdir("/proc/self/fd"):
            handle = Path("/proc/self/fd") / name
            try:
                target = os.readlink(handle)
                if "etilqs" in target:  # what SQLite calls its temporary files
                    seen[target] = max(seen.get(target, b""), handle.read_bytes(), key=len)
            except OSError:
                continue
        return 0

    with new_book(tmp_path) as book:
        add_tips(book, 3000, text="the same words in many tips " * 10)
        book.connection.execute("PRAGMA cache_size = -64")
        book.connection.set_progress_handler(look, 5000)
        rewrite(book)
    assert seen
    assert all(target.startswith(str(tmp_path)) for target in seen)
    assert max(map(len, seen.values())) > 100_000
    assert not [target for target, octets in seen.items() if b"same words" in octets]


def test_while_somebody_reads_the_book_is_not_rewritten_and_says_so(book: Book) -> None:
    _closed(book)
    _rule(book)
    book.connection.execute("PRAGMA busy_timeout = 50")
    with Book.open(book.path, KEY) as other:
        other.connection.execute("BEGIN")
        other.connection.execute("SELECT count(*) FROM tips").fetchone()
        with pytest.raises(StorageFailed):
            destroy_due(book, ANA, now=LATER)
        other.connection.execute("ROLLBACK")
    assert "destruction" not in actions(book)
    ended = destroy_due(book, ANA, now=LATER)
    assert ended is not None
    assert ended.tips == 1


@contextmanager
def _opened(station: Station) -> Iterator[Book]:
    home = station.open()
    with Book.open(home.path / NAME, home.vault.book) as book:
        yield book


def _everything(station: Station) -> bytes:
    """Return all octets of the home, those of the case book in clear too."""
    files = [path.read_bytes() for path in station.home.rglob("*") if path.is_file()]
    return b"\0".join([*files, decrypted(station.home / NAME, station.open().vault.book)])


def _found(station: Station, *texts: str) -> list[str]:
    octets = _everything(station)
    return [needle.what for needle in needles((), texts) if needle.octets in octets]


def test_no_word_of_a_destroyed_tip_is_left_in_any_file_of_the_home(
    station: Station, box: Box, stick: Path
) -> None:
    long = box.long_text([TEXT, "segunda parte con Huitzilopochtli Cuauhtémoc"])
    box.cut(stick, box.text(TEXT), *long, box.text(OTHER))
    station.take(stick)
    tips = {str(tip["text"]): str(tip["tip"]) for tip in station.tips()}
    gone = [tip for text, tip in tips.items() if text != OTHER]
    assert len(gone) == 2
    station.run("note", gone[0], NOTE)
    station.run("set", *gone, tips[OTHER], "--category", "suspicious")
    station.run("set", *gone, "--status", "not_actionable.prank", "--reason", NOTE)
    station.run("settings", "retention_days", "1")
    assert _found(station, TEXT), "the search is blind"
    assert _found(station, NOTE), "the search is blind"
    with _opened(station) as book:
        when = value(book, 1, "booked")[0]
        assert isinstance(when, int)
        ended = destroy_due(book, ANA, now=when + 3 * DAY)
        assert ended is not None
        assert ended.tips == 2
        for word in ("zafiro", "huitzilopochtli", "camioneta"):
            assert not page(book, Filter(text=word), now=when).rows
        assert len(page(book, Filter(text="jacaranda"), now=when).rows) == 1
    assert not _found(station, TEXT, NOTE, "segunda parte con Huitzilopochtli Cuauhtémoc")
    assert _found(station, OTHER)


def test_a_destroyed_tip_does_not_come_back_when_its_parts_come_again(
    station: Station, box: Box, stick: Path
) -> None:
    first, second = box.long_text([TEXT, "segunda parte"])
    box.cut(stick, first)
    station.take(stick)
    with _opened(station) as book:
        when = int(str(value(book, 1, "booked")[0]))
        change_setting(book, ANA, "retention_days", "1", now=when)
        set_status(book, ANA, [1], "other", now=when)
        destroy_due(book, ANA, now=when + 3 * DAY)
    box.cut(stick, first, second)
    station.take(stick)
    assert station.tips() == []
    assert not _found(station, TEXT, "segunda parte")


def test_each_destruction_has_one_certificate_of_its_counts(station: Station, box: Box, stick: Path) -> None:
    box.cut(stick, box.text(TEXT), box.text(OTHER))
    station.take(stick)
    home = station.open()
    with _opened(station) as book:
        assert certify_last(home, book) is None
        when = int(str(value(book, 1, "booked")[0]))
        change_setting(book, ANA, "retention_days", "2", now=when)
        set_status(book, ANA, [1, 2], "other", now=when)
        hold(book, TWO, [2], now=when)
        ended = destroy_due(book, ANA, now=when + 3 * DAY)
        assert not is_certified(home, book)
        kept = certify_last(home, book)
        assert kept is not None
        assert certify_last(home, book) == kept
        assert is_certified(home, book)
    certificate, _ = read_certificate(kept.octets)
    assert isinstance(certificate.matter, TipsEnded)
    assert ended is not None
    matter = certificate.matter
    assert (matter.tips, matter.held, matter.days, matter.by) == (1, 1, 2, ("ana",))
    assert certificate.authority == home.sheet.authority
    assert json.loads(station.run("certificates", "--json").stdout)


def test_the_command_shows_asks_and_does_it(station: Station, box: Box, stick: Path) -> None:
    box.cut(stick, box.text(TEXT))
    station.take(stick)
    assert "no rule" in station.run("retention").stdout
    assert station.run("retention", "run", "--yes", code=20).stdout == ""
    (tip,) = station.tips()
    station.run("set", tip["tip"], "--status", "other")
    station.run("settings", "retention_days", "1")
    shown = json.loads(station.run("retention", "--json").stdout)
    assert (shown["days"], shown["tips"], shown["held"], shown["certified"]) == (1, 0, 0, True)
    done = json.loads(station.run("retention", "run", "--json").stdout)
    assert done == {"tips": 0, "held": 0, "certificate": None}
    with _opened(station) as book:
        book.connection.execute("UPDATE tips SET closed = closed - ?", (2 * DAY,))
    asked = station.run("retention", "run", code=10).stderr
    assert "1 tip closed before" in asked and "clock of this machine says 2" in asked
    said = station.run("retention", "run", "--yes").stdout
    assert "1 tip" in said
    assert "certificate  1" in said
    assert "epochs" in said
    shown_tip = json.loads(station.run("tip", tip["tip"], "--json").stdout)
    assert (shown_tip["text"], shown_tip["status"]) == (None, "destroyed")
