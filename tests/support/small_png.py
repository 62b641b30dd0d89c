"""A screenshot made small: the same picture with at most 256 colours. PNG, ISO 15948."""

from __future__ import annotations

import struct
import zlib

import numpy as np

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOURS = 256


def small(octets: bytes) -> bytes:
    """Return the PNG of 8-bit colours in ``octets`` with a palette."""
    width, height, pixels = _pixels(octets)
    coarse = pixels.astype(np.uint32) & 0xF8
    keys = (coarse[..., 0] << 16 | coarse[..., 1] << 8 | coarse[..., 2]).ravel()
    found, place, counts = np.unique(keys, return_inverse=True, return_counts=True)
    kept = found[np.argsort(-counts)[:_COLOURS]]
    nearest = np.array([_nearest(key, kept) for key in found], dtype=np.uint8)
    index = nearest[place].reshape(height, width)
    palette = b"".join(_mean(pixels, index, at) for at in range(len(kept)))
    rows = b"".join(b"\0" + row.tobytes() for row in index)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(*one) for one in chunks)


def _nearest(key: int, kept: np.ndarray) -> int:
    distance = sum(
        (((kept >> shift) & 0xFF).astype(int) - ((int(key) >> shift) & 0xFF)) ** 2 for shift in (16, 8, 0)
    )
    return int(np.argmin(distance))


def _mean(pixels: np.ndarray, index: np.ndarray, at: int) -> bytes:
    mine = pixels[index == at]
    return bytes(mine.mean(axis=0).round().astype(np.uint8)) if len(mine) else b"\0\0\0"


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _pixels(octets: bytes) -> tuple[int, int, np.ndarray]:
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
    raw = np.frombuffer(zlib.decompress(data), np.uint8).reshape(height, 1 + width * channels)
    rows, above = np.zeros((height, width * channels), np.uint8), bytearray(width * channels)
    for number, row in enumerate(raw):
        above = _unfiltered(int(row[0]), bytearray(row[1:].tobytes()), above, channels)
        rows[number] = np.frombuffer(bytes(above), np.uint8)
    return width, height, rows.reshape(height, width, channels)[..., :3]


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
