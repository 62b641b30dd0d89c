"""Whatever is pressed while a sheet is on the screen, none of it stays there: a real terminal, a real shell."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.house import ROOT
from tests.support.workstation import Station

needs_tmux = pytest.mark.skipif(
    shutil.which("tmux") is None or shutil.which("bash") is None, reason="tmux or bash is not installed"
)
_LIMIT = 120.0
_PROGRAM = """import os, sys
open(sys.argv.pop(1), 'w').write(str(os.getpid()))
from workstation.cli import main
main()"""


@dataclass
class Shell:
    """A shell with job control in a terminal of tmux."""

    tmux: list[str]

    def call(self, *words: str) -> str:
        return subprocess.run([*self.tmux, *words], check=True, capture_output=True, text=True).stdout

    def press(self, *keys: str) -> None:
        self.call("send-keys", "-t", "k", *keys)

    def shown(self) -> str:
        """Return what stands on the screen and in its history."""
        return self.call("capture-pane", "-p", "-S", "-1000", "-t", "k")

    def until(self, words: str) -> str:
        deadline = time.monotonic() + _LIMIT
        while words not in (shown := self.shown()):
            assert time.monotonic() < deadline, shown
            time.sleep(0.05)
        return shown


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    made = Shell(["tmux", "-S", str(tmp_path / "tmux"), "-f", "/dev/null"])
    made.call("new-session", "-d", "-s", "k", "-x", "100", "-y", "40", "bash", "--norc", "--noprofile", "-i")
    try:
        yield made
    finally:
        made.call("kill-server")


def _sheet(shell: Shell, station: Station, tmp_path: Path) -> tuple[str, int]:
    """Return two neighbours of the words on the screen, and the process that shows them."""
    words = [sys.executable, "-c", _PROGRAM, str(tmp_path / "pid"), *station.arguments("shares", "make")]
    words += ["--custodians", "1", "--threshold", "1"]
    shell.press(f"cd {shlex.quote(str(ROOT))}; PS1='ready> '; clear", "Enter")
    shell.until("ready>")
    (tmp_path / "run").write_text(shlex.join(words))
    shell.press(f"source {shlex.quote(str(tmp_path / 'run'))}", "Enter")
    shell.until("press Enter to see the words.")
    shell.press("Enter")
    shell.until("Press Enter to clear the screen.")
    row = next(line for line in shell.shown().splitlines() if line.strip().startswith("2."))
    return row.split("12.")[0].strip() or row, int((tmp_path / "pid").read_text())


@needs_tmux
def test_ctrl_z_and_ctrl_backslash_leave_the_sheet_to_its_custodian(
    shell: Shell, station: Station, tmp_path: Path
) -> None:
    words, _ = _sheet(shell, station, tmp_path)
    shell.press("C-z")
    shell.press("C-\\")
    shell.press("fg", "Enter")  # to the shell it would be a command, to the program it is an answer
    shown = shell.until("The screen is clear.")
    assert words not in shown and "Stopped" not in shown and "Quit" not in shown
    shell.press("C-c")
    assert words not in shell.until("ready>")


@needs_tmux
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["ended", "interrupted"])
def test_ended_while_a_sheet_is_shown_it_clears_the_screen_first(
    shell: Shell, station: Station, tmp_path: Path, number: signal.Signals
) -> None:
    words, process = _sheet(shell, station, tmp_path)
    os.kill(process, number)
    shell.until("Aborted")
    shell.press("echo", "Space", "all", "Space", "gone", "Enter")
    assert words not in shell.until("all gone")


@needs_tmux
def test_behind_the_sheet_ctrl_z_stops_the_program_again(
    shell: Shell, station: Station, tmp_path: Path
) -> None:
    words, _ = _sheet(shell, station, tmp_path)
    shell.press("Enter")
    shell.until("The screen is clear.")
    shell.press("C-z")
    assert words not in shell.until("Stopped")
    shell.press("kill", "Space", "%1", "Enter")
