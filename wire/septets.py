"""Septets: packing them into octets, and the characters they stand for. TS 23.038 §6.1.2.1 and §6.2.1."""

from __future__ import annotations

import codecs
from functools import cache

from wire.alphabets import LOCKING, NONE, SINGLE
from wire.dcs import octets_of_septets
from wire.errors import SeptetError

ESCAPE = 0x1B
UNKNOWN = "\ufffd"
"""What a code without a character becomes."""

_ESCAPE = bytes((ESCAPE,))
_SPACE = " "


def fill_bits(header_octets: int) -> int:
    """Return how many bits lie between a header of so many octets and the first septet behind it."""
    return -header_octets * 8 % 7


def pack_septets(septets: bytes, *, fill: int = 0) -> bytes:
    """Return ``septets`` (one an octet, 0 to 127) packed, behind ``fill`` zero bits."""
    bits = 0
    for place, septet in enumerate(septets):
        bits |= (septet & 0x7F) << (7 * place)
    return (bits << fill).to_bytes((len(septets) * 7 + fill + 7) // 8, "little")


_BLOCK = 256
"""Septets that are spread together: more than a TP-UD has."""


def _spreading() -> tuple[tuple[int, int, int], ...]:
    """Return the steps that make octets of a block of septets: half a run of septets, masks of its halves."""
    steps = []
    half = _BLOCK // 2
    while half:
        low = sum(((1 << 7 * half) - 1) << at * 8 for at in range(0, _BLOCK, 2 * half))
        steps.append((half, low, low << 7 * half))
        half //= 2
    return tuple(steps)


_SPREADING = _spreading()


def unpack_septets(octets: bytes, count: int, *, fill: int = 0) -> bytes:
    """Return ``count`` septets of ``octets`` behind ``fill`` bits, one an octet; fewer if they are not there.

    TP-UDL says the count exactly, so that seven bits left over at the end never become an "@".
    """
    count = max(min(count, (len(octets) * 8 - fill) // 7), 0)
    bits = int.from_bytes(octets[: octets_of_septets(count) + 1], "little") >> fill
    septets = b""
    while len(septets) < count:
        septets += _spread(bits & (1 << 7 * _BLOCK) - 1).to_bytes(_BLOCK, "little")
        bits >>= 7 * _BLOCK
    return septets[:count]


def _spread(bits: int) -> int:
    """Return the septets of a block, each in an octet. All runs at once: a half moves up, then halves of halves."""
    for half, low, high in _SPREADING:
        bits = bits & low | (bits & high) << half
    return bits


def decode_septets(septets: bytes, *, locking: int = 0, single: int = 0) -> str:
    """Return the text of ``septets`` under two tables that must be known ones.

    Behind an escape, a code that the single shift table does not have is the locking table's character; a
    second escape is a space, "until another extension table is defined", and so is one at the very end.
    A code without any character is U+FFFD. TS 23.038 §6.2.1, §6.2.1.1.
    """
    table, shifted = LOCKING[locking], SINGLE[single]
    first, *pieces = septets.split(_ESCAPE)
    text = [_plain(first, table)]
    follows_second_escape = False
    for piece in pieces:
        if follows_second_escape:
            text.append(_plain(piece, table))
            follows_second_escape = False
        elif piece:
            text.append(_shifted(piece[0], table, shifted))
            text.append(_plain(piece[1:], table))
        else:
            text.append(_SPACE)
            follows_second_escape = True
    return "".join(text)


def _plain(septets: bytes, table: str) -> str:
    return codecs.charmap_decode(septets, "replace", table)[0]


def _shifted(code: int, table: str, shifted: str) -> str:
    character = shifted[code]
    return _plain(bytes((code,)), table) if character == NONE else character


def encode_septets(text: str, *, locking: int = 0, single: int = 0) -> bytes:
    """Return the septets of ``text``, one an octet, escapes included.

    Raises SeptetError with the place of the first character that neither table has.
    """
    codes = _codes(locking, single)
    septets = bytearray()
    for place, character in enumerate(text):
        code = codes.get(character)
        if code is None:
            raise SeptetError("text", offset=place, reason="no such character in these tables")
        septets += code
    return bytes(septets)


@cache
def _codes(locking: int, single: int) -> dict[str, bytes]:
    """Return what each character becomes: in the locking table if it is there, and as its lowest code."""
    codes: dict[str, bytes] = {}
    for code, character in enumerate(LOCKING[locking]):
        codes.setdefault(character, bytes((code,)))
    for code, character in enumerate(SINGLE[single]):
        codes.setdefault(character, bytes((ESCAPE, code)))
    codes.pop(NONE, None)
    return codes
