"""Finding batch files on a medium, read-only, and naming what does not belong on one.

Nothing but regular files is ever opened: to open a device can do something, and /dev/zero has no end. Links are not
followed, hidden files and folders not looked into; all of these are named, since a medium that brings anything but what
a tip line carries may have been where it should not.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from wire import authority, batch, bulletin, certificate, identity, keysheet, ledger
from wire.slip import SEALED_OCTETS

LARGEST_BATCH = batch.HEADER_LIMIT + batch.MAX_SLOTS * SEALED_OCTETS
SUFFIX = ".batch"
MARKER = ".tipline-destination"
"""Tells the forwarder a destination from the folder under it. docs/formats.md, "Places"."""
MARKER_LIMIT = 512
"""Octets; it has 58."""
_OTHERS = {
    magic.encode() + b"\n": name
    for magic, name in (
        (identity.MAGIC, "an identity"),
        (keysheet.MAGIC, "a key sheet"),
        (ledger.MAGIC, "a ledger"),
        (ledger.AUDIT_MAGIC, "an audit file"),
        (certificate.MAGIC, "a certificate"),
        (authority.MAGIC, "an authority's identity"),
        (bulletin.MAGIC, "a bulletin"),
    )
}
_KINDS = {
    stat.S_IFLNK: "a link, not followed",
    stat.S_IFIFO: "a pipe, not opened",
    stat.S_IFSOCK: "a socket, not opened",
    stat.S_IFCHR: "a device, not opened",
    stat.S_IFBLK: "a device, not opened",
}
_STARTS_ITSELF = frozenset(
    {"autorun.inf", "autorun.sh", "autorun", ".autorun", "autoopen", ".autoopen", "desktop.ini"}
)
_OF_WINDOWS = ".bat .cmd .com .cpl .dll .exe .hta .js .lnk .msi .pif .ps1 .scr .url .vbs .wsf"
_OF_OTHERS = ".apk .app .appimage .class .deb .desktop .dmg .iso .jar .py .rpm .run .sh .so"
_PROGRAMS = frozenset((*_OF_WINDOWS.split(), *_OF_OTHERS.split()))
_PROGRAM_STARTS = (b"MZ", b"\x7fELF", b"#!", b"PK\x03\x04")


@dataclass(frozen=True, slots=True)
class Found:
    """A file that was named, or that lay in a folder that was named."""

    path: Path
    named: bool
    fault: str | None = None
    """Why the folder at ``path`` could not be listed; None for a file."""
    stray: str | None = None
    """What it is that is not opened: a link, a device, something hidden; None for a file that is read."""


def find_files(paths: Iterable[Path]) -> list[Found]:
    """Return what is at and under ``paths``, sorted within each: files to read, and what is named and never opened.

    A folder that cannot be listed, or only in part, is among them with its fault: nothing of it was found.
    Our own names sort by box, line, chain and number, so that batches come in their order.
    """
    return [found for path in paths for found in _at(path)]


def _at(path: Path) -> Iterator[Found]:
    if not os.path.isdir(path):  # noqa: PTH112  Path.is_dir raises where a folder above refuses it
        yield Found(path, named=True)
        return
    faults: list[OSError] = []
    for folder, names, files in os.walk(path, onerror=faults.append, followlinks=False):
        looked_into = []
        for name in sorted(names):
            stray = _stray_folder(Path(folder, name))
            if stray is None:
                looked_into.append(name)
            else:
                yield Found(Path(folder, name), named=False, stray=stray)
        names[:] = looked_into
        for name in sorted(files):
            file = Path(folder, name)
            stray = _stray_file(file)
            if stray != _OURS:
                yield Found(file, named=False, stray=stray)
    for error in faults:
        fault = f"the folder cannot be listed: {error.strerror or 'input/output error'}"
        yield Found(Path(error.filename or path), named=False, fault=fault)


_OURS = ""
"""Neither read nor reported: the marker of a destination."""


def _stray_folder(path: Path) -> str | None:
    """Return why a folder is not looked into, None if it is."""
    if os.path.islink(path):  # noqa: PTH114  as above
        return "a link, not followed"
    return "a hidden folder, not looked into" if path.name.startswith(".") else None


def _stray_file(path: Path) -> str | None:
    """Return why a file is not opened, None if it is."""
    try:
        found = path.lstat()
    except OSError:  # reading it will tell
        return None
    kind = stat.S_IFMT(found.st_mode)
    if kind != stat.S_IFREG:
        return _KINDS.get(kind, "no regular file, not opened")
    if path.name == MARKER and found.st_size <= MARKER_LIMIT:
        return _OURS
    if path.name.lower() in _STARTS_ITSELF:
        return "made to start something by itself"
    return "a hidden file, not opened" if path.name.startswith(".") else None


def read_file(path: Path) -> bytes:
    """Return the octets of ``path``, one more than a batch can have at the most. Raises OSError.

    What is no regular file is not opened, and if it became one in the meantime, not read.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError("not a regular file")
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError("not a regular file")
        return file.read(LARGEST_BATCH + 1)


def not_a_batch(found: Found, octets: bytes) -> str | None:
    """Return why this is left without being called a bad batch, None where it has to be a batch."""
    for magic, name in _OTHERS.items():
        if octets.startswith(magic):
            return f"not a batch but {name}"
    if (
        found.named
        or found.path.suffix == SUFFIX
        or octets.startswith(batch.MAGIC.partition(" ")[0].encode())
    ):
        return None
    return "not a batch"


def stray_content(path: Path, octets: bytes) -> str | None:
    """Return what a file is that no tip line carries, None for one of ours."""
    if any(octets.startswith(magic) for magic in _OTHERS):
        return None
    if path.suffix.lower() in _PROGRAMS or octets.startswith(_PROGRAM_STARTS):
        return "a program, or what starts or holds one"
    return "not a file of a tip line"
