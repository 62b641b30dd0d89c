"""``run``: the keeper of intake and forwarder, as two processes, for boxes without systemd and for trying out.

It holds the memfd with what intake knows of senders, as systemd's file-descriptor store does, so that a crash of
intake loses nothing of it. It looks at nothing itself.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from gateway.faults import BusyError, Exit
from gateway.memory.store import new_memfd
from gateway.service import MEMORY_NAME, Service

_PR_SET_PDEATHSIG = 1
_FIRST_KEPT_FD = 3
"""Where kept file descriptors begin. sd_listen_fds(3)."""
_BACKOFF_FIRST, _BACKOFF_MOST, _HEALTHY = 0.2, 30.0, 60.0
_PATIENCE = 20.0
"""Seconds that a child has to end after SIGTERM."""
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Child:
    """One process under the keeper."""

    name: str
    command: list[str]
    memory: int | None = None
    """The memfd it is given, None for none."""
    pid: int = 0
    started: float = 0.0
    backoff: float = _BACKOFF_FIRST
    due: float = field(default=0.0)
    """When to start it again, monotonic seconds."""
    refused: float | None = None
    """Since when another process holds what this one needs, monotonic seconds."""

    def start(self) -> None:
        """Start the process."""
        self.started = time.monotonic()
        keeper = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            _become(self.command, self.memory, keeper)

    def ended(self, status: int, now: float) -> None:
        """Note the end of the process and when it is to start again."""
        self.pid = 0
        if os.waitstatus_to_exitcode(status) != Exit.BUSY:
            self.refused = None
        elif self.refused is None:
            self.refused = now
        if now - self.started > _HEALTHY:
            self.backoff = _BACKOFF_FIRST
        self.due = now + self.backoff
        self.backoff = min(self.backoff * 2, _BACKOFF_MOST)
        _log.error("%s ended by itself (%s); it is started again", self.name, _how(status))


def _how(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _become(command: list[str], memory: int | None, keeper: int) -> None:
    """Turn this forked process into ``command``; it ends when the keeper does."""
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, set())
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != keeper:  # it died before that was set
            os._exit(127)
        environment = dict(os.environ)
        environment.pop("NOTIFY_SOCKET", None)
        environment.pop("WATCHDOG_USEC", None)
        if memory is not None:
            os.dup2(memory, _FIRST_KEPT_FD, inheritable=True)
            os.set_inheritable(_FIRST_KEPT_FD, True)  # dup2 of a descriptor onto itself changes nothing
            environment |= {
                "LISTEN_PID": str(os.getpid()),
                "LISTEN_FDS": "1",
                "LISTEN_FDNAMES": MEMORY_NAME,
            }
        os.execve(command[0], command, environment)  # noqa: S606  our own command, no shell wanted
    finally:
        os._exit(127)


def run(config: Path) -> int:
    """Keep both processes until SIGTERM or SIGINT; return the exit code.

    Raises BusyError where others hold what they need, for longer than those of a killed keeper take to end.
    """
    python = [sys.executable, "-P", "-m", "gateway", "--config", str(config.resolve())]
    memory = new_memfd()
    children = [Child("intake", [*python, "intake"], memory), Child("forwarder", [*python, "forward"])]
    service = Service()
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends | {signal.SIGCHLD})
    service.ready()
    while True:
        now = time.monotonic()
        for child in children:
            if not child.pid and now >= child.due:
                child.start()
        due = [child.due - now for child in children if not child.pid]
        found = signal.sigtimedwait(ends | {signal.SIGCHLD}, min([*due, 5.0]))
        if found is not None and found.si_signo in ends:
            break
        _reap(children)
        refused = [child.name for child in children if child.refused and now - child.refused > _PATIENCE]
        if refused:
            _end(children)
            raise BusyError(
                f"another process is the {refused[0]} of this box", "stop it first, or use that one"
            )
    service.stopping()
    return _end(children)


def _reap(children: list[Child]) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        for child in children:
            if child.pid == pid:
                child.ended(status, time.monotonic())


def _end(children: list[Child]) -> int:
    """Return 0 when both ended well after SIGTERM; of it, where one had not got so far as to handle it."""
    codes = []
    for child in children:
        if child.pid:
            os.kill(child.pid, signal.SIGTERM)
    deadline = time.monotonic() + _PATIENCE
    for child in children:
        while child.pid:
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if pid:
                child.pid = 0
                codes.append(os.waitstatus_to_exitcode(status))
            elif time.monotonic() > deadline:
                os.kill(child.pid, signal.SIGKILL)
                deadline += 1.0
            else:
                time.sleep(0.02)
    return 0 if all(code in (0, -signal.SIGTERM) for code in codes) else 1
