"""A quiet line is answered by the quarter: until that is over nobody is accused, and then to the tip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from nacl.signing import SigningKey

from disclosure.rules import RULES
from disclosure.vocabulary import vocabulary_hash
from portal.generator.boxes import BoxMaker, LedgerMade
from portal.generator.plan import Plan
from portal.release.model import Answer, Kind
from portal.verify.run import Question, Verified, verify
from wire.authority import Authority, write_authority
from wire.bulletin import Bulletin, bulletin_name, write_bulletin
from wire.hashing import NO_HASH, blake2b_256
from wire.identity import write_identity
from wire.ledger import ledger_name
from wire.period import end_of
from wire.release import Answered, Total

PLAN = Plan(tips=0)
LINE = bytes(range(8))
BOX, SHEETS, BULLETINS = (SigningKey(bytes([number]) * 32) for number in (1, 2, 3))
MONTHS = ("2025-01", "2025-02", "2025-03", "2025-04")
EACH = 5


def ledgers(folder: Path) -> Mapping[str, LedgerMade]:
    """Write the ledgers of four months with five tips each, and the identities."""
    box = BoxMaker(PLAN, BOX, LINE)
    made = {month: box.month(month, EACH) for month in MONTHS}
    for one in made.values():
        (folder / ledger_name(one.ledger)).write_bytes(one.octets)
    (folder / "box.identity").write_bytes(write_identity(BOX, 0).octets)
    said = Authority(
        line=LINE,
        name="Contraloría",
        authority=bytes(SHEETS.verify_key),
        bulletin=bytes(BULLETINS.verify_key),
        made=0,
    )
    (folder / "a.authority").write_bytes(write_authority(said, SHEETS, BULLETINS).octets)
    return made


def bulletin(
    folder: Path,
    before: bytes,
    month: str,
    answered: Sequence[tuple[LedgerMade, int]],
    totals: Sequence[Total],
) -> bytes:
    """Write the bulletin of ``month`` that proves so many tips of each of ``answered``; return its hash."""
    lists = [b"".join(sorted(made.digests[:proven])) for made, proven in answered]
    said = Bulletin(
        authority=bytes(BULLETINS.verify_key),
        line=LINE,
        name="Conducta",
        month=month,
        serial=MONTHS.index(month) + 1,
        previous=before,
        issued=end_of(month) + 8 * 86400,
        mode="single",
        log=bytes(32),
        certificates=0,
        rules=RULES,
        vocabulary=vocabulary_hash(),
        ledgers=tuple(
            Answered(made.hash, made.ledger.box, made.month, EACH, proven) for made, proven in answered
        ),
        totals=tuple(totals),
        digests=sum(proven for _, proven in answered),
        body=blake2b_256(b"".join(lists)),
    )
    text = write_bulletin(said, BULLETINS)
    (folder / bulletin_name(said)).write_bytes(text.octets + b"".join(lists))
    return text.hash


def two_months(folder: Path) -> tuple[Mapping[str, LedgerMade], bytes]:
    """Write the first two bulletins of a quiet quarter: they answer, and prove nothing yet."""
    made = ledgers(folder)
    before = bulletin(folder, NO_HASH, MONTHS[0], [(made[MONTHS[0]], 0)], [])
    return made, bulletin(folder, before, MONTHS[1], [(made[MONTHS[1]], 0)], [])


def asked(folder: Path) -> Verified:
    return verify(Question(folders=(folder,)))


def test_before_a_quiet_quarter_is_over_nobody_is_accused(tmp_path: Path) -> None:
    two_months(tmp_path)
    found = asked(tmp_path)
    assert found.exit_code == 0
    assert {month.answer for month in found.site.months} == {Answer.NONE}
    assert not found.never_opened and not found.site.notices


def test_when_it_is_over_what_is_not_proven_was_never_opened(tmp_path: Path) -> None:
    made, before = two_months(tmp_path)
    answered = [(made[MONTHS[0]], EACH), (made[MONTHS[1]], EACH - 1), (made[MONTHS[2]], EACH)]
    bulletin(tmp_path, before, MONTHS[2], answered, [Total("2025-Q1", 3 * EACH, 3 * EACH - 1)])
    found = asked(tmp_path)
    assert [(one.month, one.never_opened, one.never_opened_since) for one in found.never_opened] == [
        ("2025-02", 1, "2025-04-09")
    ]
    answers = {one.month: one.answer for one in found.site.months}
    assert answers == dict(zip(MONTHS, (Answer.FULL, Answer.PART, Answer.FULL, Answer.NONE), strict=True))
    assert found.exit_code == 0
    (total,) = found.site.totals
    assert (total.period, total.agrees, total.opened) == ("2025-Q1", True, 3 * EACH - 1)


def test_a_total_of_the_quarter_that_claims_more_is_found_to_the_tip(tmp_path: Path) -> None:
    made, before = two_months(tmp_path)
    answered = [(made[MONTHS[0]], EACH), (made[MONTHS[1]], EACH - 2), (made[MONTHS[2]], EACH)]
    bulletin(tmp_path, before, MONTHS[2], answered, [Total("2025-Q1", 3 * EACH, 3 * EACH)])
    found = asked(tmp_path)
    assert [(one.kind, one.month, one.count) for one in found.totals] == [(Kind.TOTAL_OPENED, "2025-Q1", 2)]
    assert found.exit_code == 5


def test_without_any_total_the_end_of_the_quarter_is_the_last_day_to_prove(tmp_path: Path) -> None:
    """Or an authority could put it off for ever."""
    made, before = two_months(tmp_path)
    bulletin(tmp_path, before, MONTHS[2], [(made[month], 0) for month in MONTHS[:3]], [])
    found = asked(tmp_path)
    assert [(one.month, one.never_opened) for one in found.never_opened] == [
        (month, EACH) for month in MONTHS[:3]
    ]
