"""The files of the site: well formed, at home in every folder, with no script and nothing from elsewhere."""

from __future__ import annotations

import errno
import posixpath
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from portal.languages import Language
from portal.pages import render
from portal.pages.pages import POLICY, environment
from portal.release.model import Line, Settings, Site
from tests.support.portal_apart import rendered_apart
from tests.support.portal_html import Html
from tests.support.portal_sites import a_site

FIRST_PAGE = 60_000
"""Octets of the first page with all that it loads: the issue's promise."""


def test_every_page_is_well_formed(any_site: Any) -> None:
    assert {path: page.faults for path, page in any_site.pages.items() if page.faults} == {}


def test_no_id_is_there_twice(any_site: Any) -> None:
    assert not [path for path, page in any_site.pages.items() if len(page.ids) != len(set(page.ids))]


def test_every_link_inside_the_site_leads_to_a_file_and_every_anchor_to_an_id(any_site: Any) -> None:
    broken = []
    for path, page in any_site.pages.items():
        for link in _links(page):
            if re.match(r"(https?|mailto):", link):
                continue
            file, _, anchor = link.partition("#")
            target = (
                posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(file))) if file else path
            )
            there = any_site.folder / target
            wanted = any_site.pages.get(target)
            if not there.is_file() or (anchor and (wanted is None or anchor not in wanted.ids)):
                broken.append((path, link))
    assert not broken


def _links(page: Html) -> list[str]:
    return [
        str(one.attributes.get(name))
        for one in page.elements
        for name in ("href", "src")
        if name in one.attributes
    ]


def test_all_addresses_are_relative_so_that_a_stick_will_do(any_site: Any) -> None:
    outside = {
        link for page in any_site.pages.values() for one in page.all("link", "img", "script", "a")
        for link in [one.attributes.get("href") or one.attributes.get("src") or ""]
        if re.match(r"[a-z]+:|/", link) and not link.startswith(("mailto:", any_site.model.settings.contact))
    }  # fmt: skip
    assert not outside


def test_no_page_has_a_script_a_style_or_a_handler(any_site: Any) -> None:
    for page in any_site.pages.values():
        assert not page.all("script", "style", "iframe", "object", "form", "base")
        assert not [
            one
            for one in page.elements
            if any(name.startswith("on") or name == "style" for name in one.attributes)
        ]
        metas = {one.attributes.get("http-equiv"): one.attributes.get("content") for one in page.all("meta")}
        assert metas["Content-Security-Policy"] == POLICY
    assert "script" not in POLICY and "unsafe" not in POLICY and POLICY.startswith("default-src 'none'")


def test_what_an_enemy_chose_as_a_name_is_shown_and_not_acted_on(hostile: Any) -> None:
    shown = 0
    for page in hostile.pages.values():
        assert not page.all("script", "img")
        assert not [link for link in _links(page) if "javascript" in link]
        shown += "<script>alert(1)</script>" in page.text and "%(x)s {{ 7*7 }}" in page.text
        assert "\u202e" not in page.source
    assert shown == len(hostile.pages)


def test_a_contact_is_a_link_only_where_it_is_a_page_or_a_mail() -> None:
    template = environment().from_string('{% from "parts.html" import linked %}{{ linked(contact) }}')
    assert "href" not in template.render(contact="javascript:alert(1)")
    assert "href" not in template.render(contact="//example.org")
    assert 'href="mailto:a@example.org"' in template.render(contact="a@example.org")
    assert 'href="https://example.org/?a=1&amp;b=2"' in template.render(
        contact="https://example.org/?a=1&b=2"
    )


def test_the_first_page_fits_a_slow_phone(town: Any) -> None:
    page = (town.folder / "es/index.html").stat().st_size
    rest = sum(path.stat().st_size for path in (town.folder / "static").iterdir())
    assert page + rest < FIRST_PAGE


def test_both_languages_have_the_same_pages(town: Any) -> None:
    spanish = {path[3:] for path in town.written if path.startswith("es/")}
    assert spanish == {path[3:] for path in town.written if path.startswith("en/")}
    assert {"index.html", "months.html", "trends.html", "safely.html", "feed.xml"} <= spanish


def test_the_written_paths_are_all_there_is(town: Any) -> None:
    others = {one.path for one in (*town.model.downloads, *town.model.sources)}
    files = {path.relative_to(town.folder).as_posix() for path in town.folder.rglob("*") if path.is_file()}
    assert files - others == set(town.written)


def test_a_page_says_its_language_and_where_the_other_is(town: Any) -> None:
    page = town.pages["es/months/2025-09.html"]
    (root,) = page.all("html")
    assert (root.attributes["lang"], root.attributes["dir"]) == ("es-MX", "ltr")
    other = [one for one in page.all("a") if one.attributes.get("hreflang") == "en"]
    assert other[0].attributes == {
        "href": "../../en/months/2025-09.html",
        "lang": "en",
        "hreflang": "en",
        "dir": "ltr",
    }


def test_the_front_door_leads_to_the_first_language_and_names_all(town: Any) -> None:
    page = town.pages["index.html"]
    (refresh,) = [one for one in page.all("meta") if one.attributes.get("http-equiv") == "refresh"]
    assert refresh.attributes["content"] == "0; url=es/index.html"
    assert [one.attributes["href"] for one in page.all("a")] == ["es/index.html", "en/index.html"]


def test_every_picture_has_a_title_and_a_description_for_who_cannot_see_it(any_site: Any) -> None:
    seen = 0
    for page in any_site.pages.values():
        for one in page.all("svg"):
            names = str(one.attributes["aria-labelledby"]).split()
            texts = [other for name in names for other in page.elements if other.attributes.get("id") == name]
            assert [text.tag for text in texts] == ["title", "desc"] and all(
                text.text.strip() for text in texts
            )
            assert one.attributes["role"] == "img"
            seen += 1
    assert seen > 10


def test_every_plot_has_its_sentence_and_its_numbers_in_a_table(town: Any) -> None:
    plots = 0
    for page in town.pages.values():
        figures = page.all("figure")
        plots += len(figures)
        assert len(figures) == len(page.all("figcaption"))
        tables = [one for one in page.all("table") if "figure" in one.around]
        assert len(tables) == len(figures)
    assert plots > 50


def test_every_table_has_a_caption_and_heads_with_a_scope(any_site: Any) -> None:
    for page in any_site.pages.values():
        assert len(page.all("caption")) == len(page.all("table"))
        assert {one.attributes.get("scope") for one in page.all("th")} <= {"col", "row"}


def test_headings_go_down_by_one_and_there_is_one_first(any_site: Any) -> None:
    for path, page in any_site.pages.items():
        levels = [int(one.tag[1]) for one in page.all("h1", "h2", "h3", "h4")]
        assert levels.count(1) == 1, path
        assert all(after <= before + 1 for before, after in pairwise(levels)), (
            path,
            levels,
        )


def test_no_text_of_the_catalogue_is_shown_by_its_name(
    any_site: Any, languages: tuple[Language, ...]
) -> None:
    names = {name for name in languages[0].names if "." in name}
    for page in any_site.pages.values():
        assert not names & set(re.findall(r"[a-z]+(?:\.[a-z-]+)+", page.text)) - {"datapackage.json"}


def test_a_gap_is_shown_as_a_gap_and_not_as_none(town: Any) -> None:
    page = town.pages["es/months/2025-11.html"]
    assert "Falta el acta de este mes." in page.text
    (police, *_) = page.text.split("Línea de abusos de autoridad")
    assert "De 0 denuncias" not in police
    assert "falta el acta" in town.pages["es/months.html"].text


def test_a_month_whose_bulletin_says_more_than_it_proves_says_so_with_both_numbers(town: Any) -> None:
    month = next(one for one in town.model.months if one.month == "2025-09")
    text = " ".join(town.pages["en/months/2025-09.html"].text.split())
    assert f"{month.never_opened} were never opened" in text and f"proofs cover {month.opened}" in text


def test_a_line_that_one_person_can_open_says_so(town: Any) -> None:
    assert town.pages["en/index.html"].text.count("one person alone can open the case book") == 1
    assert "one person alone" in town.pages["en/authorities/contraloria-ciudadana.html"].text
    assert "opens only with two people" in town.pages["en/authorities/policia-municipal.html"].text


def test_every_notice_and_every_refused_file_is_told(hostile: Any) -> None:
    page = hostile.pages["en/notices.html"]
    items = [one for one in page.all("li") if "main" in one.around]
    assert len(items) == len(hostile.model.notices)
    assert "The signature is not valid." in page.text


def test_the_same_model_gives_the_same_octets(tmp_path: Path, languages: tuple[Language, ...]) -> None:
    model = a_site(months=4)
    for name, cache in (("first", None), ("second", tmp_path / "cache"), ("third", tmp_path / "cache")):
        (tmp_path / name).mkdir()
        render(model, tmp_path / name, languages=languages[:1], cache=cache)
    first, second, third = (_octets(tmp_path / name) for name in ("first", "second", "third"))
    assert first and first == second == third


def _octets(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_site_of_nothing_yet_is_a_whole_site(tmp_path: Path, languages: tuple[Language, ...]) -> None:
    empty = _nothing(a_site(months=1))
    render(empty, tmp_path, languages=languages)
    text = (tmp_path / "en/index.html").read_text(encoding="utf-8")
    assert "There is no ledger of a box yet." in text


def _nothing(site: Site) -> Site:
    return replace(
        site, settings=Settings(title={"es": "Línea"}), lines=(Line(id="0" * 16, slug="a", name={"es": "A"}),),
        authorities=(), boxes=(), months=(), cohorts=(), totals=(), bulletins=(), notices=(), refused=(), sources=(),
        downloads=(), releases=site.releases[:1],
    )  # fmt: skip


def test_languages_in_two_processes_that_share_their_charts_have_the_octets_of_one(
    town: Any, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    written = rendered_apart(site, tmp_path / "cache")
    assert sorted(written) == sorted(town.written)
    assert not [path for path in written if (site / path).read_bytes() != (town.folder / path).read_bytes()]


@pytest.mark.parametrize("code", ["es", "en"])
def test_a_disk_that_fails_is_named_whichever_process_writes(tmp_path: Path, code: str) -> None:
    (tmp_path / code).write_text("no folder")
    with pytest.raises(OSError, match=f"{code}'") as failed:
        rendered_apart(tmp_path, tmp_path / "cache", months=2)
    assert failed.value.errno in (errno.EEXIST, errno.ENOTDIR)
