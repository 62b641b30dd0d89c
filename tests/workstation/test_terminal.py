"""With a person at a terminal: questions, and the progress bar."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from pathlib import Path

from tests.support.workstation import NOW, PASSPHRASE, Box, Station
from wire.identity import write_identity

LIMIT = 60.0
PROGRAM = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from workstation.cli import main
main()
"""


def _talk(words: list[str], answers: list[tuple[str, str]]) -> tuple[int, str]:
    """Run the command on a terminal of its own; give each answer once its question is there."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-c", PROGRAM, *words]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as process:
        os.close(theirs)
        heard, deadline, waiting = "", time.monotonic() + LIMIT, list(answers)
        try:
            while time.monotonic() < deadline:
                if waiting and waiting[0][0] in heard.rsplit("\0", maxsplit=1)[-1]:
                    os.write(ours, waiting.pop(0)[1].encode() + b"\n")
                    heard += "\0"
                if select.select([ours], [], [], 0.1)[0]:
                    heard += os.read(ours, 65536).decode()
        except OSError:  # the other end is closed: the command has ended
            return process.wait(), heard
        finally:
            os.close(ours)
            process.kill()
    raise AssertionError(f"no end within {LIMIT} s; heard {heard!r}")


def test_trust_asks(station: Station, tmp_path: Path) -> None:
    path = tmp_path / "box.identity"
    path.write_bytes(write_identity(Box(station.sheet).key, NOW).octets)
    words = station.arguments("trust", path)
    assert _talk(words, [("what the box shows?", "n")])[0] == 10
    assert list((station.home / "boxes").iterdir()) == []
    assert _talk(words, [("what the box shows?", "y")])[0] == 0
    assert len(list((station.home / "boxes").iterdir())) == 1


def test_import_shows_how_far_it_is(station: Station, box: Box, stick: Path) -> None:
    for _ in range(3):
        box.cut(stick)
    words = ["--home", str(station.home), "import", str(stick)]
    code, heard = _talk(words, [("Passphrase:", PASSPHRASE)])
    assert (code, "3 batches taken" in heard) == (0, True)
    assert "Taking batches" in heard
