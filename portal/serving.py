"""A folder as a web site on loopback: for looking at it, never for the public."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LOOPBACK = "127.0.0.1"


class _Handler(SimpleHTTPRequestHandler):
    """Files of one folder, not listed, not logged."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".html": "text/html; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".csv": "text/csv; charset=utf-8",
        ".json": "application/json",
        ".svg": "image/svg+xml",
        ".xml": "application/atom+xml",
    }

    def list_directory(self, path: object) -> None:
        """Answer that there is nothing: the public server lists no folder either."""
        self.send_error(404)

    def log_message(self, format: str, *values: object) -> None:
        """Say nothing: nobody's reading is written down."""


def serve(folder: Path, port: int, *, say: Callable[[str], None]) -> None:
    """Serve ``folder`` on loopback until Ctrl-C; ``say`` gets its address. Raises OSError if the port is taken."""
    handler = partial(_Handler, directory=str(folder.resolve()))
    with ThreadingHTTPServer((LOOPBACK, port), handler) as server:
        say(f"http://{LOOPBACK}:{server.server_address[1]}/")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return
