"""The authority's side: a bulletin a month, with proofs, the two totals, and the tables that came due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from nacl.signing import SigningKey

from disclosure.attack import attack
from disclosure.records import MODULUS
from disclosure.rules import AGES, LEVELS, RULES
from disclosure.tables import Domains, Release
from disclosure.vocabulary import vocabulary_hash
from portal.generator.boxes import LedgerMade
from portal.generator.life import districts, drawn, lives
from portal.generator.plan import LinePlan, Plan
from portal.generator.tables import Counting, Crowd
from wire.bulletin import Bulletin, write_bulletin
from wire.hashing import NO_HASH, blake2b_256
from wire.ledger import Ledger
from wire.period import begin_of, end_of, next_month
from wire.release import Answered, District, Total

_DAY = 86400
_ISSUED = 8 * _DAY
"""After the end of the month: on its ninth day."""
_SURE = 1000
"""Cohorts of so many tips give nothing away (docs/disclosure.md, "How often"); smaller ones are tried."""
_NAMES = (
    ("Centro", "Downtown"),
    ("Norte", "North"),
    ("Oriente", "East"),
    ("Poniente", "West"),
    ("Sur", "South"),
    ("Riberas del Bravo", "Riberas del Bravo"),
    ("Valle de Juárez", "Juárez Valley"),
    ("Anapra", "Anapra"),
    ("Universidad", "University"),
    ("Lomas de Poleo", "Lomas de Poleo"),
)


@dataclass(frozen=True, slots=True)
class BulletinMade:
    """A bulletin as the authority signed it."""

    bulletin: Bulletin
    hash: bytes
    octets: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Opening:
    """How many of a month's tips were opened: in time, a month late, never."""

    prompt: int
    late: int
    said: int
    """What the totals say."""


class AuthorityMaker:
    """One line's authority."""

    def __init__(self, plan: Plan, line: LinePlan, line_id: bytes, key: SigningKey) -> None:
        self._plan, self._line, self._id, self._key = plan, line, line_id, key
        self._lives = lives(plan, line)
        self._domains = Domains(districts(plan))
        self._counting = Counting(self._lives, self._domains)
        self._serial, self._previous = 0, NO_HASH
        self._made: list[Bulletin] = []
        self._shown: dict[str, list[Release]] = {}
        self._crowds: dict[str, Mapping[int, Crowd]] = {}
        self._openings: dict[str, _Opening] = {}
        self._ledgers: list[LedgerMade] = []

    def bulletin(self, made: LedgerMade, at: int) -> BulletinMade:
        """Return the bulletin that answers the ledger ``made`` of month number ``at``, the one after the last."""
        self._ledgers.append(made)
        self._openings[made.month] = self._opening(made, at)
        self._crowds[made.month] = self._crowds_of(made.month, at)
        answers = list(self._answers())
        self._serial += 1
        bulletin = Bulletin(
            authority=bytes(self._key.verify_key),
            line=self._id,
            name=self._line.title,
            month=made.month,
            serial=self._serial,
            previous=self._previous,
            issued=end_of(made.month) + _ISSUED,
            mode="two-person",
            log=blake2b_256(f"{self._line.name} {made.month}".encode()),
            certificates=self._serial // 3,
            rules=RULES,
            vocabulary=vocabulary_hash(),
            ledgers=tuple(answered for answered, _ in answers),
            totals=tuple(self._totals()),
            districts=self._districts(),
            digests=sum(answered.digests for answered, _ in answers),
            body=blake2b_256(b"".join(octets for _, octets in answers)),
        )
        bulletin = self._with_tables(bulletin)
        text = write_bulletin(bulletin, self._key)
        self._previous = text.hash
        self._made.append(bulletin)
        return BulletinMade(bulletin, text.hash, text.octets + b"".join(octets for _, octets in answers))

    def _opening(self, made: LedgerMade, at: int) -> _Opening:
        count = len(made.digests)
        chance = self._plan.octets(f"opening {self._line.name} {at}", 2)
        never = count // 6000 if chance[0] < 40 else 0
        late = count * (chance[1] % 8) // 2000
        hidden = 0
        if at == self._plan.unopened_month and self._line is self._plan.lines[0]:
            hidden = count * self._plan.unopened_share // 1000
        return _Opening(count - never - late - hidden, late, count - never)

    def _crowds_of(self, month: str, at: int) -> Mapping[int, Crowd]:
        """Return who is in the cohort at each age: what is opened a month late is not yet there at 30 days."""
        opening = self._openings[month]
        prompt = drawn(self._plan, self._line, self._lives, at, count=opening.prompt)
        late = Counter(dict.fromkeys(list(prompt)[: opening.late], 1))
        late[0] += opening.late - late.total()
        keys = [self._keys(name, month, of) for name, of in (("prompt", prompt), ("late", late))]
        together = prompt + late
        both = {kind: sum(one.get(kind, 0) for one in keys) % MODULUS for kind in together}
        return {age: Crowd(prompt, keys[0]) if age == AGES[0] else Crowd(together, both) for age in AGES}

    def _keys(self, name: str, month: str, of: Mapping[int, int]) -> dict[int, int]:
        """Return a sum of record keys for each kind: as even as the record keys themselves."""
        stream = self._plan.octets(f"keys {self._line.name} {name} {month}", 8 * len(of))
        keys = [int.from_bytes(stream[8 * at : 8 * at + 8], "big") for at in range(len(of))]
        return {kind: key for (kind, count), key in zip(sorted(of.items()), keys, strict=True) if count}

    def _answers(self) -> Iterator[tuple[Answered, bytes]]:
        """Yield the newest ledger with what was opened in time, behind the one before with what was opened late."""
        for made in self._ledgers[-2:]:
            opening = self._openings[made.month]
            newest = made is self._ledgers[-1]
            start, end = (0, opening.prompt) if newest else (opening.prompt, opening.prompt + opening.late)
            if newest or end > start:
                digests = b"".join(sorted(made.digests[start:end]))
                said = made.ledger
                yield Answered(made.hash, said.box, said.month, said.count, end - start), digests

    def _totals(self) -> Iterator[Total]:
        for made in self._ledgers:
            opening = self._openings[made.month]
            late = opening.late if made is self._ledgers[-1] else 0
            yield Total(made.month, len(made.digests), opening.said - late)

    def _districts(self) -> tuple[District, ...]:
        return tuple(
            District(code, *_NAMES[at % len(_NAMES)]) for at, code in enumerate(districts(self._plan))
        )

    def _with_tables(self, bulletin: Bulletin) -> Bulletin:
        """Return the bulletin with all cohorts that came due, each as fine as the attacker allows."""
        for period, age in self._due(bulletin.month):
            for level in LEVELS:
                release = self._counting.cohort(
                    self._crowds[period],
                    period=period,
                    age=age,
                    level=level,
                    earlier=self._shown.get(period, ()),
                )
                tried = _with_release(bulletin, release)
                if self._is_safe(tried, period, age):
                    break
            self._shown.setdefault(period, []).append(release)
            bulletin = tried
        return bulletin

    def _due(self, month: str) -> list[tuple[str, int]]:
        found = []
        for made in self._ledgers:
            for age in AGES:
                asked = end_of(made.month) + age * _DAY
                if begin_of(month) < asked <= begin_of(next_month(month)):
                    found.append((made.month, age))
        return found

    def _is_safe(self, tried: Bulletin, period: str, age: int) -> bool:
        if sum(self._crowds[period][age].numbers.values()) >= _SURE:
            return True
        all_of_it = [_only(one, period) for one in (*self._made, tried)]
        ledgers: Sequence[Ledger] = [one.ledger for one in self._ledgers if one.month == period]
        return not attack(ledgers, all_of_it)


def _with_release(bulletin: Bulletin, release: Release) -> Bulletin:
    return replace(
        bulletin,
        tables=tuple(
            sorted((*bulletin.tables, *release.tables), key=lambda one: (one.period, one.age, one.dimensions))
        ),
        medians=tuple(
            sorted((*bulletin.medians, *release.medians), key=lambda one: (one.period, one.age, one.what))
        ),
        coarse=tuple(sorted((*bulletin.coarse, *release.coarse), key=lambda one: (one.period, one.age))),
    )


def _only(bulletin: Bulletin, period: str) -> Bulletin:
    return replace(
        bulletin,
        tables=tuple(one for one in bulletin.tables if one.period == period),
        ledgers=tuple(one for one in bulletin.ledgers if one.month == period),
    )
