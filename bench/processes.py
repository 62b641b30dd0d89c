"""Processes of the project, started by their commands, and what the kernel says of their time and memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BIN = Path(sys.executable).parent
_TICK = os.sysconf("SC_CLK_TCK")
_PATIENCE = 60.0


class Failed(Exception):
    """Something of the project did not do what it should; holds what it said."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What several processes have used."""

    processor: float
    """Seconds, user and system."""
    resident: int
    """Octets of memory."""


def command(name: str, *words: object) -> str:
    """Return what a command of the project prints. Raises Failed."""
    done = subprocess.run([BIN / name, *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"{name} {' '.join(map(str, words))}: {done.stderr or done.stdout}")
    return done.stdout


@dataclass(frozen=True, slots=True)
class Run:
    """A command that ended."""

    seconds: float
    processor: float
    """Seconds, user and system, of all its processes."""
    peak: int
    """Octets; of the largest of its processes."""


def timed(log: Path, name: str, *words: object, ends: Sequence[int] = (0,)) -> Run:
    """Return what a command of the project took, from its start to its end. Raises Failed."""
    began = time.perf_counter()
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [BIN / name, *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in ends:
        raise Failed(f"{name} {' '.join(map(str, words))}: {log.read_text(errors='replace')[-2000:]}")
    return Run(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


@contextmanager
def running(log: Path, name: str, *words: object) -> Iterator[int]:
    """Yield the process id of a command that runs on; it is ended with SIGTERM. Its output goes to ``log``."""
    with log.open("ab") as file:
        process = subprocess.Popen(
            [BIN / name, *map(str, words)], stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def until(true: Callable[[], bool], what: str, log: Path) -> None:
    """Return once ``true()``. Raises Failed after a long while, with the end of ``log``."""
    end = time.monotonic() + _PATIENCE
    while not true():
        if time.monotonic() > end:
            raise Failed(f"it never came to this: {what}\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.1)


def usage(*pids: int) -> Usage:
    """Return what these processes have used by now. proc(5), /proc/PID/stat and /proc/PID/status."""
    processor, resident = 0.0, 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        processor += (int(fields[11]) + int(fields[12])) / _TICK  # utime and stime, the 14th and 15th
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmRSS:"):
                resident += int(line.split()[1]) * 1024
    return Usage(processor, resident)


def children(pid: int) -> list[int]:
    """Return the processes that ``pid`` started, the eldest first."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
