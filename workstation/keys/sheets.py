"""Share sheets: one page a custodian, to be printed or copied by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

from wire.signed import time_text
from workstation.keys.shares import Share
from workstation.keys.words import COLUMNS

WIDTH = 72
FORM_FEED = "\f"


@dataclass(frozen=True, slots=True)
class Line:
    """What a sheet says of the line it is for."""

    name: str
    single: bool
    now: int
    """Unix seconds."""


def face(share: Share, line: Line) -> str:
    """Return what is copied by hand: 18 lines, so that the smallest terminal shows them at once."""
    return "\n".join(_face(share, line)) + "\n"


def page(share: Share, line: Line) -> str:
    """Return the printed sheet of ``share``: the face, and what its custodian has to know."""
    return "\n".join((*_face(share, line), "", *_advice())) + "\n"


def pages(shares: Sequence[Share], line: Line) -> str:
    """Return all sheets, a form feed between two, so that a printer takes a new leaf."""
    return FORM_FEED.join(page(share, line) for share in shares)


def title(share: Share) -> str:
    """Return which share it is: nothing secret."""
    group = share.group
    whose = f" of {group.organisation}" if group.organisation else ""
    if group.custodians == 1:
        return f"the only share{whose}"
    return f"share {share.number} of {group.custodians}{whose}, any {group.threshold} are needed"


def _face(share: Share, line: Line) -> Iterator[str]:
    mode = "single-user" if line.single else "two-person: shares of police AND of civil are needed"
    yield "TIPLINE SHARE SHEET  -  SECRET"
    yield ""
    yield f"line   {line.name}"
    yield f"mode   {mode}"
    yield f"set    {share.set_id}, made {time_text(line.now)[:10]}"
    yield f"share  {title(share)}"
    yield ""
    yield from _words(share.words)


def _advice() -> Iterator[str]:
    for paragraph in _ADVICE.split("\n\n"):
        yield from wrap(paragraph, WIDTH)
        yield ""
    yield "custodian ______________________  date ____________  seal no. ________"


def _words(words: Sequence[str]) -> Iterator[str]:
    """Yield the words in columns, numbered from the top down."""
    rows = -(-len(words) // COLUMNS)
    for row in range(rows):
        cells = (f"{at + 1:>2}. {words[at]:<16}" for at in range(row, len(words), rows))
        yield "   " + "".join(cells).rstrip()


_ADVICE = """\
With enough of these sheets the key of the line can be restored when all passphrases are lost. One sheet alone says
nothing about the key.

Check each word against the screen, put the sheet into an envelope, sign across the flap, and lock it away, apart from
the other sheets and from the workstation. Do not copy it, photograph it, or type it anywhere but into
"tipline-workstation restore" at the workstation itself.

If it is lost or somebody has seen it, say so at once: nobody blames you, and the key can be changed. If you leave your
office, hand it over in person and have the shares made again."""
