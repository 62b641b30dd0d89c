"""What is blacked out of a tip before it is printed: chosen pieces, and words however they are written."""

from __future__ import annotations

import re
from unicodedata import category, normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.screen.redaction import BLOCK, cut, redact


@given(st.text())
def test_the_pieces_that_can_be_chosen_are_the_text(text: str) -> None:
    assert "".join(word.text for word in cut(text)) == text


@given(st.lists(st.text(st.characters(categories=["Ll"]), min_size=3, max_size=9), min_size=1, max_size=8))
def test_what_is_blacked_out_is_gone_whatever_was_chosen(words: list[str]) -> None:
    text = " ".join(words)
    numbers = frozenset(word.number for word in cut(text) if not word.is_space)
    assert redact(text, numbers) == (BLOCK, 1)


def test_a_block_tells_nothing_of_the_length_and_neighbours_become_one() -> None:
    first, _ = redact("vive Ana en casa", frozenset({2}))
    second, _ = redact("vive Maximiliano en casa", frozenset({2}))
    assert first == second == f"vive {BLOCK} en casa"
    assert redact("uno dos tres", frozenset({0, 2}))[0] == f"{BLOCK} tres"


def test_words_to_black_out_are_found_in_any_case() -> None:
    assert redact("Ana y ANA y ana", frozenset(), ("ana",)) == (f"{BLOCK} y {BLOCK} y {BLOCK}", 3)


@pytest.mark.parametrize(
    ("text", "numbers", "words", "kept"),
    [
        ("una anana fresca", (), ("ana",), f"una {BLOCK} fresca"),
        ("anadie", (), ("ana", "nadie"), BLOCK),
        ("nadie anadie", (), ("nadie", "ana"), BLOCK),
        ("con Juan Gómez hoy", (2,), ("juan gomez",), f"con {BLOCK} hoy"),
        ("aaaaa b", (), ("aa",), f"{BLOCK} b"),
    ],
)
def test_what_overlaps_is_gone_wholly(
    text: str, numbers: tuple[int, ...], words: tuple[str, ...], kept: str
) -> None:
    assert redact(text, frozenset(numbers), words)[0] == kept


@pytest.mark.parametrize(
    "written",
    [
        "Gómez",
        "GOMEZ",
        "Go\u0301mez",
        "go\u200bm\u00adez",
        "G\u0336o\u0336m\u0336e\u0336z\u0336",
        "\u202eGómez\u202c",
    ],
)
def test_words_to_black_out_are_found_however_they_are_accented_or_hidden(written: str) -> None:
    kept, blocks = redact(f"vive {written} aqui", frozenset(), ("gomez",))
    assert blocks == 1
    assert "mez" not in kept
    assert kept.startswith("vive ")
    assert kept.endswith(" aqui")


@pytest.mark.parametrize(
    "written",
    [
        "Ana\u00a0Ruiz",
        "Ana  Ruiz",
        "Ana\nRuiz",
        "Ana \r\n\u2003 \u200bRuiz",
        "Ana\u2800Ruiz",
        "Ａｎａ Ｒｕｉｚ",
        "𝐀𝐧𝐚 𝓡𝓾𝓲𝔃",
        "A\u3164n\u3164a R\uffa0u\u115fi\u1160z",
        "A\x00n\x07a Ruiz",
    ],
)
def test_words_to_black_out_are_found_whatever_the_sender_put_between_or_made_of_them(written: str) -> None:
    assert redact(f"vive {written} aqui", frozenset(), ("ana ruiz",)) == (f"vive {BLOCK} aqui", 1)


@pytest.mark.parametrize("asked", [" ana ruiz", "Ana \u00a0 Ruiz ", "ANA\nRUIZ", "ａｎａ ｒｕｉｚ"])
def test_how_a_word_to_black_out_was_typed_does_not_matter(asked: str) -> None:
    assert redact("vive Ana Ruiz aqui", frozenset(), (asked,)) == (f"vive {BLOCK} aqui", 1)


@pytest.mark.parametrize(
    ("text", "asked", "kept"),
    [
        ("die Straße hier", "stras", f"die {BLOCK}e hier"),
        ("die Straße hier", "strasse", f"die {BLOCK} hier"),
        ("die Straße hier", "se", f"die Stra{BLOCK} hier"),
        ("oﬃcer", "off", f"{BLOCK}cer"),
    ],
)
def test_a_letter_of_which_a_part_is_meant_goes_whole(text: str, asked: str, kept: str) -> None:
    assert redact(text, frozenset(), (asked,))[0] == kept


LETTERS = "aAáａ𝐚nNñ \u00a0\n\u2800\u200b\u3164\u0301\x00."
"""Few, so that a word is often in a text; each is one letter to a reader, or none."""
MANY = LETTERS + "sſßfﬀﬃ½´"
"""With some that are several."""


def as_read(text: str) -> str:
    """Return ``text`` as one sees it who cares for neither case nor accents nor style nor how wide a gap is."""
    bare = "".join(normalize("NFKD", normalize("NFKD", letter).casefold()) for letter in text)
    gaps = (" " if one.isspace() or one == "\u2800" else one for one in bare)
    seen = (
        one for one in gaps if category(one) not in ("Mn", "Me", "Cf", "Cc") and one not in "\u115f\u1160"
    )
    return re.sub(" +", " ", "".join(seen))


@given(st.text(MANY, max_size=40) | st.text(), st.text(MANY, min_size=1, max_size=4))
def test_what_is_typed_to_black_out_is_read_nowhere_any_more(text: str, word: str) -> None:
    kept, _ = redact(text, frozenset(), (word,))
    meant = as_read(word).strip(" ")
    assert not meant or meant not in as_read(kept)


@given(st.text(MANY, max_size=40) | st.text(), st.text(MANY, max_size=4) | st.text(max_size=4))
def test_whatever_is_typed_to_black_out_nothing_else_goes(text: str, word: str) -> None:
    kept, blocks = redact(text, frozenset(), (word,))
    around = kept.split(BLOCK)
    assert re.fullmatch(".+?".join(map(re.escape, around)), text, re.DOTALL)
    assert blocks or kept == text


@given(st.text(LETTERS, max_size=40), st.text(LETTERS, min_size=1, max_size=4))
def test_a_block_stands_where_the_word_is_read_and_nowhere_else(text: str, word: str) -> None:
    kept, _ = redact(text, frozenset(), (word,))
    meant = as_read(word).strip(" ")
    expected = blacked(as_read(text), meant) if meant else as_read(text)
    assert one_block(as_read(kept)) == one_block(expected)


def blacked(text: str, word: str) -> str:
    gone = {at + more for at in range(len(text)) if text.startswith(word, at) for more in range(len(word))}
    return re.sub("\0+", BLOCK, "".join("\0" if at in gone else one for at, one in enumerate(text)))


def one_block(text: str) -> str:
    return re.sub(f"{BLOCK}(?: ?{BLOCK})+", BLOCK, text)


def test_numbers_are_proposed() -> None:
    assert [word.text for word in cut("placas ABC-123 casa 14") if word.looks_like_a_number] == ["ABC-123"]
