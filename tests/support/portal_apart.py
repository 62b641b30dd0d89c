"""Pages drawn in a process of their own: one in which no chart was drawn yet, so that it may be split in two."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

from portal.charts.artist import at_work
from portal.forking import answering
from portal.languages import FOLDER, chosen
from portal.pages import render
from tests.support.portal_sites import a_site

PATIENCE = 300.0
P = ParamSpec("P")
T = TypeVar("T")


def rendered_apart(
    folder: Path,
    cache: Path,
    *,
    months: int = 14,
    codes: Sequence[str] = ("es", "en"),
    catalogues: Path = FOLDER,
) -> tuple[str, ...]:
    """Return the paths of the pages of ``a_site``, written into ``folder``. Raises what render raises."""
    return apart(_rendered, folder, cache, months, tuple(codes), catalogues)


def apart(work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """Return what ``work`` of this module comes to in a new process, without threads and so free to fork."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *args, **named).result(PATIENCE)


def _rendered(
    folder: Path, cache: Path, months: int, codes: tuple[str, ...], catalogues: Path
) -> tuple[str, ...]:
    assert len(os.listdir("/proc/self/task")) == 1  # else nothing is drawn beside this process
    with at_work():
        return render(a_site(months=months), folder, languages=chosen(codes, catalogues), cache=cache)


def asked(questions: Sequence[bytes], *, last: bytes = b"") -> list[tuple[bytes, int]]:
    """Return the answers to two who ask one helper in turn, each with who asked; then ``last`` is asked."""
    here = os.getpid()

    def answer(octets: bytes) -> bytes:
        if octets == b"die":
            os._exit(3)
        return octets[::-1] + b" not here" * (os.getpid() != here)

    with answering(answer, first=b"first", asking=2) as ways:
        found = [(way(question), at) for question in questions for at, way in enumerate(ways)]
        if last:
            ways[0](last)
        return found


def asked_of_a_full_disk() -> tuple[OSError, bytes]:
    """Return what is raised by asking a helper that fails, and what it answers the next time."""

    def answer(octets: bytes) -> bytes:
        if octets == b"full":
            raise OSError(errno.ENOSPC, "No space left on device", "/somewhere")
        return octets[::-1]

    with answering(answer, first=b"full", asking=1) as (way,):
        try:
            way(b"full")
        except OSError as error:
            return error, way(b"roma")
    raise AssertionError("it did not fail")
