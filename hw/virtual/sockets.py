"""A control socket's address: it fits sun_path however deep the folder lies. unix(7)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def address_of(path: Path) -> Iterator[str]:
    """Yield an address of at most 108 octets for the socket at ``path``. Raises OSError: no such folder."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
