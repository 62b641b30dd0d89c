"""The TPM of this machine: a few octets in its own memory, by the programs of Debian's package tpm2-tools.

Each lies at an NV index of the owner's range and is read with the authorisation it was written with. Defining and
undefining an index takes that of the TPM's owner, which is empty unless somebody set it. No secret stands on a command
line or on a disk: the programs read them from memory files (memfd), since they seek and stdin is only one.
Which TPM it is follows tpm2-tools: ``TPM2TOOLS_TCTI``, else /dev/tpmrm0.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from workstation.problems import StorageFailed

FIRST, INDICES = 0x0180_0000, 1 << 22
"""NV indices of the owner: TCG, Registry of reserved TPM 2.0 handles and localities, 2.2.2."""
_ATTRIBUTES = "authread|authwrite|no_da"
"""Only by its own authorisation. 256 random bits cannot be guessed, so wrong guesses of others lock nobody out."""
_SECONDS = 120
"""For one command: a TPM that writes its memory takes up to seconds; none takes minutes."""
_TRACING = "TSS2_LOG"
"""Variables that begin so let tpm2-tss write what it sends and gets, the key too, to a file or to stderr."""
CHIPS = frozenset(
    {
        *("AMD", "ATML", "BRCM", "CSCO", "FLYS", "HISI", "HPE", "IFX", "INTC", "LEN", "NSM", "NTC", "NTZ"),
        *("QCOM", "ROCC", "SEAL", "SMSC", "SMSN", "SNS", "STM", "TXN", "WEC"),
    }
)
"""Makers of TPMs of silicon or in a processor's firmware: TCG, TPM vendor id registry. IBM (swtpm), MSFT, VMW, AMZN,
GOOG and whoever is not known may be programs, whose memory is a file on some disk."""


class MediumMissing(StorageFailed):
    """The key of the epoch store is not there."""


class TpmFailed(MediumMissing):
    """The TPM of this machine cannot be used."""


class NoTools(TpmFailed):
    """The programs that speak to the TPM are not installed."""


def index_of(name: str) -> int:
    """Return the NV index of what is called ``name``, at least 8 hexadecimal digits."""
    return FIRST + int(name[:8], 16) % INDICES


def is_program() -> bool:
    """Return whether the TPM does not say that it is a chip. Raises TpmFailed."""
    said = _run("tpm2_getcap", "properties-fixed").decode(errors="replace").splitlines()
    maker = ""
    for at, line in enumerate(said):
        if line.startswith("TPM2_PT_MANUFACTURER"):
            values = [
                one.partition('"')[2].rpartition('"')[0] for one in said[at : at + 3] if "value:" in one
            ]
            maker = "".join(values).strip("\0 ")
    return maker not in CHIPS


def indices() -> frozenset[int]:
    """Return the NV indices that are in use. Raises TpmFailed."""
    said = _run("tpm2_getcap", "handles-nv-index").decode(errors="replace").split()
    return frozenset(int(word, 16) for word in said if word.startswith("0x"))


def read(index: int, *, auth: bytes = b"") -> bytes | None:
    """Return what lies at ``index``, None if nothing does. Raises TpmFailed, also for a wrong ``auth``."""
    if index not in indices():
        return None
    return _run("tpm2_nvread", hex(index), "-C", hex(index), auth=auth)


def write(index: int, octets: bytes, *, auth: bytes = b"") -> None:
    """Return once ``octets`` lie at ``index``, which was free, for who has ``auth``. Raises TpmFailed."""
    size = str(len(octets))
    _run("tpm2_nvdefine", hex(index), "-C", "o", "-s", size, "-a", _ATTRIBUTES, auth=auth, option="-p")
    _run("tpm2_nvwrite", hex(index), "-C", hex(index), auth=auth, octets=octets)


def remove(index: int) -> None:
    """Return once nothing lies at ``index``. Raises TpmFailed."""
    if index in indices():
        _run("tpm2_nvundefine", hex(index), "-C", "o")
    if index in indices():
        raise TpmFailed(f"index {index:#x} is still there after it was undefined")


def _run(*words: str, auth: bytes = b"", option: str = "-P", octets: bytes = b"") -> bytes:
    """Return what the program says on stdout; ``auth`` and ``octets`` come to it in memory. Raises TpmFailed."""
    with ExitStack() as held:
        command, handles = list(words), []
        if auth:
            handles.append(held.enter_context(_in_memory(b"hex:" + auth.hex().encode())))
            command += [option, f"file:/dev/fd/{handles[-1]}"]
        if octets:
            handles.append(held.enter_context(_in_memory(octets)))
            command += ["-i", f"/dev/fd/{handles[-1]}"]
        done = _done(command, handles)
    if done.returncode:
        raise TpmFailed(f"{words[0]}: {_reason(done.stderr)}", way_out=_WAY_OUT)
    return done.stdout


def _done(command: Sequence[str], handles: Sequence[int]) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 - a program of tpm2-tools, with figures of ours
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            pass_fds=handles,
            env={name: value for name, value in os.environ.items() if not name.startswith(_TRACING)},
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise NoTools(command[0], way_out="Install the Debian package tpm2-tools on this machine.") from None
    except subprocess.TimeoutExpired:
        raise TpmFailed(f"{command[0]} did not end", way_out=_WAY_OUT) from None


@contextmanager
def _in_memory(octets: bytes) -> Iterator[int]:
    """Yield the handle of a file that is in memory only, has no name, and holds ``octets``."""
    handle = os.memfd_create("tpm", os.MFD_CLOEXEC)
    try:
        os.write(handle, octets)
        os.lseek(handle, 0, os.SEEK_SET)
        yield handle
    finally:
        os.close(handle)


_WAY_OUT = (
    "Is it switched on in the firmware, and may you use it (group tss)? tpm2_getcap properties-fixed has to answer; "
    "its owner may have no password (tpm2_changeauth -c owner)."
)


def _reason(said: bytes) -> str:
    """Return the sentence that tells most of what a program of tpm2-tools printed; it never prints a secret."""
    lines = [line for line in said.decode(errors="replace").splitlines() if line.startswith("ERROR")]
    told = [line.partition(" - ")[2] for line in lines if " - " in line]
    return (told or lines or ["it ended without a word"])[0].strip()
