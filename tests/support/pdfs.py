"""What is written in a PDF of Chromium's, whatever it looks like: enough to say that a word is not in it.

Its text is runs of glyph numbers, and each font has a table of what the glyphs mean. Every run is read with every
table, so that nothing is missed: what is there is in one of the readings.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from pathlib import Path

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_RUN = re.compile(rb"<([0-9A-Fa-f]+)>\s*Tj|\[(.*?)\]\s*TJ", re.DOTALL)
_PAIR = re.compile(rb"<([0-9A-F]{4})>\s*<([0-9A-F]{4,})>\s*\n")
_RANGE = re.compile(rb"<([0-9A-F]{4})>\s*<([0-9A-F]{4})>\s*<([0-9A-F]{4,})>")


def readings(file: Path) -> list[str]:
    """Return the text of ``file``, without its spaces, once for each table of its fonts."""
    streams = [*_streams(file.read_bytes())]
    tables = [_table(one) for one in streams if b"begincmap" in one]
    runs = [run for one in streams if b"begincmap" not in one for run in _runs(one)]
    return ["".join(table.get(glyph, "") for run in runs for glyph in run) for table in tables]


def _streams(octets: bytes) -> Iterator[bytes]:
    for found in _STREAM.finditer(octets):
        try:
            yield zlib.decompress(found[1])
        except zlib.error:
            yield found[1]


def _runs(stream: bytes) -> Iterator[list[int]]:
    for found in _RUN.finditer(stream):
        digits = found[1] or b"".join(re.findall(rb"<([0-9A-Fa-f]+)>", found[2]))
        yield [int(digits[at : at + 4], 16) for at in range(0, len(digits), 4)]


def _table(stream: bytes) -> dict[int, str]:
    """Return what each glyph of a font means: a ToUnicode table, ISO 32000 §9.10.3."""
    table: dict[int, str] = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", stream, re.DOTALL):
        for glyph, meant in _PAIR.findall(block):
            table[int(glyph, 16)] = bytes.fromhex(meant.decode()).decode("utf-16-be", "replace")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", stream, re.DOTALL):
        for first, last, meant in _RANGE.findall(block):
            for step in range(int(last, 16) - int(first, 16) + 1):
                table[int(first, 16) + step] = chr(int(meant, 16) + step)
    return {glyph: letter for glyph, letter in table.items() if not letter.isspace()}
