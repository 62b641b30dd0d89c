"""Reading the tips: the sealed batches are opened anew each time, so that no text is ever on the disk."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import msgspec

from wire.batch import read_batch
from wire.refusal import Refused
from wire.slip import SEALED_OCTETS, Flag, Slip, decode_slip
from workstation.batches.forks import Pool, cores, pool
from workstation.batches.opening import keys_to_try, open_body, open_sealed
from workstation.batches.store import BatchPlace, Store
from workstation.keys.epochs import EpochKey
from workstation.messages.joining import Tip, concat_of, content_print, join
from workstation.messages.offers import Offers
from workstation.messages.plan import Entry, Plan, Ref, Step

POOL_FROM_SLOTS = 8192
_BODIES_KEPT = 4
"""Of 20 MB at the most: parts of one message lie in batches that follow each other."""


@dataclass(frozen=True, slots=True)
class Reader:
    """With what tips are opened."""

    line: bytes
    boxes: Mapping[bytes, bytes]
    keys: tuple[EpochKey, ...] = field(repr=False)


@dataclass(slots=True)
class Faults:
    """What could not be read, counted while reading."""

    unopened: int = 0
    bad: int = 0
    batches: list[str] = field(default_factory=list)
    """Batches that do not verify any more, each with its reason."""


class _Surveyed(msgspec.Struct, frozen=True, array_like=True):
    entries: tuple[Entry, ...] = ()
    watch: tuple[bytes, ...] = ()
    """Prints of the slips after a loss."""
    unopened: int = 0
    bad: int = 0
    fault: str | None = None


class _Sealed(msgspec.Struct, frozen=True, array_like=True):
    epoch: int
    slip: bytes


def read_tips(store: Store, reader: Reader, faults: Faults) -> Iterator[Tip]:
    """Yield all tips by received, then batch, conversation and id; ``faults`` is filled on the way.

    Two passes: the first makes a plan, the second follows it. Each slip of a message is opened twice.
    """
    places = list(store.places())
    helpers = cores() if sum(place.slots for place in places) >= POOL_FROM_SLOTS else 1
    with pool(_surveyor(reader), helpers) as survey:
        plan, watch = _survey(survey, store, places, faults)
    with pool(_joiner(reader, watch), helpers) as joiner:
        yield from _follow(plan, joiner, store, places)


def _surveyor(reader: Reader) -> Callable[[bytes], bytes]:
    def work(octets: bytes) -> bytes:
        return msgspec.msgpack.encode(_look_through(octets, reader))

    return work


def _look_through(octets: bytes, reader: Reader) -> _Surveyed:
    """Return where the messages of a batch are. It is verified again: a disk may have changed it."""
    try:
        batch = read_batch(octets, reader.boxes.get)
    except Refused as refused:
        return _Surveyed(fault=str(refused))
    contents = open_body(batch.body, keys_to_try(reader.keys, batch.header.epoch), batch.header.line)
    entries = tuple(
        Entry(found.slot, found.slip.received, found.slip.message if concat_of(found.slip) else None)
        for found in contents.slips
    )
    after_loss = (found.slip for found in contents.slips if found.slip.flags & Flag.AFTER_LOSS)
    watch = tuple({content_print(slip) for slip in after_loss})
    return _Surveyed(entries, watch, contents.tally.unopened, contents.tally.bad)


def _survey(
    survey: Pool, store: Store, places: Sequence[BatchPlace], faults: Faults
) -> tuple[Plan, frozenset[bytes]]:
    plan = Plan()
    watch: set[bytes] = set()
    results = survey(store.octets(place.id) for place in places)
    for number, result in enumerate(results):
        surveyed = msgspec.msgpack.decode(result, type=_Surveyed)
        for entry in surveyed.entries:
            plan.add(number, entry)
        watch.update(surveyed.watch)
        faults.unopened += surveyed.unopened
        faults.bad += surveyed.bad
        if surveyed.fault is not None:
            faults.batches.append(surveyed.fault)
    return plan, frozenset(watch)


def _joiner(reader: Reader, watch: frozenset[bytes]) -> Callable[[bytes], bytes]:
    def work(job: bytes) -> bytes:
        messages = msgspec.msgpack.decode(job, type=list[list[_Sealed]])
        tips = [join([_open(sealed, reader) for sealed in message], watch) for message in messages]
        tips.sort(key=lambda tip: (tip.conversation, tip.tip, tip.slips))
        return msgspec.msgpack.encode(tips)

    return work


def _open(sealed: _Sealed, reader: Reader) -> Slip:
    (octets,) = open_sealed([sealed.slip], keys_to_try(reader.keys, sealed.epoch))
    if octets is None:
        raise RuntimeError("a slip that opened a moment ago does not open")
    return decode_slip(octets)


def _follow(plan: Plan, joiner: Pool, store: Store, places: Sequence[BatchPlace]) -> Iterator[Tip]:
    offers = Offers()
    waiting: deque[Step] = deque()
    current, seen = -1, set[bytes]()
    for result in joiner(_jobs(plan, store, places, waiting)):
        step = waiting.popleft()
        if step.received != current:
            current, seen = (
                step.received,
                set(),
            )  # a slip that lies in two batches has the same period in both
        for tip in msgspec.msgpack.decode(result, type=list[Tip]):
            if tip.reference is None and tip.slips[0] in seen:
                continue
            seen.update(tip.slips)
            yield offers.look(tip)


def _jobs(plan: Plan, store: Store, places: Sequence[BatchPlace], waiting: deque[Step]) -> Iterator[bytes]:
    @lru_cache(maxsize=_BODIES_KEPT)
    def body(place: int) -> bytes:
        return store.octets(places[place].id)[-places[place].slots * SEALED_OCTETS :]

    def sealed(ref: Ref) -> _Sealed:
        at = ref.slot * SEALED_OCTETS
        return _Sealed(places[ref.place].epoch, body(ref.place)[at : at + SEALED_OCTETS])

    for step in plan.steps():
        waiting.append(step)
        yield msgspec.msgpack.encode([[sealed(ref) for ref in refs] for refs in step.messages])
