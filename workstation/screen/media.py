"""Which sticks are in: the mounts under the folders where a desktop, or a person, puts them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

MOUNTS = Path("/proc/self/mounts")
ROOTS = ("/media", "/run/media", "/mnt")
_ESCAPED = re.compile(r"\\([0-7]{3})")


def media(mounts: Path = MOUNTS, roots: Sequence[str] = ROOTS) -> list[str]:
    """Return the folders of the media that are mounted under ``roots``, the latest first; none if nobody can say."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return []
    folders = [
        _ESCAPED.sub(lambda octal: chr(int(octal[1], 8)), line.split(" ")[1]) for line in lines if " " in line
    ]
    found = [
        folder for folder in folders if any(folder == root or folder.startswith(f"{root}/") for root in roots)
    ]
    return list(dict.fromkeys(reversed(found)))
