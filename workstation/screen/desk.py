"""What is on the desk: the opened home while somebody is there, nothing once it is locked."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import RLock
from typing import TypeVar

from workstation.home import Home
from workstation.problems import Problem, WrongPassphrase

Result = TypeVar("Result")
FREE_ATTEMPTS = 3
"""So many wrong ones cost nothing but the time of Argon2id."""
MOST_SECONDS = 60
"""Between attempts from about the ninth on: 1, 2, 4 … A thousand guesses take most of a day."""


class TooSoon(Problem):
    """Too many wrong passphrases."""

    exit_code = 7

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


@dataclass(slots=True)
class Attempts:
    """Wrong passphrases since the last right one."""

    wrong: int = 0
    _last: float = 0.0

    def check(self, now: float) -> None:
        """Return if an attempt may be made at ``now``. Raises TooSoon."""
        left = self._last + self._pause() - now
        if self.wrong and left > 0:
            raise TooSoon(int(left) + 1)

    def failed(self, now: float) -> None:
        """Count a wrong one."""
        self.wrong, self._last = self.wrong + 1, now

    def _pause(self) -> int:
        over = self.wrong - FREE_ATTEMPTS
        return 0 if over < 0 else min(MOST_SECONDS, 1 << min(over, 16))


@dataclass(slots=True)
class Desk:
    """The opened home, and when somebody last did something with it."""

    idle: float
    """Seconds without a person after which it locks itself."""
    clock: Callable[[], float] = time.monotonic
    attempts: Attempts = field(default_factory=Attempts)
    before: int = 0
    """Wrong passphrases before the last right one: whoever sits down is told."""
    turn: int = 0
    """Rises with each locking: an answer begun in an earlier turn is not given out any more."""
    by_itself: bool = False
    """Whether it locked because nobody was there."""
    on_lock: Callable[[], None] = field(default=lambda: None, repr=False)
    """Closes what is open of the home."""
    _home: Home | None = field(default=None, repr=False)
    _touched: float = 0.0
    _lock: RLock = field(default_factory=RLock, repr=False)

    def unlock(self, opener: Callable[[], Home]) -> None:
        """Return once the desk holds the home that ``opener`` gives. Raises what it raises, and TooSoon."""
        with self._lock:
            home = self.ask(opener)
            self.before, self.attempts = self.attempts.wrong, Attempts()
            self._home, self._touched, self.by_itself = home, self.clock(), False

    def ask(self, opener: Callable[[], Result]) -> Result:
        """Return what ``opener`` gives for a passphrase; a wrong one is counted. Raises what it raises, and TooSoon."""
        with self._lock:
            self.attempts.check(self.clock())
            try:
                return opener()
            except WrongPassphrase:
                self.attempts.failed(self.clock())
                raise

    def lock(self, *, by_itself: bool = False) -> None:
        """Forget the home. What still works with it finishes its request, whose answer is not given out."""
        with self._lock:
            if self._home is not None:
                self._home, self.by_itself = None, by_itself
                self.turn += 1
                self.on_lock()

    def home(self) -> Home | None:
        """Return the home, None if the desk is locked; it locks itself here when its time has come."""
        with self._lock:
            if self._home is not None and self.clock() - self._touched >= self.idle:
                self.lock(by_itself=True)
            return self._home

    def holds(self, home: Home) -> bool:
        """Return whether ``home`` is the one that lies open here."""
        return self._home is home

    def touch(self) -> None:
        """Note that a person did something."""
        self._touched = self.clock()
