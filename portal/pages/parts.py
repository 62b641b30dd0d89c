"""What pages are put together from: tables, and plots with their table and their plain sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

from markupsafe import Markup, escape

from portal.charts.drawing import Chart, Drawer, described
from portal.languages import harmless


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a column."""

    label: str
    number: bool = True
    """Whether its cells are numbers: they stand at the end of their cell."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; plain text is escaped by the template."""

    text: str | Markup
    link: str = ""
    """The page of this language that it leads to; empty for none."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table. The first cell of each row is its head."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def long(self) -> bool:
        """Whether it is folded up until somebody wants it."""
        return len(self.rows) > 14


def rows_of(table: Table, here: Callable[[str], str]) -> Markup:
    """Return the rows of ``table`` as HTML; ``here`` gives the address of a page of this language.

    Not in a template: a site has a hundred thousand cells, and this takes a tenth of the time.
    """
    begins = ['<td class="n">' if column.number else "<td>" for column in table.columns[1:]]
    parts: list[str] = []
    for head, *rest in table.rows:
        parts += ('<tr><th scope="row">', _html(head, here), "</th>")
        for begin, cell in zip(begins, rest, strict=True):
            parts += (begin, _html(cell, here), "</td>")
        parts.append("</tr>\n")
    return Markup("".join(parts))  # noqa: S704 - each cell is escaped by _html


def _html(cell: Cell, here: Callable[[str], str]) -> str:
    """Return a cell; what is no markup is escaped, and what acts on the words around it is shown."""
    text = cell.text if isinstance(cell.text, Markup) else escape(harmless(cell.text))
    return f'<a href="{escape(harmless(here(cell.link)))}">{text}</a>' if cell.link else text


def words(label: str) -> Column:
    """Return the head of a column that holds words."""
    return Column(label, number=False)


def table(caption: str, columns: Sequence[Column | str], rows: Sequence[Sequence[Cell | str]]) -> Table:
    """Return a table of plain words and cells; a column that is a mere word holds numbers, but for the first one."""
    heads = tuple(
        one if isinstance(one, Column) else Column(one, number=place > 0) for place, one in enumerate(columns)
    )
    cells = tuple(tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in row) for row in rows)
    return Table(caption, heads, cells)


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture with what it says in a sentence, and its numbers."""

    name: str
    """Its id in the page."""
    title: str
    svg: Markup
    caption: Markup
    table: Table
    note: Markup


class Plotter:
    """Makes the plots of one page: their ids are unique in it, and the same each time."""

    def __init__(self, drawer: Drawer) -> None:
        self._drawer = drawer
        self._numbers = count(1)

    def plot(
        self, chart: Chart, *, title: str, caption: Markup, table: Table, note: Markup | None = None
    ) -> Plot:
        """Return ``chart`` as a plot of the page."""
        name = f"plot{next(self._numbers)}"
        svg = described(self._drawer.draw(chart), name, title=title, description=str(caption.striptags()))
        return Plot(name, title, svg, caption, table, note or Markup())
