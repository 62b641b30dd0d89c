"""The data package: each table as CSV and as JSON, and ``datapackage.json``, which says what stands in them.

Frictionless Data Package, version 1 (https://specs.frictionlessdata.io). Texts are Spanish and English in one.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec

from disclosure.rules import AGES, RULES
from portal.data.cohorts import cohorts
from portal.data.counted import counted
from portal.data.naming import naming
from portal.data.provenance import provenance
from portal.data.tables import Column, Resource, Row, Value
from portal.release.model import Download, Site
from wire.hashing import blake2b_256

FOLDER = "data"
PACKAGE = "datapackage.json"
_LICENCES = {
    "CC-BY-4.0": ("https://creativecommons.org/licenses/by/4.0/", "Creative Commons Attribution 4.0"),
    "CC0-1.0": ("https://creativecommons.org/publicdomain/zero/1.0/", "Creative Commons Zero 1.0"),
    "ODbL-1.0": ("https://opendatacommons.org/licenses/odbl/1-0/", "Open Database License 1.0"),
}


def resources(site: Site) -> Iterator[Resource]:
    """Yield all tables of a release."""
    yield from counted(site)
    yield from cohorts(site)
    yield from naming(site)
    yield from provenance(site)


def write_package(site: Site, folder: Path) -> tuple[Download, ...]:
    """Return what was written to the new ``folder``: CSV, JSON, ``datapackage.json``. Raises OSError."""
    folder.mkdir(parents=True)
    tables = list(resources(site))
    written = []
    for table in tables:
        written.append(_write(folder, f"{table.name}.csv", csv_octets(table), table.name))
        written.append(_write(folder, f"{table.name}.json", json_octets(table), table.name))
    package = json.dumps(describe(site, tables, written), ensure_ascii=False, indent=1, sort_keys=True)
    written.append(_write(folder, PACKAGE, package.encode() + b"\n", "package"))
    return tuple(written)


def at_top(downloads: tuple[Download, ...]) -> tuple[Download, ...]:
    """Return the downloads by their addresses from the top of the site."""
    return tuple(replace(one, path=f"{FOLDER}/{one.path}") for one in downloads)


def _write(folder: Path, name: str, octets: bytes, title: str) -> Download:
    (folder / name).write_bytes(octets)
    return Download(path=name, title=title, octets=len(octets), hash=blake2b_256(octets).hex())


def csv_octets(table: Resource) -> bytes:
    """Return the table as CSV: RFC 4180, UTF-8, a header; nothing for no value."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column.name for column in table.columns])
    says = [at for at, column in enumerate(table.columns) if column.type == "boolean"]
    writer.writerows(_with_words(row, says) for row in table.rows) if says else writer.writerows(table.rows)
    return text.getvalue().encode()


def _with_words(row: Row, says: list[int]) -> list[Value]:
    """Return ``row`` with true and false as Frictionless writes them."""
    return [("true" if value else "false") if at in says else value for at, value in enumerate(row)]


def json_octets(table: Resource) -> bytes:
    """Return the table as JSON: a list of objects, one a line."""
    names = [column.name for column in table.columns]
    rows = [dict(zip(names, row, strict=True)) for row in table.rows]
    lines = msgspec.json.Encoder().encode_lines(rows)  # in JSON no text has a line feed of its own
    return b"[\n" + lines.removesuffix(b"\n").replace(b"\n", b",\n") + b"\n]\n"


def describe(site: Site, tables: list[Resource], written: list[Download]) -> dict[str, object]:
    """Return what ``datapackage.json`` says."""
    by_name = {one.path: one for one in written}
    title = site.settings.title
    package: dict[str, object] = {
        "profile": "tabular-data-package",
        "name": "tipline",
        "title": f"{title['es']} / {title['en']}"
        if {"es", "en"} <= title.keys()
        else next(iter(title.values())),
        "description": _notes("es") + "\n\n" + _notes("en"),
        "version": str(site.release.number),
        "created": site.release.made,
        "licenses": [_licence(site.settings.licence)],
        "sources": [{"title": "Signed ledgers and bulletins: sources.csv", "path": "sources.csv"}],
        "resources": [
            _resource(table, by_name[f"{table.name}.csv"], by_name[f"{table.name}.json"]) for table in tables
        ],
    }
    if site.settings.publisher:
        package["contributors"] = [{"title": site.settings.publisher, "role": "publisher"}]
    if site.settings.address:
        package["homepage"] = site.settings.address
    return package


def _licence(name: str) -> dict[str, str]:
    path, title = _LICENCES.get(name, (f"https://spdx.org/licenses/{name}.html", name))
    return {"name": name, "path": path, "title": title}


def _notes(language: str) -> str:
    """Return what a reader has to know of the figures; made from the rules themselves."""
    ages = ", ".join(map(str, AGES))
    if language == "es":
        return (
            "Exactos: months, boxes, totals. Perturbados: counts-…; delays viene de ellos. Cada recuento perturbado "
            f"cambia en {RULES.spread} a lo más, y ninguno de 1 a {RULES.k - 1} se muestra: 0 quiere decir ninguna o "
            "pocas. El verdadero está entre low y high. Cada margen se perturba por sí mismo: las filas no suman. "
            f"Cada mes se describe a los {ages} días de su fin, y no se cambia después. Los grupos de menos de "
            f"{RULES.least} denuncias no tienen cuadros."
        )
    return (
        "Exact: months, boxes, totals. Perturbed: counts-…; delays are made from them. Each perturbed count is changed "
        f"by {RULES.spread} at the most, and none from 1 to {RULES.k - 1} is shown: 0 means none or a few. The truth "
        "lies between low and high. Each margin is perturbed by itself: rows do not add up. Each month is described "
        f"{ages} days after its end, and not changed afterwards. Cohorts of fewer than {RULES.least} tips have no "
        "tables."
    )


def _resource(table: Resource, written: Download, as_json: Download) -> dict[str, object]:
    """Return the description of a table. The JSON file is an alternate: its rows are the same."""
    return {
        "name": table.name,
        "path": written.path,
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": written.octets,
        "alternates": [{"path": as_json.path, "mediatype": "application/json", "bytes": as_json.octets}],
        "title": table.about["en"],
        "description": f"{table.about['es']}. {table.about['en']}.",
        "schema": {
            "fields": [_field(column) for column in table.columns],
            "missingValues": [""],
            **({"primaryKey": list(table.key)} if table.key else {}),
        },
    }


def _field(column: Column) -> dict[str, object]:
    constraints: dict[str, object] = {"required": True} if column.required else {}
    if column.values:
        constraints["enum"] = list(column.values)
    return {
        "name": column.name,
        "type": column.type,
        "title": column.about["en"],
        "description": f"{column.about['es']}. {column.about['en']}.",
        **({"constraints": constraints} if constraints else {}),
        **({"unit": column.unit} if column.unit else {}),
    }
