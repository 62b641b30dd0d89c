"""From batches to the public site: a real workstation opens, answers and signs, and the portal proves it to the tip."""

from __future__ import annotations

from pathlib import Path
from random import Random

from portal.release.publish import Order, build
from portal.settings import SiteFile
from portal.verify.run import Question, verify
from tests.support.portal_city import plain_page
from tests.support.published import Office
from wire.identity import write_identity
from wire.period import end_of
from workstation.bulletin.identity import write_identity_file

DAY = 86400
COUNTS = {"2024-01": 30, "2024-02": 24, "2024-03": 21, "2024-04": 0}
HELD_BACK = 2
"""Messages of February that the box counted and that never came to the workstation."""


def test_what_a_real_workstation_opened_is_proven_on_the_site_and_what_it_never_got_is_missed(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    office = Office.make(tmp_path)
    box = office.counter()
    random = Random(3)
    for month, count in COUNTS.items():
        box.month(month, count, held_back=HELD_BACK if month == "2024-02" else 0)
        office.take(box, now=end_of(month) + DAY)
        if count:
            office.triage(random, office.tips_of(month), now=end_of(month) + 2 * DAY)
        office.issue(month)
        (tmp_path / f"{month}.bulletin").rename(folder / f"{month}.bulletin")
    for path in box.stick.glob("*.ledger"):
        path.rename(folder / path.name)
    write_identity_file(office.home, folder / "authority.identity")
    (folder / "box.identity").write_bytes(write_identity(box.box.key, 0).octets)

    site = build(
        Order(folders=(folder,), output=tmp_path / "public", settings=SiteFile(), draw=plain_page)
    ).site
    assert [(one.received, one.opened) for one in site.months] == [(30, 30), (26, 24), (21, 21), (0, 0)]
    assert [(one.month, one.never_opened) for one in site.months if one.never_opened] == [
        ("2024-02", HELD_BACK)
    ]
    assert {(one.period, one.age) for one in site.cohorts} >= {("2024-01", 30), ("2024-02", 30)}
    assert not site.refused and not site.notices

    found = verify(Question(folders=(folder,), sites=(tmp_path / "public",), draw=plain_page))
    assert (found.exit_code, len(found.never_opened)) == (0, 1)
