"""The bulletin: what is written is read, what a reader must refuse is not written, and lists belong to ledgers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.formats import hash_lists, months, octets, times
from tests.vectors.make.bulletins import BULLETIN_KEY, FIRST, FIRST_BODY, PUBLIC, SECOND, SECOND_BODY, TABLES
from wire.bulletin import (
    HEADER_LIMIT,
    MAX_OCTETS,
    Bulletin,
    BulletinFile,
    bulletin_name,
    read_bulletin,
    read_bulletin_header,
    write_bulletin,
)
from wire.hashing import NO_HASH, blake2b_256, hashes_in
from wire.listed import MAX_LISTED
from wire.period import months_of
from wire.refusal import Refusal, Refused
from wire.release import (
    COARSE,
    MAX_CELLS,
    MAX_DISTRICTS,
    Answered,
    Cell,
    Coarse,
    District,
    Median,
    Rules,
    Table,
    Total,
)

counts = st.integers(0, 2**25)
ages = st.integers(0, 3650)
codes = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,9}", fullmatch=True)
periods = st.one_of(months, st.builds("{:04}-Q{}".format, st.integers(1970, 9999), st.integers(1, 4)))
days = st.none() | st.integers(0, 3650)
names = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=9)


@st.composite
def tables(draw: st.DrawFn, k: int) -> Table:
    dimensions = tuple(draw(st.lists(codes, min_size=1, max_size=2, unique=True)))
    places = sorted(draw(st.sets(st.tuples(*([codes] * len(dimensions))), min_size=1, max_size=5)))
    value = st.just(0) | st.integers(k, k + 10**6)
    cells = tuple(Cell(place, draw(value)) for place in places)
    return Table(draw(periods), draw(ages), dimensions, cells)


@st.composite
def bulletins(draw: st.DrawFn) -> tuple[Bulletin, bytes]:
    """Return a bulletin of the vectors' authority, and its body."""
    rules = Rules(draw(st.integers(1, 20)), draw(st.integers(0, 20)), draw(counts), draw(counts))
    made = {(t.period, t.age, t.dimensions): t for t in draw(st.lists(tables(rules.k), max_size=3))}
    shown = {(m.period, m.age, m.what): m for m in draw(st.lists(medians, max_size=3))}
    left_out = {(c.period, c.age): c for c in draw(st.lists(coarse, max_size=3))}
    opened = {t.period: t for t in draw(st.lists(totals, max_size=3))}
    said = [*opened, *(key[0] for one in (made, shown, left_out) for key in one)]
    month = max([draw(months), *(months_of(period)[-1] for period in said)])
    earlier = months.filter(lambda found: found <= month)
    places = sorted(
        draw(st.lists(st.tuples(earlier, octets(8)), max_size=3, unique_by=lambda place: place[1]))
    )
    lists = [draw(hash_lists) for _ in places]
    ledgers = tuple(
        Answered(blake2b_256(box), box, name, len(found) // 32 + draw(st.integers(0, 9)), len(found) // 32)
        for (name, box), found in zip(places, lists, strict=True)
    )
    body, serial = b"".join(lists), draw(st.integers(1, 2**53 - 1))
    bulletin = replace(
        FIRST,
        month=month,
        serial=serial,
        previous=NO_HASH if serial == 1 else draw(octets(32).filter(any)),
        issued=draw(times) // 86400 * 86400,
        mode=draw(st.sampled_from(["single", "two-person"])),
        certificates=draw(counts),
        rules=rules,
        ledgers=ledgers,
        totals=tuple(opened[key] for key in sorted(opened)),
        districts=tuple(
            District(c, draw(names), draw(names)) for c in sorted(draw(st.sets(codes, max_size=3)))
        ),
        tables=tuple(made[key] for key in sorted(made)),
        medians=tuple(shown[key] for key in sorted(shown)),
        coarse=tuple(left_out[key] for key in sorted(left_out)),
        digests=len(body) // 32,
        body=blake2b_256(body),
    )
    return bulletin, body


totals = st.builds(lambda p, opened, more: Total(p, opened + more, opened), periods, counts, counts)
coarse = st.builds(Coarse, periods, ages, st.sampled_from(COARSE))
medians = st.builds(
    lambda p, a, what, two: Median(p, a, what, *sorted(two, key=lambda d: (d is None, d or 0))),
    periods,
    ages,
    codes,
    st.tuples(days, days),
)


@given(bulletins())
@settings(max_examples=60)
def test_what_is_written_is_read(made: tuple[Bulletin, bytes]) -> None:
    bulletin, body = made
    text = write_bulletin(bulletin, BULLETIN_KEY)
    assert read_bulletin(text.octets + body, PUBLIC) == BulletinFile(bulletin, text.hash, body)


def test_digests_belong_to_the_ledger_they_stand_under() -> None:
    file = BulletinFile(SECOND, bytes(32), SECOND_BODY)
    assert [(found.month, digests) for found, digests in file.digests()] == [
        ("2026-11", SECOND_BODY[:32]),
        ("2026-12", SECOND_BODY[32:]),
    ]
    assert (
        b"".join(digests for _, digests in BulletinFile(FIRST, bytes(32), FIRST_BODY).digests()) == FIRST_BODY
    )


@given(st.binary(min_size=32, max_size=32))
def test_a_digest_that_was_not_signed_is_the_wrong_body(other: bytes) -> None:
    octets_ = write_bulletin(FIRST, BULLETIN_KEY).octets + FIRST_BODY[:-32]
    if other not in set(hashes_in(FIRST_BODY)):
        with pytest.raises(Refused) as refused:
            read_bulletin(octets_ + other, PUBLIC)
        assert refused.value.kind is Refusal.BODY


@pytest.mark.parametrize(
    "change",
    [
        {"issued": FIRST.issued + 1},
        {"totals": (Total("2026-11", 3, 4),)},
        {"digests": 2},
        {"mode": "alone"},
        {"tables": (Table("2026-10", 30, ("class",), (Cell(("acted",), 4),)),)},
        {"tables": TABLES[:1] * 2},
        {"name": "two\nlines"},
        {"previous": bytes([1]) * 32},
    ],
)
def test_what_a_reader_would_refuse_is_not_written(change: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        write_bulletin(replace(FIRST, **change), BULLETIN_KEY)


def test_only_the_key_that_is_named_writes_it() -> None:
    with pytest.raises(Refused) as refused:
        write_bulletin(replace(FIRST, authority=bytes(range(32))), BULLETIN_KEY)
    assert refused.value.kind is Refusal.SIGNATURE


def test_the_largest_release_fits_into_the_limit() -> None:
    """2,048 districts with codes of 48 letters: a header of eight such releases is below the limit."""
    codes_ = [f"{number:048}" for number in range(MAX_DISTRICTS)]
    cells = [Cell((kind, code), 10**8) for kind in ("acted", "closed", "open", "silent") for code in codes_]
    assert len(cells) < MAX_CELLS
    text = write_bulletin(
        replace(FIRST, tables=(Table("2026-10", 30, ("class", "district"), tuple(cells)),)), BULLETIN_KEY
    )
    assert 8 * len(text.octets) < HEADER_LIMIT
    assert MAX_OCTETS == HEADER_LIMIT + 32 * MAX_LISTED


def test_a_header_can_be_read_without_its_body() -> None:
    octets_ = write_bulletin(SECOND, BULLETIN_KEY).octets
    assert read_bulletin_header(octets_, PUBLIC)[0] == SECOND


def test_the_file_name_says_line_and_month() -> None:
    assert bulletin_name(FIRST) == f"{FIRST.line.hex()}-2026-11.bulletin"
