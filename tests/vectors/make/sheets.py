"""Key sheets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from nacl.signing import SigningKey

from tests.support.vectors import Vector, describe
from tests.vectors.make.common import (
    LINE,
    MONDAY,
    NEUTRAL,
    WEEK,
    Scenarios,
    changed,
    lines_of,
    other_digit,
    sealing_key,
    signed,
    signed_octets,
    signing_key,
    value_of,
    without,
)
from wire import keysheet as sheets
from wire.hashing import blake2b_256
from wire.keysheet import Epoch, KeySheet, write_keysheet

AUTHORITY, NEXT, THIRD = (signing_key(name) for name in ("authority", "next authority", "third authority"))


def key_hash(key: SigningKey) -> bytes:
    return blake2b_256(bytes(key.verify_key))


def epoch(number: int, name: str = "") -> Epoch:
    """Return epoch ``number``, a week from its Monday; epoch 3 begins at MONDAY."""
    begins = MONDAY + (number - 3) * WEEK
    return Epoch(number, begins, begins + WEEK, bytes(sealing_key(name or f"epoch {number}").public_key))


SHEET = KeySheet(
    line=LINE,
    name="Policía municipal",
    serial=7,
    date=MONDAY - WEEK,
    authority=bytes(AUTHORITY.verify_key),
    next_authority=key_hash(NEXT),
    epochs=(epoch(3), epoch(4), epoch(5)),
)


def sheet_file(sheet: KeySheet, key: SigningKey = AUTHORITY) -> bytes:
    return write_keysheet(sheet, key).octets


def keysheets() -> Scenarios:
    """Yield the vectors of key sheets by themselves."""
    accepted = {
        "sheet": (SHEET, "three weeks"),
        "one-epoch": (replace(SHEET, epochs=(epoch(3),)), "the fewest epochs"),
        "name-one-letter": (replace(SHEET, name="P"), "the shortest name"),
        "name-longest": (replace(SHEET, name="ñ" * 64), "64 characters, 128 octets"),
        "name-other-script": (
            replace(SHEET, name="Линия 1 متروك"),
            "letters of any script, also from right to left",
        ),
        "long-epoch": (
            replace(SHEET, epochs=(replace(epoch(3), begins=0, ends=253402300799),)),
            "an epoch from the first second to the last",
        ),
    }
    for name, (sheet, comment) in accepted.items():
        yield name, Vector(format="keysheet", comment=comment, body=sheet_file(sheet), values=describe(sheet))
    for name, (body, kind, where, comment) in (
        _refused_texts() | _refused_fields() | _refused_epochs()
    ).items():
        yield (
            f"refused-{name}",
            Vector(format="keysheet", comment=comment, body=body, expect=kind, where=where),
        )


_Cases = dict[str, tuple[bytes, str, str, str]]


def _refused_texts() -> _Cases:
    good = sheet_file(SHEET)
    lines = lines_of(good)
    return {
        "nothing": (b"", "not-this-format", "first line", "no octets at all"),
        "version-2": (
            signed("tipline-keysheet 2", lines, AUTHORITY),
            "unknown-version",
            "first line",
            "a version to come",
        ),
        "version-word": (
            signed("tipline-keysheet one", lines, AUTHORITY),
            "not-this-format",
            "first line",
            "not a version",
        ),
        "cut": (good[:-1], "not-canonical", "signature", "without its last line feed"),
        "line-feed-more": (good + b"\n", "wrong-length", "file", "an empty line behind the signature"),
        "two-sheets": (good + good, "wrong-length", "file", "two sheets in a file"),
        "signature-changed": (other_digit(good), "bad-signature", "signature", "another last digit"),
        "name-changed": (
            good.replace(b"municipal", b"Municipal"),
            "bad-signature",
            "signature",
            "a letter changed after signing",
        ),
        "signed-by-other": (
            signed(sheets.MAGIC, lines, THIRD),
            "bad-signature",
            "signature",
            "signed by another key than the authority it names",
        ),
        "signed-by-next": (
            signed(sheets.MAGIC, lines, NEXT),
            "bad-signature",
            "signature",
            "signed by the announced authority, but names the present one",
        ),
        "authority-small-order": (
            forged(changed(lines, "authority", NEUTRAL.hex()), sheets.MAGIC),
            "bad-signature",
            "signature",
            "a key of small order, for which this signature is good under a careless reader",
        ),
    }


def forged(lines: Iterable[tuple[str, str]], magic: str) -> bytes:
    """Return a text that verifies for the neutral element as key: R the same, S zero, and the equation holds."""
    text = f"{magic}\n" + "".join(f"{name} {value}\n" for name, value in lines)
    return text.encode() + b"signature " + (NEUTRAL + bytes(32)).hex().encode() + b"\n"


def _refused_fields() -> _Cases:
    lines, form = lines_of(sheet_file(SHEET)), "not-canonical"
    other = {
        "name-empty": ("name", "", "no name"),
        "name-65": ("name", "ñ" * 65, "a character too many"),
        "name-space-first": ("name", " Policía", "a space in front"),
        "name-space-last": ("name", "Policía ", "a space behind"),
        "name-two-spaces": ("name", "Policía  municipal", "two spaces, which look like one"),
        "name-hard-space": ("name", "Policía\u00a0municipal", "a space that is not one"),
        "name-decomposed": ("name", "Polici\u0301a", "i and a combining accent: another way to write í"),
        "name-control": ("name", "Policía\x1b[2J", "an escape for the operator's terminal"),
        "name-c1": ("name", "Policía\x9b2J", "the same in one octet"),
        "name-direction": ("name", "Policía \u202etxt", "an override of the writing direction"),
        "name-isolate": ("name", "Policía\u2066", "an isolate that is not ended"),
        "name-zero-width": ("name", "Poli\u200bcía", "a space of no width"),
        "name-soft-hyphen": ("name", "Poli\u00adcía", "a hyphen that is not seen"),
        "name-carriage-return": ("name", "Policía\r", "a carriage return"),
        "name-filler": ("name", "Policía \u3164", "a letter that shows nothing"),
        "name-emoji": ("name", "Policía \U0001f693", "beyond the basic plane"),
        "name-private": ("name", "Policía \ue000", "a character of private use"),
    }
    cases = {
        name: (signed(sheets.MAGIC, changed(lines, field, text), AUTHORITY), form, field, comment)
        for name, (field, text, comment) in other.items()
    }
    no_line, serial = changed(lines, "line", LINE.hex()[:-2]), changed(lines, "serial", "0")
    short = changed(lines, "authority", bytes(AUTHORITY.verify_key).hex()[:-2])
    raw = f"{sheets.MAGIC}\nline {LINE.hex()}\nname Polic".encode() + b"\xeda\n"
    return cases | {
        "name-latin-1": (signed_octets(raw, AUTHORITY), form, "text", "í in another encoding"),
        "line-short": (signed(sheets.MAGIC, no_line, AUTHORITY), form, "line", "7 octets"),
        "serial-0": (signed(sheets.MAGIC, serial, AUTHORITY), "bad-value", "serial", "counted from 1"),
        "serial-too-great": (
            signed(sheets.MAGIC, changed(lines, "serial", str(2**53)), AUTHORITY),
            "bad-value",
            "serial",
            "not exact as a float",
        ),
        "authority-short": (signed(sheets.MAGIC, short, AUTHORITY), form, "authority", "31 octets"),
        "no-next-authority": (
            signed(sheets.MAGIC, without(lines, "next-authority"), AUTHORITY),
            form,
            "next-authority",
            "no next authority",
        ),
    }


def _refused_epochs() -> _Cases:
    lines = lines_of(sheet_file(SHEET))
    number, begins, ends, key = value_of(lines, "epoch").split(" ")
    value, form = "bad-value", "not-canonical"
    ones = {
        "key-zero": (
            f"{number} {begins} {ends} {'00' * 32}",
            value,
            "a key of small order: no box could seal",
        ),
        "key-one": (f"{number} {begins} {ends} 01{'00' * 31}", value, "another key of small order"),
        "key-order-8": (f"{number} {begins} {ends} {_ORDER_8.hex()}", value, "a key of order 8"),
        "key-not-reduced": (
            f"{number} {begins} {ends} {(2**255 - 19 + 9).to_bytes(32, 'little').hex()}",
            value,
            "the base point, written a second way",
        ),
        "key-top-bit": (
            f"{number} {begins} {ends} {_top_bit(key)}",
            value,
            "the same key, the unused bit set",
        ),
        "key-short": (f"{number} {begins} {ends} {key[:-2]}", form, "31 octets"),
        "epoch-0": (f"0 {begins} {ends} {key}", value, "counted from 1"),
        "epoch-too-great": (f"4294967296 {begins} {ends} {key}", value, "a slip has four octets for it"),
        "epoch-empty": (f"{number} {begins} {begins} {key}", value, "ends when it begins"),
        "epoch-backwards": (f"{number} {ends} {begins} {key}", value, "ends before it begins"),
        "epoch-three-parts": (f"{number} {begins} {ends}", form, "no key"),
        "epoch-five-parts": (f"{number} {begins} {ends} {key} x", form, "something behind the key"),
        "epoch-two-spaces": (f"{number}  {begins} {ends} {key}", form, "two spaces"),
        "epoch-no-date": (f"{number} 2026-13-01T00:00:00Z {ends} {key}", value, "there is no such month"),
    }
    one = without(lines, "epoch")
    cases = {
        name: (signed(sheets.MAGIC, (*one, ("epoch", text)), AUTHORITY), kind, "epoch", comment)
        for name, (text, kind, comment) in ones.items()
    }
    several = {
        "epochs-none": ((), "no epoch"),
        "epochs-gap-number": ((epoch(3), replace(epoch(4), number=5)), "a number left out"),
        "epochs-gap-time": (
            (epoch(3), replace(epoch(4), begins=epoch(4).begins + 1)),
            "a second without a key",
        ),
        "epochs-overlap": (
            (epoch(3), replace(epoch(4), begins=epoch(4).begins - 1)),
            "a second with two keys",
        ),
        "epochs-order": ((epoch(4), epoch(3)), "the later one first"),
        "epochs-twice": ((epoch(3), epoch(3)), "an epoch twice"),
        "epochs-same-key": ((epoch(3), replace(epoch(4), key=epoch(3).key)), "two epochs with one key"),
    }
    for name, (epochs, comment) in several.items():
        body = signed(sheets.MAGIC, (*one, *(("epoch", _epoch_text(e)) for e in epochs)), AUTHORITY)
        cases[name] = (body, value, "epoch", comment)
    return cases


_ORDER_8 = bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")
"""A point of order 8 of Curve25519, from RFC 7748's list of what some protocols have to refuse."""


def _top_bit(key: str) -> str:
    octets_of_key = bytes.fromhex(key)
    return (octets_of_key[:-1] + bytes([octets_of_key[-1] | 0x80])).hex()


def _epoch_text(found: Epoch) -> str:
    return sheets._epoch_text(found)  # the one way to write it; what is wrong is in the values
