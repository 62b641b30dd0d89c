"""Pages are what looking at every tip would give, in every order, by every way to the rows."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disclosure.vocabulary import statuses
from tests.support.book import Shelf, folded, rows, temporary_book
from tests.support.workstation import FIRST, NOW, PERIOD
from workstation.book import listing
from workstation.book.connection import Book
from workstation.book.faults import NoSuch
from workstation.book.listing import count, find, page, thread, tip
from workstation.book.rows import Cursor, Filter, Order, TipRow
from workstation.messages.folding import read_search

DAY = 86400
CODES = ("delivered", "valid", "investigating", "other", "action_taken.arrest", "merged")
DISTRICTS = (None, "centro", "sur")
PEOPLE = (None, "ana", "ben")
TEXTS = ("Vi un coche rojo", "La casa azul", "el coche de la casa", "de noche", "")


def _fill(book: Book) -> None:
    shelf, random = Shelf(book), Random(7)
    for hour in range(30):
        texts = random.choices(TEXTS, k=random.randrange(1, 8))
        shelf.texts(*texts, received=FIRST - random.randrange(60) * DAY + hour * PERIOD)
    one, two = (rows(book)[place] for place in (3, 4))
    with book.write():
        for row in rows(book):
            code = random.choice(CODES)
            values = (
                code, random.choice(DISTRICTS), random.choice((None, "extortion")), random.choice((None, "Robos")),
                random.choice(PEOPLE), random.choice((0, 0, 1, 2, 3)), row.received + random.randrange(40) * DAY,
                random.choice((None, NOW - random.randrange(60) * DAY)), random.random() < 0.1,
                one.id if code == "merged" else None, row.id,
            )  # fmt: skip
            book.connection.execute(
                "UPDATE tips SET status=?, district=?, category=?, unit=?, person=?, priority=?, booked=?,"
                " last_action=?, held=?, merged_into=? WHERE id=?",
                values,
            )
        book.connection.execute(
            "INSERT INTO offers (tip, other, kind) VALUES (?, ?, 'possible-repeat')", (two.id, one.id)
        )


BOOK: Book
ROWS: list[TipRow] = []
OFFERED: dict[str, set[int]] = {}


@pytest.fixture(scope="module", autouse=True)
def _one_book() -> Iterator[None]:
    global BOOK  # hypothesis has no fixture for all examples
    with temporary_book() as BOOK:
        _fill(BOOK)
        ROWS[:] = rows(BOOK)
        for one, other, kind in BOOK.connection.execute("SELECT tip, other, kind FROM offers"):
            OFFERED.setdefault(kind, set()).update((one, other))
        yield


def _some(*values: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.just(()) | st.lists(st.sampled_from(values), min_size=1, max_size=3).map(tuple)


TIMES = st.none() | st.integers(-60, 2).map(lambda day: FIRST + day * DAY)
FILTERS = st.builds(
    Filter,
    text=st.sampled_from(["", "", "", "coche", "de", "casa azul", '"casa azul"', "nada de esto", "!"]),
    statuses=_some(*CODES, "no_response", "nonsense"),
    classes=_some("open", "closed", "acted", "silent"),
    categories=_some(None, "extortion", "fraud"),
    districts=_some(*DISTRICTS),
    units=_some(None, "Robos"),
    persons=_some(*PEOPLE),
    mine=_some("ana", "ben"),
    priorities=_some(0, 1, 2, 3),
    received_from=TIMES,
    received_to=TIMES,
    silent=st.booleans(),
    flags=_some("gap", "similar", "possible-repeat", "nothing"),
    held=st.booleans(),
    hide_merged=st.booleans(),
    order=st.sampled_from(Order),
)


@st.composite
def filters(draw: st.DrawFn) -> Filter:
    """Return a filter of a few conditions: with all of them nothing is ever found."""
    whole = draw(FILTERS)
    fields = draw(st.lists(st.sampled_from(Filter.__struct_fields__), max_size=3, unique=True))
    chosen = {name: getattr(whole, name) for name in (*fields, "order")}
    return Filter(**chosen)


def _meant(row: TipRow, wanted: Filter) -> bool:
    now_open = statuses()[row.status].status_class == "open"
    silent = now_open and row.since < NOW - 30 * DAY
    said = {row.status, *(("no_response",) if silent else ())}
    classes = {str(statuses()[row.status].status_class), *(("silent",) if silent else ())}
    search = read_search(wanted.text)
    return (
        (not wanted.statuses or bool(said & set(wanted.statuses)))
        and (not wanted.classes or bool(classes & set(wanted.classes)))
        and (not wanted.categories or row.category in wanted.categories)
        and (not wanted.districts or row.district in wanted.districts)
        and (not wanted.units or row.unit in wanted.units)
        and (not wanted.persons or row.person in wanted.persons)
        and (not wanted.mine or row.person in wanted.mine)
        and (not wanted.priorities or row.priority in wanted.priorities)
        and (wanted.received_from is None or row.received >= wanted.received_from)
        and (wanted.received_to is None or row.received < wanted.received_to)
        and (not wanted.silent or silent)
        and (not wanted.held or row.held)
        and (not wanted.hide_merged or row.merged_into is None)
        and all(flag in row.flags or row.id in OFFERED.get(flag, ()) for flag in wanted.flags)
        and (not wanted.text or (bool(search.pieces) and all(one in folded(row) for one in search.pieces)))
    )


_ORDERS = {
    Order.NEWEST: lambda row: (-row.received, -row.id),
    Order.OLDEST: lambda row: (row.received, row.id),
    Order.PRIORITY: lambda row: (-row.priority, -row.received, -row.id),
}


def _all_pages(wanted: Filter, size: int) -> list[list[int]]:
    pages = []
    after: Cursor | None = None
    while True:
        found = page(BOOK, wanted, now=NOW, after=after, size=size)
        pages.append([row.id for row in found.rows])
        assert (found.prev is None) == (after is None)
        if found.next is None:
            return pages
        assert len(found.rows) == size
        after = Cursor.read(str(found.next))


def _back(wanted: Filter, size: int) -> list[int]:
    """Return what is seen going to the end in one step, and back from there page by page."""
    found = page(BOOK, wanted, now=NOW, size=len(ROWS) + 1)
    if not found.rows:
        return []
    last = found.rows[-1]
    seen = [last.id]
    after: Cursor | None = Cursor(last.priority, last.received, last.id, back=True)
    while after is not None:
        before = page(BOOK, wanted, now=NOW, after=after, size=size)
        seen = [row.id for row in before.rows] + seen
        after = before.prev
    return seen


@pytest.mark.parametrize("weighed", [0, 5, 10_000])
@settings(max_examples=150)
@given(wanted=filters(), size=st.integers(1, 40))
def test_pages_forward_and_back_are_what_looking_at_each_tip_gives(
    weighed: int, wanted: Filter, size: int
) -> None:
    expected = [row.id for row in sorted(ROWS, key=_ORDERS[wanted.order]) if _meant(row, wanted)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listing, "WEIGHED", weighed)
        pages = _all_pages(wanted, size)
        assert [number for found in pages for number in found] == expected
        assert _back(wanted, size) == expected
        assert count(BOOK, wanted, now=NOW).number == len(expected)


FAR = 1e12
"""Work that nobody chooses."""


@pytest.mark.parametrize(
    "work",
    [
        {"_ROW": 0.0},
        {"_ROW": FAR, "_HIT": FAR},
        {"_ROW": FAR, "_LOOK": FAR, "_HIT": 0.0, "_ENTRY": 0.0},
        {"HITS": 2, "ENTRIES": 2},
    ],
    ids=["by the text", "looking at each text", "by a set", "more than are counted"],
)
@settings(max_examples=80)
@given(
    wanted=filters(),
    text=st.sampled_from(["coche", "de", "casa azul", '"casa azul"', "zanahoria"]),
    size=st.integers(1, 40),
)
def test_a_search_among_other_conditions_finds_the_same_whichever_way_it_goes(
    work: dict[str, float], wanted: Filter, text: str, size: int
) -> None:
    wanted = msgspec.structs.replace(wanted, text=text)
    expected = [row.id for row in sorted(ROWS, key=_ORDERS[wanted.order]) if _meant(row, wanted)]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in work.items():
            patch.setattr(listing, name, value)
        assert [number for found in _all_pages(wanted, size) for number in found] == expected
        assert _back(wanted, size) == expected
        assert count(BOOK, wanted, now=NOW).number == len(expected)


def test_a_set_of_hits_is_made_once_for_all_statuses_of_a_class() -> None:
    asked: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listing, "_ROW", FAR)
        patch.setattr(listing, "_LOOK", FAR)
        patch.setattr(listing, "_ENTRY", 0.0)
        BOOK.connection.set_trace_callback(asked.append)
        try:
            page(BOOK, Filter(text="coche", classes=("open",)), now=NOW)
        finally:
            BOOK.connection.set_trace_callback(None)
    (query,) = (one for one in asked if one.startswith("SELECT t.priority"))
    assert " UNION ALL " in query
    steps = [row[3] for row in BOOK.connection.execute(f"EXPLAIN QUERY PLAN {query}")]
    assert len([step for step in steps if step.startswith("SCAN w ")]) == 1, steps


@given(filters(), st.integers(1, 50))
@settings(max_examples=40)
def test_a_count_stops_where_it_was_told_to(wanted: Filter, most: int) -> None:
    expected = sum(_meant(row, wanted) for row in ROWS)
    found = count(BOOK, wanted, now=NOW, most=most)
    assert (found.number, found.exact) == (min(expected, most), expected <= most)


def test_a_list_that_grows_shows_no_tip_twice(shelf: Shelf) -> None:
    shelf.texts(*(f"tip {n}" for n in range(10)))
    first = page(shelf.book, Filter(), now=NOW, size=4)
    shelf.texts("newer", received=FIRST + PERIOD)
    second = page(shelf.book, Filter(), now=NOW, size=4, after=first.next)
    assert [row.id for row in (*first.rows, *second.rows)] == [10, 9, 8, 7, 6, 5, 4, 3]


@pytest.mark.parametrize(
    "wanted",
    [
        Filter(), Filter(statuses=("valid",)), Filter(classes=("open",)), Filter(categories=("extortion", None)),
        Filter(districts=("sur",)), Filter(units=(None,)), Filter(persons=("ana",)), Filter(mine=("ana", "ben")),
        Filter(priorities=(2, 3)), Filter(received_from=FIRST), Filter(received_to=FIRST), Filter(silent=True),
        Filter(held=True), Filter(text="coche"), Filter(text="coche casa"), Filter(flags=("gap",)),
        Filter(hide_merged=True),
    ],
)  # fmt: skip
@pytest.mark.parametrize("order", [Order.NEWEST, Order.OLDEST])
def test_the_first_page_of_one_condition_sorts_nothing_and_reads_no_more_than_it_shows(
    wanted: Filter, order: Order
) -> None:
    wanted = msgspec.structs.replace(wanted, order=order)
    plans: list[str] = []
    asked: list[str] = []
    BOOK.connection.set_trace_callback(asked.append)
    try:
        page(BOOK, wanted, now=NOW)
    finally:
        BOOK.connection.set_trace_callback(None)
    for query in (one for one in asked if one.startswith("SELECT t.priority")):
        plans += [row[3] for row in BOOK.connection.execute(f"EXPLAIN QUERY PLAN {query}")]
    assert plans
    assert not [step for step in plans if "TEMP B-TREE" in step or step.startswith("SCAN t")]


def test_a_tip_its_thread_and_its_id_are_found(shelf: Shelf) -> None:
    conversation = b"c" * 16
    shelf.texts("uno", received=FIRST + PERIOD, conversation=conversation)
    shelf.texts("dos", conversation=conversation)
    shelf.texts("otra")
    assert [row.text for row in thread(shelf.book, 1)] == ["dos", "uno"]
    assert [row.text for row in thread(shelf.book, 3)] == ["otra"]
    row = tip(shelf.book, 2)
    assert find(shelf.book, row.tip.hex()) == (row,)
    assert row in find(shelf.book, row.tip.hex()[:3].upper())
    assert find(shelf.book, "") == find(shelf.book, "xyz") == find(shelf.book, "0" * 33) == ()
    found = page(shelf.book, Filter(conversation=conversation.hex()), now=NOW).rows
    assert [one.text for one in found] == ["uno", "dos"]
    assert page(shelf.book, Filter(conversation="no"), now=NOW).rows == ()
    with pytest.raises(NoSuch):
        tip(shelf.book, 99)


NEARLY = ["f.1.2.3", "b.0.0.0", "f.1.2", "x.1.2.3", "f.-1.2.3", "f.١.2.3", "f.1.2.3.4", f"f.1.2.{'9' * 19}"]


@given(st.text(max_size=30) | st.sampled_from(NEARLY))
def test_a_cursor_is_read_or_is_none(text: str) -> None:
    found = Cursor.read(text)
    assert found is None or str(found) == text


def test_the_text_of_a_row_is_not_in_its_repr(shelf: Shelf) -> None:
    shelf.texts("SECRETO")
    assert "SECRETO" not in repr(tip(shelf.book, 1)) + repr(page(shelf.book, Filter(), now=NOW))
