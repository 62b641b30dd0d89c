"""Serving the screen: one listener on 127.0.0.1, one process, a few threads (N5)."""

from __future__ import annotations

import logging
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import waitress
from waitress import wasyncore

from workstation.problems import Problem
from workstation.screen.app import MOST_OCTETS, create_app
from workstation.screen.desk import Desk
from workstation.screen.gate import ADDRESS, Gate
from workstation.screen.here import Screen
from workstation.screen.languages import read_languages

THREADS = 4
"""One person asks for a page, its pictures and whether it is locked."""


IN_MEMORY = 1 << 30
"""Octets of a request or an answer that are never put into a temporary file: no text lies in clear on a disk."""
LOOK_SECONDS = 1.0
"""Between two looks at the clock."""


class PortTaken(Problem):
    """The screen cannot listen."""

    exit_code = 12


class Server:
    """The listener, and the parts of the screen behind it."""

    def __init__(self, home: Path, desk: Desk, *, port: int) -> None:
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # five pictures at once are no trouble
        gate = Gate(port)
        self.parts = Screen(desk, gate, read_languages(), str(home))
        opened: dict[int, Any] = {}
        try:
            self._waitress: Any = waitress.create_server(
                create_app(self.parts),
                map=opened,
                host=ADDRESS,
                port=port,
                threads=THREADS,
                ident=None,
                max_request_body_size=4 * MOST_OCTETS,  # up to here the answer is a page of ours
                inbuf_overflow=IN_MEMORY,
                outbuf_overflow=IN_MEMORY,
                expose_tracebacks=False,
                asyncore_use_poll=True,
            )
        except OSError as error:
            wasyncore.close_all(opened)
            raise PortTaken(
                f"port {port}: {error.strerror or error}",
                way_out="Is a screen running already? Choose another port with --port, or 0 for any.",
            ) from error
        gate.port = int(self._waitress.effective_port)

    def run(self) -> None:
        """Serve until the process is ended, or Ctrl-C."""
        with suppress(KeyboardInterrupt):
            self._waitress.run()

    def close(self) -> None:
        """Lock the desk and stop listening."""
        self.parts.desk.lock()
        self._waitress.close()


@contextmanager
def watching(desk: Desk) -> Iterator[None]:
    """Let the desk lock itself when its time has come, also while nobody asks for a page."""
    ended = Event()

    def watch() -> None:
        while not ended.wait(LOOK_SECONDS):
            desk.home()

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def offer_link(server: Server, tell: Callable[[str], None], *, browser: bool) -> None:
    """Tell the link; open it in the browser if wanted; on a terminal, tell another one each time Enter is pressed."""
    link = server.parts.gate.new_link()
    tell(link)
    if browser:
        webbrowser.open(link)
    if sys.stdin.isatty():
        Thread(target=_more_links, args=(server, tell), daemon=True).start()


def _more_links(server: Server, tell: Callable[[str], None]) -> None:
    for _ in sys.stdin:
        tell(server.parts.gate.new_link())
