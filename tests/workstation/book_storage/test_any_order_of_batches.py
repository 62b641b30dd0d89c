"""The same slips make the same book, in whatever order, batches and groups they come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.book import ANA, SHEET, batch_of, content, temporary_book
from tests.support.workstation import FIRST, NOW, PERIOD, Box
from wire.slip import Flag, Slip
from workstation.book.booking import OpenBatch, book_batches


def _slips() -> list[Slip]:
    """Return slips with everything that makes one depend on another."""
    box = Box(SHEET)
    long = box.long_text(["La casa azul ", "con la puerta rota ", "desde ayer en la noche"])
    later = replace(long[1], received=FIRST + 3 * PERIOD)
    repeated = box.text("OTRA COSA", udh=bytes((0, 3, 5, 3, 2)), received=FIRST + PERIOD)
    other_again = replace(repeated, message=long[1].message)
    loss = [
        replace(part, flags=part.flags | Flag.AFTER_LOSS, received=FIRST + PERIOD)
        for part in box.long_text(["one ", "two ", "three"], reference=9)[1:]
    ]
    return [
        long[0], later, long[2], other_again,
        *box.long_text(["one ", "two ", "three"], reference=9)[:1], *loss,
        box.text("Vi un coche rojo en la esquina"),
        box.text("VI UN COCHE ROJO, en la esquina!", received=FIRST + 2 * PERIOD),
        box.text("vi un coche roto en la esquina", received=FIRST + PERIOD),
        box.text("help"), box.text("help", flags=Flag.AFTER_LOSS, received=FIRST + PERIOD),
        box.part(dcs=4, data=b"\x01\x02", udl=2), box.text(""), box.text("niño 😀"),
    ]  # fmt: skip


SLIPS = _slips()
PLACES = range(len(SLIPS))


@st.composite
def ways(draw: st.DrawFn) -> tuple[list[OpenBatch], list[int]]:
    """Return all slips in batches of a box, some of them in two, and sizes of groups."""
    order = draw(st.permutations(PLACES))
    cuts = sorted(draw(st.lists(st.sampled_from(PLACES), max_size=6, unique=True)))
    parts = [list(order[begin:end]) for begin, end in zip([0, *cuts], [*cuts, None], strict=True)]
    for place in draw(st.lists(st.sampled_from(PLACES), max_size=4)):
        parts[draw(st.integers(0, len(parts) - 1))].append(place)
    batches = [
        batch_of((SLIPS[place] for place in part), number) for number, part in enumerate(parts, start=1)
    ]
    return batches, draw(st.lists(st.integers(1, 3), min_size=len(batches), max_size=len(batches)))


def _booked(batches: Sequence[OpenBatch], sizes: Sequence[int]) -> dict[str, Any]:
    with temporary_book() as book:
        left = list(batches)
        for size in sizes:
            group, left = left[:size], left[size:]
            book_batches(book, group, ANA, now=NOW)
        return content(book)


def _without_batches(found: dict[str, Any]) -> dict[str, Any]:
    """Return it without the order in which tips are shown, which follows the batches."""
    return {**found, "shown": sorted(found["shown"], key=lambda tip: tip.tip)}


WANTED = _without_batches(_booked([batch_of(SLIPS)], [1]))


def test_there_is_something_of_each_kind_in_these_slips() -> None:
    assert {kind for _, kind in WANTED["pairs"]} == {"similar", "possible-repeat", "possible-rest"}
    flags = {flag for flag, _ in WANTED["marks"]}
    assert {"gap", "conflicting-part", "after-loss", "data"} <= flags


@settings(max_examples=40)
@given(ways())
def test_any_order_batches_and_groups_make_the_same_book(way: tuple[list[OpenBatch], list[int]]) -> None:
    batches, sizes = way
    assert _without_batches(_booked(batches, sizes)) == WANTED


@settings(max_examples=25)
@given(ways(), st.randoms(use_true_random=False))
def test_the_same_batches_in_any_order_are_shown_in_the_same_order(
    way: tuple[list[OpenBatch], list[int]], random: Random
) -> None:
    batches, sizes = way
    shuffled = random.sample(batches, len(batches))
    assert _booked(shuffled, sizes) == _booked(batches, [1] * len(batches))


@settings(max_examples=10)
@given(ways())
def test_batches_that_are_booked_already_change_nothing(way: tuple[list[OpenBatch], list[int]]) -> None:
    batches, sizes = way
    with temporary_book() as book:
        book_batches(book, batches, ANA, now=NOW)
        before = content(book)
        for batch in batches[: sizes[0]]:
            done = book_batches(book, [batch], ANA, now=NOW + 1)
            assert (done.new, done.completed) == (0, 0)
        assert content(book) == before
