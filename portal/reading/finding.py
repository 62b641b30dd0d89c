"""Finding the files in folders: by the magic they begin with, whatever they are called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from portal.files import files_in, open_regular
from portal.release.model import RefusedFile
from wire.refusal import Refused

_FIRST = 64
"""Octets of the longest first line, and more."""
OURS = ("ledger", "bulletin", "identity", "authority", "audit", "batch")
"""Formats, by the word of their magic; also the endings of their names."""
UNREADABLE = "unreadable"
_NOT_OURS = "not-this-format"
MAX_SHOWN = 200
"""Characters of a file name that are shown: longer than the longest of ours, shorter than a screen."""


@dataclass(slots=True)
class Found:
    """What lies in the folders, by format; files that are none of ours are passed over, and counted."""

    files: dict[str, list[Path]] = field(default_factory=lambda: {name: [] for name in OURS})
    refused: list[RefusedFile] = field(default_factory=list)
    passed_over: int = 0

    def refuse(self, path: Path, kind: str, reason: str) -> None:
        """Note that the file at ``path`` is not taken."""
        self.refused.append(RefusedFile(name=shown_name(path), kind=kind, reason=reason))


@contextmanager
def refusing(path: Path, refused: list[RefusedFile]) -> Iterator[None]:
    """Let a file that is not taken, and why, be noted in ``refused`` instead of raised."""
    try:
        yield
    except Refused as error:
        kind, reason = error.kind.value, f"{error.field}: {error.reason}"
    except OSError as error:
        kind, reason = UNREADABLE, error.strerror or "input/output error"
    else:
        return
    refused.append(RefusedFile(name=shown_name(path), kind=kind, reason=reason))


def shown_name(path: Path) -> str:
    """Return the last part of ``path`` as text: octets that are no UTF-8 are written as escapes."""
    name = path.name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return name if len(name) <= MAX_SHOWN else name[:MAX_SHOWN] + "…"


def find(folders: Iterable[Path]) -> Found:
    """Return the files at and under ``folders``, each once. Raises OSError for a folder that cannot be listed."""
    found = Found()
    seen: set[Path] = set()
    for folder in folders:
        for path in files_in(folder):
            where = path.absolute()
            if where not in seen:
                seen.add(where)
                _sort_in(found, path)
    return found


def _sort_in(found: Found, path: Path) -> None:
    ending = path.suffix[1:]
    try:
        with open_regular(path) as (file, _):
            first = file.read(_FIRST)
    except OSError as error:
        if ending in OURS:
            found.refuse(path, UNREADABLE, error.strerror or "input/output error")
        else:
            found.passed_over += 1
        return
    word = first.partition(b" ")[0]
    name = next((name for name in OURS if word == f"tipline-{name}".encode()), None)
    if name is not None:
        found.files[name].append(path)
    elif ending in OURS:
        found.refuse(path, _NOT_OURS, f"it does not begin with tipline-{ending}")
    else:
        found.passed_over += 1
