"""The bulletin: what an authority says of a month, and the digests that prove it. docs/formats.md.

A signed header that a person can read, then digests, 32 octets each: those of each answered ledger, sorted. What the
values of the tables mean, and what one may conclude from them, is docs/disclosure.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from nacl.signing import SigningKey

from wire.hashing import HASH_OCTETS, NO_HASH
from wire.keysheet import LINE_OCTETS, name_value
from wire.listed import MAX_LISTED, check_lists
from wire.period import month_value, months_of
from wire.refusal import Refusal, Refused
from wire.release import (
    Answered,
    Coarse,
    District,
    Median,
    Rules,
    Table,
    Total,
    answered_text,
    answered_value,
    check_tables,
    coarse_text,
    coarse_value,
    districts_lines,
    median_text,
    median_value,
    rising,
    rules_text,
    rules_value,
    table_lines,
    take_districts,
    take_table,
    total_text,
    total_value,
)
from wire.signed import Fields, SignedText, split, time_text, verify, write

MAGIC = "tipline-bulletin 1"
HEADER_LIMIT = 1 << 24
"""16 MB. A release with 2,048 districts has 10,500 cells of at most 112 octets: 1.2 MB, eight of them 9.4 MB; their
names at most 1.1 MB. An answered ledger has at most 141 octets: 64 boxes over 20 years 2.2 MB."""
MAX_OCTETS = HEADER_LIMIT + MAX_LISTED * HASH_OCTETS
"""The longest bulletin. Whoever reads files stops here."""
MODES = ("single", "two-person")
"""How the case book is opened: by one user, or by two of different organisations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """What the header of a bulletin says."""

    authority: bytes
    """Ed25519 public key that signs the bulletins of the line."""
    line: bytes
    name: str
    """The line's."""
    month: str
    serial: int
    previous: bytes
    """Hash of the bulletin before it; NO_HASH for the first."""
    issued: int
    """Start of the day on which it was made, Unix seconds."""
    mode: str
    log: bytes
    """Head of the hash-chained audit log when it was made: the log cannot be changed behind it unseen."""
    certificates: int
    """Signed certificates of destruction so far."""
    rules: Rules
    vocabulary: bytes
    """Hash of the words that the codes stand for."""
    ledgers: tuple[Answered, ...]
    totals: tuple[Total, ...]
    districts: tuple[District, ...] = ()
    tables: tuple[Table, ...] = ()
    medians: tuple[Median, ...] = ()
    coarse: tuple[Coarse, ...] = ()
    digests: int
    body: bytes
    """Hash of what stands behind the header: the digests of each ledger, sorted, in the order of the ledgers."""


@dataclass(frozen=True, slots=True)
class BulletinFile:
    """A bulletin whose signature, form, length and lists were verified."""

    bulletin: Bulletin
    hash: bytes
    """Of the signed header; the next bulletin names it."""
    body: bytes = field(repr=False)

    def digests(self) -> Iterator[tuple[Answered, bytes]]:
        """Yield each answered ledger with its digests, one behind the other."""
        at = 0
        for answered in self.bulletin.ledgers:
            end = at + answered.digests * HASH_OCTETS
            yield answered, self.body[at:end]
            at = end


def write_bulletin(bulletin: Bulletin, key: SigningKey) -> SignedText:
    """Return the header of ``bulletin`` signed by ``key``; its body is to stand behind it.

    Raises Refused for what a reader would refuse, but for the body, which is not seen here.
    """
    text = write(MAGIC, header_lines(bulletin), key)
    if len(text.octets) > HEADER_LIMIT:
        raise Refused(Refusal.LENGTH, "file", f"a header of more than {HEADER_LIMIT} octets")
    read_bulletin_header(text.octets, bulletin.authority)
    return text


def read_bulletin(octets: bytes, key: bytes) -> BulletinFile:
    """Return the bulletin in ``octets``, the whole file, signed by the public ``key``. Raises Refused."""
    bulletin, text, body = read_bulletin_header(octets, key)
    check_bulletin_body(bulletin, (body,))
    return BulletinFile(bulletin, text.hash, body)


def read_bulletin_header(octets: bytes, key: bytes) -> tuple[Bulletin, SignedText, bytes]:
    """Return the verified header at the start of ``octets``, its signed text and what follows it. Raises Refused."""
    text, body = split(octets, magic=MAGIC, limit=HEADER_LIMIT)
    verify(text, key)
    fields = Fields(text)
    bulletin = Bulletin(
        authority=_authority(fields, key),
        line=fields.octets("line", LINE_OCTETS),
        name=name_value(fields.take("name")),
        month=month_value(fields.take("month")),
        serial=fields.number("serial", least=1),
        previous=fields.octets("previous", HASH_OCTETS),
        issued=fields.time("issued"),
        mode=_mode(fields.take("mode")),
        log=fields.octets("log", HASH_OCTETS),
        certificates=fields.number("certificates"),
        rules=rules_value(fields.take("rules")),
        vocabulary=fields.octets("vocabulary", HASH_OCTETS),
        ledgers=tuple(answered_value(value) for value in fields.all("ledger")),
        totals=tuple(total_value(value) for value in fields.all("total")),
        districts=take_districts(fields),
        tables=tuple(_tables(fields)),
        medians=tuple(median_value(value) for value in fields.all("median")),
        coarse=tuple(coarse_value(value) for value in fields.all("coarse")),
        digests=fields.number("digests", most=MAX_LISTED),
        body=fields.octets("body", HASH_OCTETS),
    )
    fields.end()
    _check(bulletin)
    return bulletin, text, body


def check_bulletin_body(bulletin: Bulletin, pieces: Iterable[bytes]) -> None:
    """Return if ``pieces``, put together, are the body of ``bulletin``. Raises Refused (LENGTH, BODY, CANONICAL)."""
    check_lists(pieces, (("digest", found.digests) for found in bulletin.ledgers), body=bulletin.body)


def bulletin_name(bulletin: Bulletin) -> str:
    """Return the file name of a bulletin."""
    return f"{bulletin.line.hex()}-{bulletin.month}.bulletin"


def header_lines(bulletin: Bulletin) -> list[tuple[str, str]]:
    """Return the lines of the header, but for the first and the signature; nothing is checked."""
    lines = [
        ("authority", bulletin.authority.hex()),
        ("line", bulletin.line.hex()),
        ("name", bulletin.name),
        ("month", bulletin.month),
        ("serial", str(bulletin.serial)),
        ("previous", bulletin.previous.hex()),
        ("issued", time_text(bulletin.issued)),
        ("mode", bulletin.mode),
        ("log", bulletin.log.hex()),
        ("certificates", str(bulletin.certificates)),
        ("rules", rules_text(bulletin.rules)),
        ("vocabulary", bulletin.vocabulary.hex()),
    ]
    lines += [("ledger", answered_text(found)) for found in bulletin.ledgers]
    lines += [("total", total_text(found)) for found in bulletin.totals]
    lines += districts_lines(bulletin.districts)
    lines += [line for table in bulletin.tables for line in table_lines(table)]
    lines += [("median", median_text(found)) for found in bulletin.medians]
    lines += [("coarse", coarse_text(found)) for found in bulletin.coarse]
    return [*lines, ("digests", str(bulletin.digests)), ("body", bulletin.body.hex())]


def _authority(fields: Fields, key: bytes) -> bytes:
    authority = fields.octets("authority", 32)
    if authority != key:
        raise Refused(Refusal.UNKNOWN_AUTHORITY, "authority", "it is not the key that signed")
    return authority


def _mode(value: str) -> str:
    if value not in MODES:
        raise Refused(Refusal.CANONICAL, "mode", "neither single nor two-person")
    return value


def _tables(fields: Fields) -> Iterator[Table]:
    while fields.next_is("table"):
        yield take_table(fields)


def _check_past(bulletin: Bulletin) -> None:
    """Return if nothing is said of a period that was not over when the bulletin's month was."""
    said: dict[str, Iterable[str]] = {
        "total": (found.period for found in bulletin.totals),
        "table": (found.period for found in bulletin.tables),
        "median": (found.period for found in bulletin.medians),
        "coarse": (found.period for found in bulletin.coarse),
    }
    for name, periods in said.items():
        if any(months_of(period)[-1] > bulletin.month for period in periods):
            raise Refused(Refusal.VALUE, name, "of a later period than the bulletin")


def _check(bulletin: Bulletin) -> None:
    """Return if the fields agree with each other."""
    if (bulletin.serial == 1) != (bulletin.previous == NO_HASH):
        raise Refused(Refusal.VALUE, "previous", "zero exactly for the first bulletin of a line")
    if bulletin.issued % 86400:
        raise Refused(Refusal.VALUE, "issued", "not the start of a day")
    if sum(found.digests for found in bulletin.ledgers) != bulletin.digests:
        raise Refused(Refusal.VALUE, "digests", "not as many as its ledgers have together")
    if any(found.month > bulletin.month for found in bulletin.ledgers):
        raise Refused(Refusal.VALUE, "ledger", "of a later month than the bulletin")
    _check_past(bulletin)
    if len({found.ledger for found in bulletin.ledgers}) != len(bulletin.ledgers):
        raise Refused(Refusal.VALUE, "ledger", "one stands twice")
    rising("ledger", [(found.month, found.box) for found in bulletin.ledgers])
    rising("total", [found.period for found in bulletin.totals])
    rising("district", [found.code for found in bulletin.districts])
    rising("table", [(t.period, t.age, t.dimensions) for t in bulletin.tables])
    rising("median", [(found.period, found.age, found.what) for found in bulletin.medians])
    rising("coarse", [(found.period, found.age) for found in bulletin.coarse])
    check_tables(bulletin.tables, bulletin.rules)
