"""A real TPM 2.0 in software (swtpm), for one test: its memory is a folder, and it listens on a socket there."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

NEEDED = ("swtpm", "tpm2_nvdefine")
_WAIT_SECONDS = 60


@dataclass
class SoftwareTpm:
    """Can be switched off, put back to an earlier state, and switched on."""

    folder: Path
    """Of the socket: a short path, since a socket's has 107 octets at the most."""
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def state(self) -> Path:
        """The folder with its memory."""
        return self.folder / "state"

    @property
    def tcti(self) -> str:
        """How tpm2-tools find it."""
        return f"swtpm:path={self.folder / 'tpm'}"

    def start(self) -> None:
        """Return once it listens."""
        self.state.mkdir(exist_ok=True)
        words = ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.state}"]
        words += ["--server", f"type=unixio,path={self.folder / 'tpm'}"]
        words += ["--ctrl", f"type=unixio,path={self.folder / 'tpm.ctrl'}"]
        words += ["--flags", "not-need-init,startup-clear"]
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + _WAIT_SECONDS
        while not (self.folder / "tpm").exists():
            assert self._process.poll() is None and time.monotonic() < until, "swtpm did not start"
            time.sleep(0.005)

    def stop(self) -> None:
        """Return once it is switched off, without a word to it before: as in a power cut."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        for name in ("tpm", "tpm.ctrl"):
            (self.folder / name).unlink(missing_ok=True)

    def back_to(self, kept: Path) -> None:
        """Return once it runs with the memory that was copied to ``kept``."""
        self.stop()
        shutil.rmtree(self.state)
        shutil.copytree(kept, self.state)
        self.start()


@contextmanager
def software_tpm(patch: pytest.MonkeyPatch) -> Iterator[SoftwareTpm]:
    """Yield a TPM that runs, and that tpm2-tools speak to within the block."""
    lacking = [name for name in NEEDED if shutil.which(name) is None]
    if lacking:
        pytest.skip(f"no {' and no '.join(lacking)}: install the Debian packages swtpm and tpm2-tools")
    folder = Path(tempfile.mkdtemp(prefix="tpm"))
    tpm = SoftwareTpm(folder)
    try:
        tpm.start()
        patch.setenv("TPM2TOOLS_TCTI", tpm.tcti)
        yield tpm
    finally:
        tpm.stop()
        shutil.rmtree(folder, ignore_errors=True)
