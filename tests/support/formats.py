"""Values of the formats for property tests: whatever hypothesis can think of that a writer may write."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st
from nacl.public import PrivateKey
from nacl.signing import SigningKey

from wire.batch import MAX_SEQUENCE, BatchHeader
from wire.hashing import NO_HASH, blake2b_256
from wire.identity import box_id
from wire.keysheet import Epoch, KeySheet
from wire.ledger import Audit, AuditBatch, ChainRange, Ledger
from wire.manifest import ClockState, Manifest
from wire.signed import MAX_NUMBER, MAX_TIME
from wire.slip import SEALED_OCTETS, Flag, Kind, Origin, Slip

BOX = SigningKey(blake2b_256(b"box of the property tests"))
BOX_PUBLIC = bytes(BOX.verify_key)
AUTHORITY = SigningKey(blake2b_256(b"authority of the property tests"))
_KEYS = [bytes(PrivateKey(blake2b_256(bytes([n]))).public_key) for n in range(8)]


def octets(length: int) -> st.SearchStrategy[bytes]:
    """Return a strategy of ``length`` octets."""
    return st.binary(min_size=length, max_size=length)


times = st.integers(0, MAX_TIME)
numbers = st.integers(0, MAX_NUMBER)
sequences = st.integers(1, MAX_SEQUENCE)
_u32 = st.integers(1, 2**32 - 1)
_tips = octets(16).filter(any)
_where = {"epoch": _u32, "line": octets(8), "received": times, "period": _u32}
_ids = {"tip": _tips, "message": octets(16), "conversation": octets(16)}
_octet = st.integers(0, 255)
_parsed = {"pid": _octet, "dcs": _octet, "udl": _octet, "data": st.binary(max_size=164)}


def _flags(most: Flag) -> st.SearchStrategy[Flag]:
    return st.integers(0, 15).map(lambda bits: Flag(bits) & most)


_every = Flag.UDHI | Flag.COUNTED | Flag.AFTER_LOSS | Flag.MULTIMEDIA
slips: st.SearchStrategy[Slip] = st.one_of(
    st.builds(Slip, kind=st.just(Kind.COVER), **_where),
    st.builds(Slip, kind=st.just(Kind.MANIFEST), data=octets(77), **_where),
    st.builds(
        Slip,
        kind=st.just(Kind.SMS),
        flags=_flags(_every),
        origin=st.sampled_from(Origin),
        **_where,
        **_ids,
        **_parsed,
    ),
    st.builds(
        Slip,
        kind=st.just(Kind.CANARY),
        flags=_flags(_every & ~Flag.COUNTED),
        origin=st.sampled_from(Origin),
        **_where,
        **_ids,
        **_parsed,
    ),
    st.builds(
        Slip,
        kind=st.just(Kind.UNPARSED),
        flags=_flags(_every & ~Flag.UDHI),
        data=st.binary(max_size=164),
        **_where,
        **_ids,
    ),
)
manifests = st.builds(
    Manifest,
    real=st.integers(0, 2**32 - 1),
    backlog=st.integers(0, 2**32 - 1),
    lowest_epoch=_u32,
    cut=st.integers(2, 2**32 - 1),
    before=octets(16),
    clock=st.sampled_from(ClockState),
    salt=octets(32),
    software=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=32),
)


@dataclass(frozen=True, slots=True)
class Made:
    """A header and the body that it is for."""

    header: BatchHeader
    body: bytes


@st.composite
def batches(draw: st.DrawFn) -> Made:
    """Return a header of BOX with a small body."""
    slots = draw(st.integers(2, 4))
    body = draw(st.binary(min_size=1, max_size=16)).ljust(slots * SEALED_OCTETS, b"\x5a")
    sequence = draw(sequences)
    header = BatchHeader(
        box=box_id(BOX_PUBLIC),
        chain=draw(octets(16)),
        line=draw(octets(8)),
        sequence=sequence,
        previous=NO_HASH if sequence == 1 else draw(octets(32).filter(any)),
        epoch=draw(_u32),
        slots=slots,
        period=draw(times),
        commitments=draw(octets(32)),
        body=blake2b_256(body),
    )
    return Made(header, body)


@st.composite
def keysheets(draw: st.DrawFn) -> KeySheet:
    """Return a sheet of AUTHORITY."""
    keys = draw(st.lists(st.sampled_from(_KEYS), min_size=1, unique=True))
    edges = sorted(draw(st.sets(times, min_size=len(keys) + 1, max_size=len(keys) + 1)))
    first = draw(st.integers(1, 2**32 - 1 - len(keys)))
    letters = st.characters(codec="ascii", categories=("L", "N", "P", "S"))
    words = st.text(letters, min_size=1, max_size=9)
    return KeySheet(
        line=draw(octets(8)),
        name=" ".join(draw(st.lists(words, min_size=1, max_size=6))),
        serial=draw(st.integers(1, MAX_NUMBER)),
        date=draw(times),
        authority=bytes(AUTHORITY.verify_key),
        next_authority=draw(octets(32)),
        epochs=tuple(Epoch(first + n, edges[n], edges[n + 1], key) for n, key in enumerate(keys)),
    )


hash_lists = st.sets(octets(32), max_size=4).map(lambda found: b"".join(sorted(found)))
months = st.builds("{:04}-{:02}".format, st.integers(1970, 9999), st.integers(1, 12))


@st.composite
def ledgers(draw: st.DrawFn) -> tuple[Ledger, bytes]:
    """Return a ledger of BOX and its body."""
    commitments, receipts = draw(hash_lists), draw(hash_lists)
    chains = draw(st.lists(octets(16), min_size=1, max_size=3, unique=True))
    ranges = [(chain, sorted((draw(sequences), draw(sequences)))) for chain in chains]
    serial = draw(st.integers(1, MAX_NUMBER))
    ledger = Ledger(
        box=box_id(BOX_PUBLIC),
        line=draw(octets(8)),
        month=draw(months),
        serial=serial,
        previous=NO_HASH if serial == 1 else draw(octets(32).filter(any)),
        ranges=tuple(ChainRange(chain, first, last) for chain, (first, last) in ranges),
        header=draw(octets(32)),
        count=len(commitments) // 32,
        conversations=draw(numbers),
        canaries_sent=draw(numbers),
        canaries_received=draw(numbers),
        minutes=draw(numbers),
        receipts=len(receipts) // 32,
        body=blake2b_256(commitments + receipts),
    )
    return ledger, commitments + receipts


@st.composite
def audits(draw: st.DrawFn) -> tuple[Audit, bytes]:
    """Return an audit file of BOX and its body."""
    groups = draw(st.lists(hash_lists, max_size=4))
    batches = [AuditBatch(draw(octets(16)), draw(sequences), draw(octets(32)), len(g) // 32) for g in groups]
    audit = Audit(
        box=box_id(BOX_PUBLIC),
        line=draw(octets(8)),
        month=draw(months),
        ledger=draw(octets(32)),
        head=draw(octets(32)),
        batches=tuple(batches),
        body=blake2b_256(b"".join(groups)),
    )
    return audit, b"".join(groups)
