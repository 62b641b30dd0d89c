"""Bulletins."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.support.vectors import Vector, describe
from tests.vectors.make.common import BOX as BOX_KEY
from tests.vectors.make.common import (
    BOX_ID,
    LINE,
    MONDAY,
    Lines,
    Scenarios,
    changed,
    flipped,
    lines_of,
    octets,
    other_digit,
    signed,
    signing_key,
    without,
)
from tests.vectors.make.ledgers import AUDIT, DECEMBER
from tests.vectors.make.sheets import AUTHORITY
from tests.vectors.make.slips import SMS
from wire import bulletin as bulletins
from wire.bulletin import Bulletin, write_bulletin
from wire.commitment import digest
from wire.hashing import NO_HASH, blake2b_256
from wire.ledger import write_ledger
from wire.release import Answered, Cell, Coarse, District, Median, Rules, Table, Total
from wire.slip import encode_slip

BULLETIN_KEY, OTHER_KEY = signing_key("bulletin"), signing_key("other bulletin")
PUBLIC = bytes(BULLETIN_KEY.verify_key)
DAY = 24 * 3600


def _digest(number: int) -> bytes:
    """Return the digest of the message that the batches of the vectors call ``number``."""
    name: dict[str, Any] = {"tip": octets(f"tip {number}", 16), "message": octets(f"message {number}", 16)}
    slip = SMS if number == 1 else replace(SMS, **name)
    return digest(slip.tip, encode_slip(slip))


LISTED = tuple(sorted(_digest(number) for number in (1, 2, 3)))
"""All three messages of ledger/month."""
NOVEMBER = Answered(AUDIT.ledger, BOX_ID, "2026-11", 3, 3)
OTHER_BOX = Answered(octets("ledger of another box"), octets("another box", 8), "2026-11", 30, 0)


def listing(bulletin: Bulletin, *lists: tuple[bytes, ...]) -> tuple[Bulletin, bytes]:
    """Return ``bulletin`` with these digests of its ledgers, and its body."""
    body = b"".join(found for digests in lists for found in digests)
    answered = tuple(
        replace(ledger, digests=len(found)) for ledger, found in zip(bulletin.ledgers, lists, strict=True)
    )
    digests = sum(map(len, lists))
    return replace(bulletin, ledgers=answered, digests=digests, body=blake2b_256(body)), body


def file_of(bulletin: Bulletin, body: bytes) -> bytes:
    """Return the whole file."""
    return write_bulletin(bulletin, BULLETIN_KEY).octets + body


FIRST, FIRST_BODY = listing(
    Bulletin(
        authority=PUBLIC,
        line=LINE,
        name="Policía municipal",
        month="2026-11",
        serial=1,
        previous=NO_HASH,
        issued=MONDAY + 33 * DAY,
        mode="two-person",
        log=octets("head of the log"),
        certificates=0,
        rules=Rules(5, 4, 20, 10),
        vocabulary=octets("vocabulary"),
        ledgers=(NOVEMBER,),
        totals=(Total("2026-11", 3, 3),),
        digests=3,
        body=NO_HASH,
    ),
    LISTED,
)
TABLES = (
    Table("2026-10", 30, ("class",), (Cell(("acted",), 0), Cell(("closed",), 12), Cell(("open",), 23))),
    Table(
        "2026-10",
        30,
        ("class", "district"),
        (
            Cell(("closed", "norte"), 6),
            Cell(("closed", "sur"), 5),
            Cell(("open", "none"), 0),
            Cell(("open", "norte"), 24),
        ),
    ),
    Table("2026-Q3", 30, ("class",), (Cell(("closed",), 61), Cell(("open",), 8))),
)
SECOND, SECOND_BODY = listing(
    replace(
        FIRST,
        month="2026-12",
        serial=2,
        previous=write_bulletin(FIRST, BULLETIN_KEY).hash,
        issued=MONDAY + 65 * DAY,
        mode="single",
        certificates=2,
        ledgers=(
            OTHER_BOX,
            replace(NOVEMBER, ledger=write_ledger(DECEMBER[0], BOX_KEY).hash, month="2026-12"),
        ),
        totals=(Total("2026-12", 1, 1), Total("2026-Q3", 80, 71)),
        districts=(District("norte", "Zona Norte", "North side"), District("sur", "Sur", "South")),
        tables=TABLES,
        medians=(
            Median("2026-10", 30, "closing", None, None),
            Median("2026-10", 30, "first-action", 7, None),
        ),
        coarse=(Coarse("2026-10", 30, "category"), Coarse("2026-10", 90, "period")),
    ),
    (octets("digest of the other box"),),
    (_digest(4),),
)
GOOD, GIVEN = file_of(FIRST, FIRST_BODY), (("key", PUBLIC.hex()),)


def bulletin_vectors() -> Scenarios:
    """Yield the vectors of bulletins."""
    none = listing(FIRST, ())
    accepted = {
        "first": ((FIRST, FIRST_BODY), "the first of a line: it answers ledger/month, all three were opened"),
        "tables": (
            (SECOND, SECOND_BODY),
            "the second: two ledgers, districts, tables, medians, what was left out",
        ),
        "unopened": (none, "none was opened; well formed"),
        "nothing": (listing(replace(FIRST, ledgers=(), totals=())), "it answers no ledger; well formed"),
        "k-1": (
            listing(replace(SECOND, rules=Rules(1, 0, 0, 0)), LISTED[:1], LISTED[1:]),
            "rules that hide nothing are well formed; whether they will do is for docs/disclosure.md",
        ),
    }
    for name, ((bulletin, body), comment) in accepted.items():
        octets_ = file_of(bulletin, body)
        yield (
            name,
            Vector(format="bulletin", comment=comment, body=octets_, given=GIVEN, values=describe(bulletin)),
        )
    for cases in (_outside(), _fields(), _released(), _structures(), _bodies()):
        for name, (body, kind, where, comment) in cases.items():
            yield (
                f"refused-{name}",
                Vector(format="bulletin", comment=comment, body=body, expect=kind, where=where, given=GIVEN),
            )


Cases = dict[str, tuple[bytes, str, str, str]]
FORM, VALUE = "not-canonical", "bad-value"


def _signed(lines: Lines, body: bytes = SECOND_BODY) -> bytes:
    return signed(bulletins.MAGIC, lines, BULLETIN_KEY) + body


def _lines() -> Lines:
    return lines_of(write_bulletin(SECOND, BULLETIN_KEY).octets)


def _outside() -> Cases:
    """Return what is wrong before a field is looked at."""
    head = GOOD[: -len(FIRST_BODY)]
    lines = lines_of(head)
    return {
        "nothing": (b"", "not-this-format", "first line", "no octets at all"),
        "ledger": (
            write_ledger(DECEMBER[0], BOX_KEY).octets,
            "not-this-format",
            "first line",
            "a ledger",
        ),
        "version-2": (
            signed("tipline-bulletin 2", lines, BULLETIN_KEY) + FIRST_BODY,
            "unknown-version",
            "first line",
            "to come",
        ),
        "signature-changed": (other_digit(head) + FIRST_BODY, "bad-signature", "signature", "another digit"),
        "by-the-key-of-the-sheets": (
            signed(bulletins.MAGIC, lines, AUTHORITY) + FIRST_BODY,
            "bad-signature",
            "signature",
            "the key of the sheets signs no bulletin",
        ),
        "total-changed": (
            GOOD.replace(b"total 2026-11 3 3\n", b"total 2026-11 3 2\n"),
            "bad-signature",
            "signature",
            "a total changed afterwards",
        ),
        "authority-other": (
            _signed(changed(lines, "authority", bytes(OTHER_KEY.verify_key).hex()), FIRST_BODY),
            "unknown-authority",
            "authority",
            "signed by this authority in another's name",
        ),
    }


def _fields() -> Cases:
    """Return bulletins with a wrong value in a field of its own."""
    cases = {
        "month-13": ("month", "2026-13", FORM, "there is no such month"),
        "month-quarter": ("month", "2026-Q4", FORM, "a bulletin is of a month"),
        "serial-0": ("serial", "0", VALUE, "counted from 1"),
        "name-two-spaces": ("name", "Policía  municipal", FORM, "two spaces"),
        "issued-hour": ("issued", "2027-01-06T09:00:00Z", VALUE, "finer than a day"),
        "mode-other": ("mode", "three-person", FORM, "there is no such mode"),
        "log-short": ("log", "00" * 31, FORM, "31 octets"),
        "rules-three": ("rules", "5 4 20", FORM, "a number is missing"),
        "rules-k-0": ("rules", "0 4 20 10", VALUE, "k is 1 at the least"),
        "ledger-two-months": ("ledger", "2026-10", FORM, "no ledger"),
        "total-more-opened": ("total", "2026-12 1 2", VALUE, "more opened than received"),
        "total-year": ("total", "2026 1 1", FORM, "neither a month nor a quarter"),
        "total-quarter-5": ("total", "2026-Q5 1 1", FORM, "there is no such quarter"),
        "digests-less": ("digests", "1", VALUE, "its ledgers have 2"),
        "previous-none": ("previous", NO_HASH.hex(), VALUE, "nothing before the second"),
    }
    return {
        name: (_signed(changed(_lines(), field, text)), kind, field, comment)
        for name, (field, text, kind, comment) in cases.items()
    }


def _released() -> Cases:
    """Return bulletins with a wrong value in what is published."""
    ledger = SECOND.ledgers[0]
    head = f"{ledger.ledger.hex()} {ledger.box.hex()}"
    cases = {
        "ledger-later": ("ledger", f"{head} 2027-01 30 1", VALUE, "of a month after the bulletin's"),
        "ledger-more-digests": ("ledger", f"{head} 2026-11 30 31", VALUE, "more than it has commitments"),
        "total-later": ("total", "2027-Q1 1 1", VALUE, "of a quarter that was not over"),
        "table-later": ("table", "2027-01 30 class 3", VALUE, "of a month after the bulletin's"),
        "coarse-later": ("coarse", "2027-01 30 category", VALUE, "of a month after the bulletin's"),
        "district-language": ("district", "norte en Zona Norte", FORM, "Spanish stands first"),
        "district-other-code": ("district", "sur es Zona Norte", FORM, "two codes in two lines"),
        "district-capital": ("district", "Norte es Zona Norte", FORM, "a code has no capitals"),
        "district-no-name": ("district", "norte es ", FORM, "no name"),
        "table-three-dimensions": ("table", "2026-10 30 class,district,month 3", VALUE, "three dimensions"),
        "table-one-twice": ("table", "2026-10 30 class,class 3", VALUE, "one dimension twice"),
        "table-age": ("table", "2026-10 3651 class 3", VALUE, "more than ten years"),
        "table-no-cell": ("table", "2026-10 30 class 0", VALUE, "no cell"),
        "table-cell-more": ("table", "2026-10 30 class 4", FORM, "four are announced and three are there"),
        "cell-two-codes": ("cell", "acted,norte 0", FORM, "two codes for one dimension"),
        "cell-small": ("cell", "acted 1", VALUE, "1 is never shown"),
        "cell-just-below-k": ("cell", "acted 4", VALUE, "k - 1 is never shown"),
        "cell-negative": ("cell", "acted -5", FORM, "no number is less than nothing"),
        "cell-order": ("cell", "open 0", FORM, "not in order, and one twice"),
        "median-backwards": ("median", "2026-10 30 closing 30 7", VALUE, "nine tenths before a half"),
        "median-only-most": ("median", "2026-10 30 closing none 7", VALUE, "nine tenths, but not a half"),
        "coarse-other": ("coarse", "2026-10 30 class", FORM, "the classes are left out with the period"),
    }
    where = {"table-cell-more": "cell"}
    return {
        name: (_signed(changed(_lines(), field, text)), kind, where.get(name, field), comment)
        for name, (field, text, kind, comment) in cases.items()
    }


def _structures() -> Cases:
    """Return bulletins with lines too few, too many or in another order."""
    bulletin, lines = SECOND, _lines()
    first, second = bulletin.ledgers
    small = replace(bulletin, tables=bulletin.tables[::-1])
    cases: dict[str, tuple[Bulletin, str, str]] = {
        "ledgers-order": (replace(bulletin, ledgers=(second, first)), "ledger", "the later month first"),
        "totals-order": (
            replace(bulletin, totals=bulletin.totals[::-1]),
            "total",
            "a quarter before a month",
        ),
        "districts-twice": (replace(bulletin, districts=bulletin.districts[:1] * 2), "district", "one twice"),
        "tables-order": (small, "table", "the later period first"),
        "medians-order": (replace(bulletin, medians=bulletin.medians[::-1]), "median", "not in order"),
        "coarse-twice": (replace(bulletin, coarse=bulletin.coarse[:1] * 2), "coarse", "one twice"),
    }
    made = {
        name: (_signed(_unchecked(b)), FORM, where, comment) for name, (b, where, comment) in cases.items()
    }
    same = replace(second, ledger=first.ledger)
    one = changed(lines, "district", "norte es Zona Norte")
    return made | {
        "ledger-twice": (
            _signed(_unchecked(replace(bulletin, ledgers=(first, same)))),
            VALUE,
            "ledger",
            "one ledger under two months",
        ),
        "district-half": (
            _signed(tuple(line for line in one if line != ("district", "sur en South"))),
            VALUE,
            "district",
            "a name in Spanish only",
        ),
        "no-rules": (_signed(without(lines, "rules")), FORM, "rules", "the rules are missing"),
        "text-behind": (_signed((*lines, ("note", "x"))), FORM, "text", "a line that no bulletin has"),
        "previous-of-first": (
            _signed(
                changed(lines_of(GOOD[: -len(FIRST_BODY)]), "previous", octets("before").hex()), FIRST_BODY
            ),
            VALUE,
            "previous",
            "something before the first",
        ),
    }


def _unchecked(bulletin: Bulletin) -> Lines:
    return tuple(bulletins.header_lines(bulletin))


def _bodies() -> Cases:
    """Return bulletins whose header is good by itself."""
    head = GOOD[: -len(FIRST_BODY)]
    length = "wrong-length"
    first, second, third = LISTED
    return {
        "body-missing": (head, length, "body", "the header alone"),
        "body-short": (GOOD[:-1], length, "body", "the last octet cut off"),
        "body-long": (GOOD + b"\n", length, "body", "a line feed behind the last octet"),
        "two-bulletins": (GOOD + GOOD, length, "body", "two bulletins in a file"),
        "body-bit": (head + flipped(FIRST_BODY, 40), "wrong-body", "body", "a bit of the second digest"),
        "unsorted": (
            file_of(*listing(FIRST, (second, first, third))),
            FORM,
            "digest",
            "the order would tell who was read first",
        ),
        "digest-twice": (file_of(*listing(FIRST, (first, first, third))), FORM, "digest", "one twice"),
    }
