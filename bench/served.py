"""Whole pages of the screen, from the request to the last octet of the answer, asked in this process without a network.

Each page is asked for as it is behind an action (nothing counted yet, the upper pages of the indexes read), and as it
is behind an unlock (nothing read yet). Reading the passphrase is left out: Argon2id takes as long as it is told to.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from urllib.parse import urlencode

from flask.testing import FlaskClient

from bench.book import SEARCHES, resident
from bench.shelf import CATEGORIES, DISTRICTS, NOW, UNITS, opened
from workstation.screen.app import create_app
from workstation.screen.desk import Desk
from workstation.screen.gate import Gate
from workstation.screen.here import Screen
from workstation.screen.languages import read_languages
from workstation.screen.pages.inbox import VIEWS

_IDLE = 3600.0
_PORT = 8000
"""Nobody listens there: it is a name only."""
_FAR = f"f.0.{NOW - 400 * 86400}.1"


class _Screen:
    """A screen with an open home, and the one browser that was let in."""

    def __init__(self, path: Path) -> None:
        desk, self._home = Desk(_IDLE), opened(path)
        self.parts = Screen(desk, Gate(_PORT), read_languages(), str(path), now=lambda: NOW)
        self._base = f"http://{self.parts.gate.host}"
        self._client: FlaskClient = create_app(self.parts).test_client()
        desk.unlock(lambda: self._home)
        self._client.get(self.parts.gate.new_link().removeprefix(self._base), base_url=self._base)

    def seconds(self, address: str) -> float:
        """Return what the page took."""
        begins = time.perf_counter()
        answer = self._client.get(address, base_url=self._base)
        if answer.status_code != 200 or not answer.data:
            raise RuntimeError(f"{address}: {answer.status}")
        return time.perf_counter() - begins

    def forget(self) -> None:
        """Forget what was counted, as behind an action."""
        book = self.parts.books.take(self._home)
        book.counts.forget()
        self.parts.books.give(book, self._home)


def addresses(random: Random) -> Iterator[tuple[str, str]]:
    """Yield kinds of pages with an address each."""
    for name, query in VIEWS:
        yield f"page: {name}", f"/inbox?{query}"
    district, category = random.choice(DISTRICTS), random.choice(CATEGORIES)
    filters = {
        "a district": f"district={district}",
        "a category": f"category={category}",
        "open in a district": f"district={district}&class=open",
        "a category in a district": f"category={category}&district={district}",
        "open, a unit's, urgent": f"{urlencode({'unit': UNITS[0]})}&class=open&priority=3",
        "closed, not merged": "class=closed&unmerged=1",
        "the most urgent first": "order=priority",
        "the oldest first": "order=oldest",
        "far inside": f"order=newest&after={_FAR}",
    }
    for name, query in filters.items():
        yield f"page: {name}", f"/inbox?{query}"
    for typed in SEARCHES:
        yield f"search: {typed}", f"/inbox?{urlencode({'q': typed, 'order': 'newest'})}"
        yield f"search: {typed}, open", f"/inbox?{urlencode({'q': typed, 'class': 'open'})}"
    for name, query in (("to be read", "status=delivered"), ("a search", "q=coche")):
        yield f"tip: out of {name}", f"/tips/{random.randrange(1, 1000)}?{query}"


def _ask(path: Path, rounds: int, began: float) -> dict[str, list[float]]:
    screen = _Screen(path)
    screen.seconds("/inbox")
    found: dict[str, list[float]] = {"start": [time.time() - began]}
    for number in range(rounds):
        for name, there in addresses(Random(number)):  # noqa: S311 - made-up texts
            screen.parts.books.drop()
            found.setdefault(f"cold {name}", []).append(screen.seconds(there))
            screen.seconds(there)
            screen.forget()
            found.setdefault(name, []).append(screen.seconds(there))
    return found | {"memory": resident()}


if __name__ == "__main__":
    print(json.dumps(_ask(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))))  # noqa: T201 - its answer
