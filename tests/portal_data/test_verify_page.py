"""docs/verify.md shows a real report: this one."""

from __future__ import annotations

import re
from pathlib import Path

from portal.generator.city import make_city
from portal.generator.plan import Plan
from portal.verify.report import Report
from portal.verify.run import Question, verify
from tests.support.house import page
from tests.support.portal_city import built, plain_page


def test_the_page_shows_the_report_that_the_program_gives(tmp_path: Path) -> None:
    city = make_city(Plan().smaller(20_000, 18), tmp_path / "city")
    built(city, tmp_path / "public")
    found = verify(
        Question(
            folders=(city.ledgers, city.bulletins),
            headers=city.headers,
            audits=(city.audits,),
            sites=(tmp_path / "public",),
            earlier=(city.earlier,),
            draw=plain_page,
        )
    )
    shown = re.search(r"<!-- report -->\n```text\n(.*?)```", page("verify.md"), re.DOTALL)
    assert shown is not None
    assert counted("\n".join(Report(found, "en").lines()) + "\n") == counted(shown[1])


def counted(report: str) -> str:
    """Return ``report`` without the number of pages, which are drawn as one plain page here."""
    return re.sub(r"public: [\d,]+ pages", "public: pages", report)
