"""What counts the steps of long work, wherever it is shown: a bar on a terminal, a line of the screen, nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

Advance = Callable[[], None]
"""Called after each step."""
Bar = Callable[[int], AbstractContextManager[Advance]]
"""Gives what counts one of so many steps."""
