"""Taking batches from a medium: verified one by one, opened, kept sealed, booked.

Files are read in groups, each group one transaction here and a part of one in the case book; killed between the two,
the next import books what is kept. The order of the checks on a file is docs/formats.md's: signature, form, length and
body; then whether it is known, the line, the chain; then it is opened.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from wire import ledger
from wire.batch import Batch, read_batch, read_header
from wire.refusal import Refusal, Refused
from workstation.bars import Advance
from workstation.batches.chain import contradiction
from workstation.batches.forks import Pool
from workstation.batches.opener import pack, unpack
from workstation.batches.report import Quarantined, RefusedFile, Report, batch_warnings
from workstation.batches.store import BatchPlace, Store
from workstation.batches.walk import Found, not_a_batch, read_file, stray_content

GROUP_OCTETS = 2 << 20
"""A transaction here, at the most: about 6,900 slips. The next ones are opened while it is booked."""
_OF_THE_REST, _AT_LEAST = 3, 4
"""Towards the end groups become smaller, a third of the rest, not less than a fourth of the most: while the last one is
booked nothing is left to open."""
POOL_FROM_OCTETS = 2 << 20
"""From about 7,000 slips on helpers pay; they start in a few milliseconds."""

OpenGroup = Sequence[tuple[BatchPlace, msgspec.Raw]]
"""Batches that are kept and opened, each ``Raw`` an ``opener.Inside``."""
Booker = Callable[[OpenGroup], None]
"""Books what is kept, or begins to."""


@dataclass(frozen=True, slots=True)
class Trusted:
    """Against what a batch is checked."""

    line: bytes
    boxes: Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class _Taken:
    path: Path
    place: BatchPlace
    batch: Batch


def import_files(
    files: Iterable[Found],
    store: Store,
    trusted: Trusted,
    *,
    octets: int,
    opener: Pool,
    booker: Booker,
    advance: Advance,
) -> Report:
    """Return what became of ``files``, which have so many ``octets`` together.

    Raises StorageFailed; then the groups before the failing one are taken.
    """
    report = Report()
    for group in _groups(files, report, advance, left=octets):
        with store.group():
            taken = _take(group, store, trusted, report)
            opened = list(_open(taken, opener, store, report))
        booker(opened)
    between, report.restored = store.cuts()
    report.gaps = store.gaps() + between
    report.chains = store.chains()
    return report


def octets_of(files: Iterable[Found]) -> int:
    """Return the octets of ``files`` together."""
    return sum(_size(found.path) for found in files)


def _size(path: Path) -> int:
    """Return the octets of a file; 0 for what is none, or cannot be asked, which reading it will tell."""
    try:
        found = path.stat()
    except OSError:
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


def _groups(
    files: Iterable[Found], report: Report, advance: Advance, *, left: int
) -> Iterator[list[tuple[Path, bytes]]]:
    group: list[tuple[Path, bytes]] = []
    size, most = 0, _group_octets(left)
    for found in files:
        advance()
        octets = _read(found, report)
        if octets is None:
            continue
        group.append((found.path, octets))
        size += len(octets)
        if size >= most:
            yield group
            left -= size
            group, size, most = [], 0, _group_octets(left)
    yield group


def _group_octets(left: int) -> int:
    return max(min(left // _OF_THE_REST, GROUP_OCTETS), GROUP_OCTETS // _AT_LEAST)


def _read(found: Found, report: Report) -> bytes | None:
    if found.fault is not None:
        report.refused.append(RefusedFile(str(found.path), "unreadable", found.fault))
        return None
    if found.stray is not None:
        report.stray.append((str(found.path), found.stray))
        return None
    try:
        octets = read_file(found.path)
    except OSError as error:
        report.refused.append(RefusedFile(str(found.path), "unreadable", error.strerror or str(error)))
        return None
    if octets.startswith(f"{ledger.MAGIC}\n".encode()):
        report.ledger_files.append(found.path)
        return None
    left = not_a_batch(found, octets)
    if left is not None:
        report.left.append((str(found.path), left))
        stray = stray_content(found.path, octets)
        if stray is not None:
            report.stray.append((str(found.path), stray))
        return None
    return octets


def _take(
    group: list[tuple[Path, bytes]], store: Store, trusted: Trusted, report: Report
) -> Iterator[_Taken]:
    for path, octets in group:
        try:
            batch = verify_batch(octets, trusted)
        except Refused as refused:
            reason = f"{refused.field}: {refused.reason}"
            report.refused.append(RefusedFile(str(path), refused.kind.value, reason))
            continue
        if store.has(batch.header_hash):
            report.known += 1
            continue
        header = batch.header
        fault = contradiction(batch.header_hash, header.previous, store.neighbours(header))
        row = store.add(header, batch.header_hash, octets, quarantined=fault)
        if fault is not None:
            report.quarantined.append(Quarantined.batch(str(path), header, fault))
            continue
        yield _Taken(path, BatchPlace.of(row, header, batch.header_hash), batch)


def verify_batch(octets: bytes, trusted: Trusted) -> Batch:
    """Return the batch in ``octets``, of a trusted box and of our line. Raises Refused."""
    try:
        batch = read_batch(octets, trusted.boxes.get)
    except Refused as refused:
        if refused.kind in (
            Refusal.LENGTH,
            Refusal.BODY,
        ):  # then the header is good, and its line comes first
            _check_line(read_header(octets, trusted.boxes.get)[0].line, trusted)
        raise
    _check_line(batch.header.line, trusted)
    return batch


def _check_line(line: bytes, trusted: Trusted) -> None:
    if line != trusted.line:
        raise Refused(Refusal.UNKNOWN_LINE, "line", "this workstation has no keys of this line")


def _open(
    taken: Iterable[_Taken], opener: Pool, store: Store, report: Report
) -> Iterator[tuple[BatchPlace, msgspec.Raw]]:
    """Yield what was taken, opened; the counts are kept and added up."""
    waiting: list[_Taken] = []

    def jobs() -> Iterator[bytes]:
        for one in taken:
            waiting.append(one)
            yield pack(one.batch.header.epoch, one.batch.body)

    for number, result in enumerate(opener(jobs())):
        opened, one = unpack(result), waiting[number]
        store.add_opening(one.place.id, one.batch.header, opened.tally)
        report.add(opened.tally)
        report.warnings += batch_warnings(str(one.path), one.batch.header, opened.tally)
        yield one.place, opened.inside
