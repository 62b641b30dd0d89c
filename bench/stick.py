"""A stick full of batches, as boxes would have cut them: real keys, real seals, half of the slips tips."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from nacl.bindings import crypto_box_seal
from nacl.signing import SigningKey

from bench.words import text
from wire.batch import BatchHeader, file_name, write_batch
from wire.hashing import NO_HASH, blake2b_256
from wire.identity import box_id, write_identity
from wire.keysheet import KeySheet, read_keysheet
from wire.manifest import NO_CHAIN, ClockState, Manifest, encode_manifest
from wire.septets import encode_septets, pack_septets
from wire.slip import Flag, Kind, Origin, Slip, encode_slip
from workstation.batches.forks import cores, pool

_PERIOD = 3600


@dataclass(frozen=True, slots=True)
class Stick:
    """Where it is, and what is on it."""

    folder: Path
    identity: Path
    slips: int
    tips: int


def fill_stick(folder: Path, sheet: Path, *, slips: int, slots: int) -> Stick:
    """Return a stick in ``folder`` with ``slips`` in batches of ``slots``."""
    signer = SigningKey.generate()
    identity = folder / "bench.identity"
    identity.write_bytes(write_identity(signer, int(time.time())).octets)
    stick, keys = folder / "stick", read_keysheet(sheet.read_bytes())
    stick.mkdir()
    header = _first_header(signer, keys, slots)
    made = _Slips(keys, slots, header.period)
    batches = slips // slots
    cuts = (str(number).encode() for number in range(1, batches + 1))
    with pool(made.body, cores()) as run:
        for body in run(cuts):
            text, octets = write_batch(replace(header, body=blake2b_256(body)), body, signer)
            (stick / file_name(header)).write_bytes(octets)
            header = replace(
                header, sequence=header.sequence + 1, previous=text.hash, period=header.period + _PERIOD
            )
    return Stick(stick, identity, batches * slots, batches * made.tips)


def _first_header(signer: SigningKey, keys: KeySheet, slots: int) -> BatchHeader:
    return BatchHeader(
        box=box_id(bytes(signer.verify_key)),
        chain=os.urandom(16),
        line=keys.line,
        sequence=1,
        previous=NO_HASH,
        epoch=keys.epochs[0].number,
        slots=slots,
        period=int(time.time()) // _PERIOD * _PERIOD,
        commitments=os.urandom(32),
        body=bytes(32),
    )


class _Slips:
    """Makes bodies: half tips, each sealed by itself; the cover slips are one, which costs as much to open."""

    def __init__(self, keys: KeySheet, slots: int, first_period: int) -> None:
        self.tips = slots // 2
        self._key = keys.epochs[0].key
        self._first_period = first_period
        self._cover = Slip(
            kind=Kind.COVER, epoch=keys.epochs[0].number, line=keys.line, received=0, period=_PERIOD
        )
        self._rest = [self._seal(self._cover)] * (slots - self.tips - 1)

    def body(self, cut: bytes) -> bytes:
        """Return the sealed slips of the batch of one cut, a number in ASCII; fit for any process."""
        number, random = int(cut), Random(cut)  # noqa: S311 - made-up texts
        tip = replace(
            self._cover,
            kind=Kind.SMS,
            flags=Flag.COUNTED,
            origin=Origin.SUBSCRIBER,
            received=self._first_period + (number - 1) * _PERIOD,
        )
        tips = [self._seal(_written(tip, random)) for _ in range(self.tips)]
        rest = [self._seal(self._manifest(number)), *self._rest]
        return b"".join(part for pair in zip(tips, rest, strict=False) for part in pair) + b"".join(
            rest[len(tips) :]
        )

    def _manifest(self, cut: int) -> Slip:
        manifest = Manifest(
            real=self.tips,
            backlog=0,
            lowest_epoch=1,
            cut=cut,
            before=NO_CHAIN,
            clock=ClockState.GOOD,
            salt=bytes(32),
            software="bench",
        )
        return replace(self._cover, kind=Kind.MANIFEST, data=encode_manifest(manifest))

    def _seal(self, slip: Slip) -> bytes:
        return crypto_box_seal(encode_slip(slip), self._key)


def _written(tip: Slip, random: Random) -> Slip:
    """Return ``tip`` with a text and ids of its own."""
    septets = encode_septets(text(random))
    tip = replace(tip, tip=os.urandom(16), message=os.urandom(16), conversation=os.urandom(16))
    return replace(tip, udl=len(septets), data=pack_septets(septets))
