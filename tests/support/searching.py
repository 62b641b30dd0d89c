"""Looking for known numbers and texts in octets, in every form that a program might have left them in."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.outside import septets
from tests.support.tpdus import semi_octets

LEAST = 5
"""Octets of a needle: fewer would be found by chance among sealed ones."""
NATIONAL = 10
"""Digits of a number that stand for it without its country code."""
_GSM = {"á": 0x20, "é": 0x05, "ñ": 0x7D, "ü": 0x7E, "¿": 0x60, "à": 0x7F}
"""Characters of the default alphabet that the texts have, besides those that are as in ASCII. TS 23.038 §6.2.1."""


@dataclass(frozen=True)
class Needle:
    """Octets, and what they are."""

    what: str
    octets: bytes


def needles(numbers: Iterable[str], texts: Iterable[str]) -> list[Needle]:
    """Return all forms of ``numbers`` (with their plus) and of pieces of ``texts``."""
    found: list[Needle] = []
    for number in numbers:
        found += _of_number(number.lstrip("+"))
    for text in texts:
        found += _of_text(text)
    return list({needle.octets: needle for needle in found if len(needle.octets) >= LEAST}.values())


def _of_number(digits: str) -> Iterator[Needle]:
    national = digits[-NATIONAL:]
    yield from _written(f"number …{digits[-4:]}", national)
    for nibbles in (digits, digits[1:], national, national[1:]):
        even = nibbles[: len(nibbles) // 2 * 2]
        yield Needle(f"number …{digits[-4:]}, half-octets", bytes.fromhex(even))
        yield Needle(f"number …{digits[-4:]}, swapped half-octets", semi_octets(even))
        between = bytes.fromhex(semi_octets(even).hex()[1:-1])
        yield Needle(f"number …{digits[-4:]}, swapped half-octets between octets", between)
        yield from _in_hex(f"number …{digits[-4:]}, swapped half-octets", semi_octets(even))
    for text in (digits, f"+{digits}", national):
        for function in _HASHES:
            digest = function(text.encode())
            yield Needle(f"number …{digits[-4:]}, hashed", digest)
            yield from _in_hex(f"number …{digits[-4:]}, hashed", digest[:12])


_HASHES = (
    lambda octets: hashlib.md5(octets, usedforsecurity=False).digest(),
    lambda octets: hashlib.sha1(octets, usedforsecurity=False).digest(),
    lambda octets: hashlib.sha256(octets).digest(),
    lambda octets: hashlib.blake2b(octets).digest(),
    lambda octets: hashlib.blake2b(octets, digest_size=32).digest(),
)


def _of_text(text: str) -> Iterator[Needle]:
    for word in [*sorted(text.split(), key=len)[-3:], text[:24], text[-24:]]:
        yield from _written(f"text {word!r}", word)


def _written(what: str, text: str) -> Iterator[Needle]:
    for code in ("utf-8", "utf-16-be", "utf-16-le", "latin-1"):
        octets = text.encode(code, "ignore")
        yield Needle(f"{what}, {code}", octets)
        yield from _in_hex(f"{what}, {code}", octets)
        for place in range(3):
            inner = base64.b64encode(bytes(place) + octets)[2 * place :]
            yield Needle(f"{what}, {code}, base64", inner[: len(inner) // 4 * 4 - 4].removeprefix(b"A"))
    yield Needle(f"{what}, escaped", ascii(text)[1:-1].encode())
    values = bytes(_GSM.get(character, ord(character) & 0x7F) for character in text)
    for offset in range(8):
        packed = septets(values, offset=offset)[1:-1]
        yield Needle(f"{what}, septets from bit {offset}", packed)
        yield from _in_hex(f"{what}, septets from bit {offset}", packed)


def _in_hex(what: str, octets: bytes) -> Iterator[Needle]:
    yield Needle(f"{what}, in hex", octets.hex().encode())
    yield Needle(f"{what}, in HEX", octets.hex().upper().encode())


def hits(octets: bytes, wanted: Iterable[Needle]) -> list[str]:
    """Return what was found in ``octets``."""
    return [needle.what for needle in wanted if needle.octets in octets]


def hits_in_files(folders: Iterable[Path], wanted: list[Needle]) -> list[tuple[str, str]]:
    """Return name and finding for every file below ``folders``, names of files included."""
    found = []
    searched: set[bytes] = set()
    for path in _files(folders):
        octets = path.read_bytes()
        found += [(str(path), what) for what in hits(os.fsencode(path), wanted)]
        if octets not in searched:  # a batch lies in the outbox and on the stick
            searched.add(octets)
            found += [(str(path), what) for what in hits(octets, wanted)]
    return found


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        for path in [folder] if folder.is_file() else folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                yield path


def hits_in_process(pid: int, wanted: list[Needle], *, memory: bool) -> list[tuple[str, str]]:
    """Return what environment, command line and, with ``memory``, the memory file of a process give away."""
    found, memories = [], 0
    for name in ("environ", "cmdline", "status", "comm"):
        found += [(name, what) for what in hits(Path(f"/proc/{pid}/{name}").read_bytes(), wanted)]
    for entry in Path(f"/proc/{pid}/fd").iterdir() if memory else ():
        try:
            target = os.readlink(entry)
        except FileNotFoundError:  # closed since it was listed
            continue
        if target.startswith("/memfd:") and entry.stat().st_size:
            memories += 1
            found += [(target, what) for what in hits(entry.read_bytes(), wanted)]
    assert bool(memories) is memory, "the memory file was found"
    return found
