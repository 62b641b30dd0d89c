"""Between keeping and booking there may be a kill, a full disk or a missing key: the next import goes on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.book import content
from tests.support.mounts import mounted, needs_root
from tests.support.workstation import NOW, Box, Station
from workstation.batches.store import Store
from workstation.batches.walk import find_files
from workstation.book.taking import open_book, take, take_waiting
from workstation.book.tallies import behind, count_new
from workstation.book.waiting import booked, key_set, waiting

WORDS = [
    "zanahoria",
    "ventilador",
    "murcielago",
    "paraguas",
    "tornillo",
    "albahaca",
    "escalera",
    "dinosaurio",
    "quiosco",
]
"""Too far apart to be alike: of many that are alike only the nearest are offered, which depends on what came first."""
BATCHES = len(WORDS)
GROUPS = """
import os, signal
import workstation.batches.importing as importing
import workstation.book.booker as booker
import workstation.book.booking as booking
import workstation.book.taking as taking
importing.GROUP_OCTETS = 3 * 8 * 304
calls = 0
def killed(number, function):
    def wrapped(*args, **kwargs):
        global calls
        calls += 1
        if calls == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **kwargs)
    return wrapped
"""
POINTS = {
    "before anything is kept": "importing.verify_batch = killed(1, importing.verify_batch)",
    "with a group half verified": "importing.verify_batch = killed(5, importing.verify_batch)",
    "between keeping and booking": "booker.Group = killed(1, booker.Group)",
    "between keeping and booking the second group": "booker.Group.take = killed(2, booker.Group.take)",
    "in the middle of booking": "booking.Traces.offer = killed(2, booking.Traces.offer)",
    "between two transactions": "booker.TRANSACTION = 1; booker.Group = killed(2, booker.Group)",
    "before the end of booking": "booker.Group.end = killed(1, booker.Group.end)",
    "after booking": "booker.refresh = killed(1, booker.refresh)",
}


@dataclass
class Laden:
    """A workstation, a stick, and the book that a whole import makes."""

    station: Station
    stick: Path
    wanted: dict[str, Any]

    def copy(self, to: Path) -> Station:
        """Return the workstation before the import."""
        folder = self.station.home.parent
        subprocess.run(["cp", "-a", str(folder / "home"), str(folder / "passphrase"), str(to)], check=True)
        return Station(to / "home", to / "passphrase")


def _content(station: Station) -> dict[str, Any]:
    with open_book(station.open()) as book:
        return content(book)


@pytest.fixture(scope="module")
def laden(tmp_path_factory: pytest.TempPathFactory) -> Laden:
    folder = tmp_path_factory.mktemp("laden")
    station = Station.make(folder)
    box = Box(station.sheet)
    station.trust(box, folder)
    stick = folder / "stick"
    for number, word in enumerate(WORDS):
        parts = box.long_text([f"Un {word} ", f"con {word} ", f"sin {word}"], reference=number)
        box.cut(stick, parts[0], box.text(f"{word} rojo, {word} azul, {word} verde"))
        box.cut(stick, *parts[1:])
    made = Laden(station, stick, {})
    whole = made.copy(tmp_path_factory.mktemp("whole"))
    assert whole.take(stick)["completed"] == 0
    made.wanted = _content(whole)
    return made


APART = """
import workstation.book.taking as taking
taking.POOL_FROM_OCTETS = 0
taking.cores = lambda: 2
"""
"""Let even a small import have helpers, and a process beside it that books."""


@pytest.mark.parametrize("point", POINTS)
def test_with_helpers_a_killed_process_and_another_import_make_the_same_book(
    laden: Laden, tmp_path: Path, point: str
) -> None:
    station = laden.copy(tmp_path)
    with station.start("import", laden.stick, prelude=GROUPS + APART + POINTS[point]) as process:
        _, errors = process.communicate()
    assert process.returncode in (1, -signal.SIGKILL), errors
    assert "Traceback" not in errors
    station.take(laden.stick)
    assert _content(station) == laden.wanted


def test_an_import_with_helpers_makes_the_same_book(laden: Laden, tmp_path: Path) -> None:
    station = laden.copy(tmp_path)
    with station.start("import", laden.stick, "--json", prelude=GROUPS + APART) as process:
        output, errors = process.communicate()
    assert process.returncode == 0, errors
    assert json.loads(output)["booked"] == 2 * BATCHES
    assert not (station.home / "casebook.db-wal").exists(), "the book was closed"
    assert _content(station) == laden.wanted


def test_a_book_that_does_not_open_is_told_by_the_process_beside_too(laden: Laden, tmp_path: Path) -> None:
    station = laden.copy(tmp_path)
    (station.home / "casebook.db").write_bytes(b"x" * 8192)
    with station.start("import", laden.stick, prelude=GROUPS + APART) as process:
        _, errors = process.communicate()
    assert process.returncode == 11, errors
    assert "casebook.db" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_import_and_another_make_the_same_book(laden: Laden, tmp_path: Path, point: str) -> None:
    station = laden.copy(tmp_path)
    with station.start("import", laden.stick, prelude=GROUPS + POINTS[point]) as process:
        assert process.wait() == -signal.SIGKILL
    report = station.take(laden.stick)
    assert report["imported"] + report["known"] == 2 * BATCHES
    assert _content(station) == laden.wanted
    assert station.take(laden.stick)["booked"] == 0
    assert _content(station) == laden.wanted


def test_tips_books_what_a_killed_import_left(laden: Laden, tmp_path: Path) -> None:
    station = laden.copy(tmp_path)
    prelude = GROUPS + "importing.GROUP_OCTETS = 1 << 20\n" + POINTS["between keeping and booking"]
    with station.start("import", laden.stick, prelude=prelude) as process:
        assert process.wait() == -signal.SIGKILL
    assert len(station.tips()) == 2 * BATCHES
    assert _content(station) == laden.wanted


def test_a_book_that_was_lost_is_made_again_from_the_batches(laden: Laden, tmp_path: Path) -> None:
    station = laden.copy(tmp_path)
    station.take(laden.stick)
    for path in station.home.glob("casebook.db*"):
        path.unlink()
    assert len(station.tips()) == 2 * BATCHES
    assert _content(station) == laden.wanted


def test_an_import_without_helpers_makes_the_same_book(laden: Laden, tmp_path: Path) -> None:
    station = laden.copy(tmp_path)
    steps: list[None] = []
    report = take(
        station.open(), find_files([laden.stick]), now=NOW, advance=lambda: steps.append(None), helpers=1
    )
    assert (report.booked, len(steps)) == (2 * BATCHES, 2 * BATCHES)
    assert _content(station) == laden.wanted


@needs_root
@pytest.mark.parametrize("prelude", [GROUPS, GROUPS + APART], ids=["here", "apart"])
def test_a_disk_that_is_full_before_the_book_is_loses_nothing(
    laden: Laden, tmp_path: Path, prelude: str
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    with mounted(small, "2M"):
        station = laden.copy(small)
        with open_book(station.open()):
            pass
        filler = small / "filler"
        free = shutil.disk_usage(small).free
        filler.write_bytes(bytes(free - 200_000))
        with station.start("import", laden.stick, prelude=prelude) as process:
            _, errors = process.communicate()
        assert process.returncode == 12, errors
        assert "Make room" in errors
        assert "Traceback" not in errors
        filler.unlink()
        with open_book(station.open()) as book:
            assert book.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        station.take(laden.stick)
        assert _content(station) == laden.wanted


def test_a_slip_that_no_key_opened_is_booked_once_its_key_is_back(
    station: Station, box: Box, stick: Path
) -> None:
    parts = box.long_text(["uno ", "dos"])
    box.cut(stick, parts[0], box.text("sealed"), *(box.text(f"open {n}") for n in range(3)))
    box.cut(stick, *(box.text(f"more {n}", epoch=2) for n in range(2)), epoch=2)
    (secret,) = (station.home / "epochs").glob("*0000000002.epoch")
    aside = secret.rename(station.home / "aside")
    assert station.take(stick)["slips"]["unopened"] == 8
    assert len(station.tips()) == 5
    assert "8 slips do not open" in station.run("tips").stderr
    home = station.open()
    with open_book(home) as book, closing(Store(home.batches)) as store:
        done = booked(book, key_set(home.epoch_keys()))
        assert waiting(store, done) == [], "nothing is tried twice with the same keys"
    aside.rename(secret)
    report = take_waiting(station.open(), now=NOW, advance=lambda: None)
    assert (report.booked, report.imported) == (2, 0)
    assert len(station.tips()) == 7
    assert "do not open" not in station.run("tips").stderr


def test_the_log_says_who_imported(laden: Laden, tmp_path: Path) -> None:
    station = laden.copy(tmp_path)
    station.take(laden.stick)
    with open_book(station.open()) as book:
        rows = book.connection.execute("SELECT users, action FROM log").fetchall()
    assert rows == [("analyst", "import")]


def test_nobody_can_read_a_new_book_but_its_owner(laden: Laden, tmp_path: Path) -> None:
    station = laden.copy(tmp_path)
    before = os.umask(0)
    try:
        station.take(laden.stick)
    finally:
        os.umask(before)
    for path in station.home.glob("casebook.db*"):
        assert path.stat().st_mode & 0o077 == 0


def test_behind_an_import_the_dashboard_has_nothing_left_to_count(laden: Laden, tmp_path: Path) -> None:
    station = laden.copy(tmp_path)
    station.take(laden.stick)
    with open_book(station.open()) as book:
        assert not behind(book.connection)
        assert book.connection.execute("SELECT number FROM tallies WHERE kind = 'counted'").fetchone() == (
            2 * BATCHES,
        )


@pytest.mark.parametrize("prelude", [GROUPS, GROUPS + APART], ids=["here", "apart"])
def test_what_is_counted_as_it_is_booked_is_what_counting_the_tips_gives(
    laden: Laden, tmp_path: Path, prelude: str
) -> None:
    station = laden.copy(tmp_path)
    with station.start("import", laden.stick, prelude=prelude) as process:
        assert process.wait() == 0
    query = "SELECT * FROM tallies WHERE number > 0 ORDER BY kind, at, word"
    with open_book(station.open()) as book, book.write():
        counted = book.connection.execute(query).fetchall()
        book.connection.execute("DELETE FROM tallies WHERE kind <> 'counted'")
        book.connection.execute("UPDATE tallies SET number = 0")
        count_new(book.connection)
        assert book.connection.execute(query).fetchall() == counted
    assert len(counted) > 3
