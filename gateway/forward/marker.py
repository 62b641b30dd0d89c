"""The marker of a folder destination: a file that tells a mounted stick from the empty folder under it.

Text, so that whoever finds it on a stick sees what it is; its random id tells one stick from another.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
from pathlib import Path

from gateway.durable import opened_folder, write_durably_in
from gateway.faults import StorageError
from gateway.forward.base import OperatorNeeded

NAME = ".tipline-destination"
_LIMIT = 256
_TEXT = re.compile(r"tipline-destination 1\r?\nid ([0-9a-f]{32})\r?\n?", re.ASCII)


def read_marker(folder: int, path: Path) -> str:
    """Return the id in the marker of the open ``folder``, whose ``path`` is for the sentences.

    Raises OperatorNeeded (no marker, or not one of ours) and OSError.
    """
    try:
        descriptor = os.open(NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError as error:
        problem = f"{path} holds no marker: nothing is mounted there, or it was never prepared"
        way_out = f"mount the stick or share; a new one: tipline-gateway prepare {path}"
        raise OperatorNeeded(problem, way_out) from error
    with os.fdopen(descriptor, "rb") as file:
        match = _TEXT.fullmatch(file.read(_LIMIT).decode("ascii", "replace"))
    if match is None:
        problem = f"the marker {path / NAME} is damaged"
        raise OperatorNeeded(problem, f"remove it, then: tipline-gateway prepare {path}")
    return match[1]


def prepare_directory(path: Path) -> str:
    """Make the folder ``path`` a destination and return its marker id; one that is there already stays.

    Raises StorageError: no folder, not writable, a damaged marker.
    """
    try:
        with opened_folder(path) as folder:
            if _is_there(folder):
                return read_marker(folder, path)
            marker = secrets.token_hex(16)
            text = f"tipline-destination 1\nid {marker}\n"
            # Everybody may read it: the forwarder runs as another user than whoever prepares.
            write_durably_in(folder, NAME, text.encode(), mode=0o644)
            return marker
    except OperatorNeeded as error:
        raise StorageError(error.problem, error.way_out) from error
    except OSError as error:
        raise StorageError(
            f"{path} cannot be made a destination: {error.strerror}", _way_out(error)
        ) from error


def _is_there(folder: int) -> bool:
    try:
        os.stat(NAME, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _way_out(error: OSError) -> str:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return "name a folder that is there, with the stick or share mounted"
    return "see that the stick is not write-protected and that you may write there"
