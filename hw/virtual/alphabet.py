"""GSM 7-bit alphabet with national single shift, and septet packing, as the sending phone does it. TS 23.038."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

ESCAPE = 0x1B

DEFAULT = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""TS 23.038 §6.2.1."""

EXTENSION = {
    "\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F,
    "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65,
}  # fmt: skip
"""TS 23.038 §6.2.1.1."""

TURKISH, SPANISH, PORTUGUESE = 1, 2, 3

SINGLE_SHIFT = {
    TURKISH: EXTENSION | {"Ğ": 0x47, "İ": 0x49, "Ş": 0x53, "ç": 0x63, "ğ": 0x67, "ı": 0x69, "ş": 0x73},
    SPANISH: EXTENSION
    | {
        "ç": 0x09, "Á": 0x41, "Í": 0x49, "Ó": 0x4F, "Ú": 0x55, "á": 0x61, "í": 0x69, "ó": 0x6F, "ú": 0x75,
    },
    PORTUGUESE: EXTENSION
    | {
        "ê": 0x05, "ç": 0x09, "Ô": 0x0B, "ô": 0x0C, "Á": 0x0E, "á": 0x0F, "Ê": 0x1F, "À": 0x41, "Í": 0x49,
        "Ó": 0x4F, "Ú": 0x55, "Ã": 0x5B, "Õ": 0x5C, "Â": 0x61, "í": 0x69, "ó": 0x6F, "ú": 0x75, "ã": 0x7B,
        "õ": 0x7C, "â": 0x7F,
    },
}  # fmt: skip
"""National language single shift tables, the national characters on top of the extension. TS 23.038 annex A.2."""

_DEFAULT_CODES = {character: code for code, character in enumerate(DEFAULT) if code != ESCAPE}


def septets_of(text: str, language: int = 0) -> list[tuple[int, ...]] | None:
    """Return one tuple of one or two septets a character, or None where the alphabet lacks one of them."""
    shifted = SINGLE_SHIFT.get(language, EXTENSION)
    units: list[tuple[int, ...]] = []
    for character in text:
        if (code := _DEFAULT_CODES.get(character)) is not None:
            units.append((code,))
        elif (code := shifted.get(character)) is not None:
            units.append((ESCAPE, code))
        else:
            return None
    return units


def pack(septets: Iterable[int], fill_bits: int = 0) -> bytes:
    """Return the septets packed into octets after ``fill_bits`` zero bits. TS 23.038 §6.1.2.1."""
    value, bits = 0, fill_bits
    for septet in septets:
        value |= septet << bits
        bits += 7
    return value.to_bytes((bits + 7) // 8, "little")


def unpack(octets: bytes, count: int, fill_bits: int = 0) -> list[int]:
    """Return ``count`` septets from packed octets; septets beyond the end are left out."""
    value = int.from_bytes(octets, "little") >> fill_bits
    there = max(0, len(octets) * 8 - fill_bits) // 7
    return [value >> (7 * i) & 0x7F for i in range(min(count, there))]


def text_of(septets: Sequence[int]) -> str:
    """Return the text of septets in the default alphabet and its extension, for the network's own record."""
    extension = {code: character for character, code in EXTENSION.items()}
    text, escaped = "", False
    for septet in septets:
        if septet == ESCAPE and not escaped:
            escaped = True
            continue
        text += extension.get(septet, DEFAULT[septet]) if escaped else DEFAULT[septet]
        escaped = False
    return text
