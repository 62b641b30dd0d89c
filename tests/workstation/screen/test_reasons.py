"""Everything that says why something is not done is said in Spanish on the Spanish screen, and a new one, too."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from tests.support.catalogues import SCREEN
from tests.support.reasons import COMPOSED, OF_OTHERS, sentences
from workstation.screen.languages import Language, read_languages
from workstation.screen.reasons import CONTEXT, Reasons

CATALOGUES = [path for path in sorted((SCREEN / "i18n").glob("*.po")) if path.stem != "en"]


@pytest.fixture(scope="module")
def spanish() -> Language:
    return read_languages()["es"]


def reasons(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.stem)


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_every_reason_of_every_room_that_the_screen_loads_is_translated(path: Path) -> None:
    there = {str(one.id) for one in reasons(path) if one.context == CONTEXT and one.string}
    lacking = {name: place for name, place in sentences().items() if name not in there}
    assert not lacking, "put them into the catalogue with the context 'reason'"


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_no_translation_of_a_reason_is_left_behind(path: Path) -> None:
    there = {str(one.id) for one in reasons(path) if one.context == CONTEXT}
    assert there - set(sentences()) == OF_OTHERS | COMPOSED


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_a_translated_reason_can_take_the_values_of_its_sentence(path: Path) -> None:
    for one in reasons(path):
        if one.context == CONTEXT:
            number = str(one.id).count("{}")
            said = str(one.string).format(*(f"<{at}>" for at in range(number)))
            assert "{" not in said
            assert all(f"<{at}>" in said for at in range(number)) or str(one.id).startswith("[Errno")


def test_the_sentences_are_found_in_the_source() -> None:
    """Else the tests above would say nothing."""
    found = sentences()
    assert len(found) > 250
    assert {
        "more than {} saved filters",
        "Undo that one first.",
        "it does not verify under the expected key",
        "the box's clock lies behind its last cut",
        "a link, not followed",
        "to set or lift the status {} ({})",
        "network interfaces are up: {}. This machine should have none: pull the cable, switch it off",
    } <= set(found)


@pytest.mark.parametrize(
    ("english", "said"),
    [
        ("more than 200 saved filters", "más de 200 filtros guardados"),
        ("body: not 64 slips of 304 octets", "body: no son 64 papeletas de 304 octetos"),
        ("box ab: its ledger of 2026-09 is not here; box cd: its ledger of 2026-10 is not here",
         "caja ab: su libro de conteo de 2026-09 no está aquí; caja cd: su libro de conteo de 2026-10 no está aquí"),
        ("only 0.5 GB are free on the disk of the home: an import may not fit",
         "solo 0.5 GB libres en el disco de la estación: una importación quizá no quepa"),
        ("a b/c.batch: batch 7: the box's clock lies behind its last cut",
         "a b/c.batch: lote 7: el reloj de la caja está detrás de su último corte"),
        ("boxes/x: bad-signature: signature: it does not verify under the expected key",
         "boxes/x: bad-signature: signature: no se verifica con la llave esperada"),
        ("tipline-workstation 1.0, built 2025-01-01, 400 days ago: ask for a newer one",
         "tipline-workstation 1.0, hecho el 2025-01-01, hace 400 días: pida uno más nuevo"),
        ("x.batch: batch 3: 5 slips are not in form; kept sealed",
         "x.batch: lote 3: 5 papeletas no tienen la forma debida; se guardan selladas"),
        ("casebook.db: database or disk is full", "casebook.db: el disco está lleno"),
        ("[Errno 28] No space left on device: '/media/a b'",
         "no queda espacio en el disco o la memoria: '/media/a b'"),
    ],
)  # fmt: skip
def test_a_sentence_keeps_its_values(spanish: Language, english: str, said: str) -> None:
    assert spanish.reasons.say(english) == said


@given(st.text(max_size=200))
def test_what_is_no_sentence_of_ours_stays_as_it_is_or_gives_words_and_never_fails(text: str) -> None:
    assert isinstance(read(text), str)


def read(text: str) -> str:
    return Reasons.of({"{} is missing": "falta {}", "tip {}": "denuncia {}", "not {}": "no {}"}).say(text)


def test_a_long_text_of_a_stranger_costs_nothing() -> None:
    text = "is missing: tip " * 5000
    assert read(text) == text


@pytest.mark.parametrize(
    "where",
    [
        "x",
        ": ".join("x" * 85),
        ": ".join(["x, y"] * 40),
        ": ".join(["a of b to c, or d is e, f"] * 20),
        "; ".join([": ".join(["a of b to c, d (e)"] * 5)] * 30),
        ", ".join([": ".join(["batch 7", "no"] * 4)] * 40),
    ],
    ids=["plain", "colons", "commas", "words of ours", "rows", "rows of ours"],
)
def test_no_name_of_a_file_has_more_pieces_looked_up_than_some(spanish: Language, where: str) -> None:
    """A name has up to 255 octets, a path thousands: each ": " in one would double the work."""
    looked_up: list[str] = []

    def word(text: str) -> str | None:
        looked_up.append(text)
        assert len(looked_up) <= 1000, "else it would go on for years"
        return None

    name = f"{where}: batch 3: 5 slips are not in form; kept sealed"
    assert spanish.reasons.say(name, word)
    assert looked_up


def test_what_is_said_of_a_file_is_translated_however_it_is_called(spanish: Language) -> None:
    where = ": ".join("x" * 85)
    said = spanish.reasons.say(f"{where}: the box's clock lies behind its last cut")
    assert said == f"{where}: el reloj de la caja está detrás de su último corte"
