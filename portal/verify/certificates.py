"""Certificates of destruction: is each signed, is none missing between them, and are they as many as bulletins say?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from portal.files import files_in, read_regular
from portal.reading.finding import refusing
from portal.release.gather import Gathered
from portal.release.model import RefusedFile
from wire.certificate import LIMIT, MAGIC, Certificate, check_row, read_certificate
from wire.endings import KINDS
from wire.hashing import fingerprint
from wire.refusal import Refusal, Refused
from wire.signed import time_text

Row = Sequence[tuple[Certificate, bytes]]
_FIRST = f"{MAGIC}\n".encode()
_NEXT = 2
"""Serials as far apart as this, or further, have a gap between them, which is counted and contradicts nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """What is known of the certificates of one line."""

    line: str
    said: int
    """As many as the newest bulletin counts."""
    row: tuple[tuple[Certificate, bytes], ...]
    """Those that are here, with their hashes, by serial."""
    kind: str = ""
    """Empty: they hold. Else the word of a Refusal."""
    reason: str = ""

    @property
    def missing(self) -> int:
        """Return how many are not here, of those that the bulletins count or a later certificate stands behind."""
        serials = {one.serial for one, _ in self.row}
        return max([self.said, *serials]) - len(serials)

    @property
    def contradicted(self) -> bool:
        """Whether signed files say against each other what was destroyed."""
        return self.kind == Refusal.CONTRADICTION.value

    @property
    def refused(self) -> bool:
        """Whether they cannot be taken for those of the line's authority."""
        return bool(self.kind) and not self.contradicted

    def as_json(self) -> dict[str, object]:
        """Return it for a script."""
        row = [
            {
                "serial": one.serial,
                "date": time_text(one.date),
                "kind": KINDS[type(one.matter)],
                "hash": its.hex(),
            }
            for one, its in self.row
        ]
        return {
            "line": self.line,
            "said": self.said,
            "missing": self.missing,
            "kind": self.kind,
            "reason": self.reason,
            "row": row,
        }


def read_certificates(folder: Path, gathered: Gathered) -> tuple[list[Certified], list[RefusedFile]]:
    """Return the certificates in ``folder`` by line, and what was refused. Raises OSError."""
    refused: list[RefusedFile] = []
    found = dict(_read(folder, refused))
    lines = {one.line for one in found.values()} | {one.bulletin.line for one in gathered.bulletins}
    rows = []
    for line in sorted(lines):
        row = [(one, its) for its, one in found.items() if one.line == line]
        rows.append(_certified(line, sorted(row, key=lambda pair: (pair[0].serial, pair[1])), gathered))
    return rows, refused


def _read(folder: Path, refused: list[RefusedFile]) -> Iterator[tuple[bytes, Certificate]]:
    for path in files_in(folder):
        with refusing(path, refused):
            octets = read_regular(path, most=LIMIT)
            if octets.startswith(_FIRST) or path.suffix == ".certificate":
                one, its = read_certificate(octets)
                yield its, one


def _certified(line: bytes, row: Row, gathered: Gathered) -> Certified:
    bulletins = [one.bulletin for one in gathered.bulletins if one.bulletin.line == line]
    said = [one.certificates for one in sorted(bulletins, key=lambda one: one.serial)]
    kind, reason = "", ""
    try:
        if said != sorted(said):
            raise Refused(Refusal.CONTRADICTION, "certificates", "a later bulletin counts fewer")
        for before, after in pairwise(row):
            if after[0].serial - before[0].serial < _NEXT:
                check_row((before, after))
        _signed(line, row, gathered)
    except Refused as error:
        kind, reason = error.kind.value, f"{error.field}: {error.reason}"
    return Certified(line=line.hex(), said=said[-1] if said else 0, row=tuple(row), kind=kind, reason=reason)


def _signed(line: bytes, row: Row, gathered: Gathered) -> None:
    """Return if the last certificate is of the line's authority, which by hashes vouches for all before it."""
    keys = {one.authority for one in gathered.keys.authorities.get(line, [])}
    if row and row[-1][0].authority not in keys:
        other = fingerprint(row[-1][0].authority)
        raise Refused(Refusal.UNKNOWN_AUTHORITY, "authority", f"the last is signed by {other}")
