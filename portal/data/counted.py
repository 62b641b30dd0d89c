"""Tables of what is exact: months, boxes, totals, bulletins. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from portal.data.columns import (
    ANSWER,
    BOX,
    CANARIES_RECEIVED,
    CANARIES_SENT,
    CONVERSATIONS,
    LINE,
    MINUTES,
    MONTH,
    OPENED,
    OPENED_SAID,
    PERIOD,
    RECEIVED,
    RECEIVED_SAID,
    SOURCE,
)
from portal.data.tables import Column, Resource, Row, words
from portal.release.model import Month, Site

_NEVER = Column(
    "never_opened",
    "integer",
    words("Denuncias cuya apertura no está probada; exacto", "Tips not proven to have been opened; exact"),
    unit="tip",
)
_SINCE = Column(
    "never_opened_since",
    "date",
    words(
        "Primer día en que un boletín debía probarlas y no lo hizo",
        "First day on which a bulletin had to prove them and did not",
    ),
    required=False,
)
_ANSWERED = Column(
    "answered",
    "date",
    words("Día del último boletín que responde", "Day of the newest bulletin that answers"),
    required=False,
)
_UNMATCHED = Column(
    "unmatched",
    "integer",
    words(
        "Pruebas de apertura que no corresponden a ninguna denuncia contada aquí",
        "Proofs of opening that belong to no tip counted here",
    ),
    unit="tip",
)


def counted(site: Site) -> Iterator[Resource]:
    """Yield the tables of exact figures."""
    slugs = {line.id: line.slug for line in site.lines}
    yield _months(site, slugs)
    yield _boxes(site, slugs)
    yield _totals(site, slugs)
    yield _bulletins(site, slugs)


_MONTH_COLUMNS = (
    LINE,
    MONTH,
    RECEIVED,
    OPENED,
    _NEVER,
    _SINCE,
    ANSWER,
    _ANSWERED,
    RECEIVED_SAID,
    OPENED_SAID,
    _UNMATCHED,
    CONVERSATIONS,
    CANARIES_SENT,
    CANARIES_RECEIVED,
    MINUTES,
    Column(
        "minutes_possible",
        "integer",
        words("Minutos del mes por el número de equipos", "Minutes of the month times the number of boxes"),
        unit="minute",
    ),
)


def _months(site: Site, slugs: dict[str, str]) -> Resource:
    return Resource(
        name="months",
        about=words(
            "Lo contado y lo probado de cada línea y mes; todo exacto",
            "What was counted and proven of each line and month; all exact",
        ),
        columns=_MONTH_COLUMNS,
        key=("line", "month"),
        rows=tuple(_month_row(slugs[one.line], one) for one in site.months),
    )


def _month_row(line: str, one: Month) -> Row:
    return (
        line,
        one.month,
        one.received,
        one.opened,
        one.never_opened,
        one.never_opened_since,
        str(one.answer),
        one.answered,
        one.received_said,
        one.opened_said,
        one.unmatched,
        one.conversations,
        sum(box.canaries_sent for box in one.boxes),
        sum(box.canaries_received for box in one.boxes),
        sum(box.minutes for box in one.boxes),
        one.minutes_possible * len(one.boxes),
    )


def _boxes(site: Site, slugs: dict[str, str]) -> Resource:
    return Resource(
        name="boxes",
        about=words("Las actas de los equipos, mes por mes", "The boxes' ledgers, month by month"),
        columns=(
            LINE,
            MONTH,
            BOX,
            Column("serial", "integer", words("Número del acta", "Number of the ledger")),
            Column("ledger", "string", words("Huella del acta", "Hash of the ledger")),
            RECEIVED,
            CONVERSATIONS,
            CANARIES_SENT,
            CANARIES_RECEIVED,
            MINUTES,
            SOURCE,
        ),
        key=("line", "month", "box"),
        rows=tuple(
            (
                slugs[one.line],
                one.month,
                box.box,
                box.serial,
                box.ledger,
                box.received,
                box.conversations,
                box.canaries_sent,
                box.canaries_received,
                box.minutes,
                box.source,
            )
            for one in site.months
            for box in one.boxes
        ),
    )


def _totals(site: Site, slugs: dict[str, str]) -> Resource:
    return Resource(
        name="totals",
        about=words(
            "Los dos totales exactos del boletín, junto a lo que los archivos prueban",
            "The two exact totals of the bulletin, beside what the files prove",
        ),
        columns=(
            LINE,
            PERIOD,
            RECEIVED_SAID,
            OPENED_SAID,
            RECEIVED,
            OPENED,
            Column("agrees", "boolean", words("Si coinciden", "Whether they agree")),
            Column(
                "complete",
                "boolean",
                words(
                    "Si están todos los boletines hasta ese", "Whether all bulletins up to that one are here"
                ),
            ),
            Column("bulletin", "string", words("Boletín (sources)", "Bulletin (sources)")),
        ),
        key=("line", "period"),
        rows=tuple(
            (
                slugs[one.line],
                one.period,
                one.received_said,
                one.opened_said,
                one.received,
                one.opened,
                one.agrees,
                one.complete,
                one.bulletin,
            )
            for one in site.totals
        ),
    )


_BULLETIN_COLUMNS = (
    LINE,
    MONTH,
    Column("serial", "integer", words("Número del boletín", "Number of the bulletin")),
    Column("issued", "date", words("Día en que se hizo", "Day on which it was made")),
    Column(
        "mode",
        "string",
        words("Cuántas personas abren el libro de casos", "How many people open the case book"),
        values=("single", "two-person"),
    ),
    Column("certificates", "integer", words("Certificados de destrucción", "Certificates of destruction")),
    Column("digests", "integer", words("Aperturas que prueba", "Openings that it proves"), unit="tip"),
    Column("k", "integer", words("Nada de 1 a k - 1 se muestra", "Nothing from 1 to k - 1 is shown")),
    Column(
        "spread",
        "integer",
        words("Lo más que cambia un recuento", "The most by which a count is changed"),
    ),
    SOURCE,
)


def _bulletins(site: Site, slugs: dict[str, str]) -> Resource:
    return Resource(
        name="bulletins",
        about=words("Los boletines y sus reglas", "The bulletins and their rules"),
        columns=_BULLETIN_COLUMNS,
        key=("line", "serial"),
        rows=tuple(
            (
                slugs[one.line],
                one.month,
                one.serial,
                one.issued,
                one.mode,
                one.certificates,
                one.digests,
                one.k,
                one.spread,
                one.source,
            )
            for one in site.bulletins
        ),
    )
