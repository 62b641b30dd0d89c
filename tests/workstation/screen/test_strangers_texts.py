"""N8 in a real browser: whatever somebody texts, it is shown as text and does nothing, on every page it is on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support.browser import Watched
from tests.support.pdfs import readings
from tests.support.screens import HOUR, City, served
from tests.support.spanish_tips import HOSTILE
from tests.support.workstation import NOW
from workstation.book import actions
from workstation.book.checking import verify_log
from workstation.book.log import rows as log_rows
from workstation.screen.server import Server

KNIFE = "La camioneta de Rodrigo Salvatierra, placas ABC-123, tel 6561234567, esta en Durango 14"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """A line that only strangers with bad intentions text to, and one witness."""
    made = City(tmp_path_factory.mktemp("hostile"))
    start = NOW // HOUR * HOUR
    slips = [slip for text in (*HOSTILE.values(), KNIFE) for slip in made.slips(text, start)]
    gone = made.slips("uno " * 40 + "dos ñ " * 20, start)
    slips += [gone[0], *gone[2:]]
    slips.append(made.box.part(dcs=4, udl=40, data=bytes(range(40)), received=start))
    made.cut(*slips, period=start)
    made.take()
    return made


@pytest.fixture(scope="module")
def screen(city: City) -> Iterator[Server]:
    with served(city) as server:
        yield server


def number_of(city: City, piece: str) -> int:
    with city.book() as book:
        rows = book.connection.execute("SELECT id FROM tips WHERE instr(text, ?)", (piece,)).fetchall()
    ((number,),) = rows
    return int(number)


def test_no_text_makes_an_element_a_link_a_request_or_a_script(watched: Watched, city: City) -> None:
    with city.book() as book:
        numbers = [number for (number,) in book.connection.execute("SELECT id FROM tips")]
    paths = ["/inbox?order=newest", *(f"/tips/{one}{page}" for one in numbers for page in ("", "/print"))]
    asked = len(watched.requests)
    for path in paths:
        watched.go(path)
        found = watched.page.evaluate(
            "[...document.querySelectorAll('.text *, .excerpt *')].map(e => e.tagName + '.' + e.className)"
        )
        assert set(found) <= {"SPAN.mark", "SPAN.gap", "SPAN.faint", "LABEL.word", "INPUT."}, path
        assert watched.page.title().endswith("Tipline")
    hrefs = watched.page.evaluate("[...document.querySelectorAll('a')].map(a => a.href)")
    assert not [one for one in hrefs if "ejemplo" in one or one.startswith("javascript")]
    assert not [url for url in watched.requests[asked:] if url.endswith("/x")]


def test_markup_is_read_as_it_was_written(watched: Watched, city: City) -> None:
    watched.go(f"/tips/{number_of(city, '<script>')}")
    assert watched.page.inner_text(".joined .text") == HOSTILE["markup"]
    watched.go(f"/tips/{number_of(city, '7*7')}")
    assert watched.page.inner_text(".joined .text") == HOSTILE["template"]


@pytest.mark.parametrize(
    ("kind", "piece", "marks"),
    [
        ("bidi", "la placa es", ["U+202E", "U+202C", "U+2066", "U+2069"]),
        ("escapes", "adios", ["U+001B", "U+001B", "U+0007", "U+0000", "U+009B"]),
        ("separators", "cuatro", ["U+2028", "U+2029", "U+0085", "U+200B", "U+FEFF", "U+00AD"]),
    ],
)
def test_what_cannot_be_seen_is_shown_by_its_number(
    watched: Watched, city: City, kind: str, piece: str, marks: list[str]
) -> None:
    watched.go(f"/tips/{number_of(city, piece)}")
    shown = watched.page.query_selector_all(".joined .mark")
    assert [mark.inner_text() for mark in shown] == marks
    raw = watched.page.evaluate("document.querySelector('.joined .text').textContent")
    assert not set(raw) & (set(HOSTILE[kind]) - {c for c in HOSTILE[kind] if c.isprintable()})


def test_a_line_of_ten_thousand_letters_stays_on_the_page(watched: Watched, city: City) -> None:
    number = number_of(city, "A" * 5000)
    for path in (f"/tips/{number}", f"/tips/{number}/print", "/inbox?order=newest"):
        watched.go(path)
        assert watched.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    watched.go(f"/tips/{number}")
    assert watched.page.inner_text(".joined .text").count("A") == 10_000


def test_stacked_accents_do_not_paint_over_the_buttons_above(watched: Watched, city: City) -> None:
    watched.go(f"/tips/{number_of(city, chr(0x489))}")
    style = "getComputedStyle(document.querySelector('.joined .text'))"
    assert watched.page.evaluate(f"{style}.contain") == "paint"


def test_half_a_character_is_shown_as_one_that_is_unknown(watched: Watched, city: City) -> None:
    watched.go(f"/tips/{number_of(city, 'medio')}")
    assert watched.page.inner_text(".joined .text") == "medio \ufffd caracter"
    assert "half a character" in watched.text


def test_a_missing_part_is_a_gap_at_its_place(watched: Watched, city: City) -> None:
    watched.go(f"/tips/{number_of(city, '[…2/')}")
    (gap,) = watched.page.query_selector_all(".joined .gap")
    assert gap.inner_text().startswith("[…2/")
    assert "1 part missing" in watched.text


def test_data_is_shown_in_hexadecimal_with_offsets(watched: Watched, city: City) -> None:
    with city.book() as book:
        ((number,),) = book.connection.execute("SELECT id FROM tips WHERE data IS NOT NULL").fetchall()
    watched.go(f"/tips/{number}")
    lines = watched.page.inner_text(".hex").splitlines()
    assert lines[0].split() == ["0000", *(f"{octet:02x}" for octet in range(16))]
    assert lines[2].split() == ["0020", *(f"{octet:02x}" for octet in range(32, 40))]


def test_a_note_is_as_harmless_as_a_tip(watched: Watched, city: City) -> None:
    number = number_of(city, "la placa es")
    with city.book() as book:
        actions.add_note(book, city.actor, [number], HOSTILE["markup"] + HOSTILE["bidi"], now=city.now)
    watched.go(f"/tips/{number}")
    assert HOSTILE["markup"] in watched.page.inner_text(".note")
    assert not watched.page.query_selector(".note h1, .note img, .note script")


SECRET = ("Rodrigo", "Salvatierra", "6561234567", "Durango", "ABC-123")


def test_what_is_blacked_out_is_not_in_the_page_nor_in_its_pdf(
    watched: Watched, city: City, tmp_path: Path
) -> None:
    watched.go(f"/tips/{number_of(city, 'Salvatierra')}/print")
    watched.page.click("label:has-text('Rodrigo')")
    watched.page.focus("label:has-text('Salvatierra,') input")
    watched.press("Space")
    watched.page.fill("#words", "durango, Abc-123")
    watched.click("text=Show the page for printing")
    watched.page.pdf(path=tmp_path / "tip.pdf")
    written = readings(tmp_path / "tip.pdf")
    assert any("Lacamionetade" in reading for reading in written)
    assert not any("Undo" in reading or "Lock" in reading for reading in written)
    source = watched.page.content().lower()
    for word in SECRET:
        assert word.lower() not in source
        assert not any(word.lower() in reading.lower() for reading in written)


def test_a_print_is_written_into_the_log_without_a_word_of_it(watched: Watched, city: City) -> None:
    number = number_of(city, "Salvatierra")
    watched.go(f"/tips/{number}/print")
    watched.click("text=Show the page for printing")
    with city.book() as book:
        row = list(log_rows(book.connection, tip=number))[-1]
        assert verify_log(book).rows == row.id
    assert (row.action, row.details) == ("print", {"blocks": 2})


def test_what_is_not_blacked_out_is_found_in_the_pdf(watched: Watched, city: City, tmp_path: Path) -> None:
    """Else the test above would say nothing."""
    watched.go(f"/tips/{number_of(city, 'Salvatierra')}/print")
    for box in watched.page.query_selector_all(".word input:checked"):
        box.focus()
        watched.press("Space")
    watched.click("text=Show the page for printing")
    watched.page.pdf(path=tmp_path / "tip.pdf")
    written = readings(tmp_path / "tip.pdf")
    assert all(any(word in reading for reading in written) for word in SECRET)


NAME = "<img src=x onerror=alert(1)>"
"""Of a unit, a person, a filter, a district: whoever may type one is no stranger, but may have copied it from one."""


@pytest.fixture
def named(city: City) -> int:
    """Return a tip that has everything by that name."""
    number = number_of(city, "Salvatierra")
    found = actions.read_districts(f'code,es,en\nx,"{NAME}","{NAME}"\n'.encode())
    with city.book() as book:
        actions.set_districts(book, city.actor, found, now=city.now)
        actions.set_district(book, city.actor, [number], "x", now=city.now)
        actions.assign(book, city.actor, [number], unit=NAME, person=NAME, now=city.now)
        actions.save_filter(book, city.actor, NAME, f"q={NAME}", now=city.now)
    return number


def test_a_name_that_somebody_gave_is_as_harmless_wherever_it_is_shown(watched: Watched, named: int) -> None:
    for path in ("/inbox?order=newest", f"/inbox?q={NAME}", f"/tips/{named}", "/overview", "/log"):
        watched.go(path)
        assert NAME in watched.text, path
        assert not watched.page.query_selector("[onerror], img[src=x]"), path
    watched.go("/settings")
    watched.page.click("text=Show the list")
    assert NAME in watched.text
    watched.go(f"/tips/{named}/print")
    watched.click("text=Show the page for printing")
    assert NAME in watched.text


def test_a_name_in_a_picture_is_letters(watched: Watched, named: int) -> None:
    """An SVG is a document: a name must not become a part of it."""
    watched.go("/overview")
    svg = watched.page.evaluate("fetch('/plots/units.svg').then(answer => answer.text())")
    root = ElementTree.fromstring(svg)
    assert not [one for one in root.iter() if one.tag.rpartition("}")[2] in ("img", "script", "a", "image")]
    assert any(NAME in (one.text or "") for one in root.iter())


@pytest.mark.parametrize("hidden", ["\u202e", "\x1b[2J", "\x00", "\u2066", "\u200b"])
def test_a_name_that_hides_something_is_refused_with_the_reason(
    watched: Watched, city: City, hidden: str
) -> None:
    watched.click("button[name=language][value=es]")
    number = number_of(city, "<script>")
    watched.go(f"/tips/{number}")
    watched.page.click("summary:has-text('Asignar')")
    watched.page.fill("#a-unit", "Robos")
    watched.page.evaluate("value => { document.querySelector('#a-unit').value = value; }", f"Ro{hidden}bos")
    watched.click("details[open] button[name=do]")
    watched.page.wait_for_selector("#said .fault")
    assert watched.said.startswith(
        "El libro de casos no permite eso: el nombre de la unidad tiene hasta"
    ) or not tip_unit(city, number)


def tip_unit(city: City, number: int) -> str | None:
    with city.book() as book:
        (row,) = book.connection.execute("SELECT unit FROM tips WHERE id = ?", (number,)).fetchall()
    return row[0] if row[0] is None else str(row[0])
