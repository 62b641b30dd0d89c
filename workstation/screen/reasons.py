"""What the other rooms say in English, said in the reader's language. docs/decisions/0045.

The sentence itself is its name in the catalogue, as with gettext, under the context ``reason``; a value in it is ``{}``
there. So no other room has to know that there are languages, and the terminal says what it always said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count

Word = Callable[[str], str | None]
"""Names a code, a time or the like that stands in a sentence; None for anything else."""
CONTEXT = "reason"
VALUE = "{}"
MOST_LETTERS = 4000
"""Of what is looked at; longer than any sentence with a path in it."""
_DEEPEST = 6
"""Sentences within sentences."""
_MOST_PLACES = 5
"""So many ": " are within what is said of a place, before them is its name. Ours have three; each doubles the work."""
_MOST_LOOKS = 1000
"""So many pieces of one text are looked up, in half a second; ours have 250, names of a stranger could have 50,000."""
_TELLING = 5
"""So many letters of its own make a sentence known by itself; one with fewer could be anything."""


class _TooMuch(Exception):
    """The text has more pieces than any of ours."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with values in it, and how it is said in another language."""

    pieces: tuple[str, ...]
    """Of the English one, between its values."""
    said: str

    def values(self, text: str) -> tuple[str, ...] | None:
        """Return the values with which this sentence is ``text``, the last ones as short as they can be; else None."""
        first, *rest = self.pieces
        if not rest:
            return () if text == first else None
        if not text.startswith(first):  # nearly always: so the rest is not looked for
            return None
        at, found = len(text), list[str]()
        for piece in reversed(rest):
            end = text.rfind(piece, 0, at) if found else at - len(piece) if text.endswith(piece) else -1
            if end < 0:
                return None
            found.append(text[end + len(piece) : at])
            at = end
        found.append(text[len(first) : at])
        values = tuple(reversed(found[1:]))
        return values if all(values) else None

    @property
    def letters(self) -> int:
        """Return how many letters are its own."""
        return sum(letter.isalpha() for piece in self.pieces for letter in piece)


@dataclass(frozen=True, slots=True)
class Reasons:
    """The sentences of one language."""

    whole: Mapping[str, str] = field(default_factory=dict)
    """Without values."""
    open: tuple[Sentence, ...] = ()
    """With values, those with the most letters of their own first."""

    @classmethod
    def of(cls, messages: Mapping[str, str]) -> Reasons:
        """Return the reasons of a catalogue: English sentences, and what they are in its language."""
        sentences = (Sentence(tuple(name.split(VALUE)), said) for name, said in messages.items())
        with_values = (one for one in sentences if len(one.pieces) > 1)
        return cls(
            {name: said for name, said in messages.items() if VALUE not in name},
            tuple(sorted(with_values, key=lambda one: (-one.letters, -len(one.pieces)))),
        )

    def say(self, text: str, word: Word = lambda _: None) -> str:
        """Return ``text`` in this language, as it is where it is no sentence of ours; ``word`` names what is in it."""
        try:
            return self._said(text, _counted(word), _DEEPEST) or text if len(text) <= MOST_LETTERS else text
        except _TooMuch:
            return text

    def _said(self, text: str, word: Word, deepest: int, *, vague: bool = True) -> str | None:
        """Return what ``text`` is in this language, None if it is no sentence of ours."""
        if not text or not deepest:
            return None
        return (
            self.whole.get(text)
            or word(text)
            or self._row("; ", text, word, deepest - 1)
            or self._filled(text, word, deepest - 1, vague=False)
            or self._row(", ", text, word, deepest - 1)
            or self._place(text, word, deepest - 1)
            or (self._filled(text, word, deepest - 1, vague=True) if vague else None)
        )

    def _row(self, comma: str, text: str, word: Word, deepest: int) -> str | None:
        """Several sentences, or several codes."""
        parts = text.split(comma)
        if len(parts) == 1:
            return None
        said = [self._said(one, word, deepest, vague=False) for one in parts]
        return comma.join(filter(None, said)) if all(said) else None

    def _place(self, text: str, word: Word, deepest: int) -> str | None:
        """Where it is, which may be any name, and what."""
        parts = text.split(": ")
        for at in range(max(1, len(parts) - _MOST_PLACES), len(parts)):
            where, what = ": ".join(parts[:at]), self._said(": ".join(parts[at:]), word, deepest)
            if what is not None:
                return f"{self._said(where, word, deepest) or where}: {what}"
        return None

    def _filled(self, text: str, word: Word, deepest: int, *, vague: bool) -> str | None:
        """A sentence with values; what is vague needs values that are numbers, names or sentences again."""
        for one in self.open:
            values = one.values(text) if (one.letters < _TELLING) is vague else None
            if values is None:
                continue
            said = [self._said(value, word, deepest, vague=not vague) for value in values]
            if not vague or all(known or " " not in value for known, value in zip(said, values, strict=True)):
                return one.said.format(*(known or value for known, value in zip(said, values, strict=True)))
        return None


def _counted(word: Word) -> Word:
    """Return ``word`` for one text; it raises _TooMuch once it was asked for more pieces than any of ours has."""
    looks = count(1)

    def looked_up(text: str) -> str | None:
        if next(looks) > _MOST_LOOKS:
            raise _TooMuch
        return word(text)

    return looked_up
