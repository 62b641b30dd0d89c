"""Every message of the screen is in every catalogue, with the same values in it; and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from tests.support.catalogues import SCREEN, messages
from workstation.screen.languages import FIRST, read_languages

CATALOGUES = sorted((SCREEN / "i18n").glob("*.po"))
_VALUE = re.compile(r"%\(\w+\)s|\{n\}")


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.stem)


def source() -> set[str | tuple[str, ...]]:
    """Return the messages of the source."""
    return {message for message, _ in messages()}


def test_spanish_comes_first_and_english_stands_beside_it() -> None:
    languages = read_languages()
    assert list(languages)[:1] == [FIRST] == ["es"]
    assert {one.own_name for one in languages.values()} >= {"Español", "English"}


@pytest.mark.parametrize(
    "path", [path for path in CATALOGUES if path.stem != "en"], ids=lambda path: path.stem
)
def test_every_message_is_translated_and_no_other_one_is_there(path: Path) -> None:
    wanted = source()
    plurals = {message[0] for message in wanted if isinstance(message, tuple)}
    there = {message.id for message in read(path) if message.id and not message.context}
    assert {one for one in wanted if one not in plurals} - there == set()
    assert there - wanted == set()
    empty = [message.id for message in read(path) if message.id and not _said(message.string)]
    assert not empty


def _said(string: str | tuple[str, ...]) -> bool:
    return all(string) if isinstance(string, tuple) else bool(string)


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_a_translation_has_the_values_of_its_message(path: Path) -> None:
    wrong = []
    for message in read(path):
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        of = message.id if isinstance(message.id, tuple) else (message.id,)
        if message.id and any(sorted(_VALUE.findall(one)) != sorted(_VALUE.findall(of[0])) for one in said):
            wrong.append(message.id)
    assert not wrong


def test_a_page_has_no_words_that_are_not_in_the_catalogues() -> None:
    """Letters that stand in a template outside of a message are signs, keys, or names of languages."""
    allowed = {"Tipline", "Español", "English", "U+202E", "Ctrl", "P"}
    found = []
    for path in sorted((SCREEN / "templates").glob("*.html")):
        source = re.sub(
            r"\{% block (?:main|body)_class %\}.*?\{% endblock %\}", "", path.read_text(encoding="utf-8")
        )
        text = re.sub(
            r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|<code>.*?</code>|<kbd>.*?</kbd>", " ", source, flags=re.S
        )
        for piece in re.sub(r"<[^>]*>", "\n", text).split("\n"):
            words = set(re.findall(r"[^\W\d_][\w+]+", piece)) - allowed
            found += [f"{path.name}: {piece.strip()}"] if words else []
    assert not found


@pytest.mark.parametrize(
    ("words", "one", "many"),
    [
        ("known already", "ya conocido", "ya conocidos"),
        ("refused or set apart", "rechazado o apartado", "rechazados o apartados"),
    ],
)
def test_what_english_says_alike_of_one_and_of_several_spanish_does_not(
    words: str, one: str, many: str
) -> None:
    assert (words, words) in source()
    there = read_languages()["es"]
    assert [there.texts(words, words, number) for number in (0, 1, 2)] == [many, one, many]
