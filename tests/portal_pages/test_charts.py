"""Charts: the same octets for the same figures, an honest band, nothing that needs colour, nothing from outside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from portal.charts import artist
from portal.charts.bars import Bar, bars
from portal.charts.delays import Delayed, Words, delays
from portal.charts.drawing import Chart, Drawer, described
from portal.charts.lines import Point, Series, lines
from portal.charts.look import ACTED, CLOSED, GAP, OPEN, OPENED, RECEIVED, SILENT, WIDTH
from portal.charts.shares import Key, Part, over_time, stacked
from portal.charts.sparks import spark
from portal.charts.times import Times

NUMBERS = {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["", ""]}
TIMES = Times(6, ((1, "2025"), (4, "2026")), (2,), "missing")


def _bar(value: int, *, low: int, high: int, label: str = "Acted on") -> Bar:
    return Bar(label, str(value), value, low, high, ACTED)


def _series(points: Sequence[Point], *, dashed: bool = False) -> Series:
    return Series("Received", "12", RECEIVED, dashed, tuple(points))


def _points(*values: int | None) -> list[Point]:
    return [Point(at, value, (value or 4) - 4, (value or 4) + 4) for at, value in enumerate(values)]


def _parts(*shares: float) -> list[Part]:
    colours = (ACTED, CLOSED, OPEN, SILENT)
    return [Part(share, colour, f"{share:.0%}") for share, colour in zip(shares, colours, strict=True)]


KEYS = [Key("one", "1%", ACTED), Key("two", "2%", CLOSED)]
ALL: dict[str, Chart] = {
    "bars": bars([_bar(50, low=40, high=60)], whole=100, numbers=NUMBERS),
    "lines": lines([_series(_points(10, 20, None, 30, 40, 50))], TIMES, numbers=NUMBERS),
    "spark": spark([_series(_points(10, 20, 30))], count=3, numbers=NUMBERS),
    "stacked": stacked([("after 30 days", "1 May", _parts(0.1, 0.2, 0.3, 0.4))], KEYS, numbers=NUMBERS),
    "over time": over_time([(0, 2, _parts(0.1, 0.2, 0.3, 0.4))], KEYS, TIMES, numbers=NUMBERS),
    "delays": delays(
        [Delayed(0, 10), Delayed(1, 12)], [Delayed(0, 80), Delayed(1, None)], TIMES, age=90,
        words=Words("half", "most", "more than 90 days", "12", "more"), numbers=NUMBERS,
    ),
}  # fmt: skip


def _drawn(chart: Chart) -> ET.Element:
    return ET.fromstring(Drawer(None).draw(chart))


@pytest.mark.parametrize("chart", ALL.values(), ids=ALL)
def test_a_picture_is_well_formed_and_scales_with_its_page(chart: Chart) -> None:
    root = _drawn(chart)
    assert root.tag == "svg" and root.get("viewBox", "").startswith("0 0 ")
    assert not {"width", "height", "style", "class"} & set(root.attrib)


@pytest.mark.parametrize("chart", ALL.values(), ids=ALL)
def test_a_picture_holds_shapes_and_text_only(chart: Chart) -> None:
    root = _drawn(chart)
    assert {one.tag for one in root.iter()} <= {"svg", "g", "path", "line", "rect", "text"}
    attributes = {name for one in root.iter() for name in one.attrib}
    assert not [
        name for name in attributes if name.startswith(("on", "aria", "href", "style", "font-family", "{"))
    ]


@pytest.mark.parametrize("chart", ALL.values(), ids=ALL)
def test_the_same_figures_give_the_same_octets(chart: Chart) -> None:
    assert Drawer(None).draw(chart) == Drawer(None).draw(chart)


@pytest.mark.parametrize("name", [name for name in ALL if name != "spark"])
def test_words_are_text_and_none_is_lost(name: str) -> None:
    chart = ALL[name]
    _, words = chart.wordless()
    shown = [one.text for one in _drawn(chart).iter("text")]
    assert len(words) > 1 and set(words) <= set(shown)


def test_a_word_of_outside_is_escaped_and_never_reaches_what_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    convert = artist.vl_convert.vega_to_svg

    def watched(plan: object, **options: object) -> str:
        seen.append(str(plan))
        return str(convert(plan, **options))

    monkeypatch.setattr(artist.vl_convert, "vega_to_svg", watched)
    evil = '</text><script>alert("1")</script>'
    picture = Drawer(None).draw(bars([_bar(1, low=1, high=1, label=evil)], whole=2, numbers=NUMBERS))
    assert "&lt;/text&gt;&lt;script&gt;" in picture and "<script" not in picture
    assert seen and not any("script>" in plan for plan in seen)


def test_a_number_that_is_not_exact_has_a_band_from_end_to_end() -> None:
    exact = _drawn(bars([_bar(50, low=50, high=50)], whole=100, numbers=NUMBERS))
    band = _drawn(bars([_bar(50, low=40, high=60)], whole=100, numbers=NUMBERS))
    assert not list(exact.iter("line"))
    (line,) = band.iter("line")
    begin = float(re.findall(r"translate\(([\d.]+)", line.get("transform", ""))[0])
    assert (begin, begin + float(line.get("x2", "0"))) == pytest.approx((0.4 * WIDTH, 0.6 * WIDTH), abs=1.5)


def test_a_count_too_small_to_be_shown_has_a_band_and_no_line_at_zero() -> None:
    known = _strokes(lines([_series(_points(30, 20, 30, 20, 30, 20))], TIMES, numbers=NUMBERS))
    small = _strokes(lines([_series(_points(30, 20, None, None, 30, 20))], TIMES, numbers=NUMBERS))
    assert (known, small) == (1, 2)
    unknown = lines([_series(_points(None, None))], TIMES, numbers=NUMBERS)
    bands = list(_drawn(unknown).iter("path"))
    assert [one for one in bands if one.get("fill") == RECEIVED]
    assert _strokes(unknown) == 0


def _strokes(chart: Chart) -> int:
    """Return how many times the pen is put down for a line."""
    paths = [
        one for one in _drawn(chart).iter("path") if one.get("stroke") == RECEIVED and not one.get("fill")
    ]
    return sum(one.get("d", "").count("M") for one in paths)


def test_a_missing_period_is_a_hole_with_its_name() -> None:
    root = _drawn(ALL["lines"])
    assert [one for one in root.iter() if one.get("fill") == GAP]
    assert "missing" in [one.text for one in root.iter("text")]


def test_lines_differ_in_more_than_colour() -> None:
    two = [
        _series(_points(10, 20, 30), dashed=True),
        Series("Acted on", "3", ACTED, False, tuple(_points(4, 5, 6))),
    ]
    drawn = [one for one in _drawn(lines(two, TIMES, numbers=NUMBERS)).iter("path") if one.get("stroke")]
    dashes = {one.get("stroke-dasharray") for one in drawn if one.get("stroke") in (RECEIVED, ACTED)}
    assert len(dashes) == 2


def test_a_picture_is_kept_under_the_hash_of_what_it_follows_from(tmp_path: Path) -> None:
    first = Drawer(tmp_path)
    picture = first.draw(ALL["bars"])
    again = Drawer(tmp_path)
    assert (again.draw(ALL["bars"]), again.drawn, first.drawn) == (picture, 0, 1)
    assert again.draw(bars([_bar(51, low=40, high=60)], whole=100, numbers=NUMBERS)) != picture
    assert again.drawn == 1


def test_a_picture_in_another_language_is_not_drawn_again(tmp_path: Path) -> None:
    drawer = Drawer(tmp_path)
    one = drawer.draw(bars([_bar(50, low=50, high=50, label="Con acción")], whole=100, numbers=NUMBERS))
    other = drawer.draw(bars([_bar(50, low=50, high=50, label="Acted on")], whole=100, numbers=NUMBERS))
    assert drawer.drawn == 1 and one.replace("Con acción", "Acted on") == other


@pytest.mark.parametrize("damage", [b"", b"<svg", b"{", b"\xff\xfe", b"<html></html>"])
@pytest.mark.parametrize("kind", ["*.svg", "*.vega.json"])
def test_what_was_kept_and_is_damaged_is_made_anew(tmp_path: Path, kind: str, damage: bytes) -> None:
    picture = Drawer(tmp_path).draw(ALL["bars"])
    (kept,) = tmp_path.glob(kind)
    for one in (kept, *tmp_path.glob("*.svg")):
        one.write_bytes(damage)
    assert Drawer(tmp_path).draw(ALL["bars"]) == picture
    assert kept.read_bytes() != damage


def test_a_kept_picture_of_which_one_figure_changed_is_made_anew(tmp_path: Path) -> None:
    picture = Drawer(tmp_path).draw(ALL["bars"])
    (kept,) = tmp_path.glob("*.svg")
    octets = kept.read_bytes()
    at = octets.rindex(b"d=") + 4
    kept.write_bytes(octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :])
    again = Drawer(tmp_path)
    assert (again.draw(ALL["bars"]), again.drawn, kept.read_bytes()) == (picture, 1, octets)


def test_who_cannot_see_a_picture_hears_its_title_and_its_sentence() -> None:
    text = described(Drawer(None).draw(ALL["bars"]), "p1", title="A & B", description="<b>")
    root = ET.fromstring(text)
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "p1-t p1-d")
    assert [(one.tag, one.get("id"), one.text) for one in list(root)[:2]] == [
        ("title", "p1-t", "A & B"),
        ("desc", "p1-d", "<b>"),
    ]


# Colour blindness after Machado, Oliveira and Fernandes (2009), severity 1, on linear light.
_BLIND = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}  # fmt: skip


def _linear(colour: str) -> list[float]:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def _lab(light: Sequence[float]) -> tuple[float, float, float]:
    matrix = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    x, y, z = (
        sum(a * max(0.0, min(1.0, b)) for a, b in zip(row, light, strict=True)) / white
        for row, white in zip(matrix, (0.9505, 1.0, 1.089), strict=True)
    )
    f = [value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116 for value in (x, y, z)]
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def _seen(colour: str, blindness: str) -> tuple[float, float, float]:
    light = _linear(colour)
    return _lab([sum(a * b for a, b in zip(row, light, strict=True)) for row in _BLIND[blindness]])


@pytest.mark.parametrize("blindness", _BLIND)
def test_colours_that_meet_in_a_chart_are_told_apart_without_good_eyes(blindness: str) -> None:
    """Distance in CIELAB; 2.3 is just noticeable, 20 is plainly another colour."""
    for together in ((ACTED, CLOSED, OPEN, SILENT), (RECEIVED, ACTED), (ACTED, SILENT)):
        for one, other in combinations(together, 2):
            far = (
                sum((a - b) ** 2 for a, b in zip(_seen(one, blindness), _seen(other, blindness), strict=True))
                ** 0.5
            )
            assert far > 20, (one, other, far)


def _light(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colour", [RECEIVED, OPENED, ACTED])
def test_what_is_drawn_as_a_line_stands_out_from_the_paper(colour: str) -> None:
    """WCAG 2.2, 1.4.11: three to one."""
    assert 1.05 / (_light(colour) + 0.05) > 3
