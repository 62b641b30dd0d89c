"""Ledgers on the stick are verified, kept as they came, and matched with what was opened; or kept apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.published import Counter
from tests.support.workstation import Box, Station
from tests.vectors.make.common import flipped
from wire.hashing import NO_HASH, blake2b_256
from wire.ledger import LedgerFile, ledger_name, write_ledger
from workstation.book.taking import open_book


@pytest.fixture
def counter(station: Station, box: Box, stick: Path) -> Counter:
    return Counter(box, stick)


def _matched(station: Station) -> dict[str | None, int]:
    """Return how many digests have the ledger of each month, None for those that have none."""
    with open_book(station.open()) as book:
        return dict(
            book.connection.execute(
                "SELECT l.month, count(*) FROM digests AS d LEFT JOIN ledgers AS l ON l.hash = d.ledger GROUP BY 1"
            )
        )


def _write(counter: Counter, found: LedgerFile, name: str = "") -> Path:
    path = counter.stick / (name or ledger_name(found.ledger))
    path.write_bytes(write_ledger(found.ledger, counter.box.key).octets + found.body)
    return path


def _other(found: LedgerFile, **fields: Any) -> LedgerFile:
    body = blake2b_256(b"something else")
    ledger = replace(found.ledger, count=1, body=blake2b_256(body), **fields)
    return LedgerFile(ledger, b"", body)


def test_a_ledger_is_kept_and_its_tips_are_matched(station: Station, counter: Counter) -> None:
    counter.month("2026-09", 5, held_back=2)
    report = station.take(counter.stick)
    assert report["ledgers"] == [{"box": counter.box.id.hex(), "month": "2026-09", "count": 7, "matched": 5}]
    (kept,) = (station.home / "ledgers").iterdir()
    assert kept.read_bytes() == (counter.stick / kept.name).read_bytes()
    assert kept.stat().st_mode & 0o077 == 0
    assert _matched(station) == {"2026-09": 5}
    assert "5 of 7" in station.run("import", counter.stick).output


def test_ledger_and_batches_may_come_in_any_order_and_any_number_of_times(
    station: Station, counter: Counter
) -> None:
    counter.month("2026-09", 4)
    counter.month("2026-10", 3)
    batches, ledgers = (sorted(counter.stick.glob(f"*.{kind}")) for kind in ("batch", "ledger"))
    assert [one["matched"] for one in station.take(*ledgers[::-1])["ledgers"]] == [0, 0]
    station.take(batches[1])
    assert _matched(station) == {"2026-10": 3}
    station.take(batches[0])
    again = station.take(counter.stick)
    assert [one["matched"] for one in again["ledgers"]] == [4, 3]
    assert _matched(station) == {"2026-09": 4, "2026-10": 3}
    with open_book(station.open()) as book:
        assert book.connection.execute("SELECT count(*) FROM awaited").fetchone() == (0,)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "the same serial"),
        ({"serial": 3, "previous": b"p" * 32}, "the same month"),
        ({"serial": 3, "previous": b"p" * 32, "month": "2026-11"}, "not the one it names"),
    ],
)
def test_a_contradicting_ledger_is_kept_apart_and_not_used(
    station: Station, counter: Counter, fields: dict[str, Any], words: str
) -> None:
    counter.month("2026-09", 2)
    counter.month("2026-10", 2)
    station.take(counter.stick)
    path = _write(counter, _other(counter.ledgers[1], **fields), "other.ledger")
    report = station.take(path, code=4)
    (one,) = report["quarantined"]
    assert (one["file"], one["chain"], one["box"]) == (str(path), None, counter.box.id.hex())
    assert words in one["reason"]
    assert report["ledgers"] == []
    (apart,) = (station.home / "ledgers" / "quarantined").iterdir()
    assert apart.read_bytes() == path.read_bytes()
    assert _matched(station) == {"2026-09": 2, "2026-10": 2}
    assert station.take(path)["quarantined"] == [], "it was told once, and is kept"
    assert len(list((station.home / "ledgers").glob("*.ledger"))) == 2


def test_a_late_ledger_that_its_successor_does_not_name_is_kept_apart(
    station: Station, counter: Counter
) -> None:
    counter.month("2026-09", 2)
    counter.month("2026-10", 2)
    first, second = sorted(counter.stick.glob("*.ledger"))
    station.take(second)
    first.unlink()
    path = _write(counter, _other(counter.ledgers[0], serial=1, previous=NO_HASH))
    assert "names another one" in station.take(path, code=4)["quarantined"][0]["reason"]


def _strange_box(counter: Counter, path: Path) -> None:
    other = Counter(Box(counter.box.sheet, seed=77), path.parent)
    other.box.cut(path.parent.parent / "elsewhere")
    path.write_bytes(other.octets(other.ledger("2026-09", [])))


def _strange_line(counter: Counter, path: Path) -> None:
    found = counter.ledgers[0]
    _write(counter, LedgerFile(replace(found.ledger, line=b"other!!!"), b"", found.body), path.name)


def _cut_off(counter: Counter, path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _too_long(counter: Counter, path: Path) -> None:
    path.write_bytes(path.read_bytes() + bytes(5_000_000))


def _another_body(counter: Counter, path: Path) -> None:
    path.write_bytes(flipped(path.read_bytes(), -1))


def _another_count(counter: Counter, path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"\ncount 2\n", b"\ncount 3\n"))


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (_strange_box, "unknown-box"), (_strange_line, "unknown-line"), (_cut_off, "wrong-length"),
        (_too_long, "wrong-length"), (_another_body, "wrong-body"), (_another_count, "bad-signature"),
    ],
)  # fmt: skip
def test_a_ledger_that_does_not_verify_is_refused_and_nothing_of_it_is_kept(
    station: Station, counter: Counter, spoil: Callable[[Counter, Path], None], kind: str
) -> None:
    counter.month("2026-09", 2)
    (path,) = counter.stick.glob("*.ledger")
    spoil(counter, path)
    report = station.take(counter.stick, code=3)
    assert [(one["file"], one["kind"]) for one in report["refused"]] == [(str(path), kind)]
    assert report["ledgers"] == []
    assert not (station.home / "ledgers").exists()
    assert _matched(station) == {None: 2}
