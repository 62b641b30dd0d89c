"""Months and totals as they are shown: counted by the boxes, proven by digests, beside what bulletins say. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from portal.reading.bulletins import BulletinTaken
from portal.release.model import Answer, BoxMonth, Kind, Month, Notice, Total
from portal.release.proofs import Proof
from wire.period import begin_of, end_of, is_quarter, months_of
from wire.signed import time_text


def day(seconds: int) -> str:
    """Return the day of Unix ``seconds``, UTC: YYYY-MM-DD."""
    return time_text(seconds)[:10]


def totals(proofs: Sequence[Proof], bulletins: Sequence[BulletinTaken]) -> list[Total]:
    """Return each total of the newest bulletin that has it, beside what was proven when that was issued."""
    whole = _without_gap(bulletins)
    newest: dict[tuple[bytes, str], Total] = {}
    for taken in bulletins:
        said = taken.bulletin
        for one in said.totals:
            received, opened = _proven(proofs, said.line, months_of(one.period), serial=said.serial)
            newest[said.line, one.period] = Total(
                line=said.line.hex(),
                period=one.period,
                received_said=one.received,
                opened_said=one.opened,
                received=received,
                opened=opened,
                bulletin=taken.name,
                complete=said.serial <= whole[said.line],
            )
    return [total for _, total in sorted(newest.items())]


def _without_gap(bulletins: Iterable[BulletinTaken]) -> dict[bytes, int]:
    """Return for each line the serial up to which no bulletin is missing."""
    whole: dict[bytes, int] = {}
    for one in bulletins:
        serial = whole.setdefault(one.bulletin.line, 0)
        if one.bulletin.serial == serial + 1:
            whole[one.bulletin.line] = serial + 1
    return whole


def _proven(proofs: Iterable[Proof], line: bytes, months: Sequence[str], *, serial: int) -> tuple[int, int]:
    """Return what the ledgers count that were answered up to bulletin ``serial``, and the digests up to then.

    Where another ledger is here than the answered one, or none, that is told by itself; here the bulletin is taken at
    its word for that ledger's count, and its digests count although they match no commitment.
    """
    received = opened = 0
    for proof in proofs:
        if proof.place[0] != line or proof.place[2] not in months:
            continue
        until = [at for at, one in enumerate(proof.answers) if one.bulletin.bulletin.serial <= serial]
        if until:
            received += _count(proof, until[-1])
            opened += proof.digests_by[until[-1]]
    return received, opened


def _count(proof: Proof, at: int) -> int:
    answered = proof.answers[at].answered
    if proof.ledger is not None and proof.ledger.hash == answered.ledger:
        return proof.ledger.ledger.count
    return answered.received


def total_notices(found: Iterable[Total]) -> Iterator[Notice]:
    """Yield where a bulletin's totals say otherwise than ledgers and digests."""
    for one in found:
        for kind, said, proven in (
            (Kind.TOTAL_RECEIVED, one.received, one.received_said),
            (Kind.TOTAL_OPENED, one.opened_said, one.opened),
        ):
            if said != proven and one.complete:
                yield Notice(
                    kind=kind, line=one.line, month=one.period, count=said - proven, sources=(one.bulletin,)
                )


def proof_notices(proofs: Iterable[Proof], bulletins: Sequence[BulletinTaken]) -> Iterator[Notice]:
    """Yield which months have no ledger that a bulletin answers, another one, unknown digests, or no answer."""
    newest = {one.bulletin.line: one.bulletin.month for one in bulletins}
    for proof in proofs:
        line, box, month = proof.place
        answers = tuple(one.bulletin.name for one in proof.answers)
        ledgers = (proof.ledger.name,) if proof.ledger else ()
        found: list[tuple[Kind, int | None]] = []
        if proof.ledger is None:
            found.append((Kind.LEDGER_MISSING, None))
        elif proof.other:
            count = max(one.answered.received for one in proof.answers) - proof.ledger.ledger.count
            found.append((Kind.LEDGER_OTHER, count))
        if proof.unknown:
            found.append((Kind.DIGEST_UNKNOWN, proof.unknown))
        if not answers and month <= newest.get(line, ""):
            found.append((Kind.NOT_ANSWERED, None))
        for kind, number in found:
            yield Notice(
                kind=kind,
                line=line.hex(),
                box=box.hex(),
                month=month,
                count=number,
                sources=(*ledgers, *answers),
            )


def months(proofs: Iterable[Proof], found: Iterable[Total], notices: Iterable[Notice]) -> list[Month]:
    """Return the months of all lines, also those between two ledgers that have none."""
    said = {(one.line, one.period): one for one in found if not is_quarter(one.period)}
    wrong = {
        (one.line, month)
        for one in notices
        if one.contradiction and one.month
        for month in months_of(one.month)
    }
    empty = [one for one in notices if one.kind is Kind.MONTH_EMPTY]
    missing = [(one.line, one.month) for one in notices if one.kind is Kind.BULLETIN_MISSING]
    made = [
        _month(line.hex(), month, list(group), said.get((line.hex(), month)), wrong)
        for (line, month), group in groupby(
            sorted(proofs, key=lambda one: (one.place[0], one.place[2], one.place[1])),
            lambda one: (one.place[0], one.place[2]),
        )
    ]
    have = {(one.line, one.month) for one in made}
    made += [
        _month(one.line, one.month, [], said.get((one.line, one.month)), wrong)
        for one in empty
        if (one.line, one.month) not in have
    ]
    found_months = [
        _unsaid(one) if any(one.line == line and one.month <= until for line, until in missing) else one
        for one in made
    ]
    return sorted(found_months, key=lambda one: (one.line, one.month))


def _unsaid(month: Month) -> Month:
    """Return a month that a missing bulletin may have answered: nothing can be said of what is not proven."""
    if month.never_opened <= 0 or month.answer is Answer.NONE:
        return month
    return replace(month, answer=Answer.NONE, never_opened_since=None)


def _month(
    line: str, month: str, proofs: Sequence[Proof], said: Total | None, wrong: set[tuple[str, str]]
) -> Month:
    boxes = tuple(box for proof in proofs for box in _box_month(proof))
    opened = sum(proof.opened for proof in proofs)
    answers = sorted(
        one.bulletin.bulletin.issued
        for proof in proofs
        if proof.ledger and proof.owed is not None
        for one in proof.answers[proof.owed :]
    )
    left = sum(one.received for one in boxes) - opened
    since = _since(proofs)
    return Month(
        line=line,
        month=month,
        boxes=boxes,
        minutes_possible=(end_of(month) - begin_of(month)) // 60,
        answer=_answer(left, answered=bool(answers), wrong=(line, month) in wrong),
        opened=opened,
        received_said=said.received_said if said else None,
        opened_said=said.opened_said if said else None,
        answered=day(answers[-1]) if answers else None,
        never_opened_since=day(since) if since is not None else None,
        unmatched=sum(proof.unknown for proof in proofs),
    )


def _answer(left: int, *, answered: bool, wrong: bool) -> Answer:
    if not answered:
        return Answer.NONE
    if wrong:
        return Answer.CONTRADICTED
    return Answer.PART if left else Answer.FULL


def _since(proofs: Iterable[Proof]) -> int | None:
    """Return when a bulletin first had to prove openings that are not all proven yet; None if none had to."""
    first = [
        proof.answers[proof.owed].bulletin.bulletin.issued
        for proof in proofs
        if proof.ledger and proof.owed is not None and proof.opened < proof.ledger.ledger.count
    ]
    return min(first, default=None)


def _box_month(proof: Proof) -> Iterator[BoxMonth]:
    if proof.ledger is None:
        return
    said = proof.ledger.ledger
    yield BoxMonth(
        box=said.box.hex(),
        serial=said.serial,
        ledger=proof.ledger.hash.hex(),
        source=proof.ledger.name,
        received=said.count,
        conversations=said.conversations,
        canaries_sent=said.canaries_sent,
        canaries_received=said.canaries_received,
        minutes=said.minutes,
    )
