"""People who open a home in tests: their passphrase files, and a command that needs the home opened."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from tests.support.workstation import Station
from workstation.cli import cli


def secret(folder: Path, words: str, name: str = "new") -> Path:
    """Return a passphrase file."""
    path = folder / name
    path.write_text(f"{words}\n")
    path.chmod(0o600)
    return path


def sheet(station: Station, *, code: int = 0) -> str:
    """Return what ``keysheet`` says, which opens the home."""
    return station.run("keysheet", "--output", station.home.parent / "sheet", code=code).output


def bare(*words: object, code: int = 0) -> Result:
    """Return what a command does without the options of a station."""
    result = CliRunner().invoke(cli, [str(word) for word in words])
    assert result.exit_code == code, (result.output, result.exception)
    return result


def killed_at_sync(number: int) -> str:
    """Return what a program runs first to be killed at its fsync of that ``number``, counted from 1."""
    return (
        f"import os, signal\nreal, left = os.fsync, [{number}]\n"
        "def fsync(handle):\n    left[0] -= 1\n"
        "    os.kill(os.getpid(), signal.SIGKILL) if left[0] == 0 else real(handle)\nos.fsync = fsync\n"
    )
