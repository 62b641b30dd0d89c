"""The batch: a signed header that a person can read, then sealed slips. docs/formats.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from nacl.signing import SigningKey

from wire.hashing import HASH_OCTETS, blake2b_256
from wire.identity import BOX_OCTETS
from wire.keysheet import LINE_OCTETS
from wire.refusal import Refusal, Refused
from wire.signed import Fields, SignedText, octets_value, split, time_text, verify, write
from wire.slip import SEALED_OCTETS

MAGIC = "tipline-batch 1"
HEADER_LIMIT = 1024
"""The longest has 535: magic 16, ids 82, sequence 20, hashes 221, epoch 17, slots 12, period 28, signature 139.

Sequence and epoch, which change, have ten digits: so every batch of a line has one length.
"""
CHAIN_OCTETS = 16
MAX_SLOTS = 65536
"""20 MB a batch: 65,536 sealed slips of 304 octets."""
MAX_OCTETS = HEADER_LIMIT + MAX_SLOTS * SEALED_OCTETS
"""The longest batch; whoever reads files stops here."""
MAX_SEQUENCE = 10**10 - 1
"""The ten digits of a file name; a batch a second for three hundred years."""
MIN_SLOTS = 2
"""A manifest and one more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchHeader:
    """What the header says."""

    box: bytes
    chain: bytes
    line: bytes
    sequence: int
    """From 1, in a chain and line."""
    previous: bytes
    """Hash of the signed header before it in the chain; NO_HASH for the first."""
    epoch: int
    slots: int
    period: int
    """Start of the period, Unix seconds."""
    commitments: bytes
    """Head of the commitments after this cut."""
    body: bytes
    """Hash of the sealed slips, in their order."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch whose signature, form, length and body hash were verified."""

    header: BatchHeader
    header_hash: bytes
    body: bytes = field(repr=False)


def cut_body(body: bytes) -> list[bytes]:
    """Return the sealed slips of a ``body``, 304 octets each, in their order."""
    return [body[at : at + SEALED_OCTETS] for at in range(0, len(body), SEALED_OCTETS)]


def write_batch(header: BatchHeader, body: bytes, key: SigningKey) -> tuple[SignedText, bytes]:
    """Return the signed header and the whole batch. ``header.body`` has to be the hash of ``body``.

    Raises Refused for what a reader would refuse: our own fault.
    """
    fields = [
        ("box", header.box.hex()),
        ("chain", header.chain.hex()),
        ("line", header.line.hex()),
        ("sequence", f"{header.sequence:010d}"),
        ("previous", header.previous.hex()),
        ("epoch", f"{header.epoch:010d}"),
        ("slots", str(header.slots)),
        ("period", time_text(header.period)),
        ("commitments", header.commitments.hex()),
        ("body", header.body.hex()),
    ]
    text = write(MAGIC, fields, key)
    _parse(text)
    check_body(header, body)
    return text, text.octets + body


def read_header(
    octets: bytes, key_of: Callable[[bytes], bytes | None]
) -> tuple[BatchHeader, SignedText, bytes]:
    """Return the verified header at the start of ``octets``, its signed text and what follows it.

    ``key_of`` gives the Ed25519 public key of a box id, None for an unknown box. The signature is checked before
    any field but the box id is believed. Raises Refused.
    """
    text, rest = split(octets, magic=MAGIC, limit=HEADER_LIMIT)
    key = key_of(octets_value("box", text.field("box") or "", BOX_OCTETS))
    if key is None:
        raise Refused(Refusal.UNKNOWN_BOX, "box", "no trusted box has this id")
    verify(text, key)
    return _parse(text), text, rest


def read_batch(octets: bytes, key_of: Callable[[bytes], bytes | None]) -> Batch:
    """Return the batch in ``octets``, the whole file. Raises Refused. Order of the checks: docs/formats.md."""
    header, text, body = read_header(octets, key_of)
    check_body(header, body)
    return Batch(header, text.hash, body)


def check_body(header: BatchHeader, body: bytes) -> None:
    """Return if ``body`` has the header's length and hash. Raises Refused (LENGTH, BODY)."""
    if len(body) != header.slots * SEALED_OCTETS:
        raise Refused(Refusal.LENGTH, "body", f"not {header.slots} slips of {SEALED_OCTETS} octets")
    if blake2b_256(body) != header.body:
        raise Refused(Refusal.BODY, "body", "it is not the body that the header was signed for")


def file_name(header: BatchHeader) -> str:
    """Return the name under which a batch is stored and sent; it says nothing that the header does not."""
    return f"{header.box.hex()}-{header.line.hex()}-{header.chain.hex()}-{header.sequence:010d}.batch"


def _parse(text: SignedText) -> BatchHeader:
    fields = Fields(text)
    header = BatchHeader(
        box=fields.octets("box", BOX_OCTETS),
        chain=fields.octets("chain", CHAIN_OCTETS),
        line=fields.octets("line", LINE_OCTETS),
        sequence=fields.padded("sequence", least=1, most=MAX_SEQUENCE),
        previous=fields.octets("previous", HASH_OCTETS),
        epoch=fields.padded("epoch", least=1, most=2**32 - 1),
        slots=fields.number("slots", least=MIN_SLOTS, most=MAX_SLOTS),
        period=fields.time("period"),
        commitments=fields.octets("commitments", HASH_OCTETS),
        body=fields.octets("body", HASH_OCTETS),
    )
    fields.end()
    if (header.sequence == 1) != (header.previous == bytes(HASH_OCTETS)):
        raise Refused(Refusal.VALUE, "previous", "zero exactly for the first batch of a chain")
    return header
