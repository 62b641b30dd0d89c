"""Identities of boxes."""

from __future__ import annotations

from tests.support.vectors import Vector, describe
from tests.vectors.make.common import (
    BOX,
    BOX_ID,
    BOX_PUBLIC,
    MONDAY,
    NEUTRAL,
    OTHER_BOX,
    Scenarios,
    changed,
    lines_of,
    octets,
    other_digit,
    signed,
    without,
)
from tests.vectors.make.sheets import SHEET, forged, sheet_file
from wire import identity as identities
from wire.hashing import blake2b_256
from wire.identity import Identity, write_identity


def identity_vectors() -> Scenarios:
    """Yield the vectors of identities."""
    good = write_identity(BOX, MONDAY).octets
    lines, magic, form = lines_of(good), identities.MAGIC, "not-canonical"
    yield (
        "box",
        Vector(
            format="identity",
            comment="a box",
            body=good,
            values=describe(Identity(BOX_ID, BOX_PUBLIC, MONDAY)),
        ),
    )
    small = changed(changed(lines, "box", blake2b_256(NEUTRAL)[:8].hex()), "key", NEUTRAL.hex())
    refused = {
        "nothing": (b"", "not-this-format", "first line", "no octets at all"),
        "keysheet": (sheet_file(SHEET), "not-this-format", "first line", "a key sheet"),
        "version-2": (signed("tipline-identity 2", lines, BOX), "unknown-version", "first line", "to come"),
        "signature-changed": (other_digit(good), "bad-signature", "signature", "another last digit"),
        "signed-by-other": (signed(magic, lines, OTHER_BOX), "bad-signature", "signature", "by another key"),
        "small-order": (forged(small, magic), "bad-signature", "signature", "a key of small order"),
        "other-id": (
            signed(magic, changed(lines, "box", octets("nobody", 8).hex()), BOX),
            "bad-value",
            "box",
            "not the id of the key",
        ),
        "key-short": (
            signed(magic, changed(lines, "key", BOX_PUBLIC.hex()[2:]), BOX),
            form,
            "key",
            "31 octets",
        ),
        "id-capitals": (
            signed(magic, changed(lines, "box", BOX_ID.hex().upper()), BOX),
            form,
            "box",
            "capitals",
        ),
        "no-time": (signed(magic, without(lines, "made"), BOX), form, "made", "a line is missing"),
        "1969": (
            signed(magic, changed(lines, "made", "1969-12-31T23:59:59Z"), BOX),
            "bad-value",
            "made",
            "before the first second",
        ),
        "more": (good + b"more\n", "wrong-length", "file", "a line behind the signature"),
        "long": (
            signed(magic, (*lines, ("x", "x" * 512)), BOX),
            form,
            "signature",
            "longer than an identity is",
        ),
    }
    for name, (body, kind, where, comment) in refused.items():
        yield (
            f"refused-{name}",
            Vector(format="identity", comment=comment, body=body, expect=kind, where=where),
        )
