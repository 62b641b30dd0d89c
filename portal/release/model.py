"""The model of the public site: everything that is published, and nothing else. Pages and open data are made from it.

All values are frozen, and equal input gives an equal model: there is no clock in it, and every tuple has a fixed order.
Whatever is a name (of a line, an authority, a district) came in a signed file from outside: it is text to be escaped.
What is said to people is no part of it. Kinds are words of the enumerations here; who shows them puts them into a
language (``portal.pages``, ``portal.verify.words``).

Pages are made of it by ``portal.pages.render``, open data by ``portal.data.package.write_package``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from portal.release.figures import Cohort, Days, Delay, Figure, Table, total
from portal.release.notices import Kind, Notice, RefusedFile

__all__ = [
    "FILES",
    "FORMAT",
    "Answer",
    "Authority",
    "Box",
    "BoxMonth",
    "BulletinSaid",
    "Change",
    "Cohort",
    "Days",
    "Delay",
    "Download",
    "Figure",
    "Kind",
    "Line",
    "Month",
    "Notice",
    "RefusedFile",
    "Release",
    "Settings",
    "Site",
    "Source",
    "SourceKind",
    "Table",
    "Total",
    "Words",
    "total",
]

Words = Mapping[str, str]
"""One text in several languages, by their codes; every site has ``es`` and ``en``."""

FORMAT = 1
FILES = "files"
"""The folder of a site in which the signed files lie that it rests on, and what its pages rest on beside them."""
"""Of the model, and so of the open data; raised when a field changes its meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxMonth:
    """What one box counted in one month, by its ledger."""

    box: str
    """``Box.id``."""
    serial: int
    ledger: str
    """Hash of the ledger, hexadecimal."""
    source: str
    """``Source.name``."""
    received: int
    conversations: int
    canaries_sent: int
    canaries_received: int
    minutes: int
    """In service. The month has ``Month.minutes_possible`` for each box."""


class Answer(StrEnum):
    """What a bulletin says to a month of a line."""

    NONE = "none"
    """No bulletin had to prove it yet (the quarter of a quiet line is not over), or one that may have is missing."""
    FULL = "full"
    """Every tip that the boxes counted was opened, and that is proven."""
    PART = "part"
    """Some were never opened, and the bulletin's own total says so."""
    CONTRADICTED = "contradicted"
    """The bulletin's totals say otherwise than its own proofs, or than the ledgers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One line's month: counted by the boxes, and what the authority has proven to have opened of it.

    A month without any ledger between two that have one is here as well: ``boxes`` is empty then, and there is a gap.
    """

    line: str
    month: str
    boxes: tuple[BoxMonth, ...]
    minutes_possible: int
    """Minutes of the month, for one box."""
    answer: Answer
    opened: int
    """Proven: commitments in the ledgers whose digest was published. Counted, not believed."""
    received_said: int | None
    """What the newest bulletin that answers this month gives as total; None before, and for a quarter."""
    opened_said: int | None
    answered: str | None
    """Day of that bulletin, YYYY-MM-DD."""
    never_opened_since: str | None
    """First day on which the answering bulletin had to prove them and did not; None if all are opened, or no answer."""
    unmatched: int
    """Digests published for this month that belong to no commitment in any ledger here."""

    @property
    def received(self) -> int:
        """Return what all boxes counted."""
        return sum(one.received for one in self.boxes)

    @property
    def conversations(self) -> int:
        """Return how many conversations they were."""
        return sum(one.conversations for one in self.boxes)

    @property
    def never_opened(self) -> int:
        """Return how many were not proven to be opened so far."""
        return self.received - self.opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The two exact totals of a month, or of a quarter of a quiet line, as the newest bulletin that has them says."""

    line: str
    period: str
    received_said: int
    opened_said: int
    received: int
    """By the ledgers that were answered until then."""
    opened: int
    """Digests published until then."""
    bulletin: str
    """``Source.name``."""
    complete: bool = True
    """Whether all bulletins up to that one are here. If not, one that is missing may prove what seems not to be."""

    @property
    def agrees(self) -> bool:
        """Whether what is said is what ledgers and digests prove, as far as that can be told."""
        return not self.complete or (self.received_said, self.opened_said) == (self.received, self.opened)


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletinSaid:
    """What a bulletin says of itself."""

    line: str
    month: str
    """The newest month that it could answer."""
    serial: int
    issued: str
    """YYYY-MM-DD."""
    mode: str
    """``single`` or ``two-person``: how the case book is opened."""
    certificates: int
    """Signed certificates of destruction so far."""
    log: str
    """Head of the audit log, hexadecimal."""
    digests: int
    """How many tips it proves to have been opened that none before proved."""
    k: int
    """No value from 1 to k - 1 is shown, and no change of fewer than k tips."""
    spread: int
    """The most by which a count is changed, before it is rounded to 0 or k."""
    least: int
    """Tips that a cohort must have for tables."""
    median: int
    """Tips that a cohort must have for a median."""
    source: str
    """``Source.name``."""


class SourceKind(StrEnum):
    """What a file that was taken in is."""

    LEDGER = "ledger"
    BULLETIN = "bulletin"
    IDENTITY = "identity"
    AUTHORITY = "authority"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file that this release rests on. Its signature verified, or it would be a ``RefusedFile``."""

    kind: SourceKind
    name: str
    """Its canonical file name; it lies in the site at ``path``."""
    path: str
    hash: str
    """BLAKE2b-256 of the whole file, hexadecimal."""
    octets: int
    signer: str
    """Fingerprint of the key that signed it."""
    first_release: int
    """The release in which it came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A box, pinned by its identity file."""

    id: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Who answers the tips of a line, pinned by its identity file."""

    slug: str
    """For addresses: lower case, digits and hyphens; stable."""
    name: str
    fingerprint: str
    """Of the key that signs its key sheets."""
    bulletin_fingerprint: str
    """Of the key that signs its bulletins."""
    lines: tuple[str, ...]
    """``Line.id``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A tip line."""

    id: str
    """8 octets, hexadecimal."""
    slug: str
    name: Words
    about: Words = field(default_factory=dict)
    """One sentence, from site.toml; may be empty."""
    numbers: tuple[str, ...] = ()
    """To which one writes, from site.toml."""
    authority: str = ""
    """``Authority.slug``; empty while none is known."""
    districts: tuple[str, ...] = ()
    """Codes that stand in its bulletins, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What site.toml says: how the site is called, never what is counted."""

    title: Words
    place: str = ""
    """The city or region."""
    publisher: str = ""
    contact: str = ""
    """An address of mail or of a page."""
    address: str = ""
    """Where the site will stand (``https://…/``), for the feed and the data package; may be empty."""
    licence: str = "CC-BY-4.0"
    """SPDX name of the licence of the open data."""
    languages: tuple[str, ...] = ("es", "en")
    """The first is the one of the front page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is new in a release, for the changelog: so many files or cohorts of one kind, of one line."""

    kind: str
    """``ledger``, ``bulletin``, ``cohort``, ``box``, ``authority``, ``contradiction``, ``gap-closed``, ``refused``."""
    line: str = ""
    periods: tuple[str, ...] = ()
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One state of the published data, never changed afterwards. Its files lie in ``releases/<number>/``."""

    number: int
    made: str
    """The newest time in a signed file of it, RFC 3339 UTC: a build reads no clock."""
    hash: str
    """Of its record ``releases/<number>/release.json``; empty for the one being built."""
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file of open data, by its address from the top of the site."""

    path: str
    title: str
    """English key of what it is, such as ``months``; put into a language by who shows it."""
    octets: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """All that is published in one release."""

    settings: Settings
    release: Release
    """The one that this is."""
    releases: tuple[Release, ...]
    """All, the newest first; ``release`` is the first of them."""
    lines: tuple[Line, ...]
    authorities: tuple[Authority, ...]
    boxes: tuple[Box, ...]
    months: tuple[Month, ...]
    """By line (in the order of ``lines``), then by month."""
    cohorts: tuple[Cohort, ...]
    """By line, then period, then age."""
    totals: tuple[Total, ...]
    """By line, then period: months, or quarters of a quiet line."""
    bulletins: tuple[BulletinSaid, ...]
    """By line, then serial."""
    notices: tuple[Notice, ...]
    refused: tuple[RefusedFile, ...]
    sources: tuple[Source, ...]
    downloads: tuple[Download, ...]
    district_names: Mapping[str, Words] = field(default_factory=dict)
    """By the codes in tables, as the newest bulletin names them; a code without a name is shown as it is."""

    def months_of(self, line: str) -> tuple[Month, ...]:
        """Return the months of a line."""
        return tuple(one for one in self.months if one.line == line)

    def cohorts_of(self, line: str, *, age: int | None = None) -> tuple[Cohort, ...]:
        """Return the cohorts of a line, of all ages or of one."""
        return tuple(one for one in self.cohorts if one.line == line and age in (None, one.age))
