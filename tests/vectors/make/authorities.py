"""Identities of authorities."""

from __future__ import annotations

from dataclasses import replace

from tests.support.vectors import Vector, describe
from tests.vectors.make.bulletins import BULLETIN_KEY, FORM, GOOD, OTHER_KEY, PUBLIC, VALUE, Cases
from tests.vectors.make.common import (
    LINE,
    MONDAY,
    Lines,
    Scenarios,
    changed,
    lines_of,
    other_digit,
    signed,
    without,
)
from tests.vectors.make.sheets import AUTHORITY
from wire import authority as authorities
from wire.authority import Authority, write_authority

AUTHORITY_FILE = Authority(
    line=LINE,
    name="Policía municipal",
    authority=bytes(AUTHORITY.verify_key),
    bulletin=PUBLIC,
    made=MONDAY,
)


def authority_vectors() -> Scenarios:
    """Yield the vectors of the identities of authorities."""
    good = write_authority(AUTHORITY_FILE, AUTHORITY, BULLETIN_KEY).octets
    values = describe(AUTHORITY_FILE)
    yield "police", Vector(format="authority", comment="two keys, two signatures", body=good, values=values)
    longest = replace(AUTHORITY_FILE, name="ñ" * 64, made=0)
    yield (
        "longest",
        Vector(
            format="authority",
            comment="a name of 64 characters",
            body=write_authority(longest, AUTHORITY, BULLETIN_KEY).octets,
            values=describe(longest),
        ),
    )
    for name, (body, kind, where, comment) in _refused_authorities(good).items():
        yield (
            f"refused-{name}",
            Vector(format="authority", comment=comment, body=body, expect=kind, where=where),
        )


def _refused_authorities(good: bytes) -> Cases:
    lines, magic = lines_of(good), authorities.MAGIC
    other = bytes(OTHER_KEY.verify_key).hex()

    def by_bulletin(changed_lines: Lines) -> bytes:
        return signed(magic, changed_lines, BULLETIN_KEY)

    same = replace(AUTHORITY_FILE, authority=PUBLIC)
    return {
        "nothing": (b"", "not-this-format", "first line", "no octets at all"),
        "bulletin": (GOOD, "not-this-format", "first line", "a bulletin"),
        "version-2": (
            signed("tipline-authority 2", lines, BULLETIN_KEY),
            "unknown-version",
            "first line",
            "to come",
        ),
        "signature-changed": (other_digit(good), "bad-signature", "signature", "another last digit"),
        "other-bulletin-key": (
            signed(magic, changed(lines, "bulletin", other), OTHER_KEY),
            "bad-signature",
            "signature",
            "a bulletin key that the key of the sheets did not endorse",
        ),
        "other-authority": (
            by_bulletin(changed(lines, "authority", other)),
            "bad-signature",
            "signature",
            "a bulletin key that says it is endorsed by another",
        ),
        "name-changed": (
            by_bulletin(changed(lines, "name", "Otra línea")),
            "bad-signature",
            "signature",
            "the endorsement is of another name",
        ),
        "one-key": (
            by_bulletin(_endorsed_by_itself(same)),
            VALUE,
            "bulletin",
            "one key for both",
        ),
        "no-endorsement": (
            by_bulletin(without(lines, "endorsement")),
            FORM,
            "endorsement",
            "nobody endorsed it",
        ),
        "endorsement-short": (
            by_bulletin(changed(lines, "endorsement", "00" * 63)),
            FORM,
            "endorsement",
            "63 octets",
        ),
        "made-fraction": (
            by_bulletin(changed(lines, "made", "2026-11-02T00:00:00.5Z")),
            FORM,
            "made",
            "half a second",
        ),
        "name-empty": (by_bulletin(changed(lines, "name", "")), FORM, "name", "no name"),
        "more": (good + b"\n", "wrong-length", "file", "a line feed behind the signature"),
    }


def _endorsed_by_itself(authority: Authority) -> Lines:
    said = authorities.endorsed_text(authority)
    return (*lines_of(said + b"\n"), ("endorsement", BULLETIN_KEY.sign(said).signature.hex()))
