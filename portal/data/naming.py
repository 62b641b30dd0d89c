"""Tables of names: lines, authorities, boxes' keys, and the vocabulary of the workstation. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from disclosure.vocabulary import StatusClass, categories, statuses
from portal.data.columns import CODE, EN, ES
from portal.data.tables import Column, Resource, harmless, words
from portal.release.model import Site, Words


def naming(site: Site) -> Iterator[Resource]:
    """Yield the tables of names."""
    yield _lines(site)
    yield _statuses()
    yield _categories()
    yield _districts(site)


def _name(names: Words, language: str, otherwise: str) -> str:
    return harmless(names.get(language) or next(iter(names.values()), otherwise))


def _lines(site: Site) -> Resource:
    authority = {one.slug: one for one in site.authorities}
    rows = []
    for line in site.lines:
        found = authority.get(line.authority)
        rows.append(
            (
                line.slug,
                line.id,
                _name(line.name, "es", line.slug),
                _name(line.name, "en", line.slug),
                harmless(found.name) if found else None,
                found.bulletin_fingerprint if found else None,
            )
        )
    return Resource(
        name="lines",
        about=words("Las líneas y quién responde por ellas", "The lines, and who answers for them"),
        columns=(
            Column("line", "string", words("Nombre corto", "Short name")),
            Column("id", "string", words("Identificador", "Id")),
            ES,
            EN,
            Column("authority", "string", words("Autoridad", "Authority"), required=False),
            Column(
                "fingerprint",
                "string",
                words("De la llave de sus boletines", "Of its bulletins' key"),
                required=False,
            ),
        ),
        key=("line",),
        rows=tuple(rows),
    )


def _statuses() -> Resource:
    return Resource(
        name="statuses",
        about=words("Qué fue de una denuncia: vocabulario", "What became of a tip: vocabulary"),
        columns=(
            CODE,
            ES,
            EN,
            Column("class", "string", words("Clase", "Class"), values=tuple(map(str, StatusClass))),
            Column(
                "terminal",
                "boolean",
                words("Si nada ha de seguir", "Whether nothing is expected to come after"),
            ),
        ),
        key=("code",),
        rows=tuple(
            (one.code, one.es, one.en, str(one.status_class), one.terminal) for one in statuses().values()
        ),
    )


def _categories() -> Resource:
    return Resource(
        name="categories",
        about=words("De qué trata una denuncia: vocabulario", "What a tip is about: vocabulary"),
        columns=(
            CODE,
            ES,
            EN,
            Column("group_es", "string", words("Grupo, en español", "Group, in Spanish")),
            Column("group_en", "string", words("Grupo, en inglés", "Group, in English")),
        ),
        key=("code",),
        rows=tuple((one.code, one.es, one.en, one.group_es, one.group_en) for one in categories().values()),
    )


def _districts(site: Site) -> Resource:
    return Resource(
        name="districts",
        about=words("Distritos, como los nombran los boletines", "Districts, as bulletins name them"),
        columns=(CODE, ES, EN),
        key=("code",),
        rows=tuple(
            (code, _name(names, "es", code), _name(names, "en", code))
            for code, names in sorted(site.district_names.items())
        ),
    )
