"""The whole model, made from what was gathered. Pure: no file is read, no clock, no lot is drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from portal.reading.bulletins import BulletinTaken
from portal.reading.keys import KeyFile
from portal.reading.ledgers import LedgerTaken
from portal.release import names
from portal.release.chains import bulletin_chain, empty_months, ledger_chain
from portal.release.cohorts import cohort_notices, cohorts
from portal.release.gather import IDENTITIES, Gathered
from portal.release.model import (
    FILES,
    BulletinSaid,
    Change,
    Cohort,
    Kind,
    Notice,
    Release,
    Site,
    Source,
    SourceKind,
    Total,
)
from portal.release.months import day, months, proof_notices, total_notices, totals
from portal.release.proofs import Memory, Proof, prove
from portal.release.record import Past, SourceRecord
from portal.settings import SiteFile, settings_of
from wire.hashing import fingerprint
from wire.period import end_of
from wire.signed import time_text


@dataclass(frozen=True, slots=True)
class Assembled:
    """A site, and what the record of its release says of the signed files."""

    site: Site
    sources: tuple[SourceRecord, ...]
    proofs: tuple[Proof, ...]


def assemble(gathered: Gathered, past: Past, settings: SiteFile, memory: Memory | None = None) -> Assembled:
    """Return the site as it is now; ``downloads`` are not known yet, and the release is the one to come."""
    proofs = prove(gathered.ledgers, gathered.bulletins, memory)
    found_totals = totals(proofs, gathered.bulletins)
    found_cohorts = cohorts(gathered.bulletins)
    notices = _all_notices(gathered, proofs, found_totals, found_cohorts)
    authorities = names.authorities(gathered.keys)
    lines = names.lines(settings, gathered.ledgers, gathered.bulletins, authorities)
    order = {line.id: at for at, line in enumerate(lines)}
    number = len(past.records) + 1
    sources = tuple(_sources(gathered, past, number))
    release = Release(
        number=number,
        made=_made(gathered),
        hash="",
        changes=tuple(_changes(gathered, past, notices, found_cohorts)),
    )
    site = Site(
        settings=settings_of(settings),
        release=release,
        releases=(release, *past.releases),
        lines=lines,
        authorities=authorities,
        boxes=names.boxes(gathered.keys),
        months=tuple(
            sorted(months(proofs, found_totals, notices), key=lambda one: (order[one.line], one.month))
        ),
        cohorts=tuple(sorted(found_cohorts, key=lambda one: (order[one.line], one.period, one.age))),
        totals=tuple(sorted(found_totals, key=lambda one: (order[one.line], one.period))),
        bulletins=tuple(_said(one) for one in gathered.bulletins),
        notices=notices,
        refused=gathered.refused,
        sources=tuple(shown(one) for one in sources),
        downloads=(),
        district_names=names.district_names(gathered.bulletins),
    )
    return Assembled(site, sources, tuple(proofs))


def _all_notices(
    gathered: Gathered, proofs: Sequence[Proof], found_totals: Iterable[Total], found: Sequence[Cohort]
) -> tuple[Notice, ...]:
    return merged(
        [
            *gathered.notices,
            *check(gathered, proofs),
            *total_notices(found_totals),
            *cohort_notices(found, gathered.bulletins),
        ]
    )


def check(gathered: Gathered, proofs: Sequence[Proof]) -> Iterator[Notice]:
    """Yield what is missing in the chains, and what contradicts the digests."""
    proven = list(proof_notices(proofs, gathered.bulletins))
    named = [one for one in proven if one.kind is Kind.LEDGER_MISSING]
    for notice in ledger_chain(gathered.ledgers):
        if notice.kind is not Kind.LEDGER_MISSING or not _is_named(notice, named, gathered):
            yield notice
    yield from bulletin_chain(gathered.bulletins)
    for line in sorted({one.ledger.line for one in gathered.ledgers}):
        have = {one.ledger.month for one in gathered.ledgers if one.ledger.line == line}
        have |= {one.month for one in named if one.line == line.hex()}
        yield from empty_months(have, line.hex())
    yield from proven


def _is_named(gap: Notice, named: Iterable[Notice], gathered: Gathered) -> bool:
    """Return whether bulletins name as many ledgers as are missing in ``gap``: then these are told by their months."""
    before = max(
        (
            one.ledger.month
            for one in gathered.ledgers
            if (one.ledger.line.hex(), one.ledger.box.hex()) == (gap.line, gap.box)
            and one.ledger.month < gap.month
        ),
        default="",
    )
    between = [
        one for one in named if (one.line, one.box) == (gap.line, gap.box) and before < one.month < gap.month
    ]
    return len(between) >= (gap.count or 0)


def merged(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    """Return the notices in order; those of one kind on one thing are one, with the files of all."""
    found: dict[tuple[str, str, str, str, int], Notice] = {}
    for one in notices:
        key = (one.line, one.month, one.kind, one.box, one.age or 0)
        other = found.get(key)
        if other is None:
            found[key] = one
            continue
        counts = [count for count in (one.count, other.count) if count is not None]
        found[key] = replace(
            other,
            count=max(counts, default=None),
            serial=other.serial or one.serial,
            sources=tuple(dict.fromkeys((*other.sources, *one.sources))),
        )
    return tuple(found[key] for key in sorted(found))


def _made(gathered: Gathered) -> str:
    times = [one.said.made for one in gathered.key_files]
    times += [end_of(one.ledger.month) for one in gathered.ledgers]
    times += [one.bulletin.issued for one in gathered.bulletins]
    return time_text(max(times, default=0))


def _said(taken: BulletinTaken) -> BulletinSaid:
    said = taken.bulletin
    return BulletinSaid(
        line=said.line.hex(),
        month=said.month,
        serial=said.serial,
        issued=day(said.issued),
        mode=said.mode,
        certificates=said.certificates,
        log=said.log.hex(),
        digests=said.digests,
        k=said.rules.k,
        spread=said.rules.spread,
        least=said.rules.least,
        median=said.rules.median,
        source=taken.name,
    )


def _sources(gathered: Gathered, past: Past, number: int) -> Iterator[SourceRecord]:
    old = {one.hash: one for one in past.sources}
    for one in _source_records(gathered, number):
        yield old.get(one.hash, one)


def _source_records(gathered: Gathered, number: int) -> Iterator[SourceRecord]:
    twice = Counter(one.name for one in gathered.bulletins)
    for key_file in gathered.key_files:
        yield _of_key(key_file, number)
    for ledger in gathered.ledgers:
        yield _source(SourceKind.LEDGER, ledger, ledger.name, fingerprint(ledger.key), number=number)
    for bulletin in gathered.bulletins:
        said = bulletin.bulletin
        name = bulletin.name
        if twice[name] > 1:
            name = f"{name.removesuffix('.bulletin')}-{said.serial}.bulletin"
        yield _source(SourceKind.BULLETIN, bulletin, name, fingerprint(said.authority), number=number)


def _of_key(file: KeyFile, number: int) -> SourceRecord:
    kind = SourceKind(file.name.rpartition(".")[2])
    return SourceRecord(
        kind=kind,
        name=file.name,
        path=f"{IDENTITIES}/{file.name}",
        hash=file.file_hash,
        header=file.file_hash,
        octets=len(file.octets),
        signer=file.signer,
        first_release=number,
    )


def _source(
    kind: SourceKind, taken: LedgerTaken | BulletinTaken, name: str, signer: str, *, number: int
) -> SourceRecord:
    return SourceRecord(
        kind=kind,
        name=name,
        path=f"{FILES}/{kind}s/{name}",
        hash=taken.file_hash,
        header=taken.hash.hex(),
        octets=taken.octets,
        signer=signer,
        first_release=number,
    )


def shown(one: SourceRecord) -> Source:
    """Return a signed file as pages show it."""
    return Source(
        kind=one.kind,
        name=one.name,
        path=one.path,
        hash=one.hash,
        octets=one.octets,
        signer=one.signer,
        first_release=one.first_release,
    )


def _changes(
    gathered: Gathered, past: Past, notices: Sequence[Notice], found: Sequence[Cohort]
) -> Iterator[Change]:
    """Yield what is new since the last release."""
    old = {one.hash for one in past.sources}
    for kind, of in (("box", SourceKind.IDENTITY), ("authority", SourceKind.AUTHORITY)):
        new = [one for one in gathered.key_files if one.name.endswith(f".{of}") and one.file_hash not in old]
        if new:
            yield Change(kind=kind, count=len(new))
    yield from _by_line(
        "ledger",
        ((one.ledger.line.hex(), one.ledger.month) for one in gathered.ledgers if one.file_hash not in old),
    )
    fresh = [one for one in gathered.bulletins if one.file_hash not in old]
    yield from _by_line("bulletin", ((one.bulletin.line.hex(), one.bulletin.month) for one in fresh))
    names_of_fresh = {one.name for one in fresh}
    yield from _by_line("cohort", ((one.line, one.period) for one in found if one.bulletin in names_of_fresh))
    before = past.last.notices if past.last else ()
    now = set(notices)
    new_ones = [one for one in notices if one not in set(before) and one.contradiction]
    closed = [one for one in before if one not in now and not one.contradiction]
    yield from _by_line("contradiction", ((one.line, one.month) for one in new_ones))
    yield from _by_line("gap-closed", ((one.line, one.month) for one in closed))


def _by_line(kind: str, found: Iterable[tuple[str, str]]) -> Iterator[Change]:
    periods: dict[str, list[str]] = {}
    for line, period in found:
        periods.setdefault(line, []).append(period)
    for line, its in sorted(periods.items()):
        yield Change(kind=kind, line=line, periods=tuple(sorted(set(its))), count=len(its))
