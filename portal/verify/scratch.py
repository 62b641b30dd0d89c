"""A folder for the pages that are drawn again, which everybody may read, and which nobody needs afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield a new folder that is gone afterwards. Raises OSError."""
    with tempfile.TemporaryDirectory(prefix="tipline-") as name:
        yield Path(name)
