"""Parts that come later complete a tip, whatever was done with it meanwhile."""

from __future__ import annotations

from dataclasses import replace

from tests.support.book import ANA, Shelf, rows
from tests.support.workstation import FIRST, NOW, PERIOD
from wire import commitment
from wire.slip import Flag, encode_slip
from workstation.book.actions import set_priority, set_status
from workstation.book.listing import page, tip
from workstation.book.reading import read_tips
from workstation.book.rows import Filter, Order


def _found(shelf: Shelf, text: str) -> list[int]:
    return [row.id for row in page(shelf.book, Filter(text=text), now=NOW).rows]


def test_a_later_part_fills_the_gap_and_what_is_searched(shelf: Shelf) -> None:
    first, second, third = shelf.box.long_text(["la casa ", "azul y ", "blanca"])
    shelf.add(first, third)
    (before,) = rows(shelf.book)
    assert (before.missing, "gap" in before.flags) == ((2,), True)
    assert before.text is not None and "2/3" in before.text
    assert _found(shelf, '"casa azul"') == []
    done = shelf.add(replace(second, received=FIRST + PERIOD))
    assert (done.new, done.completed) == (0, 1)
    (after,) = rows(shelf.book)
    assert (after.id, after.tip, after.text) == (before.id, before.tip, "la casa azul y blanca")
    assert (after.missing, after.flags) == ((), ())
    assert _found(shelf, '"casa azul y blanca"') == [after.id]
    assert [row.id for row in page(shelf.book, Filter(flags=("gap",)), now=NOW).rows] == []


def test_an_earlier_part_that_comes_later_moves_the_tip_to_its_period(shelf: Shelf) -> None:
    first, second = shelf.box.long_text(["uno ", "dos"], received=FIRST + 3 * PERIOD)
    shelf.add(second)
    shelf.texts("entre los dos", received=FIRST + PERIOD)
    shelf.add(replace(first, received=FIRST))
    oldest = page(shelf.book, Filter(order=Order.OLDEST), now=NOW).rows
    assert [row.text for row in oldest] == ["uno dos", "entre los dos"]
    assert _found(shelf, "dos") == [2, 1]


def test_what_was_done_with_a_tip_stays(shelf: Shelf) -> None:
    first, second = shelf.box.long_text(["uno ", "dos"])
    shelf.add(first)
    set_status(shelf.book, ANA, [1], "valid", now=NOW)
    set_priority(shelf.book, ANA, [1], 2, now=NOW)
    shelf.add(second, now=NOW + 5)
    row = tip(shelf.book, 1)
    assert (row.text, row.status, row.priority, row.booked) == ("uno dos", "valid", 2, NOW)


def test_the_log_says_that_a_tip_was_completed(shelf: Shelf) -> None:
    first, second = shelf.box.long_text(["uno ", "dos"])
    shelf.add(first)
    shelf.add(second)
    found = shelf.book.connection.execute("SELECT action, tip, detail FROM log ORDER BY id").fetchall()
    assert [(action, number) for action, number, _ in found] == [
        ("import", None),
        ("completed", 1),
        ("import", None),
    ]
    assert "uno" not in str(found)


def test_a_destroyed_tip_stays_so_and_a_late_part_is_counted_only(shelf: Shelf) -> None:
    first, second = shelf.box.long_text(["uno ", "dos"], flags=Flag.UDHI)
    second = replace(second, flags=Flag.UDHI | Flag.COUNTED)
    shelf.add(first)
    destroyed = "UPDATE tips SET text = NULL, destroyed = ? WHERE id = 1"
    shelf.book.connection.execute(destroyed, (NOW,))
    shelf.book.connection.execute("DELETE FROM slips")
    done = shelf.add(second)
    assert (done.new, done.completed) == (0, 0)
    assert tip(shelf.book, 1).text is None
    assert list(read_tips(shelf.book)) == []
    assert shelf.book.connection.execute("SELECT count(*) FROM slips").fetchone() == (0,)
    digest = commitment.digest(second.tip, encode_slip(second))
    assert shelf.book.connection.execute("SELECT commitment, digest, tip FROM digests").fetchall() == [
        (commitment.commitment(digest), digest, 1)
    ]


def test_only_counted_slips_have_a_digest(shelf: Shelf) -> None:
    counted, other = shelf.box.text("uno"), shelf.box.text("dos", flags=Flag(0))
    shelf.add(counted, other)
    digests = [row[0] for row in shelf.book.connection.execute("SELECT digest FROM digests")]
    assert digests == [commitment.digest(counted.tip, encode_slip(counted))]


def test_a_message_without_an_id_is_a_tip_by_itself(shelf: Shelf) -> None:
    shelf.add(*(shelf.box.text(text, message=bytes(16)) for text in ("uno", "dos")))
    assert sorted(row.text or "" for row in rows(shelf.book)) == ["dos", "uno"]
