"""What was made of an opened book, and said of it to its reader, goes with it at a lock, by hand or by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event

import pytest

from tests.support.asking import Asker
from tests.support.published import Office
from tests.support.screens import served_home
from tests.support.workstation import PASSPHRASE
from wire.period import end_of, month_value
from workstation.bulletin.making import Draft
from workstation.problems import Stopped
from workstation.screen.here import Screen
from workstation.screen.jobs import Job
from workstation.screen.server import Server
from workstation.screen.telling import sort

MONTH = "2026-09"
DAY = 86400
IDLE = 3600.0
DRAFT = 'id="h-draft"'
NO_MONTH = "A month is written like"


@dataclass
class Somebody:
    """Who sits in front of a screen, with a clock that a test sets."""

    server: Server
    asker: Asker
    time: float = 1000.0

    @property
    def parts(self) -> Screen:
        return self.server.parts

    def unlock(self) -> None:
        answer = self.asker.change("/unlock", passphrase=PASSPHRASE, name="analyst")
        assert answer.status == 303
        self.asker.cookie = str(answer.headers["Set-Cookie"]).partition(";")[0]

    def lock(self) -> None:
        """Lock it by hand."""
        answer = self.asker.change("/lock")
        assert answer.status == 303
        self.asker.cookie = str(answer.headers["Set-Cookie"]).partition(";")[0]

    def go(self) -> None:
        """Leave, for so long that it locks itself."""
        self.time += IDLE
        assert self.parts.desk.home() is None
        assert self.parts.desk.by_itself


LOCKS = pytest.mark.parametrize("lock", [Somebody.lock, Somebody.go], ids=["by hand", "by itself"])
Lock = Callable[[Somebody], None]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """A home that has the batch and the ledger of a month that is over."""
    made = Office.make(tmp_path_factory.mktemp("forgotten"))
    counter = made.counter()
    counter.month(MONTH, 12)
    made.take(counter, now=end_of(MONTH) + DAY)
    return made


@pytest.fixture
def somebody(office: Office) -> Iterator[Somebody]:
    with served_home(office.station, now=lambda: end_of(MONTH) + 40 * DAY, idle=IDLE) as server:
        made = Somebody(server, Asker(server.parts.gate))
        server.parts.desk.clock = lambda: made.time
        server.parts.desk.touch()
        made.asker.come_in()
        assert made.asker.change("/language", language="en").status == 303
        yield made


@LOCKS
def test_the_draft_of_a_bulletin_and_the_connections_are_forgotten(somebody: Somebody, lock: Lock) -> None:
    assert somebody.asker.change("/bulletin/preview", month=MONTH).status == 303
    job = somebody.parts.preview
    assert job is not None
    assert job.wait(300)
    assert isinstance(job.result, Draft)
    assert DRAFT in somebody.asker.ask("/bulletin").text
    assert somebody.parts.books._kept
    lock(somebody)
    assert somebody.parts.preview is None
    assert somebody.parts.books._kept == []
    somebody.unlock()
    assert DRAFT not in somebody.asker.ask("/bulletin").text


@LOCKS
def test_a_bulletin_that_is_being_made_is_made_no_further(somebody: Somebody, lock: Lock) -> None:
    job, go = Job[None](MONTH), Event()

    def work() -> None:
        assert go.wait(300)
        job.advance()

    job.start(work, sort=sort)
    somebody.parts.preview = job
    lock(somebody)
    go.set()
    assert job.wait(300)
    assert isinstance(job.problem, Stopped)


def test_a_bulletin_that_is_asked_for_while_the_lock_comes_is_not_kept(
    somebody: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(text: str) -> str:
        somebody.parts.desk.lock()
        return month_value(text)

    monkeypatch.setattr("workstation.screen.pages.bulletin.month_value", late)
    assert somebody.asker.change("/bulletin/preview", month=MONTH).headers["Location"] == "/unlock"
    assert somebody.parts.preview is None


@LOCKS
def test_what_was_said_to_one_user_is_not_said_to_the_next(somebody: Somebody, lock: Lock) -> None:
    assert somebody.asker.change("/bulletin/preview", month="soon").status == 303
    lock(somebody)
    assert NO_MONTH not in somebody.asker.ask("/unlock").text
    somebody.unlock()
    assert NO_MONTH not in somebody.asker.ask("/bulletin").text


def test_what_was_said_is_said_once_where_nobody_locked(somebody: Somebody) -> None:
    """Else the test above would say nothing."""
    assert somebody.asker.change("/bulletin/preview", month="soon").status == 303
    assert NO_MONTH in somebody.asker.ask("/bulletin").text
    assert NO_MONTH not in somebody.asker.ask("/bulletin").text
