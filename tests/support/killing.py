"""A kill at every step of what changes the disk, one run a step."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable
from typing import Any

import pytest

Place = tuple[Any, str]
"""Who owns a function, and its name."""


def everything(*_: Any) -> bool:
    """Return True: each call is a step."""
    return True


def steps(
    patch: pytest.MonkeyPatch,
    places: Iterable[Place],
    reach: Callable[[], None],
    *,
    counts: Callable[..., bool] = everything,
    after: bool = False,
) -> None:
    """Let ``reach`` be called before each call of ``places`` that ``counts``, and ``after`` it too."""
    for owner, name in places:
        real = getattr(owner, name)

        def step(*arguments: Any, _real: Callable[..., Any] = real, **named: Any) -> Any:
            counted = counts(*arguments)
            if counted:
                reach()
            result = _real(*arguments, **named)
            if counted and after:
                reach()
            return result

        patch.setattr(owner, name, step)


def killed_at(
    step: int,
    act: Callable[[], object],
    places: Iterable[Place],
    *,
    counts: Callable[..., bool] = everything,
    after: bool = False,
) -> bool:
    """Do ``act`` in a process that is killed at its ``step`` (see ``steps``); return whether it came to that."""
    pid = os.fork()
    if pid == 0:
        left = [step]

        def reach() -> None:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        with pytest.MonkeyPatch.context() as patch:
            steps(patch, places, reach, counts=counts, after=after)
            act()
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status)
