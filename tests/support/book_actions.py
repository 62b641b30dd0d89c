"""A case book with tips put straight into its table, for what is done with tips once they are there."""

from __future__ import annotations

from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from workstation.book.actions import Actor
from workstation.book.connection import NAME, Book

KEY = bytes(range(32))
ANA = Actor(("ana",))
TWO = Actor(("ana", "ben"))
DAY = 86_400
START = 1_780_000_000 - 1_780_000_000 % DAY
"""Midnight, UTC: when the first tips of a test came."""
NOW = START + 10 * DAY


def new_book(folder: Path) -> Book:
    """Return a new, empty case book."""
    return Book.open(folder / NAME, KEY)


def add_tips(
    book: Book, number: int, *, received: int = START, booked: int | None = None, text: str = "text"
) -> list[int]:
    """Return the ids of new tips."""
    (last,) = book.connection.execute("SELECT coalesce(max(id), 0) FROM tips").fetchone()
    random = Random(last + 1)
    ids = list(range(last + 1, last + 1 + number))
    with book.write():
        book.connection.executemany(
            "INSERT INTO tips (id, tip, conversation, received, period, booked, text, parts)"
            " VALUES (?, ?, ?, ?, 3600, ?, ?, 1)",
            (
                (one, random.randbytes(16), random.randbytes(16), received, booked or received + 3600, text)
                for one in ids
            ),
        )
    return ids


def value(book: Book, tip: int, *columns: str) -> tuple[object, ...]:
    """Return columns of a tip."""
    found: tuple[object, ...] = book.connection.execute(
        f"SELECT {', '.join(columns)} FROM tips WHERE id = ?", (tip,)
    ).fetchone()
    return found


def actions(book: Book) -> list[str]:
    """Return the actions of the log, in order."""
    return [action for (action,) in book.connection.execute("SELECT action FROM log ORDER BY id")]


PAGE, RESERVED, SALT = 4096, 80, 16


def decrypted(path: Path, key: bytes) -> bytes:
    """Return all pages of a SQLCipher 4 file in clear, what is free in them too: AES-256-CBC, the IV behind each."""
    octets = path.read_bytes()
    found = []
    for at in range(0, len(octets), PAGE):
        page = octets[at + (SALT if at == 0 else 0) : at + PAGE]
        body, reserved = page[:-RESERVED], page[-RESERVED:]
        aes = Cipher(algorithms.AES(key), modes.CBC(reserved[:16])).decryptor()
        found.append(aes.update(body) + aes.finalize())
    return b"".join(found)
