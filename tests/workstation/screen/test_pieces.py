"""The parts of the screen that need no browser: locking, marks, filters, media, jobs."""

from __future__ import annotations

import gc
from datetime import UTC
from pathlib import Path
from threading import Event
from time import sleep
from typing import cast
from weakref import ref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.book.rows import Filter, Order
from workstation.home import Home
from workstation.problems import Problem, Stopped, WrongPassphrase
from workstation.screen.asking import Query, address, read_filter
from workstation.screen.desk import FREE_ATTEMPTS, MOST_SECONDS, Desk, TooSoon
from workstation.screen.jobs import Job
from workstation.screen.marked import excerpt, gap_words, hex_lines, marked
from workstation.screen.media import media
from workstation.screen.telling import sort


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _wrong() -> Home:
    raise WrongPassphrase


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(clock: Clock) -> Desk:
    return Desk(600.0, clock=clock)


HOME = cast(Home, object())
"""A desk does not look at what it holds."""


def test_a_desk_locks_itself_after_idle_seconds_and_says_so(desk: Desk, clock: Clock) -> None:
    desk.unlock(lambda: HOME)
    clock.now += 599
    assert desk.home() is HOME
    desk.touch()
    clock.now += 599
    assert desk.home() is HOME
    clock.now += 1
    assert desk.home() is None
    assert desk.by_itself


def test_wrong_passphrases_are_counted_and_slowed_to_one_a_minute(desk: Desk, clock: Clock) -> None:
    waits = []
    for _ in range(20):
        while True:
            try:
                desk.ask(_wrong)
            except TooSoon as soon:
                waits.append(soon.seconds)
                clock.now += soon.seconds
            except WrongPassphrase:
                break
    assert desk.attempts.wrong == 20
    assert waits[0] == 2
    assert waits[-1] == MOST_SECONDS + 1
    assert len(waits) == 20 - FREE_ATTEMPTS


def test_the_right_passphrase_ends_the_count_and_whoever_sits_down_is_told(desk: Desk) -> None:
    with pytest.raises(WrongPassphrase):
        desk.ask(_wrong)
    desk.unlock(lambda: HOME)
    assert (desk.attempts.wrong, desk.before) == (0, 1)


@given(st.text())
def test_marked_text_has_no_markup_but_our_own_frames(text: str) -> None:
    html = str(marked(text))
    bare = html.replace('<span class="mark">', "").replace("</span>", "")
    assert not set(bare) & set("<>\"'")
    assert all(letter == "\n" or letter.isprintable() or letter.isspace() for letter in html)


def test_a_frame_around_a_number_cannot_be_typed() -> None:
    assert str(marked("<U+202E>")) == "&lt;U+202E&gt;"
    assert str(marked("\u202e")) == '<span class="mark">U+202E</span>'


def test_a_gap_is_marked_only_where_a_part_is_missing() -> None:
    assert 'class="gap"' in str(marked("a […2/3…] b", gaps=gap_words((2,), 3)))
    assert 'class="gap"' not in str(marked("a […1/3…] b", gaps=gap_words((2,), 3)))


def test_an_excerpt_is_one_line_of_so_many_letters() -> None:
    assert str(excerpt("uno\n\n dos", 20)) == "uno dos"
    assert str(excerpt("x" * 30, 20)) == "x" * 20 + "…"


def test_data_is_written_with_offsets() -> None:
    assert list(hex_lines(bytes(18))) == [("0000", " ".join(["00"] * 16)), ("0010", "00 00")]


def test_an_address_and_its_filter_say_the_same() -> None:
    asked = Query.read("q=+ana+&status=valid&category=-&mine=1&order=oldest&priority=3")
    wanted = read_filter(asked, users=("Lucía",), zone=UTC)
    assert wanted == Filter(
        text="ana",
        statuses=("valid",),
        categories=(None,),
        mine=("Lucía",),
        order=Order.OLDEST,
        priorities=(3,),
    )
    assert "order=oldest" in address(asked)
    assert address(asked, order=None, after="f.0.1.2").endswith("after=f.0.1.2")


@given(st.lists(st.tuples(st.sampled_from(["status", "priority", "from", "to", "order", "x"]), st.text())))
def test_whatever_an_address_says_is_a_filter(pairs: list[tuple[str, str]]) -> None:
    assert isinstance(read_filter(Query.of(pairs), users=(), zone=UTC), Filter)


def test_a_day_is_meant_to_its_end() -> None:
    wanted = read_filter(Query((("from", "2026-11-01"), ("to", "2026-11-01"))), users=(), zone=UTC)
    assert wanted.received_from is not None
    assert wanted.received_to == wanted.received_from + 86400


def test_sticks_are_the_mounts_under_the_usual_folders(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda1 / ext4 rw 0 0\n/dev/sdb1 /media/ana/STICK\\0401 vfat rw 0 0\n"
        "tmpfs /run/user/0 tmpfs rw 0 0\n/dev/sdc1 /mnt ext4 rw 0 0\n/dev/sdd1 /mediapart ext4 rw 0 0\n"
    )
    assert media(mounts) == ["/mnt", "/media/ana/STICK 1"]
    assert media(tmp_path / "none") == []


def test_a_job_keeps_what_it_gave_or_why_it_did_not() -> None:
    good: Job[int] = Job("x")
    good.start(lambda: 42, sort=lambda error: Problem(str(error)))
    assert good.wait(60)
    assert (good.result, good.problem) == (42, None)
    bad: Job[int] = Job("x")
    bad.start(lambda: 1 // 0, sort=lambda error: Problem(type(error).__name__))
    assert bad.wait(60)
    assert "ZeroDivisionError" in str(bad.problem)


def test_a_job_is_stopped_at_its_next_step() -> None:
    job, begun, go = Job[None]("x"), Event(), Event()

    def work() -> None:
        begun.set()
        assert go.wait(60)
        job.advance()

    job.start(work, sort=lambda error: error if isinstance(error, Problem) else Problem())
    assert begun.wait(60)
    job.stop()
    go.set()
    assert job.wait(60)
    assert isinstance(job.problem, Stopped)


class Keys:
    """What lay open while a job worked."""


def test_what_a_job_failed_of_holds_nothing_that_it_worked_with() -> None:
    """Else the keys would outlive a lock, in the frames of what was raised."""
    left: list[ref[Keys]] = []

    def deeper(keys: Keys) -> None:
        try:
            raise OSError(keys)
        except OSError as error:
            raise Problem("the stick is gone", way_out="Bring it again.") from error

    def begin(job: Job[None]) -> None:
        keys = Keys()
        left.append(ref(keys))
        job.start(lambda: deeper(keys), sort=sort)

    job = Job[None]("x")
    begin(job)
    assert job.wait(60)
    for _ in range(6000):  # its thread may not have ended yet
        gc.collect()
        if left[0]() is None:
            break
        sleep(0.01)
    assert left[0]() is None
    assert str(job.problem) == "The command could not be done: the stick is gone"
    assert job.problem is not None
    assert job.problem.way_out == "Bring it again."
