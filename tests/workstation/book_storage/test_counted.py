"""A count is remembered, and yet never an old one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.book import KEY, Shelf
from tests.support.workstation import FIRST, NOW
from workstation.book.connection import NAME, Book
from workstation.book.counted import MOST_KNOWN
from workstation.book.listing import count
from workstation.book.rows import Count, Filter

OPEN = Filter(statuses=("delivered",))


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with Book.open(tmp_path / NAME, KEY) as book:
        made = Shelf(book)
        made.texts("uno", "dos", "tres", received=FIRST)
        yield made


def number(book: Book) -> int:
    found = count(book, OPEN, now=NOW)
    assert found.exact
    return found.number


def asked(book: Book) -> list[str]:
    """Return the queries that counting takes."""
    queries: list[str] = []
    book.connection.set_trace_callback(queries.append)
    number(book)
    book.connection.set_trace_callback(None)
    return [query for query in queries if "count(*)" in query]


def test_what_was_counted_is_not_counted_again_until_something_changes(shelf: Shelf) -> None:
    assert len(asked(shelf.book)) == 1
    assert asked(shelf.book) == []
    shelf.texts("cuatro")
    assert len(asked(shelf.book)) == 1


def test_a_count_is_right_behind_a_change_of_this_connection(shelf: Shelf) -> None:
    assert number(shelf.book) == 3
    with shelf.book.write():
        shelf.book.connection.execute("UPDATE tips SET status = 'valid' WHERE id = 1")
    assert number(shelf.book) == 2


def test_a_count_is_right_behind_a_change_of_another_connection(shelf: Shelf) -> None:
    with Book.open(shelf.book.path, KEY) as other:
        assert (number(shelf.book), number(other)) == (3, 3)
        with other.write():
            other.connection.execute("UPDATE tips SET status = 'valid' WHERE id = 1")
        assert (number(shelf.book), number(other)) == (2, 2)


def test_a_count_is_right_behind_a_change_that_was_taken_back(shelf: Shelf) -> None:
    with pytest.raises(KeyError), shelf.book.write():
        shelf.book.connection.execute("UPDATE tips SET status = 'valid' WHERE id = 1")
        assert number(shelf.book) == 2
        raise KeyError
    assert number(shelf.book) == 3


def test_a_count_up_to_fewer_is_another_one(shelf: Shelf) -> None:
    assert count(shelf.book, OPEN, now=NOW, most=2) == Count(2, exact=False)
    assert count(shelf.book, OPEN, now=NOW, most=3) == Count(3, exact=True)


def test_silence_comes_with_the_time_though_nothing_changes(shelf: Shelf) -> None:
    silent = Filter(silent=True)
    assert count(shelf.book, silent, now=NOW).number == 0
    assert count(shelf.book, silent, now=NOW + 40 * 86400).number == 3


def test_only_some_counts_are_remembered(shelf: Shelf) -> None:
    for most in range(1, 2 * MOST_KNOWN):
        count(shelf.book, OPEN, now=NOW, most=most)
        assert len(shelf.book.counts._known) <= MOST_KNOWN
