"""Small JSON files that a home keeps of itself: where its key lies, what was begun, where it came from."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from workstation.problems import Damaged


class Noted(Protocol):
    """A struct whose ``format`` says its kind and version."""

    @property
    def format(self) -> str: ...


N = TypeVar("N", bound=Noted)


def read_noted(path: Path, kind: type[N], *, form: str, name: str | None = None) -> N | None:
    """Return what stands at ``path``, None where nothing does. Raises Damaged, which calls it ``name``."""
    called = name or path.name
    try:
        found = msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except (msgspec.DecodeError, ValueError):
        raise Damaged(f"{called} is not in its form") from None
    if found.format != form:
        raise Damaged(f"{called} is of another version")
    return found
