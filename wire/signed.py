"""Signed text: the form that batch headers, key sheets, identities and ledgers share.

Lines ``name value``, each ended by one line feed, in the order the format gives; the first is the magic and the
version, the last the Ed25519 signature over all octets before it. There is one way to write each value
(docs/formats.md, "Signed text"), so equal meaning is equal octets and a hash of the text is a hash of its meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from wire.hashing import blake2b_256
from wire.refusal import Refusal, Refused

SIGNATURE_LINE = len("signature ") + 128 + 1
MAX_NUMBER = 2**53 - 1
"""Every whole number up to this is exact in every language, as a float too."""
MAX_TIME = 253402300799
"""9999-12-31T23:59:59Z, the last second that has four digits for its year."""
_VERSION = re.compile(rb"[1-9][0-9]{0,8}")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_ENCODABLE = re.compile("[^\n\ud800-\udfff]*")
_TEN_DIGITS = re.compile(r"[0-9]{10}")
_HEX = re.compile(r"[0-9a-f]*")
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_SIGNATURE = re.compile(rb"signature [0-9a-f]{128}\n")


@dataclass(frozen=True, slots=True)
class SignedText:
    """A signed text cut into its two parts; nothing is checked yet but the outer form."""

    magic: str
    signed: bytes
    signature: bytes

    @property
    def octets(self) -> bytes:
        """Return the whole text, signature line included."""
        return self.signed + b"signature " + self.signature.hex().encode() + b"\n"

    @property
    def hash(self) -> bytes:
        """Return BLAKE2b-256 of the whole text; this is what the next in a chain names."""
        return blake2b_256(self.octets)

    def field(self, name: str) -> str | None:
        """Return the value of the first line called ``name``, before anything is verified; None without one."""
        prefix = f"\n{name} ".encode()
        _, found, rest = self.signed.partition(prefix)
        return rest.partition(b"\n")[0].decode("utf-8", "replace") if found else None


def split(octets: bytes, *, magic: str, limit: int) -> tuple[SignedText, bytes]:
    """Return the signed text at the start of ``octets`` and what follows it.

    ``limit`` is the greatest length of the text, in octets. Raises Refused (MAGIC, VERSION, CANONICAL).
    """
    name, _, version = magic.partition(" ")
    first = octets[:64].partition(b"\n")[0]
    if first != magic.encode():
        said, _, version_said = first.partition(b" ")
        other = said == name.encode() and _VERSION.fullmatch(version_said)
        kind = Refusal.VERSION if other else Refusal.MAGIC
        raise Refused(kind, "first line", f"this is not {name}, version {version}")
    at = octets.find(b"\nsignature ", 0, limit) + 1
    if at == 0 or at + SIGNATURE_LINE > limit or not _SIGNATURE.fullmatch(octets, at, at + SIGNATURE_LINE):
        raise Refused(Refusal.CANONICAL, "signature", f"no signature line in the first {limit} octets")
    signature = bytes.fromhex(octets[at + 10 : at + 138].decode())
    return SignedText(magic, octets[:at], signature), octets[at + SIGNATURE_LINE :]


def verify(text: SignedText, key: bytes) -> None:
    """Return if ``text`` carries a signature by the Ed25519 public ``key``. Raises Refused (SIGNATURE).

    libsodium's rules: S below the group order, no key and no R of small order, no key written in a second way;
    so nobody can make a second signature, and with it a second hash, out of a first.
    """
    try:
        VerifyKey(key).verify(text.signed, text.signature)
    except (BadSignatureError, ValueError) as error:
        raise Refused(Refusal.SIGNATURE, "signature", "it does not verify under the expected key") from error


def write(magic: str, fields: Iterable[tuple[str, str]], key: SigningKey) -> SignedText:
    """Return the text of ``fields`` in the given order, signed by ``key``. Raises Refused: our own fault."""
    fields = tuple(fields)
    for name, value in fields:
        if not _ENCODABLE.fullmatch(value):
            raise Refused(Refusal.CANONICAL, name, "a line feed, or what is not UTF-8, in a value")
    body = "".join(f"{name} {value}\n" for name, value in fields)
    signed = f"{magic}\n{body}".encode()
    return SignedText(magic, signed, key.sign(signed).signature)


class Fields:
    """The lines of a signed text after the first, taken in order. Every method raises Refused, nothing else."""

    def __init__(self, text: SignedText) -> None:
        try:
            lines = text.signed.decode("utf-8").split("\n")
        except UnicodeDecodeError:
            raise Refused(Refusal.CANONICAL, "text", "it is not UTF-8") from None
        if lines.pop() != "":
            raise Refused(Refusal.CANONICAL, "text", "the last line is not ended")
        self._lines = lines
        self._at = 1

    def next_is(self, name: str) -> bool:
        """Return whether the next line is called ``name``."""
        return self._at < len(self._lines) and self._lines[self._at].startswith(f"{name} ")

    def take(self, name: str) -> str:
        """Return the value of the next line, which has to be called ``name``."""
        if not self.next_is(name):
            raise Refused(Refusal.CANONICAL, name, f"line {self._at + 1} should be this field")
        value = self._lines[self._at][len(name) + 1 :]
        self._at += 1
        return value

    def all(self, name: str) -> list[str]:
        """Return the values of the lines that follow and are called ``name``."""
        values = []
        while self.next_is(name):
            values.append(self.take(name))
        return values

    def several(self, name: str, count: int) -> list[str]:
        """Return the values of the next ``count`` lines, each of which has to be called ``name``."""
        prefix, end = f"{name} ", self._at + count
        found = [line.removeprefix(prefix) for line in self._lines[self._at : end] if line.startswith(prefix)]
        if len(found) == count:
            self._at = end
            return found
        return [self.take(name) for _ in range(count)]

    def octets(self, name: str, length: int) -> bytes:
        """Return the ``length`` octets written in hexadecimal in the next line."""
        return octets_value(name, self.take(name), length)

    def number(self, name: str, *, least: int = 0, most: int = MAX_NUMBER) -> int:
        """Return the number of the next line, in ``least`` to ``most``."""
        return number_value(name, self.take(name), least=least, most=most)

    def padded(self, name: str, *, least: int, most: int) -> int:
        """Return the number of the next line, in ten digits, so that every number has one length."""
        value = self.take(name)
        if not _TEN_DIGITS.fullmatch(value):
            raise Refused(Refusal.CANONICAL, name, "not a number in ten digits")
        if not least <= int(value) <= most:
            raise Refused(Refusal.VALUE, name, f"not in {least} to {most}")
        return int(value)

    def time(self, name: str) -> int:
        """Return the Unix seconds of the next line's RFC 3339 time, UTC, whole seconds."""
        return time_value(name, self.take(name))

    def end(self) -> None:
        """Return if every line was taken."""
        if self._at != len(self._lines):
            raise Refused(Refusal.CANONICAL, "text", f"line {self._at + 1} is one too many")


def octets_value(name: str, value: str, length: int) -> bytes:
    """Return the octets of ``value``: lower-case hexadecimal, exactly ``length`` octets."""
    if len(value) != 2 * length or not _HEX.fullmatch(value):
        raise Refused(Refusal.CANONICAL, name, f"not {length} octets in lower-case hexadecimal")
    return bytes.fromhex(value)


def number_value(name: str, value: str, *, least: int = 0, most: int = MAX_NUMBER) -> int:
    """Return the decimal number ``value``: no sign, no leading zero."""
    if not _NUMBER.fullmatch(value):
        raise Refused(Refusal.CANONICAL, name, "not a plain decimal number")
    if not least <= int(value) <= most:
        raise Refused(Refusal.VALUE, name, f"not in {least} to {most}")
    return int(value)


def time_value(name: str, value: str) -> int:
    """Return the Unix seconds of ``value``, written ``2026-11-21T17:00:00Z``."""
    if not _STAMP.fullmatch(value):
        raise Refused(Refusal.CANONICAL, name, "not a time like 2026-11-21T17:00:00Z")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise Refused(Refusal.VALUE, name, "no such date") from None
    if moment.year < 1970:
        raise Refused(Refusal.VALUE, name, "before 1970")
    seconds = int(moment.timestamp())
    if time_text(seconds) != value:  # as 24:00:00 is in some versions of Python
        raise Refused(Refusal.VALUE, name, "no such date")
    return seconds


def time_text(seconds: int) -> str:
    """Return Unix ``seconds`` as RFC 3339, UTC, whole seconds. Raises Refused outside of 1970 to 9999."""
    if not 0 <= seconds <= MAX_TIME:
        raise Refused(Refusal.VALUE, "time", "not in the years 1970 to 9999")
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
