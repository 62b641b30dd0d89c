"""Search ignores case and accents, finds parts of words, and is never an error whatever is typed."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.book import Shelf, rows, temporary_book
from tests.support.workstation import NOW
from workstation.book.connection import Book
from workstation.book.listing import count, page
from workstation.book.rows import Filter, Order
from workstation.messages.folding import MOST_TERMS, fold, read_search

TEXTS = (
    "El Niño salió de la CASA azul, ayer.",
    "nino de la casa",
    "Un camión blanco; placas ABC-123-4",
    "the Café on 5th street is a front",
    "de",
    "Ándele 😀 ya",
    "x\u200by\u202ez zw\u00adnj",
    "STRASSE straße",
    "%_ \" ' * ^ : - + ( ) { } NEAR AND OR NOT",
    "Привет мир",
)


def _found(book: Book, text: str, **fields: Any) -> set[str]:
    return {row.text or "" for row in page(book, Filter(text=text, **fields), now=NOW).rows}


@pytest.mark.parametrize(
    ("typed", "places"),
    [
        ("niño", {0, 1}), ("NINO", {0, 1}), ("nin", {0, 1}), ("iñ", set()),
        ("casa azul", {0}), ("azul casa", {0}), ('"casa azul"', {0}), ('"azul casa"', set()),
        ('"casa, azul ayer"', {0}), ("asa zul", {0}), ("cafe", {3}), ("café STREET", {3}), ("treet", {3}),
        ("de", {0, 1, 4}), ("d", set()), ("a", {3}), ("5th", {3}), ("abc 123 4", {2}), ("ABC-123-4", {2}),
        ("camion placas", {2}), ("camion casa", set()), ("😀", {5}), ("andele", {5}), ("xyz", {6}), ("zwnj", {6}),
        ("strasse", {7}), ("straße", {7}), ("near and", {8}), ("привет", {9}), ("ИВЕ", {9}),
        ('"niño', {0, 1}), ('""', set()), ('"', set()), ("...", set()), ("*", set()), ("%", set()), ("_", set()),
        ("casa AND azul", set()), ("casa*", {0, 1}), ("text:casa", set()), ("-casa", {0, 1}),
        ("NEAR(casa azul)", set()),        ('casa" OR "azul', set()), ("ca\x00sa", set()),
    ],
)  # fmt: skip
def test_what_is_found(shelf: Shelf, typed: str, places: set[int]) -> None:
    shelf.texts(*TEXTS)
    assert _found(shelf.book, typed) == {TEXTS[place] for place in places}
    assert count(shelf.book, Filter(text=typed), now=NOW).number == len(places)


def test_an_empty_search_asks_for_nothing(shelf: Shelf) -> None:
    shelf.texts(*TEXTS)
    assert len(_found(shelf.book, "   ")) == len(TEXTS)


@settings(max_examples=300)
@given(st.text(max_size=60))
@example('a" b')
@example("\ud800")
@example('"' * 50)
@example("a " * 2000)
def test_whatever_is_typed_is_never_an_error(typed: str) -> None:
    for order in Order:
        page(_BOOK, Filter(text=typed, order=order), now=NOW)
    count(_BOOK, Filter(text=typed), now=NOW)
    assert len(read_search(typed).pieces) <= MOST_TERMS


WORDS = st.lists(st.sampled_from(["casa", "azul", "Niño", "de", "á", "coche", "c", "ocho"]), max_size=6)


@settings(max_examples=60)
@given(st.lists(WORDS, min_size=1, max_size=6), WORDS, st.booleans(), st.sampled_from(Order))
def test_search_finds_what_looking_at_each_text_finds(
    texts: list[list[str]], wanted: list[str], quoted: bool, order: Order
) -> None:
    with temporary_book() as book:
        Shelf(book).texts(*map(" ".join, texts))
        typed = f'"{" ".join(wanted)}"' if quoted else " ".join(wanted)
        search = read_search(typed)
        expected = {
            row.id
            for row in rows(book)
            if not wanted or all(piece in fold(row.text or "") for piece in search.pieces)
        }
        if typed == '""':
            expected = set()
        found = page(book, Filter(text=typed, order=order), now=NOW).rows
        assert {row.id for row in found} == expected


@given(st.text(max_size=80))
def test_folding_twice_is_folding_once_and_case_and_form_do_not_count(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    for form in ("NFC", "NFD"):
        assert fold(unicodedata.normalize(form, text)) == folded
    assert "  " not in folded
    assert folded == "" or (folded[0] == folded[-1] == " " and len(folded) > 2)
    assert '"' not in folded


@pytest.fixture(scope="module", autouse=True)
def _one_book() -> object:
    global _BOOK  # hypothesis has no fixture for all examples
    with temporary_book() as _BOOK:
        Shelf(_BOOK).texts(*TEXTS)
        yield


_BOOK: Book
