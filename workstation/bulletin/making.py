"""A bulletin from first to last: gathered, disturbed, attacked, shown, then signed and kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nacl.signing import SigningKey

from disclosure.rules import RULES
from disclosure.tables import Domains
from disclosure.vocabulary import vocabulary_hash
from wire.bulletin import Bulletin, bulletin_name, write_bulletin
from wire.hashing import HASH_OCTETS, blake2b_256
from wire.keysheet import name_value
from wire.period import end_of, month_value, next_month
from wire.refusal import Refused
from wire.release import District
from wire.signed import time_text
from workstation.backup.marker import restored
from workstation.book.checking import verify_log
from workstation.book.connection import Book, told
from workstation.book.districts import districts
from workstation.book.log import Actor, LogWriter
from workstation.bulletin.answers import answers
from workstation.bulletin.issued import Issued, keep, read_issued
from workstation.bulletin.ledgers import Kept, ledgers, missing, silent_boxes
from workstation.bulletin.problems import NoBulletin, TooEarly
from workstation.bulletin.releases import Maker, safe
from workstation.epochs.review import certificates_of
from workstation.files import PUBLIC_FILE, write_file
from workstation.home import Home
from workstation.problems import Damaged

ACTION = "bulletin"
"""What the log calls it."""
DAY = 86400


@dataclass(frozen=True, slots=True)
class Draft:
    """A bulletin before it leaves, or one that did already."""

    bulletin: Bulletin
    body: bytes = field(repr=False)
    issued: Issued
    """Those before it."""
    octets: bytes = field(default=b"", repr=False)
    """Of the file, if it was issued before."""
    warnings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return its file name."""
        return bulletin_name(self.bulletin)


def prepare(
    home: Home,
    book: Book,
    month: str,
    *,
    now: int,
    after_restore: bool = False,
    advance: Callable[[], None] = lambda: None,
) -> Draft:
    """Return the bulletin of ``month`` as it would leave, or as it left if it was issued; nothing is written.

    ``after_restore``: the home came back from a backup, whose log does not have the row that the last bulletin named.

    Raises TooEarly (the month is not over, a ledger is missing), NoBulletin, NotSafe, LogBroken, NotVerified, Damaged.
    """
    issued = read_issued(home)
    _refuse_missing(book, issued)
    if again := issued.of(month_value(month)):
        bulletin, octets = again
        before = Issued(issued.files[: bulletin.serial - 1], issued.octets[: bulletin.serial - 1])
        return Draft(bulletin, octets[len(octets) - HASH_OCTETS * bulletin.digests :], before, octets)
    _refuse_restored(home)
    if now < end_of(month):
        raise TooEarly(f"{month} is not over", way_out=f"It ends at {time_text(end_of(month))}.")
    if issued.last is not None and month < issued.last:
        raise NoBulletin(f"none was made of {month}", way_out=f"That of {issued.last} answers for it.")
    kept, row = ledgers(book), certificates_of(home).row()
    boxes = home.boxes.keys()
    _refuse_without(book, kept, month, boxes=tuple(boxes), retired=row.retired)
    found = answers(book, kept, issued, month)
    named = _districts(book)
    bare = Bulletin(
        authority=bytes(SigningKey(home.vault.bulletin).verify_key),
        line=home.sheet.line,
        name=home.sheet.name,
        month=month,
        serial=len(issued.files) + 1,
        previous=issued.head,
        issued=now - now % DAY,
        mode="single" if home.single else "two-person",
        log=_log_head(book, issued, after_restore=after_restore),
        certificates=len(row.kept),
        rules=RULES,
        vocabulary=vocabulary_hash(),
        ledgers=found.ledgers,
        totals=found.totals,
        districts=named,
        digests=len(found.body) // HASH_OCTETS,
        body=blake2b_256(found.body),
    )
    domains = Domains(tuple(district.code for district in named))
    maker = Maker(book, home.vault.cells, issued, found.periods, month, domains, advance)
    silent = silent_boxes(book, kept, tuple(boxes))
    warnings = tuple(_warnings(silent, issued, month))
    return Draft(safe(maker, kept, bare), found.body, issued, warnings=warnings)


def _warnings(silent: Iterable[bytes], issued: Issued, month: str) -> Iterator[str]:
    """Yield what may be missing without being known of: after a restore the newest bulletins are in no log here."""
    for box in silent:
        yield f"nothing has ever come from the trusted box {box.hex()}"
    if issued.last is not None and next_month(issued.last) < month:
        yield (
            f"the newest bulletin here is of {issued.last}; if a later one was published, stop and put its file "
            "into bulletins first: a second one of its number must never be signed"
        )


def _log_head(book: Book, issued: Issued, *, after_restore: bool) -> bytes:
    """Return the head of the log, which has to go on from the head that was published last. Raises LogBroken."""
    named = issued.files[-1].bulletin.log if issued.files and not after_restore else None
    return verify_log(book, head=named).head


def issue(home: Home, book: Book, draft: Draft, path: Path, *, now: int) -> bytes:
    """Return the octets of the bulletin, kept in the home, entered in the log and written to ``path``.

    A bulletin that was issued before is written again as it was. Raises TooEarly, StorageFailed, OSError.
    """
    octets = draft.octets or _signed(home, draft)
    if not draft.octets:
        _refuse_restored(home)
    with book.write():
        if not draft.octets and read_issued(home).head != draft.bulletin.previous:
            raise TooEarly("another one was issued meanwhile", way_out="Make it again; nothing was written.")
        _enter(book, draft, Actor(home.users), now)
        if not draft.octets:
            keep(home, draft.name, octets)
    write_file(path, octets, mode=PUBLIC_FILE)
    return octets


def _signed(home: Home, draft: Draft) -> bytes:
    return write_bulletin(draft.bulletin, SigningKey(home.vault.bulletin)).octets + draft.body


def _enter(book: Book, draft: Draft, actor: Actor, now: int) -> None:
    """Enter the bulletin in the log, if it is not there: a kill may have come before."""
    said = draft.bulletin
    last = _logged(book)
    if last is None or last["serial"] < said.serial:
        detail = {"month": said.month, "serial": said.serial}
        LogWriter(book.connection, actor, now=now).add(ACTION, detail=detail)


def _logged(book: Book) -> dict[str, Any] | None:
    """Return what the log says of the newest bulletin."""
    query = "SELECT detail FROM log WHERE action = ? ORDER BY id DESC LIMIT 1"
    with told(book.path.name):
        row = book.connection.execute(query, (ACTION,)).fetchone()
    return json.loads(row[0]) if row is not None else None


def _refuse_missing(book: Book, issued: Issued) -> None:
    """Return if the log knows of no bulletin that is not here. Raises Damaged."""
    last = _logged(book)
    if last is not None and last["serial"] > len(issued.files):
        raise Damaged(
            f"the bulletin of {last['month']} is not in bulletins",
            way_out="Put the published file back there; a second one of that number must never be signed.",
        )


def _refuse_restored(home: Home) -> None:
    """Return if no bulletin can have been published of which the home does not know. Raises TooEarly, Damaged."""
    found = restored(home.path)
    if found is not None:
        raise TooEarly(
            f"this home came back from a backup of {found.backup}; bulletins may have been published since",
            way_out="Take them back, and say which was the last: published FILE… --last YYYY-MM",
        )


def _refuse_without(
    book: Book, kept: tuple[Kept, ...], month: str, *, boxes: tuple[bytes, ...], retired: frozenset[bytes]
) -> None:
    """Return if every ledger that is known to be there is here. Raises TooEarly, NoBulletin."""
    lacking = [*missing(book, kept, month, boxes=boxes, retired=retired)]
    if lacking:
        raise TooEarly("; ".join(lacking), way_out="Import the ledgers, or retire the box.")
    if not any(ledger.month <= month for ledger in kept):
        raise NoBulletin(
            f"there is no ledger of {month} or before", way_out="Import the boxes' ledgers first."
        )


def _districts(book: Book) -> tuple[District, ...]:
    return tuple(
        District(one.code, _shown(one.es, one.code), _shown(one.en, one.code))
        for one in sorted(districts(book), key=lambda found: found.code)
    )


def _shown(name: str, code: str) -> str:
    """Return a district's ``name`` if a bulletin can have it, else its code."""
    with suppress(Refused):
        return name_value(name)
    return code
