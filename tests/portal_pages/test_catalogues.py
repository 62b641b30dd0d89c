"""The catalogues: every text in every language, with the same values in it; one file more is one language more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from disclosure.vocabulary import categories, statuses
from portal.languages import FOLDER, BadCatalogue, Language, chosen, ours, read_language
from portal.pages import render
from portal.release.model import Kind
from tests.support.portal_apart import rendered_apart
from tests.support.portal_html import Html
from tests.support.portal_sites import a_site

_VALUE = re.compile(r"%\((\w+)\)s")
_TAG = re.compile(r"<(/?\w+)[^>]*>")


def _catalogue(code: str) -> Catalog:
    with (FOLDER / f"{code}.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


def _texts(code: str) -> dict[str, tuple[str, ...]]:
    found = {}
    for message in _catalogue(code):
        if message.id:
            strings = (message.string,) if isinstance(message.string, str) else tuple(message.string)
            found[message.id if isinstance(message.id, str) else message.id[0]] = strings
    return found


def test_spanish_is_first_and_english_is_beside_it() -> None:
    assert [one.tag for one in ours()[:2]] == ["es-MX", "en"]


def test_every_language_has_every_text() -> None:
    spanish, *others = ours()
    for other in others:
        assert other.names >= spanish.names, sorted(spanish.names - other.names)
        extra = {
            name
            for name in other.names - spanish.names
            if not name.startswith(("status.", "category.", "group."))
        }
        assert not extra


def test_a_language_that_the_vocabulary_does_not_speak_brings_its_words_along() -> None:
    words = {f"status.{code}" for code in statuses()} | {f"category.{code}" for code in categories()}
    for language in ours():
        assert language.code in ("es", "en") or words <= language.names


def test_a_text_has_the_same_values_in_every_language() -> None:
    spanish = _texts("es")
    for language in ours()[1:]:
        texts = _texts(language.code)
        for name, strings in spanish.items():
            wanted = {frozenset(_VALUE.findall(text)) for text in strings}
            assert {frozenset(_VALUE.findall(text)) for text in texts[name]} == wanted, name


@pytest.mark.parametrize("language", ours(), ids=lambda one: one.code)
def test_a_text_holds_no_markup_but_strong_and_no_empty_form(language: Language) -> None:
    for name, strings in _texts(language.code).items():
        assert all(text.strip() for text in strings), name
        assert {tag.strip("/") for text in strings for tag in _TAG.findall(text)} <= {"strong"}, name
        assert not any(text != " ".join(text.split(" ")) or "  " in text for text in strings), name


@pytest.mark.parametrize("language", ours(), ids=lambda one: one.code)
def test_every_kind_of_notice_has_a_sentence(language: Language) -> None:
    assert {f"notice.{kind}" for kind in Kind} <= language.names


def test_what_is_said_in_the_two_languages_differs() -> None:
    spanish, english = _texts("es"), _texts("en")
    long = [name for name in spanish if len(spanish[name][0]) > 25]
    assert len(long) > 150
    assert not [name for name in long if spanish[name] == english[name] and "%(" not in spanish[name][0]]


def test_a_missing_text_stops_the_build_and_is_named(tmp_path: Path) -> None:
    catalogue = _catalogue("en")
    catalogue.delete("front.lede")
    _write(tmp_path / "en.po", catalogue)
    with pytest.raises(BadCatalogue, match=r"front\.lede"):
        render(a_site(months=2), tmp_path, languages=chosen(["en"], tmp_path))


@pytest.mark.parametrize("codes", [("es", "en"), ("en", "es")])
def test_it_is_named_whichever_process_draws_the_language(tmp_path: Path, codes: tuple[str, str]) -> None:
    catalogue = _catalogue("en")
    catalogue.delete("front.lede")
    _write(tmp_path / "en.po", catalogue)
    _write(tmp_path / "es.po", _catalogue("es"))
    with pytest.raises(BadCatalogue, match=r"front\.lede"):
        rendered_apart(tmp_path, tmp_path / "cache", months=2, codes=codes, catalogues=tmp_path)


def test_a_text_that_a_translator_marked_fuzzy_is_missing(tmp_path: Path) -> None:
    catalogue = _catalogue("en")
    message = catalogue.get("front.lede")
    assert message is not None
    message.flags.add("fuzzy")
    _write(tmp_path / "en.po", catalogue)
    with pytest.raises(BadCatalogue, match=r"front\.lede"):
        read_language(tmp_path / "en.po").text("front.lede")


def test_a_text_that_asks_for_a_value_it_is_not_given_is_named(tmp_path: Path) -> None:
    catalogue = _catalogue("en")
    message = catalogue.get("foot.contact")
    assert message is not None
    message.string = "Write to %(somebody)s"
    _write(tmp_path / "en.po", catalogue)
    with pytest.raises(BadCatalogue, match=r"en: foot\.contact"):
        read_language(tmp_path / "en.po").text("foot.contact")


@pytest.mark.parametrize("text", ["", 'msgid "a', "\xff\xfe", 'msgid ""\nmsgstr "Language: xx_YY\\n"\n'])
def test_what_is_no_catalogue_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "qq.po").write_bytes(text.encode("latin-1"))
    with pytest.raises(BadCatalogue, match=r"qq\.po"):
        read_language(tmp_path / "qq.po")


@pytest.mark.parametrize("code", ["fr", "../es", "", "es.po"])
def test_a_language_without_a_catalogue_is_named(code: str) -> None:
    with pytest.raises(BadCatalogue, match="no catalogue"):
        chosen([code])


def test_a_value_is_escaped_and_keeps_no_control_character() -> None:
    (english,) = chosen(["en"])
    text = english.text("foot.publisher", name="<b>\u202e\x07&")
    assert text == "Published by &lt;b&gt;\ufffd\ufffd&amp;."


def test_numbers_months_and_days_are_those_of_the_language() -> None:
    spanish, english = chosen(["es", "en"])
    assert (spanish.number(1234567), english.number(1234567)) == ("1,234,567", "1,234,567")
    assert (spanish.month("2026-09"), english.month("2026-09")) == ("septiembre de 2026", "September 2026")
    assert (spanish.percent(1, 3), english.percent(1, 300), english.percent(1, 0)) == ("33%", "0.3%", "0%")
    assert [str(english.count("days", number)) for number in (1, 2)] == ["1 day", "2 days"]


def _arabic(folder: Path) -> None:
    """Write a catalogue of another direction: every text is its name, with the values that it has in Spanish."""
    catalogue = Catalog(locale="ar", fuzzy=False)
    for name, strings in _texts("es").items():
        values = " ".join(f"%({value})s" for value in dict.fromkeys(_VALUE.findall(strings[0])))
        text = f"\u0646\u0635 {name.replace('.', ' ')} {values}".strip()
        if len(strings) == 1:
            catalogue.add(name, text)
        else:
            catalogue.add((name, name), (text,) * catalogue.num_plurals)
    for code, status in statuses().items():
        catalogue.add(f"status.{code}", f"\u062d\u0627\u0644\u0629 {status.code}")
    _write(folder / "ar.po", catalogue)


def _write(path: Path, catalogue: Catalog) -> None:
    with path.open("wb") as file:
        write_po(file, catalogue)


def test_one_catalogue_file_more_is_one_language_more_from_right_to_left(tmp_path: Path) -> None:
    for code in ("es", "en"):
        (tmp_path / f"{code}.po").write_bytes((FOLDER / f"{code}.po").read_bytes())
    _arabic(tmp_path)
    languages = ours(tmp_path)
    assert [one.code for one in languages] == ["es", "en", "ar"]
    site = tmp_path / "site"
    site.mkdir()
    render(a_site(months=3), site, languages=languages[1:])
    page = Html((site / "ar/index.html").read_text(encoding="utf-8"))
    (root,) = page.all("html")
    assert (root.attributes["lang"], root.attributes["dir"], page.faults) == ("ar", "rtl", [])
    assert "\u062d\u0627\u0644\u0629 valid" in (site / "ar/vocabulary.html").read_text(encoding="utf-8")
    style = (site / "static/style.css").read_text(encoding="utf-8")
    assert not re.findall(
        r"(?:margin|padding|border|inset)-(?:left|right)|(?<!-)\b(?:left|right):|text-align: (?:left|right)",
        style,
    )
