"""What becomes of made-up tips: a few hundred kinds of life, each with what it is about, where, and how it goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from disclosure.records import Record
from disclosure.vocabulary import categories, statuses
from portal.generator.plan import LinePlan, Plan
from wire.release import NONE

KINDS = 600
"""Of lives on a line: enough that every cell has some, few enough to count a million tips in seconds."""
_WHEEL = 4096
_SILENT_AFTER = 30
"""Days without any action after which a tip shows as unanswered."""
_MONTH = 30
_DELIVERED, _SILENT = "delivered", "no_response"
_WORKED = (("valid", 2), ("forwarded", 1), ("verifying", 4), ("investigating", 5))
_ENDS = (
    ("not_actionable.prank", 9),
    ("not_actionable.incomplete", 16),
    ("not_actionable.emergency", 4),
    ("not_actionable.enquiry", 3),
    ("unconfirmed", 18),
    ("merged", 6),
    ("archived_temp", 8),
    ("other_authority", 5),
    ("abstained", 3),
    ("no_prosecution", 2),
)
_ACTS = (
    ("action_taken.patrol", 15),
    ("action_taken.seizure", 4),
    ("action_taken.arrest", 5),
    ("action_taken.victim", 2),
    ("action_taken.file_opened", 8),
    ("action_taken.judicialised", 1),
)


@dataclass(frozen=True, slots=True)
class Life:
    """One kind: days from when it came to the first action and to the end; None: never."""

    category: str
    district: str
    came: int
    """Day of the month."""
    first: int | None
    ends: int | None
    worked: str
    end: str

    def at(self, age: int, key: bytes) -> Record:
        """Return the record of a tip of this kind, ``age`` days after the end of its month."""
        elapsed = age + _MONTH - self.came
        first = self.first if self.first is not None and self.first <= elapsed else None
        ends = self.ends if first is not None and self.ends is not None and self.ends <= elapsed else None
        status = _SILENT if elapsed > _SILENT_AFTER else _DELIVERED
        if first is not None:
            status = self.worked if ends is None else self.end
        status_class = statuses()[status].status_class
        return Record(key, self.category, self.district, status, status_class, first, ends)


def districts(plan: Plan) -> tuple[str, ...]:
    """Return the codes of the districts."""
    return tuple(f"d{at:02}" for at in range(1, plan.districts + 1))


def lives(plan: Plan, line: LinePlan) -> tuple[Life, ...]:
    """Return the kinds of life on a line, the same for the same plan."""
    draw = Random(f"{plan.seed} {line.name}")  # noqa: S311  made-up lives, no secret
    codes = [code for code in categories() if (code == "misconduct") == (line.name != "police")] or [
        "misconduct"
    ]
    if line.name != "police":
        codes += ["extortion", "threats", "disappearance", "other"]
    busy = [1 / (1 + at) ** 0.7 for at in range(len(codes))]
    draw.shuffle(codes)
    where = [*districts(plan), NONE]
    people = [3.0 / (1 + at) ** 0.5 for at in range(plan.districts)] + [1.1]
    return tuple(
        _life(draw, line, draw.choices(codes, busy)[0], draw.choices(where, people)[0]) for _ in range(KINDS)
    )


def _life(draw: Random, line: LinePlan, category: str, district: str) -> Life:
    neglected = 0.5 if district in ("d08", "d10") else 1.0
    came = draw.choice((4, 12, 20, 27))
    worked = draw.choices([code for code, _ in _WORKED], [weight for _, weight in _WORKED])[0]
    if draw.random() > 0.78 * neglected:
        return Life(category, district, came, None, None, worked, _SILENT)
    first = max(0, int(draw.lognormvariate(1.9, 1.3)))
    acted = draw.random() * 100 < line.acts
    ends = _ACTS if acted else _ENDS
    end = draw.choices([code for code, _ in ends], [weight for _, weight in ends])[0]
    last = first + int(draw.lognormvariate(3.4, 1.0)) if draw.random() < 0.85 else None
    return Life(category, district, came, first, last, worked, end)


def drawn(plan: Plan, line: LinePlan, found: Sequence[Life], at: int, *, count: int) -> Counter[int]:
    """Return how many of ``count`` tips of the month number ``at`` live each kind of life."""
    wheel = _wheel(found, at)
    stream = memoryview(plan.octets(f"lives {line.name} {at}", 2 * count)).cast("H")
    lived: Counter[int] = Counter()
    for number, times in Counter(stream).items():
        lived[wheel[number % _WHEEL]] += times
    return lived


def _wheel(found: Sequence[Life], at: int) -> list[int]:
    """Return which life each place of the wheel is: in some months an authority answers less."""
    answered = 9 - 5 * (26 <= at % 48 <= 31)
    places = [
        number for number, life in enumerate(found) for _ in range(7 if life.first is None else answered)
    ]
    return [places[at * len(places) // _WHEEL] for at in range(_WHEEL)]
