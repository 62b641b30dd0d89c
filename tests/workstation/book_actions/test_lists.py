"""Districts, settings, saved filters, notes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.book_actions import ANA, NOW, actions, add_tips
from wire.refusal import Refused
from workstation.book.actions import (
    Changes,
    add_note,
    all_settings,
    change,
    change_setting,
    districts,
    notes,
    read_districts,
    remove_filter,
    save_filter,
    saved_filters,
    set_districts,
    silence_days,
)
from workstation.book.connection import Book
from workstation.book.faults import NoSuch, NotAllowed
from workstation.book.listing import silence_days as silence_days_of_lists

GOOD = "code,es,en\ncentro,Centro,Downtown\nnorte,Zona Norte,North\n"


def test_a_list_of_districts_is_taken_whole(book: Book) -> None:
    set_districts(book, ANA, read_districts(GOOD.encode()), now=NOW)
    assert [(one.code, one.es, one.en) for one in districts(book)] == [
        ("centro", "Centro", "Downtown"),
        ("norte", "Zona Norte", "North"),
    ]
    set_districts(book, ANA, read_districts(b"\xef\xbb\xbfcode,es,en\r\nsur,Sur,South\r\n"), now=NOW)
    assert [one.code for one in districts(book)] == ["sur"]
    assert actions(book) == ["districts", "districts"]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "line 1"),
        ("code,es\na,b\n", "line 1"),
        ("code,es,en\na,A,A\nb,B\n", "line 3"),
        ("code,es,en\nCentro,A,A\n", "line 2"),
        ("code,es,en\na,A,A\na,B,B\n", "line 3"),
        ("code,es,en\na,,A\n", "line 2"),
        ("code,es,en\na,A\x1b[2J,A\n", "line 2"),
        ('code,es,en\na,"A,A\n', "line 2"),
        ("code,es,en\na,A,A\n\n\nb,B,B,B\n", "line 5"),
        ("code,es,en\n", "file"),
        ("code,es,en\na," + "A" * 81 + ",A\n", "line 2"),
        ("code,es,en\n" + "".join(f"d{n},A,A\n" for n in range(2001)), "file"),
    ],
)
def test_a_list_with_a_fault_is_refused_whole_with_its_line(book: Book, text: str, where: str) -> None:
    with pytest.raises(Refused) as caught:
        read_districts(text.encode())
    assert caught.value.field == where


def test_what_is_not_utf_8_is_refused_with_its_line() -> None:
    with pytest.raises(Refused) as caught:
        read_districts(b"code,es,en\na,A,A\nb,\xff,B\n")
    assert caught.value.field == "line 3"


@given(
    st.binary(max_size=300)
    | st.text(alphabet='code,esn\n"ab', max_size=60).map(lambda text: f"code,es,en\n{text}".encode())
)
def test_whatever_the_file_holds_it_is_taken_or_refused(octets: bytes) -> None:
    try:
        found = read_districts(octets)
    except Refused:
        return
    assert len({one.code for one in found}) == len(found) > 0


def test_a_district_that_tips_have_stays_in_the_list(book: Book) -> None:
    set_districts(book, ANA, read_districts(GOOD.encode()), now=NOW)
    change(book, ANA, add_tips(book, 1), Changes(district="norte"), now=NOW)
    with pytest.raises(NotAllowed, match="norte"):
        set_districts(book, ANA, read_districts(b"code,es,en\ncentro,C,C\n"), now=NOW)
    assert len(districts(book)) == 2


def test_settings_have_defaults_and_each_change_is_in_the_log(book: Book) -> None:
    assert all_settings(book) == {"silence_days": 30, "retention_days": None}
    assert silence_days_of_lists(book) == silence_days(book) == 30
    change_setting(book, ANA, "silence_days", "21", now=NOW)
    change_setting(book, ANA, "retention_days", "400", now=NOW)
    assert all_settings(book) == {"silence_days": 21, "retention_days": 400}
    assert silence_days_of_lists(book) == silence_days(book) == 21
    change_setting(book, ANA, "retention_days", "none", now=NOW)
    assert all_settings(book)["retention_days"] is None
    assert actions(book) == ["setting"] * 3


@pytest.mark.parametrize("value", ["0", "-3", "366", "none", "", "many", "1e2", "٣", "9" * 5000])
def test_a_value_that_a_setting_cannot_have_is_refused(book: Book, value: str) -> None:
    with pytest.raises(NotAllowed, match="1 to 365"):
        change_setting(book, ANA, "silence_days", value, now=NOW)
    with pytest.raises(NoSuch, match="colour"):
        change_setting(book, ANA, "colour", value, now=NOW)
    assert actions(book) == []


def test_filters_are_saved_replaced_and_removed(book: Book) -> None:
    save_filter(book, ANA, "  my   street ", "status=valid", now=NOW)
    save_filter(book, ANA, "my street", "status=other", now=NOW)
    assert [(one.name, one.query) for one in saved_filters(book)] == [("my street", "status=other")]
    remove_filter(book, ANA, "my street", now=NOW)
    with pytest.raises(NoSuch):
        remove_filter(book, ANA, "my street", now=NOW)
    for name in ("", "x" * 65, "a\u202eb"):
        with pytest.raises(NotAllowed):
            save_filter(book, ANA, name, "q", now=NOW)
    assert actions(book) == ["filter", "filter", "filter-removed"]


def test_the_number_of_saved_filters_has_an_end(book: Book) -> None:
    for number in range(200):
        save_filter(book, ANA, f"filter {number}", "q", now=NOW)
    with pytest.raises(NotAllowed, match="200"):
        save_filter(book, ANA, "one more", "q", now=NOW)
    assert len(saved_filters(book)) == 200


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 20_001, "a\ud800b"])
def test_a_note_that_is_none_is_refused(book: Book, text: str) -> None:
    (tip,) = add_tips(book, 1)
    with pytest.raises(NotAllowed):
        add_note(book, ANA, [tip], text, now=NOW)
    assert notes(book, tip) == ()
    assert actions(book) == []


def test_a_note_is_kept_as_it_was_written(book: Book) -> None:
    tips = add_tips(book, 2)
    text = "línea uno\n<b>two</b> \u202e three"
    add_note(book, ANA, tips, f" {text}\n", now=NOW)
    assert [note.text for tip in tips for note in notes(book, tip)] == [text, text]
    assert text not in repr(notes(book, tips[0]))
