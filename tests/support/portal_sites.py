"""Sites for the tests of pages: made of the model alone, so that a page's test needs no signed file."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import replace
from random import Random

from portal.release.model import (
    Answer,
    Authority,
    Box,
    BoxMonth,
    BulletinSaid,
    Change,
    Download,
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
    Total,
)
from tests.support.portal_cohorts import LEAST, REACH, later, months_shown, quarters_shown

DISTRICTS = (
    "centro",
    "norte",
    "oriente",
    "poniente",
    "riberas",
    "sur",
    "universidad",
    "valle",
    "aeropuerto",
    "babicora",
)
NAMES = {
    "centro": "Centro",
    "norte": "Norte",
    "oriente": "Oriente",
    "poniente": "Poniente",
    "riberas": "Riberas del Bravo",
    "sur": "Sur",
    "universidad": "Universidad",
    "valle": "Valle",
    "aeropuerto": "Aeropuerto",
    "babicora": "Babícora",
}
LINE, QUIET = "1122334455667788", "99aabbccddeeff00"


def a_site(*, months: int = 14, first: str = "2025-07", scale: int = 420, seed: int = 4) -> Site:
    """Return a site of two lines, one of them quiet, with a gap, a month that was not opened and a refused file."""
    lots = Random(seed)
    names = [later(first, number) for number in range(months)]
    lines = (_line(), _quiet_line())
    last = names[-1]
    busy = tuple(_month(lots, LINE, name, scale, last) for name in names)
    quiet = tuple(_month(lots, QUIET, name, max(scale // 20, 4), last) for name in names)
    if months > 6:
        busy = _with_troubles(busy)
    return Site(
        settings=_settings(),
        release=_release(3, names[-1]),
        releases=tuple(_release(number, names[-1]) for number in (3, 2, 1)),
        lines=lines,
        authorities=_authorities(),
        boxes=(Box(id="b0c1d2e3f4a59687", fingerprint="1234 5678 9abc def0 1234 5678 9abc def0"),),
        months=busy + quiet,
        cohorts=tuple(months_shown(lots, busy, DISTRICTS)) + tuple(quarters_shown(lots, quiet)),
        notices=_notices(names) if months > 6 else (),
        refused=(
            RefusedFile(
                name="boletin-falso.txt", kind="bad-signature", reason="the signature does not verify"
            ),
        ),
        sources=_sources(names),
        downloads=_downloads(),
        totals=tuple(_totals(busy + quiet)),
        bulletins=tuple(_said(names, line, single) for line, single in ((LINE, False), (QUIET, True))),
        district_names={code: {"es": name, "en": name} for code, name in NAMES.items()},
    )


def _settings() -> Settings:
    return Settings(
        title={"es": "Línea Ciudadana", "en": "Citizens’ Line"},
        place="Ciudad Juárez",
        publisher="Mesa de Seguridad",
        contact="contacto@example.org",
        address="https://linea.example.org/",
    )


def _line() -> Line:
    return Line(
        id=LINE,
        slug="policia",
        name={"es": "Línea de la policía", "en": "Police line"},
        about={
            "es": "Delitos que atiende la policía municipal.",
            "en": "Crimes that the municipal police deal with.",
        },
        numbers=("656 000 0000",),
        authority="policia-municipal",
        districts=DISTRICTS,
    )


def _quiet_line() -> Line:
    return Line(
        id=QUIET,
        slug="abusos",
        name={"es": "Línea de abusos de autoridad", "en": "Misconduct line"},
        about={"es": "Corrupción o abuso de servidores públicos.", "en": "Corruption or abuse by officials."},
        numbers=("656 000 0001",),
        authority="contraloria-ciudadana",
        districts=(),
    )


def _authorities() -> tuple[Authority, ...]:
    return tuple(
        Authority(
            slug=slug,
            name=name,
            fingerprint=f"{mark} " * 7 + mark,
            bulletin_fingerprint=f"{mark} " * 7 + mark,
            lines=(line,),
        )
        for slug, name, mark, line in (
            ("policia-municipal", "Policía Municipal", "aa11", LINE),
            ("contraloria-ciudadana", "Contraloría Ciudadana", "bb22", QUIET),
        )
    )


def _release(number: int, last: str) -> Release:
    periods = (last, later(last, -3))
    changes = (
        Change(kind="ledger", line=LINE, periods=(last,)),
        Change(kind="bulletin", line=LINE, periods=(last,)),
        Change(kind="cohort", line=LINE, periods=periods, count=4),
    )
    made = f"{later(last, number - 2)}-03T09:00:00Z"
    return Release(number=number, made=made, hash="" if number == 3 else "ab" * 32, changes=changes)


def _month(lots: Random, line: str, name: str, scale: int, last: str) -> Month:
    year, number = int(name[:4]), int(name[5:])
    season = 1 + 0.18 * ((number % 12) in (5, 6, 7, 8)) - 0.12 * (number == 12)
    received = max(3, round(scale * season * lots.uniform(0.85, 1.15)))
    minutes = calendar.monthrange(year, number)[1] * 1440
    box = BoxMonth(
        box="b0c1d2e3f4a59687",
        serial=number,
        ledger="cd" * 32,
        source=f"ledger-{name}.txt",
        received=received,
        conversations=round(received * 0.9),
        canaries_sent=124,
        canaries_received=124 - lots.randrange(3),
        minutes=minutes - lots.randrange(600),
    )
    answered = name != last
    opened = received - (lots.randrange(4) if answered else 0) if answered else 0
    answer = Answer.NONE if not answered else Answer.FULL if opened == received else Answer.PART
    return Month(
        line=line,
        month=name,
        boxes=(box,),
        minutes_possible=minutes,
        answer=answer,
        opened=opened,
        received_said=received if answered else None,
        opened_said=opened if answered else None,
        answered=f"{later(name, 1)}-05" if answered else None,
        never_opened_since=f"{later(name, 1)}-05" if answer == Answer.PART else None,
        unmatched=0,
    )


def _with_troubles(months: tuple[Month, ...]) -> tuple[Month, ...]:
    """Return ``months``; in the third 3 % were never opened though the bulletin says otherwise, the fifth is a gap."""
    third, fifth = months[2], months[4]
    lost = max(1, third.received * 3 // 100)
    third = replace(
        third,
        answer=Answer.CONTRADICTED,
        opened=third.received - lost,
        opened_said=third.received,
        never_opened_since=f"{later(third.month, 1)}-05",
    )
    gap = replace(
        fifth,
        boxes=(),
        answer=Answer.NONE,
        opened=0,
        received_said=None,
        opened_said=None,
        answered=None,
        never_opened_since=None,
    )
    return (*months[:2], third, months[3], gap, *months[5:])


def _notices(names: list[str]) -> tuple[Notice, ...]:
    return (
        Notice(
            kind=Kind.TOTAL_OPENED, line=LINE, month=names[2], count=12, sources=(f"bulletin-{names[3]}.txt",)
        ),
        Notice(kind=Kind.MONTH_EMPTY, line=LINE, month=names[4]),
        Notice(
            kind=Kind.LEDGER_REPLACED,
            line=LINE,
            month=names[5],
            box="b0c1d2e3f4a59687",
            serial=6,
            sources=("ledger-x.txt",),
        ),
        Notice(kind=Kind.NOT_ANSWERED, line=QUIET, month=names[3]),
        Notice(kind=Kind.COHORT_MISSING, line=LINE, month=names[3], age=90),
    )


def _totals(months: tuple[Month, ...]) -> Iterator[Total]:
    for month in months:
        if month.received_said is not None and month.opened_said is not None:
            yield Total(
                line=month.line,
                period=month.month,
                received_said=month.received_said,
                opened_said=month.opened_said,
                received=month.received,
                opened=month.opened,
                bulletin=f"bulletin-{month.month}.txt",
            )


def _said(names: list[str], line: str, single: bool) -> BulletinSaid:
    return BulletinSaid(
        line=line,
        month=names[-2:][0],
        serial=len(names) - 1,
        issued=f"{names[-1]}-05",
        mode="single" if single else "two-person",
        certificates=2,
        log="0f" * 32,
        digests=400,
        k=LEAST,
        spread=REACH,
        least=20,
        median=10,
        source=f"bulletin-{names[-1]}.txt",
    )


def _sources(names: list[str]) -> tuple[Source, ...]:
    kinds = [
        (SourceKind.IDENTITY, "box-b0c1d2e3f4a59687.txt"),
        (SourceKind.AUTHORITY, "authority-policia-municipal.txt"),
    ]
    kinds += [(SourceKind.LEDGER, f"ledger-{name}.txt") for name in names]
    kinds += [(SourceKind.BULLETIN, f"bulletin-{name}.txt") for name in names[1:]]
    return tuple(
        Source(
            kind=kind,
            name=name,
            path=f"signed/{name}",
            hash="ef" * 32,
            octets=18_000,
            signer="1234 5678 9abc def0",
            first_release=1,
        )
        for kind, name in kinds
    )


def _downloads() -> tuple[Download, ...]:
    return tuple(
        Download(path=f"data/{name}", title=title, octets=size, hash="12" * 32)
        for name, title, size in (
            ("datapackage.json", "package", 9_120),
            ("months.csv", "months", 14_220),
            ("cohorts.csv", "cohorts", 1_204_000),
            ("notices.csv", "notices", 880),
        )
    )
