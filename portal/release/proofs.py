"""Which tips are proven to have been opened: digests of bulletins against commitments of ledgers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from portal.reading.bulletins import BulletinTaken
from portal.reading.ledgers import LedgerTaken
from wire.hashing import NO_HASH, blake2b_256, blake2b_256_each, hashes_in
from wire.period import months_of, quarter_of
from wire.release import Answered

Place = tuple[bytes, bytes, str]
"""A line, a box and a month."""


@dataclass(frozen=True, slots=True)
class AnswerGiven:
    """One bulletin's answer to one ledger."""

    bulletin: BulletinTaken
    answered: Answered
    digests: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What is proven of one month of one box."""

    place: Place
    ledger: LedgerTaken | None
    """None: it is not here."""
    answers: tuple[AnswerGiven, ...]
    """In the order of the bulletins."""
    opened: int
    """Commitments of the ledger whose digest was published."""
    digests: int
    """Digests published for it, each counted once."""
    unknown: int
    """Of these, belonging to no commitment of the ledger that is here; 0 without one."""
    opened_by: tuple[int, ...]
    """``opened`` as it was with each of ``answers``."""
    digests_by: tuple[int, ...]
    """``digests`` likewise."""

    @property
    def owed(self) -> int | None:
        """Return the place in ``answers`` of the first bulletin that had to prove the openings; None before it.

        That is the first with a total of the month or its quarter; the quarter's last, whatever it totals: until a
        quiet quarter is over, its ledgers are answered without a digest (docs/disclosure.md).
        """
        periods = {self.place[2], quarter_of(self.place[2])}
        last = months_of(quarter_of(self.place[2]))[-1]
        for at, one in enumerate(self.answers):
            said = one.bulletin.bulletin
            if said.month >= last or periods & {total.period for total in said.totals}:
                return at
        return None

    @property
    def other(self) -> bool:
        """Whether a bulletin answers another ledger of this month than the one that is here."""
        return self.ledger is not None and any(
            one.answered.ledger != self.ledger.hash for one in self.answers
        )


def place_of(taken: LedgerTaken) -> Place:
    """Return where a ledger belongs."""
    return taken.ledger.line, taken.ledger.box, taken.ledger.month


Memory = dict[str, tuple[tuple[int, int], ...]]
"""What was proven in an earlier build, by the hash of all that it was proven from."""


def prove(
    ledgers: Iterable[LedgerTaken], bulletins: Iterable[BulletinTaken], memory: Memory | None = None
) -> list[Proof]:
    """Return what is proven of each month, by line, box, month; ``ledgers`` has one for each at the most.

    A month that bulletins answer and no ledger here counts is among them. ``memory`` is used and added to.
    """
    known: Memory = {} if memory is None else memory
    answers: dict[Place, list[AnswerGiven]] = {}
    for bulletin in bulletins:
        for answered, digests in bulletin.digests():
            place = bulletin.bulletin.line, answered.box, answered.month
            answers.setdefault(place, []).append(AnswerGiven(bulletin, answered, digests))
    here = {place_of(one): one for one in ledgers}
    return [
        _proof(place, here.get(place), answers.get(place, []), known) for place in sorted({*here, *answers})
    ]


def _proof(place: Place, ledger: LedgerTaken | None, answers: list[AnswerGiven], known: Memory) -> Proof:
    name = _name(ledger, answers)
    if name not in known:
        known[name] = tuple(_steps(answers, ledger))
    steps = known[name]
    opened, digests = steps[-1] if steps else (0, 0)
    return Proof(
        place=place,
        ledger=ledger,
        answers=tuple(answers),
        opened=opened,
        digests=digests,
        unknown=digests - opened if ledger else 0,
        opened_by=tuple(one for one, _ in steps),
        digests_by=tuple(one for _, one in steps),
    )


def _name(ledger: LedgerTaken | None, answers: Iterable[AnswerGiven]) -> str:
    """Return the hash of everything that ``_steps`` looks at."""
    parts = [ledger.hash if ledger else NO_HASH, *(blake2b_256(one.digests) for one in answers)]
    return blake2b_256(b"".join(parts)).hex()


def _steps(answers: list[AnswerGiven], ledger: LedgerTaken | None) -> Iterator[tuple[int, int]]:
    """Yield how many tips are proven to have been opened, and how many digests there are, with each answer."""
    counted = set(hashes_in(ledger.commitments)) if ledger and answers else set()
    seen: set[bytes] = set()
    opened = 0
    for answer in answers:
        new = set(blake2b_256_each(hashes_in(answer.digests))) - seen
        seen |= new
        opened += len(new & counted)
        yield opened, len(seen)


def struck_out(before: LedgerTaken, after: LedgerTaken) -> tuple[int, int]:
    """Return how many commitments of ``before`` are not in ``after``, and how many are new there."""
    one, other = set(hashes_in(before.commitments)), set(hashes_in(after.commitments))
    return len(one - other), len(other - one)
