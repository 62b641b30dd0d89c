"""Tables of where it comes from: signed files, what is missing or contradicts, and the changelog. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from portal.data.columns import KIND
from portal.data.tables import Column, Resource, words
from portal.release.model import Site, SourceKind


def provenance(site: Site) -> Iterator[Resource]:
    """Yield the tables of files, notices and releases."""
    slugs = {line.id: line.slug for line in site.lines}
    yield _sources(site)
    yield _notices(site, slugs)
    yield _releases(site, slugs)


def _sources(site: Site) -> Resource:
    return Resource(
        name="sources",
        about=words(
            "Los archivos firmados de los que viene todo", "The signed files that everything comes from"
        ),
        columns=(
            Column("source", "string", words("Nombre", "Name")),
            Column("kind", "string", words("Qué es", "What it is"), values=tuple(map(str, SourceKind))),
            Column("path", "string", words("Dónde está en el sitio", "Where it lies in the site")),
            Column("hash", "string", words("BLAKE2b-256 del archivo", "BLAKE2b-256 of the file")),
            Column("octets", "integer", words("Tamaño", "Length"), unit="octet"),
            Column(
                "signer",
                "string",
                words("Huella de la llave que firmó", "Fingerprint of the key that signed"),
            ),
            Column("first_release", "integer", words("Publicación en que llegó", "Release in which it came")),
        ),
        key=("source",),
        rows=tuple(
            (one.name, str(one.kind), one.path, one.hash, one.octets, one.signer, one.first_release)
            for one in site.sources
        ),
    )


def _notices(site: Site, slugs: dict[str, str]) -> Resource:
    return Resource(
        name="notices",
        about=words("Lo que falta y lo que se contradice", "What is missing, and what contradicts"),
        columns=(
            KIND,
            Column(
                "contradiction",
                "boolean",
                words("Si dos archivos se contradicen", "Whether two files contradict"),
            ),
            Column("line", "string", words("Línea", "Line"), required=False),
            Column("period", "string", words("Mes o trimestre", "Month or quarter"), required=False),
            Column("box", "string", words("Equipo", "Box"), required=False),
            Column("serial", "integer", words("Número del archivo", "Number of the file"), required=False),
            Column(
                "age",
                "integer",
                words("Edad del grupo", "Age of the cohort"),
                unit="day",
                required=False,
            ),
            Column("count", "integer", words("Cuántos", "How many"), required=False),
            Column("sources", "string", words("Archivos que lo dicen", "Files that say it"), required=False),
        ),
        rows=tuple(
            (
                str(one.kind),
                one.contradiction,
                slugs.get(one.line) or None,
                one.month or None,
                one.box or None,
                one.serial,
                one.age,
                one.count,
                " ".join(one.sources) or None,
            )
            for one in site.notices
        ),
    )


def _releases(site: Site, slugs: dict[str, str]) -> Resource:
    return Resource(
        name="releases",
        about=words("Qué cambió en cada publicación", "What changed in each release"),
        columns=(
            Column("release", "integer", words("Número", "Number")),
            Column(
                "made",
                "datetime",
                words("La fecha más nueva en sus archivos", "The newest time in its files"),
            ),
            Column("change", "string", words("Qué es nuevo", "What is new")),
            Column("line", "string", words("Línea", "Line"), required=False),
            Column("periods", "string", words("Meses o trimestres", "Months or quarters"), required=False),
            Column("count", "integer", words("Cuántos", "How many")),
        ),
        rows=tuple(
            (
                release.number,
                release.made,
                one.kind,
                slugs.get(one.line) or None,
                " ".join(one.periods) or None,
                one.count,
            )
            for release in site.releases
            for one in release.changes
        ),
    )
