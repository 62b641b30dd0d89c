"""Two panes on a terminal: the secure room and the airgapped desk. Where there is no terminal, plain lines."""

from __future__ import annotations

from collections import deque
from types import TracebackType

from rich.console import Console, Group
from rich.layout import Layout
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

_KEPT = 200


class Panes:
    """Lines on the left (the box) and on the right (the workstation), under a heading."""

    def __init__(self, heading: str) -> None:
        self._console = Console(highlight=False)
        self._heading = heading
        self._left: deque[Text] = deque(maxlen=_KEPT)
        self._right: deque[Text] = deque(maxlen=_KEPT)
        self._live = (
            Live(console=self._console, screen=True, auto_refresh=False)
            if self._console.is_terminal
            else None
        )

    def __enter__(self) -> Panes:
        if self._live:
            self._live.start()
            self._draw()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def box(self, words: str, style: str = "") -> None:
        """Say something in the secure room."""
        self._say(self._left, "box          │", words, style)

    def desk(self, words: str, style: str = "") -> None:
        """Say something at the airgapped desk."""
        self._say(self._right, "workstation  │", words, style)

    def _say(self, lines: deque[Text], name: str, words: str, style: str) -> None:
        lines.append(Text(words, style=style))
        if self._live:
            self._draw()
        else:
            self._console.print(Text(f"{name} {words}", style=style), soft_wrap=True)

    def _draw(self) -> None:
        assert self._live is not None
        width, height = self._console.size.width // 2 - 4, self._console.size.height - 5
        layout = Layout()
        layout.split_column(Layout(Text(self._heading), size=3), Layout(name="panes"))
        left, right = (self._last(lines, width, height) for lines in (self._left, self._right))
        layout["panes"].split_row(
            Layout(Panel(left, title="secure room: modems, box, stick", border_style="yellow")),
            Layout(Panel(right, title="airgapped desk: police", border_style="green")),
        )
        self._live.update(layout, refresh=True)

    def _last(self, lines: deque[Text], width: int, height: int) -> Group:
        """Return the last ``height`` rows of ``lines``, as they are broken to ``width``."""
        rows: list[Text] = []
        for line in reversed(lines):
            rows[:0] = line.wrap(self._console, width)
            if len(rows) >= height:
                break
        return Group(*rows[-height:])
