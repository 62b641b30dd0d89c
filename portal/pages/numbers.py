"""How a language writes numbers, in the words of d3: charts take their axes from it."""

from __future__ import annotations

from portal.languages import Language


def d3(language: Language) -> dict[str, object]:
    """Return d3's description of the numbers of ``language``."""
    symbols = language.locale.number_symbols
    signs = symbols.get("latn", symbols)
    return {
        "decimal": signs["decimal"],
        "thousands": signs["group"],
        "grouping": [3],
        "currency": ["", ""],
        "percent": "%",
    }
