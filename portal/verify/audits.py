"""Is a ledger what the box committed to before its batches left? By batch headers that an auditor kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from portal.files import open_regular, read_regular
from portal.reading.finding import Found, find, refusing, shown_name
from portal.reading.ledgers import LedgerTaken
from portal.release.model import RefusedFile
from wire.audit import check_audit
from wire.batch import HEADER_LIMIT, BatchHeader, read_header
from wire.commitment import next_head
from wire.hashing import hashes_in
from wire.identity import BOX_OCTETS
from wire.ledger import AUDIT_HEADER_LIMIT, AUDIT_MAGIC, MAX_OCTETS, AuditFile, LedgerFile, read_audit
from wire.refusal import Refusal, Refused
from wire.signed import octets_value, split

Kept = Sequence[tuple[BatchHeader, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What one audit file shows of its ledger."""

    name: str
    box: str
    line: str
    month: str
    kind: str = ""
    """Empty: it holds. Else the word of a Refusal."""
    field: str = ""
    reason: str = ""
    struck: int | None = None
    """Commitments that headers prove and the ledger does not have; None where headers do not prove any."""
    put_in: int | None = None
    """Commitments of the ledger that the headers rule out."""

    @property
    def holds(self) -> bool:
        """Whether the ledger is what the box committed to."""
        return not self.kind


def read_headers(
    folder: Path, boxes: Mapping[bytes, bytes]
) -> tuple[list[tuple[BatchHeader, bytes]], list[RefusedFile]]:
    """Return the verified batch headers in ``folder`` (whole batches will do), and what was refused. Raises OSError."""
    found: Found = find([folder])
    headers = []
    for path in found.files["batch"]:
        with refusing(path, found.refused), open_regular(path) as (file, _):
            header, text, _ = read_header(file.read(HEADER_LIMIT), boxes.get)
            headers.append((header, text.hash))
    return headers, found.refused


def audit_paths(named: Iterable[Path]) -> list[Path]:
    """Return the audit files named, and those in folders named. Raises OSError."""
    paths: list[Path] = []
    for path in named:
        paths += find([path]).files["audit"] if path.is_dir() else [path]
    return list(dict.fromkeys(paths))


def audit(
    path: Path, boxes: Mapping[bytes, bytes], ledgers: Sequence[LedgerTaken], headers: Kept
) -> Audited | RefusedFile:
    """Return what the audit file at ``path`` shows; what is no audit file of a known box is refused."""
    refused: list[RefusedFile] = []
    with refusing(path, refused):
        found = _read(path, boxes)
    return refused[0] if refused else _audited(shown_name(path), found, ledgers, headers)


def _read(path: Path, boxes: Mapping[bytes, bytes]) -> AuditFile:
    """Return the audit file at ``path``. Raises Refused, OSError."""
    octets = read_regular(path, most=MAX_OCTETS)
    text, _ = split(octets, magic=AUDIT_MAGIC, limit=AUDIT_HEADER_LIMIT)
    key = boxes.get(octets_value("box", text.field("box") or "", BOX_OCTETS))
    if key is None:
        raise Refused(Refusal.UNKNOWN_BOX, "box", "no identity of this box was given")
    return read_audit(octets, key)


def _audited(name: str, found: AuditFile, ledgers: Sequence[LedgerTaken], headers: Kept) -> Audited:
    said = found.audit
    held = Audited(name=name, box=said.box.hex(), line=said.line.hex(), month=said.month)
    of_line = [one for one in ledgers if (one.ledger.box, one.ledger.line) == (said.box, said.line)]
    ledger = next((one for one in of_line if one.ledger.month == said.month), None)
    if ledger is None:
        reason = "the ledger of this month is not here"
        return replace(held, kind=Refusal.MISSING.value, field="ledger", reason=reason)
    before = next((one for one in of_line if one.ledger.serial == ledger.ledger.serial - 1), None)
    try:
        check_audit(
            LedgerFile(ledger.ledger, ledger.hash, ledger.commitments),
            found,
            headers,
            previous=(before.ledger, before.hash) if before else None,
            later=[one.ledger for one in of_line if one.ledger.serial > ledger.ledger.serial],
        )
    except Refused as error:
        struck, put_in = _differences(found, ledger, headers)
        return replace(
            held,
            kind=error.kind.value,
            field=error.field,
            reason=error.reason,
            struck=struck,
            put_in=put_in,
        )
    return held


def _differences(found: AuditFile, ledger: LedgerTaken, headers: Kept) -> tuple[int | None, int | None]:
    """Return how many commitments the ledger lacks, and how many it has too many, where headers prove the audit file's.

    They do if the head after its last cut stands in a header that the auditor kept: it is made of all before it.
    """
    head = found.audit.head
    last = None
    for cut, commitments in found.cuts():
        head = next_head(head, cut.salt, commitments)
        last = cut
    proven = any(
        last is not None
        and (header.chain, header.sequence, header.commitments) == (last.chain, last.sequence, head)
        for header, _ in headers
    )
    if not proven:
        return None, None
    committed, listed = set(hashes_in(found.body)), set(hashes_in(ledger.commitments))
    return len(committed - listed) or None, len(listed - committed) or None
