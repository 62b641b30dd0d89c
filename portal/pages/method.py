"""How it is counted, made from the constants and the functions that the counting itself uses."""

from __future__ import annotations

from collections.abc import Iterator

from disclosure.perturb import outcomes
from disclosure.rules import AGES, QUIET, RULES
from portal.pages.pages import Page, Workshop
from portal.pages.parts import Table, table
from portal.pages.words import Speech
from portal.release.cohorts import figure

EXAMPLE, SHOWN_BEFORE, SHOWN_AFTER = 7, 12, 15
"""Of the worked example: a true count; what is shown of two months that somebody wants to compare."""


def pages(shop: Workshop) -> Iterator[Page]:
    """Yield the page of the method."""
    speech = shop.speech
    before, after = (figure(value, RULES, stale=False) for value in (SHOWN_BEFORE, SHOWN_AFTER))
    values = {
        "rules": RULES,
        "ages": AGES,
        "quiet": QUIET,
        "example": EXAMPLE,
        "outcomes": _outcomes(speech),
        "truths": _truths(speech),
        "zero": figure(0, RULES, stale=True),
        "compared": {
            "before": SHOWN_BEFORE,
            "after": SHOWN_AFTER,
            "before_band": before,
            "after_band": after,
        },
        "apart": apart(stale=False),
        "apart_later": apart(stale=True),
        "others": _others(speech),
    }
    title, lede = speech.text("method.title"), speech.text("method.lede").striptags()
    yield Page("method.html", "method.html", title, lede, values)


def _outcomes(speech: Speech) -> Table:
    """Return as what a true count of ``EXAMPLE`` may be shown, and how often."""
    weights = outcomes(EXAMPLE, RULES)
    whole = sum(weight for _, weight in weights)
    rows = [
        (speech.language.number(value), speech.language.percent(weight, whole)) for value, weight in weights
    ]
    heads = [speech.text("method.shown"), speech.text("method.chance")]
    return table(speech.text("method.outcomes", count=EXAMPLE), heads, rows)


def _truths(speech: Speech) -> Table:
    """Return what the true count may be for some values that are shown: just made, and at later ages."""
    rows = []
    for value in (0, RULES.k, SHOWN_BEFORE, 50, 1000):
        bands = (figure(value, RULES, stale=stale) for stale in (False, True))
        rows.append((speech.language.number(value), *map(speech.band, bands)))
    heads = [speech.text(one) for one in ("method.shown", "method.true", "method.true.later")]
    return table(speech.text("method.truths"), heads, rows)


def apart(*, stale: bool) -> int:
    """Return by how much two values have to differ so that the true counts differ for certain."""
    reach = figure(10 * RULES.k, RULES, stale=stale)
    return reach.high - reach.low + 1


def _others(speech: Speech) -> Table | None:
    """Return the rules of bulletins that were made with other constants; None where there are none."""
    ours = (RULES.k, RULES.spread, RULES.least, RULES.median)
    found = sorted({(one.line, one.k, one.spread, one.least, one.median) for one in speech.site.bulletins})
    names = {line.id: speech.line(line) for line in speech.site.lines}
    rows = [(names.get(line, line), *map(str, values)) for line, *values in found if tuple(values) != ours]
    heads = [
        speech.text(one)
        for one in ("table.line", "method.k", "method.spread", "method.least", "method.median")
    ]
    return table(speech.text("method.others"), heads, rows) if rows else None
