"""The alphabets of TS 23.038: the default one, and the national language tables 1 to 13.

Each module holds one language's tables as code points in hexadecimal, eight rows of sixteen, code 00 first;
---- is a code without a character (1B is the escape and so has none). They are facts of the standard, and
were compared code by code between two readings of it made by different people; where these differed, a third
and a fourth decided.
"""

from __future__ import annotations

from wire.alphabets import (
    bengali,
    default,
    gujarati,
    hindi,
    kannada,
    malayalam,
    oriya,
    portuguese,
    punjabi,
    spanish,
    tamil,
    telugu,
    turkish,
    urdu,
)

NONE = "\ufffe"
"""Stands in a table where a code has no character: not a character itself, and what codecs take for none."""


def _table(rows: str) -> str:
    table = "".join(NONE if code == "----" else chr(int(code, 16)) for code in rows.split())
    if len(table) != 128:
        raise AssertionError("a table of TS 23.038 has 128 codes")
    return table


LOCKING = {
    0: _table(default.LOCKING),
    1: _table(turkish.LOCKING),
    3: _table(portuguese.LOCKING),
    4: _table(bengali.LOCKING),
    5: _table(gujarati.LOCKING),
    6: _table(hindi.LOCKING),
    7: _table(kannada.LOCKING),
    8: _table(malayalam.LOCKING),
    9: _table(oriya.LOCKING),
    10: _table(punjabi.LOCKING),
    11: _table(tamil.LOCKING),
    12: _table(telugu.LOCKING),
    13: _table(urdu.LOCKING),
}
"""National language identifier to the 128 characters of its locking shift table. TS 23.038 §6.2.1.2.4."""

SINGLE = {
    0: _table(default.SINGLE),
    1: _table(turkish.SINGLE),
    2: _table(spanish.SINGLE),
    3: _table(portuguese.SINGLE),
    4: _table(bengali.SINGLE),
    5: _table(gujarati.SINGLE),
    6: _table(hindi.SINGLE),
    7: _table(kannada.SINGLE),
    8: _table(malayalam.SINGLE),
    9: _table(oriya.SINGLE),
    10: _table(punjabi.SINGLE),
    11: _table(tamil.SINGLE),
    12: _table(telugu.SINGLE),
    13: _table(urdu.SINGLE),
}
"""National language identifier to the 128 characters behind the escape. TS 23.038 §6.2.1.2.3."""
