"""What the scenarios share: keys and ids made from names, and signed text of any lines, right or wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha512

from nacl.public import PrivateKey
from nacl.signing import SigningKey

from tests.support.vectors import Vector
from wire.hashing import blake2b_256
from wire.identity import box_id

Scenarios = Iterator[tuple[str, Vector]]
"""Names and vectors."""
Lines = tuple[tuple[str, str], ...]

HOUR, WEEK = 3600, 7 * 24 * 3600
MONDAY = 1793577600
"""2026-11-02T00:00:00Z."""


def octets(name: str, length: int = 32) -> bytes:
    """Return ``length`` octets (32 at the most) that are always the same for ``name``."""
    return blake2b_256(b"tipline test vectors: " + name.encode())[:length]


def signing_key(name: str) -> SigningKey:
    """Return the Ed25519 key called ``name``."""
    return SigningKey(octets(f"Ed25519 {name}"))


def sealing_key(name: str) -> PrivateKey:
    """Return the X25519 key called ``name``."""
    return PrivateKey(octets(f"X25519 {name}"))


def signed(magic: str, lines: Iterable[tuple[str, str]], key: SigningKey) -> bytes:
    """Return ``lines`` with a good signature, whatever they say."""
    text = f"{magic}\n" + "".join(f"{name} {value}\n" for name, value in lines)
    return signed_octets(text.encode(), key)


def signed_octets(text: bytes, key: SigningKey) -> bytes:
    """Return ``text`` with a good signature line behind it."""
    return text + b"signature " + key.sign(text).signature.hex().encode() + b"\n"


def changed(lines: Lines, name: str, value: str, *, nth: int = 0) -> Lines:
    """Return ``lines`` with another value in the ``nth`` line called ``name``."""
    at = [i for i, (found, _) in enumerate(lines) if found == name][nth]
    return (*lines[:at], (name, value), *lines[at + 1 :])


def without(lines: Lines, name: str) -> Lines:
    """Return ``lines`` but those called ``name``."""
    return tuple(line for line in lines if line[0] != name)


def lines_of(text: bytes) -> Lines:
    """Return the lines of signed ``text`` between the first and the signature."""
    lines = text.decode().split("\n")
    return tuple((line.partition(" ")[0], line.partition(" ")[2]) for line in lines[1:-2])


def value_of(lines: Lines, name: str) -> str:
    """Return the value of the first line called ``name``."""
    return next(value for found, value in lines if found == name)


def flipped(text: bytes, at: int, bit: int = 0) -> bytes:
    """Return ``text`` with one bit of octet ``at`` turned."""
    at %= len(text)
    return text[:at] + bytes([text[at] ^ 1 << bit]) + text[at + 1 :]


def other_digit(text: bytes) -> bytes:
    """Return signed ``text`` with another last digit of its signature."""
    return text[:-2] + (b"0" if text[-2:-1] != b"0" else b"1") + b"\n"


GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
NEUTRAL = bytes([1]) + bytes(31)
"""The neutral element of Ed25519, a point of small order."""


def neutral_signature(text: bytes, key: SigningKey) -> bytes:
    """Return a signature of ``text`` with the neutral element for R: its owner can make it, and some verifiers take it.

    RFC 8032 §5.1.6 with r = 0, so S is the hash times the secret scalar.
    """
    half = bytearray(sha512(bytes(key)).digest()[:32])
    half[0] &= 248
    half[31] = half[31] & 127 | 64
    hashed = sha512(NEUTRAL + bytes(key.verify_key) + text).digest()
    scalar = int.from_bytes(hashed, "little") * int.from_bytes(half, "little") % GROUP_ORDER
    return NEUTRAL + scalar.to_bytes(32, "little")


BOX = signing_key("box")
BOX_PUBLIC = bytes(BOX.verify_key)
BOX_ID = box_id(BOX_PUBLIC)
OTHER_BOX = signing_key("other box")
OTHER_PUBLIC = bytes(OTHER_BOX.verify_key)
LINE = octets("line", 8)
OTHER_LINE = octets("other line", 8)
CHAIN = octets("chain", 16)
OTHER_CHAIN = octets("other chain", 16)
