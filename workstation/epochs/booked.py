"""Whether what came is in the case book: what is not booked can be read no more once its epoch is destroyed."""

from __future__ import annotations

from collections.abc import Iterable

from workstation.book.connection import NAME, Book
from workstation.home import Home


def unbooked(home: Home, taken: Iterable[bytes]) -> int:
    """Return how many of the batches ``taken`` (header hashes) are not in the case book. Raises Damaged."""
    path = home.path / NAME
    if not path.exists():
        return sum(1 for _ in taken)
    with Book.open(path, home.vault.book) as book:
        booked = {row[0] for row in book.connection.execute("SELECT batch FROM batches")}
    return sum(header not in booked for header in taken)
