"""What a reader has to be told: what is missing, what contradicts itself, what was refused."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What can be wrong with what was taken in. Each has a sentence in each language."""

    LEDGER_MISSING = "ledger-missing"
    """A serial of a box is not here: ``month`` is that of the ledger behind the gap."""
    MONTH_EMPTY = "month-empty"
    """A month of a line with ledgers before and after it has none. Perhaps no batch was cut; a gap all the same."""
    BULLETIN_MISSING = "bulletin-missing"
    """A serial of an authority is not here."""
    NOT_ANSWERED = "not-answered"
    """No bulletin answers a ledger that was there when later ones were answered."""
    COHORT_MISSING = "cohort-missing"
    """The tables of a cohort were due at the day of the newest bulletin and are not published."""
    LEDGER_OTHER = "ledger-other"
    """The next ledger, or a bulletin, names another ledger of this month than the one that is here."""
    LEDGER_REPLACED = "ledger-replaced"
    """An earlier release had another one; the earlier one stays."""
    LEDGER_WITHDRAWN = "ledger-withdrawn"
    """An earlier release had it, it is no longer given; the earlier one stays."""
    BULLETIN_OTHER = "bulletin-other"
    """The next bulletin names another one before it than the one that is here."""
    BULLETIN_REPLACED = "bulletin-replaced"
    BULLETIN_WITHDRAWN = "bulletin-withdrawn"
    TOTAL_RECEIVED = "total-received"
    """A bulletin's total of received tips is not what the ledgers say. ``count``: how many are left out."""
    TOTAL_OPENED = "total-opened"
    """A bulletin's total of opened tips is not what its digests prove. ``count``: how many are not proven."""
    DIGEST_UNKNOWN = "digest-unknown"
    """Digests whose commitment is in no ledger here. ``count``: how many; a tip was struck out, or made up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A gap or a contradiction: one thing that a reader has to be told. Empty fields do not apply."""

    kind: Kind
    line: str = ""
    month: str = ""
    """Or period."""
    box: str = ""
    serial: int | None = None
    age: int | None = None
    count: int | None = None
    sources: tuple[str, ...] = ()
    """Names of the files that say it."""

    @property
    def contradiction(self) -> bool:
        """Whether two signed files cannot both be true; otherwise something is missing."""
        return self.kind not in _GAPS


_GAPS = frozenset(
    {Kind.LEDGER_MISSING, Kind.MONTH_EMPTY, Kind.BULLETIN_MISSING, Kind.NOT_ANSWERED, Kind.COHORT_MISSING}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedFile:
    """A file that was not taken, whole. ``kind`` is a word of ``wire.refusal.Refusal``, or ``unreadable``."""

    name: str
    kind: str
    reason: str
