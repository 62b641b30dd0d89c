"""A screenshot made small: the same picture with at most 256 colours. PNG, ISO 15948."""

from __future__ import annotations

import struct
import zlib
from collections import Counter

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOURS = 256
Colour = tuple[int, int, int]


def small(octets: bytes) -> bytes:
    """Return the PNG in ``octets`` with a palette: its commonest colours, and for others the nearest of these."""
    width, height, pixels = _pixels(octets)
    counts = Counter(pixels)
    kept = _commonest(counts)
    place = {colour: min(range(len(kept)), key=lambda at: _distance(kept[at], colour)) for colour in counts}
    index = bytes(place[colour] for colour in pixels)
    rows = b"".join(b"\0" + index[at : at + width] for at in range(0, width * height, width))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    palette = b"".join(map(bytes, kept))
    chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(*one) for one in chunks)


def _commonest(counts: Counter[Colour]) -> list[Colour]:
    """Return colours that are common and not much alike."""
    alike: dict[Colour, Colour] = {}
    for colour, _ in counts.most_common():
        alike.setdefault((colour[0] >> 3, colour[1] >> 3, colour[2] >> 3), colour)
    return list(alike.values())[:_COLOURS]


def _distance(one: Colour, other: Colour) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _pixels(octets: bytes) -> tuple[int, int, list[Colour]]:
    """Return width, height and the colours of a picture that is not interlaced."""
    at, data, header = len(_SIGNATURE), b"", b""
    while at < len(octets):
        (length,), kind = struct.unpack(">I", octets[at : at + 4]), octets[at + 4 : at + 8]
        content = octets[at + 8 : at + 8 + length]
        header, data = (
            (content, data) if kind == b"IHDR" else (header, data + content if kind == b"IDAT" else data)
        )
        at += 12 + length
    width, height, depth, colour = struct.unpack(">IIBB", header[:10])
    channels = {2: 3, 6: 4}[colour]
    assert depth == 8
    raw, length = zlib.decompress(data), 1 + width * channels
    found: list[Colour] = []
    above = bytearray(width * channels)
    for start in range(0, height * length, length):
        row = bytearray(raw[start + 1 : start + length])
        above = _unfiltered(raw[start], row, above, channels)
        found += zip(above[0::channels], above[1::channels], above[2::channels], strict=True)
    return width, height, found


def _unfiltered(kind: int, row: bytearray, above: bytearray, step: int) -> bytearray:
    """Return the octets of a row, whose filter of section 9.2 is ``kind``."""
    for at in range(len(row)):
        left = row[at - step] if at >= step else 0
        corner = above[at - step] if at >= step else 0
        guess = (
            (0, left, above[at], (left + above[at]) // 2, 0)[kind]
            if kind < 4
            else _paeth(left, above[at], corner)
        )
        row[at] = (row[at] + guess) & 0xFF
    return row


def _paeth(left: int, up: int, corner: int) -> int:
    start = left + up - corner
    return min((left, up, corner), key=lambda value: abs(start - value))
