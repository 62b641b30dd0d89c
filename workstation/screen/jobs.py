"""Work that takes longer than a page: one import at a time, in a thread beside the pages, with its progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Generic, TypeVar

from workstation.problems import Problem, Stopped

Result = TypeVar("Result")


@dataclass(slots=True)
class Job(Generic[Result]):
    """One piece of work. ``advance`` is called by it at each step, and is where it stops if it has to."""

    what: str
    """The folder that is read."""
    total: int = 0
    at: int = 0
    stage: str = ""
    result: Result | None = field(default=None, repr=False)
    problem: Problem | None = None
    _ended: Event = field(default_factory=Event)
    _stop: Event = field(default_factory=Event)

    def start(self, work: Callable[[], Result], *, sort: Callable[[BaseException], Problem]) -> None:
        """Begin ``work``; what it raises is kept as the Problem that ``sort`` makes of it."""
        Thread(target=self._run, args=(work, sort), daemon=True).start()

    def _run(self, work: Callable[[], Result], sort: Callable[[BaseException], Problem]) -> None:
        try:
            self.result = work()
        except BaseException as error:  # noqa: BLE001  a thread has nobody above it who would hear of it
            self.problem = _alone(sort(error))
        finally:
            self._ended.set()

    def advance(self) -> None:
        """Count a step. Raises Stopped."""
        self.at += 1
        if self._stop.is_set():
            raise Stopped

    def stop(self) -> None:
        """Ask the work to end at its next step."""
        self._stop.set()

    @property
    def done(self) -> bool:
        """Whether it ended, well or not."""
        return self._ended.is_set()

    def wait(self, seconds: float) -> bool:
        """Return whether it ended within ``seconds``."""
        return self._ended.wait(seconds)


@dataclass(frozen=True, slots=True)
class Seen(Generic[Result]):
    """A job as it stood at one moment: a page that asked twice could show neither its progress nor what it did."""

    running: Job[Result] | None = None
    result: Result | None = field(default=None, repr=False)
    problem: Problem | None = None


def seen(job: Job[Result] | None) -> Seen[Result]:
    """Return how ``job`` stands now."""
    if job is None:
        return Seen()
    return Seen(None, job.result, job.problem) if job.done else Seen(job)


def _alone(problem: Problem) -> Problem:
    """Return ``problem`` without the frames it came through: they hold the opened home, and what was read."""
    problem.__traceback__ = problem.__context__ = problem.__cause__ = None
    return problem
