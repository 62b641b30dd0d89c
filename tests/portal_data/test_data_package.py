"""The open data load as they are: a valid Frictionless package, pandas, DuckDB, SQLite and Datasette."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlite_utils

from disclosure.rules import RULES
from disclosure.vocabulary import categories, statuses
from portal.data.package import resources, write_package
from portal.data.tables import harmless
from portal.generator.city import City
from portal.release.example import example
from portal.release.model import Site
from tests.support.portal_city import built


@pytest.fixture(scope="module")
def published(faulty_city: City, tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, Path]:
    """A built site and its folder of open data."""
    output = tmp_path_factory.mktemp("site") / "public"
    return built(faulty_city, output).site, output / "data"


def valid(package: Path) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # frictionless and what it loads
        import frictionless  # noqa: PLC0415  its own imports warn

        report = frictionless.validate(str(package))
    return [error.message for task in report.tasks for error in task.errors] + [
        error.message for error in report.errors
    ]


def test_it_is_a_valid_data_package(published: tuple[Site, Path], tmp_path: Path) -> None:
    assert valid(published[1] / "datapackage.json") == []
    write_package(example(), tmp_path / "example")
    assert valid(tmp_path / "example/datapackage.json") == []


def test_a_wrong_figure_would_make_it_invalid(published: tuple[Site, Path], tmp_path: Path) -> None:
    write_package(published[0], tmp_path / "data")
    path = tmp_path / "data/months.csv"
    path.write_bytes(path.read_bytes().replace(b",full,", b",fool,", 1))
    assert valid(tmp_path / "data/datapackage.json")


def test_every_table_and_column_is_told_with_type_unit_and_meaning_in_both_languages(
    published: tuple[Site, Path],
) -> None:
    package = json.loads((published[1] / "datapackage.json").read_text(encoding="utf-8"))
    assert package["licenses"][0]["name"] == "CC-BY-4.0"
    assert package["version"] == "1"
    files = {path.name for path in published[1].iterdir()}
    named = {one["path"] for one in package["resources"]}
    named |= {other["path"] for one in package["resources"] for other in one["alternates"]}
    assert files == named | {"datapackage.json"}
    for table in resources(published[0]):
        for column in table.columns:
            assert column.about["es"] and column.about["en"]
            assert column.type != "integer" or column.unit or column.name in _PLAIN, column.name


_PLAIN = {"serial", "certificates", "k", "spread", "first_release", "release", "count"}


def test_csv_and_json_say_the_same(published: tuple[Site, Path]) -> None:
    for path in published[1].glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        objects = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        assert [{name: _as_csv(value) for name, value in one.items()} for one in objects] == rows, path.name


def _as_csv(value: str | int | bool | None) -> str:
    if value is None or isinstance(value, bool):
        return {True: "true", False: "false", None: ""}[value]
    return str(value)


_PANDAS = """
import json, sys
from pathlib import Path
import pandas
folder = Path(sys.argv[1])
months = pandas.read_csv(folder / "months.csv")
counts = pandas.concat(pandas.read_csv(path) for path in folder.glob("counts-*.csv"))
print(json.dumps({
    "received": int(months["received"].sum()),
    "in order": bool((counts["low"] <= counts["high"]).all()),
    "small": int(counts["count"].between(1, int(sys.argv[2]) - 1).sum()),
    "categories": sorted(set(counts.loc[counts["table"] == "category", "row"])),
    "statuses": sorted(set(counts.loc[counts["table"] == "status", "row"])),
    "same in JSON": bool(pandas.read_json(folder / "months.json")["opened"].sum() == months["opened"].sum()),
}))
"""


def test_pandas_reads_it(published: tuple[Site, Path]) -> None:
    """In a process of its own: pandas lies apart from what our programs find."""
    command = [sys.executable, "-c", _PANDAS, str(published[1]), str(RULES.k)]
    outside = os.environ | {"PYTHONPATH": str(Path(sys.prefix) / "outside")}
    done = subprocess.run(command, env=outside, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["received"] == sum(one.received for one in published[0].months)
    assert (found["in order"], found["small"], found["same in JSON"]) == (True, 0, True)
    assert set(found["categories"]) <= {*categories(), "none", "all"}
    assert set(found["statuses"]) <= {*statuses(), "all"}


def test_duckdb_reads_it_and_joins_its_tables(published: tuple[Site, Path]) -> None:
    folder = published[1]
    (rows,) = duckdb.sql(
        f"SELECT count(*) FROM '{folder}/counts-*.csv' c JOIN '{folder}/categories.csv' k ON c.row = k.code"
        " WHERE c.\"table\" = 'category'"
    ).fetchone() or (0,)
    assert rows == len([c for c in published[0].cohorts if c.table("category")]) * len(categories())
    (received,) = duckdb.sql(f"SELECT sum(received) FROM '{folder}/months.json'").fetchone() or (0,)
    assert received == sum(one.received for one in published[0].months)


def test_sqlite_and_datasette_serve_it(published: tuple[Site, Path], tmp_path: Path) -> None:
    path = tmp_path / "tips.db"
    database = sqlite_utils.Database(path)
    for table in sorted(published[1].glob("*.csv")):
        with table.open("rb") as file:
            rows, _ = sqlite_utils.utils.rows_from_file(file)
            tracker = sqlite_utils.utils.TypeTracker()
            database[table.stem].insert_all(tracker.wrap(rows))
        database[table.stem].transform(types=tracker.types)
    database.close()
    never = asyncio.run(_ask(path, "select sum(never_opened) as n from months where answer != 'none'"))
    assert never == sum(one.never_opened for one in published[0].months if one.answer != "none")


async def _ask(path: Path, sql: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # datasette's own
        from datasette.app import Datasette  # noqa: PLC0415  its own imports warn

        served = Datasette([str(path)])
        await served.invoke_startup()
        answer = await served.client.get("/tips.json", params={"sql": sql, "_shape": "array"})
    assert answer.status_code == 200, answer.text
    return answer.json()[0]["n"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_name_that_a_spreadsheet_would_compute_is_text(start: str, tmp_path: Path) -> None:
    site = example()
    name = f"{start}HYPERLINK(1)"
    lines = tuple(replace(line, name={"es": name, "en": name}) for line in site.lines)
    write_package(replace(site, lines=lines), tmp_path / "data")
    with (tmp_path / "data/lines.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["es"] for row in rows} == {f"'{name}"}
    assert harmless("Centro") == "Centro"


def test_hostile_names_come_back_as_they_are(tmp_path: Path) -> None:
    site = example()
    write_package(site, tmp_path / "data")
    with (tmp_path / "data/districts.csv").open(encoding="utf-8", newline="") as file:
        assert site.district_names["d03"]["es"] in {row["es"] for row in csv.DictReader(file)}
