"""Test vectors: one scenario a file. The form is described in tests/vectors/README.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from enum import Enum, Flag
from pathlib import Path
from typing import Any

from nacl.bindings import crypto_generichash_blake2b_salt_personal
from nacl.exceptions import CryptoError
from nacl.public import Box, PrivateKey, PublicKey, SealedBox

from tests.support.chains import standing
from wire.audit import check_audit
from wire.authority import read_authority
from wire.batch import read_batch, read_header
from wire.bulletin import read_bulletin
from wire.certificate import check_row, read_certificate
from wire.identity import read_identity
from wire.keysheet import accept, read_keysheet
from wire.ledger import read_audit, read_ledger
from wire.manifest import decode_manifest
from wire.refusal import Refusal, Refused
from wire.slip import SEALED_OCTETS, Slip, decode_slip

FOLDER = Path(__file__).parent.parent / "vectors"
OK = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """One scenario: what is given, and what a reader has to make of it."""

    format: str
    comment: str
    body: bytes
    expect: str = OK
    """``ok``, or a kind of refusal."""
    where: str = ""
    """The field of our own refusal; another reader may name places otherwise."""
    given: tuple[tuple[str, str], ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    """What an accepted body says."""

    def all(self, name: str) -> list[str]:
        """Return what is given under ``name``, in order."""
        return [value for given, value in self.given if given == name]

    def one(self, name: str) -> str:
        """Return the one thing given under ``name``."""
        (value,) = self.all(name)
        return value


def write_vector(vector: Vector) -> bytes:
    """Return the octets of the file for ``vector``."""
    lines = [("format", vector.format), ("comment", vector.comment), ("expect", vector.expect)]
    lines += [("where", vector.where)] if vector.where else []
    lines += [("given", f"{name} {value}") for name, value in vector.given]
    lines += [("value", f"{name} {value}") for name, value in vector.values]
    plain = _is_plain(vector.body)
    lines.append(("body", "text" if plain else "hex"))
    head = "".join(f"{name}: {value}".rstrip() + "\n" for name, value in lines)
    return head.encode() + b"\n" + (vector.body if plain else _hex_lines(vector.body))


def read_vector(octets: bytes) -> Vector:
    """Return the vector in the octets of a file."""
    head, _, body = octets.partition(b"\n\n")
    lines = [line.partition(":")[::2] for line in head.decode().split("\n")]
    single = {name: value.removeprefix(" ") for name, value in lines if name not in ("given", "value")}
    pairs = {
        kind: tuple(_pair(value.removeprefix(" ")) for name, value in lines if name == kind)
        for kind in ("given", "value")
    }
    return Vector(
        format=single["format"],
        comment=single["comment"],
        expect=single["expect"],
        where=single.get("where", ""),
        given=pairs["given"],
        values=pairs["value"],
        body=body if single["body"] == "text" else bytes.fromhex(body.decode("ascii")),
    )


def load(name: str) -> Vector:
    """Return the vector called ``name``, such as ``slip/cover``."""
    return read_vector((FOLDER / f"{name}.vector").read_bytes())


def names() -> Iterator[str]:
    """Yield the names of all vectors, sorted."""
    for path in sorted(FOLDER.glob("*/*.vector")):
        yield path.relative_to(FOLDER).as_posix().removesuffix(".vector")


def outcome(vector: Vector) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """Return what our readers make of ``vector``: ``expect``, ``where`` and ``values``."""
    try:
        found = READERS[vector.format](vector)
    except Refused as refused:
        return refused.kind.value, refused.field, ()
    return OK, "", describe(found) if found is not None else ()


def describe(value: Any) -> tuple[tuple[str, str], ...]:
    """Return the fields of a dataclass ``value`` as pairs of text; a tuple gives one pair for each of its members."""
    pairs: list[tuple[str, str]] = []
    for field in fields(value):
        found = getattr(value, field.name)
        members = found if isinstance(found, tuple) else (found,)
        pairs += [(field.name.replace("_", "-"), _text(member)) for member in members]
    return tuple(pairs)


def _text(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Flag):
        return " ".join((flag.name or "").lower().replace("_", "-") for flag in value)
    if isinstance(value, Enum):
        return value.name.lower()
    if hasattr(value, "__dataclass_fields__"):
        return " ".join(text for _, text in describe(value))
    return str(value)


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition(" ")
    return name, value


def _is_plain(body: bytes) -> bool:
    """Return whether ``body`` can stand in the file as it is, and a person can see all of it."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return text.endswith("\n") and " \n" not in text and all(c in "\náéíñóú" or " " <= c <= "~" for c in text)


def _hex_lines(octets: bytes) -> bytes:
    lines = [octets[at : at + 32].hex() for at in range(0, len(octets), 32)]
    return "".join(f"{line}\n" for line in lines).encode()


def seal_with(ephemeral: bytes, key: bytes, message: bytes) -> bytes:
    """Return ``message`` sealed to the X25519 public ``key`` by the ``ephemeral`` secret, which is for tests only.

    What crypto_box_seal does, but that it draws the ephemeral secret and forgets it.
    """
    secret = PrivateKey(ephemeral)
    public = bytes(secret.public_key)
    nonce = crypto_generichash_blake2b_salt_personal(public + key, digest_size=24)
    return public + Box(secret, PublicKey(key)).encrypt(message, nonce).ciphertext


def open_slip(sealed: bytes, secret: bytes, *, line: bytes) -> Slip:
    """Return the slip in ``sealed``, as docs/formats.md, "Opening", has it. Raises Refused."""
    if len(sealed) != SEALED_OCTETS:
        raise Refused(Refusal.LENGTH, "sealed slip", f"not {SEALED_OCTETS} octets")
    try:
        octets = SealedBox(PrivateKey(secret)).decrypt(sealed)
    except CryptoError:
        raise Refused(Refusal.OPENING, "sealed slip", "not sealed to this key, or damaged") from None
    slip = decode_slip(octets)
    if slip.line != line:
        raise Refused(Refusal.UNKNOWN_LINE, "line", "not the line of the batch")
    return slip


def _sealed(vector: Vector) -> object:
    return open_slip(vector.body, bytes.fromhex(vector.one("secret")), line=bytes.fromhex(vector.one("line")))


def _key_of(vector: Vector) -> Callable[[bytes], bytes | None]:
    keys = dict(_pair(value) for value in vector.all("box"))
    return lambda box: bytes.fromhex(keys[box.hex()]) if box.hex() in keys else None


def _chain(vector: Vector) -> object:
    taken = [read_batch(load(name).body, _key_of(vector)) for name in vector.all("taken")]
    return standing(read_batch(vector.body, _key_of(vector)), taken)


def _accept(vector: Vector) -> None:
    (current,) = vector.all("current") or ("",)
    sheet = read_keysheet(load(current).body) if current else None
    accept(sheet, read_keysheet(vector.body), now=int(vector.one("now")), used=int(vector.one("used")))


def _audit_check(vector: Vector) -> None:
    key = bytes.fromhex(vector.one("key"))
    ledger = read_ledger(load(vector.one("ledger")).body, key)
    headers = []
    for name in vector.all("batch"):
        header, text, _ = read_header(load(name).body, lambda _: key)
        headers.append((header, text.hash))
    before, later = (
        [read_ledger(load(name).body, key) for name in vector.all(given)] for given in ("previous", "later")
    )
    check_audit(
        ledger,
        read_audit(vector.body, key),
        headers,
        previous=(before[0].ledger, before[0].hash) if before else None,
        later=[found.ledger for found in later],
    )


def _certificate_row(vector: Vector) -> None:
    check_row([read_certificate(load(vector.one("previous")).body), read_certificate(vector.body)])


READERS: dict[str, Callable[[Vector], object]] = {
    "slip": lambda v: decode_slip(v.body),
    "sealed": _sealed,
    "manifest": lambda v: decode_manifest(v.body),
    "batch": lambda v: read_batch(v.body, _key_of(v)).header,
    "chain": _chain,
    "identity": lambda v: read_identity(v.body),
    "keysheet": lambda v: read_keysheet(v.body),
    "accept": _accept,
    "ledger": lambda v: read_ledger(v.body, bytes.fromhex(v.one("key"))).ledger,
    "audit": lambda v: read_audit(v.body, bytes.fromhex(v.one("key"))).audit,
    "audit-check": _audit_check,
    "authority": lambda v: read_authority(v.body),
    "bulletin": lambda v: read_bulletin(v.body, bytes.fromhex(v.one("key"))).bulletin,
    "certificate": lambda v: read_certificate(v.body)[0],
    "certificate-row": _certificate_row,
}
"""For each format, our reader. A check without a result gives None."""
