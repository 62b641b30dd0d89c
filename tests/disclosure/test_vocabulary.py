"""The vocabulary: what is in it, and what the reader of it refuses."""

from __future__ import annotations

from typing import cast

import pytest

from disclosure.vocabulary import (
    Status,
    StatusClass,
    VocabularyError,
    categories,
    parse_categories,
    parse_statuses,
    statuses,
    vocabulary_hash,
)

STATUS_HEAD = "code,es,en,class,terminal,set_by,source_or_analogue\n"
CATEGORY_HEAD = "code,group_es,group_en,es,en,route,notes_source\n"


def test_every_class_has_a_status_and_only_silence_is_silent() -> None:
    found = {status.status_class for status in statuses().values()}
    assert found == set(StatusClass)
    assert [s.code for s in statuses().values() if s.status_class is StatusClass.SILENT] == ["no_response"]


def test_what_the_other_rooms_lean_on_is_there() -> None:
    assert {"received", "delivered", "merged", "withheld", "destroyed", "reopened", "no_response"} <= set(
        statuses()
    )
    assert statuses()["not_actionable.prank"].es == "Broma o falsa"
    assert statuses()["action_taken.judicialised"].terminal
    assert categories()["misconduct"].route.startswith("SEPARATE KEY")
    assert len(categories()) == 23


def test_every_word_is_there_in_both_languages() -> None:
    assert all(status.es and status.en for status in statuses().values())
    assert all(c.es and c.en and c.group_es and c.group_en for c in categories().values())


def test_the_vocabulary_cannot_be_changed_by_who_reads_it() -> None:
    with pytest.raises(TypeError):
        cast(dict[str, Status], statuses())["x"] = statuses()["valid"]


def test_the_hash_is_of_32_octets_and_always_the_same() -> None:
    assert len(vocabulary_hash()) == 32
    assert vocabulary_hash() == vocabulary_hash()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "code,es\n",
        STATUS_HEAD + "valid,Procedente,Valid,open,no,triage\n",
        STATUS_HEAD + "valid,Procedente,Valid,open,perhaps,triage,\n",
        STATUS_HEAD + "valid,Procedente,Valid,shut,no,triage,\n",
        STATUS_HEAD + "Valid One,Procedente,Valid,open,no,triage,\n",
        STATUS_HEAD + "valid,a,b,open,no,t,\nvalid,a,b,open,no,t,\n",
    ],
)
def test_statuses_that_cannot_be_used_are_refused(text: str) -> None:
    with pytest.raises(VocabularyError):
        parse_statuses(text)


@pytest.mark.parametrize("text", ["", CATEGORY_HEAD + "a,b\n", CATEGORY_HEAD + "a b,g,g,x,x,police,\n"])
def test_categories_that_cannot_be_used_are_refused(text: str) -> None:
    with pytest.raises(VocabularyError):
        parse_categories(text)
