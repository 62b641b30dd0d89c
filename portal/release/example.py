"""A small but full site, made up by arithmetic: for tests of pages and open data that need no signed files."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence

from disclosure.rules import BANDS
from disclosure.vocabulary import StatusClass, categories, statuses
from portal.release.model import (
    FILES,
    Answer,
    Authority,
    Box,
    BoxMonth,
    BulletinSaid,
    Change,
    Cohort,
    Days,
    Delay,
    Download,
    Figure,
    Kind,
    Line,
    Month,
    Notice,
    RefusedFile,
    Release,
    Settings,
    Site,
    Source,
    SourceKind,
    Table,
    Total,
)

HOSTILE = "<script>alert(1)</script> & \u202egnp.exe"
"""A name as an enemy would choose it: pages have to show it, and must not act on it."""
_MONTHS = tuple(f"{2024 + at // 12}-{at % 12 + 1:02d}" for at in range(8, 24))
_AGES = (30, 90, 180, 365)
_CLASSES = tuple(str(one) for one in StatusClass)
_DISTRICTS = ("d01", "d02", "d03", "none")
_POLICE, _CONDUCT = "00000000000000a1", "00000000000000b2"
_NOISE, _LEAST = 4, 5


def example() -> Site:
    """Return the example: two lines, 16 months, cohorts at all ages, each kind of notice, a refused file."""
    return Site(
        settings=_settings(),
        release=_releases()[0],
        releases=_releases(),
        lines=_lines(),
        authorities=_authorities(),
        boxes=(Box(id="00000000000000c3", fingerprint="1f0c 88b2 0000 0000 0000 0000 0000 0001"),),
        months=tuple(_month(line, at) for line in (_POLICE, _CONDUCT) for at in range(len(_MONTHS))),
        cohorts=tuple(_cohorts(_POLICE)),
        totals=tuple(_totals()),
        bulletins=tuple(_said(at) for at in range(2)),
        notices=tuple(Notice(kind=kind, line=_POLICE, month="2025-02", count=3) for kind in Kind),
        refused=(RefusedFile(name=HOSTILE, kind="bad-signature", reason="it does not verify"),),
        sources=tuple(_source(at) for at in range(3)),
        downloads=tuple(
            Download(path=f"data/{name}.csv", title=name, octets=2048, hash="0" * 64)
            for name in ("months", "cohorts", "delays")
        ),
        district_names={
            "d01": {"es": "Centro", "en": "Centre"},
            "d02": {"es": "Poniente", "en": "West"},
            "d03": {"es": HOSTILE, "en": HOSTILE},
        },
    )


def _settings() -> Settings:
    return Settings(
        title={"es": "Línea de denuncia de Ciudad Ejemplo", "en": "Tip line of Example City"},
        place="Ciudad Ejemplo",
        publisher="Observatorio Ciudadano",
        contact="https://example.org/contacto",
        address="https://tips.example.org/",
    )


def _lines() -> tuple[Line, ...]:
    return (
        Line(
            id=_POLICE,
            slug="police",
            name={"es": "Policía", "en": "Police"},
            about={"es": "Delitos de cualquier tipo.", "en": "Crimes of any kind."},
            numbers=("+52 656 000 0001", "+52 656 000 0002"),
            authority="secretaria",
            districts=_DISTRICTS,
        ),
        Line(id=_CONDUCT, slug="conduct", name={"es": "Conducta policial", "en": "Police conduct"}),
    )


def _authorities() -> tuple[Authority, ...]:
    return (
        Authority(
            slug="secretaria",
            name="Secretaría de Seguridad",
            fingerprint="aaaa 0000 0000 0000 0000 0000 0000 0001",
            bulletin_fingerprint="bbbb 0000 0000 0000 0000 0000 0000 0001",
            lines=(_POLICE,),
        ),
    )


def _releases() -> tuple[Release, ...]:
    changes = (
        Change(kind="ledger", line=_POLICE, periods=_MONTHS[-1:]),
        Change(kind="cohort", line=_POLICE, periods=_MONTHS[-2:], count=2),
        Change(kind="contradiction", line=_POLICE, periods=("2025-02",)),
    )
    return (
        Release(number=2, made="2026-01-09T12:00:00Z", hash="", changes=changes),
        Release(number=1, made="2025-12-09T12:00:00Z", hash="1" * 64, changes=(Change(kind="box"),)),
    )


def _received(line: str, at: int) -> int:
    """Return how many came: more in summer, and seldom on the quiet line."""
    return (900 + 350 * abs(at % 12 - 6) + 37 * at) // (1 if line == _POLICE else 60)


def _month(line: str, at: int) -> Month:
    month = _MONTHS[at]
    year, number = map(int, month.split("-"))
    minutes = monthrange(year, number)[1] * 1440
    received = _received(line, at)
    box = BoxMonth(
        box="00000000000000c3",
        serial=at + 1,
        ledger=f"{at:064x}",
        source=f"00000000000000c3-{line}-{month}.ledger",
        received=received,
        conversations=received * 8 // 10,
        canaries_sent=720,
        canaries_received=719 - at % 3,
        minutes=minutes - 35 * (at % 4),
    )
    answer = _answer(line, at)
    missing = {
        Answer.NONE: received,
        Answer.FULL: 0,
        Answer.PART: 2,
        Answer.CONTRADICTED: received * 3 // 100,
    }
    gap = line == _POLICE and at == 6
    return Month(
        line=line,
        month=month,
        boxes=() if gap else (box,),
        minutes_possible=minutes,
        answer=Answer.NONE if gap else answer,
        opened=0 if gap else received - missing[answer],
        received_said=None if gap or answer is Answer.NONE else received,
        opened_said=None if gap or answer is Answer.NONE else received - (2 if answer is Answer.PART else 0),
        answered=None if gap or answer is Answer.NONE else f"{_MONTHS[min(at + 1, 15)]}-09",
        never_opened_since="2025-03-09" if answer in (Answer.PART, Answer.CONTRADICTED) else None,
        unmatched=0,
    )


def _answer(line: str, at: int) -> Answer:
    if line == _CONDUCT or at == len(_MONTHS) - 1:
        return Answer.NONE
    return {3: Answer.PART, 5: Answer.CONTRADICTED}.get(at, Answer.FULL)


def _figure(count: int) -> Figure:
    """Return ``count`` as if perturbed: moved a little, hidden where it is small."""
    shown = max(0, count + count * 7 % (2 * _NOISE + 1) - _NOISE)
    if 0 < shown < _LEAST or 0 < count < _LEAST:
        return Figure(0, 0, _LEAST - 1 + _NOISE)
    return Figure(shown, max(0, shown - _NOISE), shown + _NOISE)


def _cohorts(line: str) -> Iterator[Cohort]:
    for at, period in enumerate(_MONTHS):
        for age in _AGES:
            if at + 1 + age // 30 < len(_MONTHS) and at != 6:
                yield _cohort(line, at, period, age=age)


def _cohort(line: str, at: int, period: str, *, age: int) -> Cohort:
    received = _received(line, at)
    # the older a cohort, the less is open in it
    shares = {"open": 9000 // age, "closed": 30 + age // 10, "acted": 8 + age // 20, "silent": 2000 // age}
    counts = [received * shares[one] // sum(shares.values()) for one in _CLASSES]
    codes = [one for one in statuses() if one not in ("withheld", "destroyed")]
    each = [received // (3 + 2 * at) for at in range(len(codes))]
    return Cohort(
        line=line,
        period=period,
        age=age,
        bulletin=f"{line}-{at + age // 30:05d}.bulletin",
        published="2026-01-09",
        tables=(
            _list("status", codes, each),
            _cross("class_category", tuple(categories()), counts),
            _cross("class_district", _DISTRICTS, counts),
            _list("class", _CLASSES, counts),
            _list("first_action", BANDS, [received // (9 + at) for at in range(len(BANDS))]),
            _list("closing", BANDS, [received // (19 - at) for at in range(len(BANDS))]),
        ),
        delays=tuple(_delays(age)),
    )


def _list(name: str, rows: Sequence[str], counts: Sequence[int]) -> Table:
    cells = tuple((_figure(count),) for count in counts)
    return Table(name=name, rows=tuple(rows), columns=("count",), cells=cells, total=_figure(sum(counts)))


def _cross(name: str, rows: Sequence[str], counts: Sequence[int]) -> Table:
    parts = [[count * (at + 1) // (len(rows) * 8) for count in counts] for at in range(len(rows))]
    return Table(
        name=name,
        rows=tuple(rows),
        columns=_CLASSES,
        cells=tuple(tuple(_figure(count) for count in row) for row in parts),
        row_totals=tuple(_figure(sum(row)) for row in parts),
        column_totals=tuple(_figure(sum(row[at] for row in parts)) for at in range(len(counts))),
        total=_figure(sum(counts)),
    )


def _delays(age: int) -> Iterator[Delay]:
    groups = [
        ("all", ""),
        *(("category", code) for code in categories()),
        *(("district", d) for d in _DISTRICTS),
    ]
    for at, (by, code) in enumerate(groups):
        few = at % 7 == 5
        yield Delay(
            by=by,
            code=code,
            first_action_median=Days(None if few else 3 + at),
            first_action_p90=Days(None) if few else Days(None, beyond=True) if at % 3 == 2 else Days(20 + at),
            close_median=Days(None, beyond=not few and age == 30) if few or age == 30 else Days(45 + at),
            close_p90=Days(None, beyond=not few),
        )


def _totals() -> Iterator[Total]:
    for line, period, missing in ((_POLICE, "2025-01", 0), (_POLICE, "2025-02", 3), (_CONDUCT, "2025-Q1", 0)):
        yield Total(
            line=line,
            period=period,
            received_said=1000,
            opened_said=1000,
            received=1000,
            opened=1000 - missing,
            bulletin=f"{line}-2025-04.bulletin",
        )


def _said(at: int) -> BulletinSaid:
    return BulletinSaid(
        line=_POLICE,
        month=_MONTHS[at],
        serial=at + 1,
        issued=f"{_MONTHS[at + 1]}-09",
        mode="two-person",
        certificates=at,
        log=f"{at:064x}",
        digests=900,
        k=_LEAST,
        spread=_NOISE,
        least=20,
        median=10,
        source=f"{_POLICE}-{_MONTHS[at]}.bulletin",
    )


def _source(at: int) -> Source:
    kind = (SourceKind.IDENTITY, SourceKind.AUTHORITY, SourceKind.LEDGER)[at]
    return Source(
        kind=kind,
        name=("box.identity", "police.authority", f"00000000000000c3-{_POLICE}-2025-01.ledger")[at],
        path=f"{FILES}/{kind}/{at}",
        hash=f"{at:064x}",
        octets=300 + 1000 * at,
        signer="1f0c 88b2 0000 0000 0000 0000 0000 0001",
        first_release=1,
    )
