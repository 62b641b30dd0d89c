"""A number and its noun, in English: the screen has its own words in each language."""

from __future__ import annotations


def amount(number: int, one: str, many: str = "") -> str:
    """Return "1 tip", "2 tips": ``number`` and ``one``, or ``many``, which is ``one`` with an s if it is not given."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"
