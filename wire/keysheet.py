"""The key sheet: a line's public keys, an epoch each, signed by the line's authority. docs/formats.md."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from unicodedata import is_normalized

from nacl.bindings import crypto_scalarmult
from nacl.exceptions import CryptoError
from nacl.signing import SigningKey

from wire.hashing import blake2b_256
from wire.refusal import Refusal, Refused
from wire.signed import (
    Fields,
    SignedText,
    number_value,
    octets_value,
    split,
    time_text,
    time_value,
    verify,
    write,
)

MAGIC = "tipline-keysheet 1"
MAX_EPOCHS = 1040
"""Twenty years of weeks."""
LIMIT = 1024 + MAX_EPOCHS * 128
"""An epoch line has at most 125 octets: name 6, number 10, two times of 20, key 64, spaces and line feed 5."""
LINE_OCTETS = 8
MAX_NAME = 64


@dataclass(frozen=True, slots=True)
class Epoch:
    """One key and its time: from ``begins`` until before ``ends``, Unix seconds."""

    number: int
    begins: int
    ends: int
    key: bytes
    """X25519 public key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySheet:
    """A line as its authority describes it."""

    line: bytes
    name: str
    serial: int
    date: int
    authority: bytes
    """Ed25519 public key that signs this sheet."""
    next_authority: bytes
    """BLAKE2b-256 of the Ed25519 public key that may follow it."""
    epochs: tuple[Epoch, ...]


def write_keysheet(sheet: KeySheet, key: SigningKey) -> SignedText:
    """Return ``sheet`` signed by ``key``, which has to be the key of ``sheet.authority``.

    Raises Refused for what a reader would refuse: our own fault.
    """
    fields = [
        ("line", sheet.line.hex()),
        ("name", sheet.name),
        ("serial", str(sheet.serial)),
        ("date", time_text(sheet.date)),
        ("authority", sheet.authority.hex()),
        ("next-authority", sheet.next_authority.hex()),
    ]
    fields += [("epoch", _epoch_text(epoch)) for epoch in sheet.epochs]
    text = write(MAGIC, fields, key)
    read_keysheet(text.octets)
    return text


def read_keysheet(octets: bytes) -> KeySheet:
    """Return the sheet in ``octets``, the whole file, signed by the authority it names. Raises Refused.

    Whether that authority is the expected one is the caller's question: see ``accept``.
    """
    text, rest = split(octets, magic=MAGIC, limit=LIMIT)
    if rest:
        raise Refused(Refusal.LENGTH, "file", "octets behind the signature")
    fields = Fields(text)
    sheet = KeySheet(
        line=fields.octets("line", LINE_OCTETS),
        name=name_value(fields.take("name")),
        serial=fields.number("serial", least=1),
        date=fields.time("date"),
        authority=fields.octets("authority", 32),
        next_authority=fields.octets("next-authority", 32),
        epochs=_epochs(fields.all("epoch")),
    )
    fields.end()
    verify(text, sheet.authority)
    return sheet


def accept(current: KeySheet | None, offered: KeySheet, *, now: int, used: int = 0) -> None:
    """Return if ``offered`` may follow ``current`` at ``now`` (Unix seconds). Raises Refused.

    Another line, an authority that is neither the same nor the announced one, an older serial, or another key
    for an epoch that has begun are refused; epochs to come may be replaced. An epoch up to ``used``, the highest
    the box has sealed to, has begun whatever the clock says.
    """
    if current is None:
        return
    if offered.line != current.line:
        raise Refused(Refusal.UNKNOWN_LINE, "line", "the sheet is for another line than the one enrolled")
    if offered.authority != current.authority and blake2b_256(offered.authority) != current.next_authority:
        raise Refused(
            Refusal.UNKNOWN_AUTHORITY,
            "authority",
            "neither the enrolled authority nor the announced next one",
        )
    if offered.serial < current.serial or (offered.serial == current.serial and offered != current):
        raise Refused(Refusal.SERIAL, "serial", f"it has to be higher than {current.serial}")
    _keeps_begun(current, offered, now, used)


def _keeps_begun(current: KeySheet, offered: KeySheet, now: int, used: int) -> None:
    kept = {epoch.number: epoch for epoch in offered.epochs}
    for epoch in current.epochs:
        if (epoch.begins <= now or epoch.number <= used) and kept.get(epoch.number) != epoch:
            raise Refused(Refusal.EPOCHS, "epoch", f"epoch {epoch.number} has begun and may not change")


def name_value(value: str, *, field: str = "name") -> str:
    """Return ``value`` if it is a name that can be shown as it is: of a line, of a person. Raises Refused."""
    if not 1 <= len(value) <= MAX_NAME or not _NAME.fullmatch(value) or not is_normalized("NFC", value):
        raise Refused(Refusal.CANONICAL, field, f"not 1 to {MAX_NAME} characters that a name may have")
    return value


_NOT_IN_NAMES = (
    "\x00-\x20\x7f-\xa0\xad"  # controls, spaces, soft hyphen
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"  # letters that show nothing
    "\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000"  # spaces, directions, joiners
    "\ud800-\uf8ff\ufe00-\ufe0f\ufeff\ufff0-\U0010ffff"  # surrogates, private use, variants, beyond the plane
)
"""Not asked of Python: what it calls printable changes with its Unicode tables, and another reader has others."""
_NAME = re.compile(f"[^{_NOT_IN_NAMES}]+(?: [^{_NOT_IN_NAMES}]+)*")


def _epoch_text(epoch: Epoch) -> str:
    return f"{epoch.number} {time_text(epoch.begins)} {time_text(epoch.ends)} {epoch.key.hex()}"


def _epochs(values: list[str]) -> tuple[Epoch, ...]:
    if not 1 <= len(values) <= MAX_EPOCHS:
        raise Refused(Refusal.VALUE, "epoch", f"not 1 to {MAX_EPOCHS} epochs")
    epochs = tuple(_epoch(value) for value in values)
    for before, after in pairwise(epochs):
        if after.number != before.number + 1 or after.begins != before.ends:
            raise Refused(Refusal.VALUE, "epoch", f"epoch {after.number} does not follow the one before")
    if len({epoch.key for epoch in epochs}) != len(epochs):
        raise Refused(Refusal.VALUE, "epoch", "two epochs have the same key")
    return epochs


def _epoch(value: str) -> Epoch:
    parts = value.split(" ")
    if len(parts) != 4:
        raise Refused(Refusal.CANONICAL, "epoch", "not number, two times and a key")
    epoch = Epoch(
        number_value("epoch", parts[0], least=1, most=2**32 - 1),
        time_value("epoch", parts[1]),
        time_value("epoch", parts[2]),
        octets_value("epoch", parts[3], 32),
    )
    if epoch.begins >= epoch.ends:
        raise Refused(Refusal.VALUE, "epoch", f"epoch {epoch.number} ends before it begins")
    if not _can_be_sealed_to(epoch.key):
        raise Refused(Refusal.VALUE, "epoch", f"epoch {epoch.number} has no key that can be sealed to")
    return epoch


def _can_be_sealed_to(key: bytes) -> bool:
    """Return whether ``key`` is the one way to write a point of X25519 that is not of small order. RFC 7748 §6.1.

    libsodium refuses to seal to a point of small order, and a box that cannot seal cannot take messages.
    """
    if int.from_bytes(key, "little") >= _FIELD:
        return False
    try:
        crypto_scalarmult(_ANY_SCALAR, key)
    except CryptoError:
        return False
    return True


_FIELD = 2**255 - 19
_ANY_SCALAR = bytes([8]) + bytes(30) + bytes([64])
"""Any scalar will do: a clamped one is a multiple of 8, which takes each point of small order to zero."""
