"""What may belong together is offered, near-duplicates too; a flood is bounded; nothing is merged by itself."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.book import Shelf, pairs, rows, temporary_book
from tests.support.workstation import FIRST, NOW, PERIOD
from wire.slip import Flag
from workstation.book.listing import offers, page
from workstation.book.rows import Filter
from workstation.book.traces import MOST_OFFERS, MOST_REPEATS
from workstation.messages.folding import fold
from workstation.messages.offers import REPEAT, REST, SIMILAR, WINDOW
from workstation.messages.similar import ALIKE, alike, alike_to, traces

TEXT = "Vi un coche rojo en la esquina de Hidalgo y Juárez"


def _kinds(shelf: Shelf, number: int) -> list[str]:
    return [offer.kind for offer in offers(shelf.book, number)]


@pytest.mark.parametrize(
    "other",
    [
        TEXT,
        TEXT.upper(),
        "VI UN  COCHE ROJO, EN LA ESQUINA... de Hidalgo y Juarez!!",
        "Viun coche rojo en laesquina de Hidalgo y Juárez",
        "Vi un coche rojo en la esquina de Hidalgo y Suárez",
        "vi un carro rojo en la esquina de hidalgo y juarez",
        "Vi un coche\u200b rojo en la es\u00adquina de Hidalgo y Juárez",
    ],
)
def test_texts_that_are_nearly_the_same_are_offered(shelf: Shelf, other: str) -> None:
    shelf.texts(TEXT, "Otra cosa muy distinta que pasó ayer en la tarde")
    (number,) = shelf.texts(other, received=FIRST + 30 * 86400)
    assert [(one.tip, one.other, one.kind, one.settled) for one in offers(shelf.book, number)] == [
        (number, 1, SIMILAR, None)
    ]
    assert _kinds(shelf, 1) == [SIMILAR]
    assert _kinds(shelf, 2) == []
    assert [row.merged_into for row in rows(shelf.book)] == [None] * 3


@pytest.mark.parametrize(
    "other", ["Venden droga junto a la escuela primaria", "Vi una moto negra en la plaza", "", "Vi un coche"]
)
def test_other_texts_are_not(shelf: Shelf, other: str) -> None:
    shelf.texts(TEXT, other)
    assert pairs(shelf.book) == set()


def test_short_texts_say_nothing_about_each_other(shelf: Shelf) -> None:
    shelf.texts("hola", "hola", "Gracias!", "gracias")
    assert pairs(shelf.book) == set()


def test_a_flood_of_equal_texts_gives_each_a_few_offers_and_stays_connected(shelf: Shelf) -> None:
    shelf.texts(TEXT)
    for hour in range(3):
        shelf.add(*(shelf.box.text(TEXT, received=FIRST + hour * PERIOD) for _ in range(300)))
    found = shelf.book.connection.execute("SELECT tip, other FROM offers").fetchall()
    numbers = range(1, 902)
    assert len(found) <= MOST_OFFERS * len(numbers)
    assert max(sum(number in pair for pair in found) for number in numbers) <= 3 * MOST_OFFERS
    group = {1}
    for _ in numbers:
        reached = {number for pair in found if set(pair) & group for number in pair}
        if reached <= group:
            break
        group |= reached
    assert len(group) == len(numbers), "one can be reached from any other"


def test_a_flood_after_a_power_loss_is_bounded_too(shelf: Shelf) -> None:
    shelf.add(*(shelf.box.text("help", flags=Flag.AFTER_LOSS) for _ in range(100)))
    (most,) = shelf.book.connection.execute(
        "SELECT max(n) FROM (SELECT count(*) AS n FROM offers GROUP BY tip)"
    ).fetchone()
    assert 0 < most <= MOST_REPEATS


@pytest.mark.parametrize("first_after", [True, False])
@pytest.mark.parametrize("later_first", [True, False])
def test_a_repeat_is_offered_whichever_comes_first_and_whichever_is_after_the_loss(
    shelf: Shelf, *, first_after: bool, later_first: bool
) -> None:
    one = shelf.box.text("help", flags=Flag.AFTER_LOSS if first_after else Flag(0))
    two = shelf.box.text(
        "help", flags=Flag(0) if first_after else Flag.AFTER_LOSS, received=FIRST + 2 * PERIOD
    )
    for slip in (two, one) if later_first else (one, two):
        shelf.add(slip)
    assert pairs(shelf.book) == {(frozenset((one.message, two.message)), REPEAT)}


def test_a_repeat_is_not_offered_without_a_loss_or_long_after(shelf: Shelf) -> None:
    shelf.texts("help")
    shelf.texts("help", received=FIRST + 1)
    shelf.texts("help", received=FIRST + WINDOW + 2, flags=Flag.AFTER_LOSS)
    assert pairs(shelf.book) == set()


def test_rests_need_the_same_reference_and_other_parts(shelf: Shelf) -> None:
    first, second, _ = shelf.box.long_text(["one ", "two ", "three"], reference=7)
    rest = [
        replace(part, flags=part.flags | Flag.AFTER_LOSS)
        for part in shelf.box.long_text(["one ", "two ", "three"], reference=7)[1:]
    ]
    stranger = shelf.box.long_text(["one ", "two ", "three"], reference=8)[2]
    shelf.add(first)
    shelf.add(replace(stranger, flags=stranger.flags | Flag.AFTER_LOSS), *rest)
    assert pairs(shelf.book) == {(frozenset((first.message, rest[0].message)), REST)}
    shelf.add(second)
    assert REST not in {kind for _, kind in pairs(shelf.book)}, "the second part is in both now"


def test_an_offer_that_was_settled_stays_so_when_more_comes(shelf: Shelf) -> None:
    shelf.texts(TEXT)
    first, second = shelf.box.long_text([TEXT[:40], TEXT[40:]])
    shelf.add(first, second)
    shelf.book.connection.execute("UPDATE offers SET settled = 'apart'")
    shelf.add(replace(second, tip=b"another part, 16", message=second.message, received=FIRST + PERIOD))
    changed = replace(shelf.box.text("!", udh=bytes((0, 3, 5, 2, 2))), message=second.message)
    assert shelf.add(changed).completed == 1
    assert [offer.settled for offer in offers(shelf.book, 1)] == ["apart"]


def test_a_tip_is_listed_among_the_offered_until_the_last_offer_is_settled(shelf: Shelf) -> None:
    def listed() -> list[int]:
        return [row.id for row in page(shelf.book, Filter(flags=(SIMILAR,)), now=NOW).rows]

    def settle(one: int, other: int, how: str | None) -> None:
        query = "UPDATE offers SET settled = ? WHERE tip = ? AND other = ?"
        shelf.book.connection.execute(query, (how, one, other))

    shelf.texts(TEXT, TEXT, "Otra cosa muy distinta", TEXT)
    assert listed() == [4, 2, 1]
    settle(4, 2, "apart")
    assert listed() == [4, 2, 1]
    settle(4, 1, "apart")
    assert listed() == [2, 1]
    settle(2, 1, "merged")
    assert listed() == []
    settle(4, 1, None)
    assert listed() == [4, 1]


LETTERS = st.text("abcdefgh ñÁé,.", min_size=12, max_size=60)


@settings(max_examples=200)
@given(LETTERS, LETTERS)
def test_equal_texts_share_all_traces_and_nothing_is_raised(one: str, other: str) -> None:
    folded, upper = fold(one), fold(f"  {one.upper()}!! ")
    assert folded == upper
    assert traces(folded) == traces(upper)
    assert all(0 <= trace < 1 << 61 for trace in traces(fold(other)))
    assert alike(folded, fold(other)) == alike(fold(other), folded)
    assert alike(folded, folded)


@settings(max_examples=25)
@given(
    st.lists(
        st.sampled_from([TEXT, TEXT.upper(), TEXT[:40], "gato", "La casa azul de la esquina"]), max_size=4
    )
)
def test_what_is_offered_is_alike_and_what_is_equal_is_offered(texts: list[str]) -> None:
    with temporary_book() as book:
        shelf = Shelf(book)
        numbers = shelf.texts(*texts)
        found = {frozenset((offer.tip, offer.other)) for number in numbers for offer in offers(book, number)}
        folded = dict(zip(numbers, map(fold, texts), strict=True))
        for one, other in combinations(numbers, 2):
            if {one, other} in found:
                assert alike(folded[one], folded[other])
            elif len(folded[one]) > 20:
                assert folded[one] != folded[other]


def _pieces(folded: str) -> set[bytes]:
    octets = folded.replace(" ", "").encode()
    return {octets[at : at + 6] for at in range(len(octets) - 5)}


@given(st.text("ab é漢", max_size=40), st.lists(st.tuples(st.integers(0, 40), st.sampled_from(" aé漢"))))
def test_the_short_way_to_compare_says_what_counting_all_pieces_says(
    text: str, edits: list[tuple[int, str]]
) -> None:
    other = text
    for at, letter in edits:
        other = other[:at] + letter + other[at + 1 :]
    one, two = fold(text), fold(other)
    first, second = _pieces(one), _pieces(two)
    shared = len(first & second)
    counted = shared >= ALIKE * (len(first) + len(second) - shared)
    too_short = min(len(one), len(two)) < ALIKE * max(len(one), len(two))
    assert alike_to(one)(two) == alike(two, one) == (one == two or (counted and not too_short))
