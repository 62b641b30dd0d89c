"""Opening sealed slips. Pure: octets and keys in, octets, slips and counts out; fit for any process or pool.

Two stages. ``open_sealed`` is the cryptography and nothing else; ``sort_slips`` reads what it gave. A slip that no
key opens, or that is not in form, is counted and left sealed: a later key, or a better reader, may have it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields

from nacl.bindings import crypto_box_seal_open
from nacl.exceptions import CryptoError

from wire.batch import cut_body
from wire.manifest import Manifest, decode_manifest
from wire.refusal import Refused
from wire.slip import Kind, Slip, decode_slip
from workstation.epochs.store import EpochKey


@dataclass(frozen=True, slots=True)
class OpenSlip:
    """A slip and its place in the batch, from 0."""

    slot: int
    slip: Slip
    octets: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What was in a batch, or in several."""

    tips: int = 0
    """Slips of kind sms: parts of messages."""
    canaries: int = 0
    cover: int = 0
    unparsed: int = 0
    manifests: int = 0
    unopened: int = 0
    """No key opens them."""
    bad: int = 0
    """Opened, but not in the form of a slip, or of another line."""
    manifest: Manifest | None = None

    @classmethod
    def counts(cls) -> tuple[str, ...]:
        """Return the names of the counts."""
        return _COUNTS

    def values(self) -> tuple[int, ...]:
        """Return the counts in the order of their names."""
        return tuple(getattr(self, name) for name in self.counts())


_COUNTS = tuple(part.name for part in fields(Tally) if part.name != "manifest")


@dataclass(frozen=True, slots=True)
class Contents:
    """What the slips of a batch are."""

    slips: tuple[OpenSlip, ...] = field(repr=False)
    """Those that are messages: sms and unparsed, in the order of their slots."""
    tally: Tally
    unopened: tuple[int, ...] = ()
    """Slots that no key opens."""
    bad: tuple[int, ...] = ()
    """Slots whose content is not in form."""


def keys_to_try(keys: Sequence[EpochKey], epoch: int) -> tuple[EpochKey, ...]:
    """Return ``keys`` in the order of trying: the batch's ``epoch``, then earlier ones, the nearest first, then later.

    Slips of earlier epochs wait for room on the box; later ones are possible when its clock went back.
    """
    return tuple(sorted(keys, key=lambda key: (key.number > epoch, abs(key.number - epoch))))


def open_sealed(sealed: Iterable[bytes], keys: Sequence[EpochKey]) -> Iterator[bytes | None]:
    """Yield for each sealed slip the octets within, None where no key opens it."""
    pairs = [(key.public, key.secret) for key in keys]
    for slip in sealed:
        for public, secret in pairs:
            try:
                yield crypto_box_seal_open(slip, public, secret)
            except CryptoError:
                continue
            break
        else:
            yield None


_COUNTED_AS = {
    Kind.SMS: "tips",
    Kind.CANARY: "canaries",
    Kind.COVER: "cover",
    Kind.UNPARSED: "unparsed",
    Kind.MANIFEST: "manifests",
}
_MESSAGES = frozenset({Kind.SMS, Kind.UNPARSED})


def sort_slips(opened: Iterable[bytes | None], line: bytes) -> Contents:
    """Return what the slips are; ``line`` is the batch's, and a slip of another line is a bad one."""
    messages: list[OpenSlip] = []
    manifest: Manifest | None = None
    kinds = [0] * len(Kind)
    unopened: list[int] = []
    bad: list[int] = []
    cover: bytes | None = None
    for slot, octets in enumerate(opened):
        if octets is None:
            unopened.append(slot)
            continue
        if octets == cover:  # all of a batch are alike
            kinds[Kind.COVER] += 1
            continue
        try:
            slip = decode_slip(octets)
            said = decode_manifest(slip.data) if slip.kind is Kind.MANIFEST else None
        except Refused:
            bad.append(slot)
            continue
        if slip.line != line:
            bad.append(slot)
            continue
        kinds[slip.kind] += 1
        if slip.kind is Kind.COVER:
            cover = octets
        manifest = said or manifest
        if slip.kind in _MESSAGES:
            messages.append(OpenSlip(slot, slip, octets))
    counts = {name: kinds[kind] for kind, name in _COUNTED_AS.items()}
    tally = Tally(**counts, unopened=len(unopened), bad=len(bad), manifest=manifest)
    return Contents(tuple(messages), tally, tuple(unopened), tuple(bad))


def open_body(body: bytes, keys: Sequence[EpochKey], line: bytes) -> Contents:
    """Return what is in the body of a batch of ``line``; ``keys`` in the order of trying."""
    return sort_slips(open_sealed(cut_body(body), keys), line)
