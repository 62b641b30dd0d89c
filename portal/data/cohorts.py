"""Tables of what is perturbed: cohorts, their counts year by year, how long it took. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from portal.data.columns import AGE, COUNT, HIGH, LINE, LOW, PERIOD
from portal.data.tables import Column, Resource, Row, words
from portal.release.model import Cohort, Days, Figure, Site, Table

ALL = "all"
"""Stands in a column of codes for the margin."""


def cohorts(site: Site) -> Iterator[Resource]:
    """Yield the tables of perturbed figures; counts by the year of their period, so that those of old years stay."""
    slugs = {line.id: line.slug for line in site.lines}
    yield _cohorts(site, slugs)
    yield _delays(site, slugs)
    for year in sorted({one.period[:4] for one in site.cohorts if one.tables}):
        yield _counts(year, (one for one in site.cohorts if one.period.startswith(year)), slugs)


def _cohorts(site: Site, slugs: dict[str, str]) -> Resource:
    return Resource(
        name="cohorts",
        about=words(
            "Qué grupos de denuncias tienen cuadros, y qué se omitió",
            "Which groups of tips have tables, and what was left out",
        ),
        columns=(
            LINE,
            PERIOD,
            AGE,
            Column("published", "date", words("Día del boletín", "Day of the bulletin")),
            Column(
                "left_out",
                "string",
                words(
                    "Lo omitido porque un recuento pequeño se podría reconstruir",
                    "What is left out because a small count could be recovered",
                ),
                required=False,
                values=("district", "category", "period", "few"),
            ),
            Column("bulletin", "string", words("Boletín (sources)", "Bulletin (sources)")),
        ),
        key=("line", "period", "age"),
        rows=tuple(
            (slugs[one.line], one.period, one.age, one.published, one.left_out or None, one.bulletin)
            for one in site.cohorts
        ),
    )


def _counts(year: str, found: Iterable[Cohort], slugs: dict[str, str]) -> Resource:
    return Resource(
        name=f"counts-{year}",
        about=words(
            f"Recuentos de los grupos de {year}: perturbados, cada margen por sí mismo, así que no suman",
            f"Counts of the cohorts of {year}: perturbed, each margin by itself, so they do not add up",
        ),
        columns=(
            LINE,
            PERIOD,
            AGE,
            Column("table", "string", words("Qué propiedades se cuentan", "Which properties are counted")),
            Column("row", "string", words("Código, o all: todos", "Code, or all: every one")),
            Column("column", "string", words("Código, o all: todos", "Code, or all: every one")),
            COUNT,
            LOW,
            HIGH,
        ),
        key=("line", "period", "age", "table", "row", "column"),
        rows=tuple(
            (
                slugs[one.line],
                one.period,
                one.age,
                table.name,
                row,
                column,
                figure.shown,
                figure.low,
                figure.high,
            )
            for one in found
            for table in one.tables
            for row, column, figure in cells(table)
        ),
    )


def cells(table: Table) -> Iterator[tuple[str, str, Figure]]:
    """Yield each figure of a table with its two codes; the margins stand under ``all``."""
    plain = table.columns == ("count",)
    for row, figures in zip(table.rows, table.cells, strict=True):
        for column, figure in zip(table.columns, figures, strict=True):
            yield row, ALL if plain else column, figure
    if not plain:
        for row, figure in zip(table.rows, table.row_totals, strict=False):
            yield row, ALL, figure
        for column, figure in zip(table.columns, table.column_totals, strict=False):
            yield ALL, column, figure
    yield ALL, ALL, table.total


_SHARES = (("median", "La mitad", "Half"), ("p90", "Nueve de cada diez", "Nine in ten"))
_DELAY_COLUMNS = (
    LINE,
    PERIOD,
    AGE,
    Column(
        "by",
        "string",
        words("De qué grupo", "Of which group"),
        values=("all", "category", "district"),
    ),
    Column("code", "string", words("Código del grupo, o all", "Code of the group, or all")),
    Column(
        "what",
        "string",
        words(
            "Hasta la primera acción, o hasta el cierre",
            "Until the first action, or until it was closed",
        ),
        values=("first_action", "close"),
    ),
    *tuple(
        column
        for name, es, en in _SHARES
        for column in (
            Column(name, "integer", words(f"{es}, en días", f"{en}, in days"), required=False, unit="day"),
            Column(
                f"{name}_beyond",
                "boolean",
                words(f"{es}: más que la edad", f"{en}: more than the age"),
            ),
        )
    ),
)


def _delays(site: Site, slugs: dict[str, str]) -> Resource:
    return Resource(
        name="delays",
        about=words(
            "Cuánto tardó, contando lo que sigue sin respuesta; redondeado",
            "How long it took, counting what still waits; rounded",
        ),
        columns=_DELAY_COLUMNS,
        key=("line", "period", "age", "by", "code", "what"),
        rows=tuple(_delay_rows(site, slugs)),
    )


def _delay_rows(site: Site, slugs: dict[str, str]) -> Iterator[Row]:
    for one in site.cohorts:
        for delay in one.delays:
            about = (slugs[one.line], one.period, one.age, delay.by, delay.code or ALL)
            yield (*about, "first_action", *_days(delay.first_action_median), *_days(delay.first_action_p90))
            yield (*about, "close", *_days(delay.close_median), *_days(delay.close_p90))


def _days(days: Days) -> Row:
    return days.days, days.beyond
