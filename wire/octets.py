"""Taking octets off the front of a buffer, with one error class for what is missing."""

from __future__ import annotations

from wire.errors import WireError


class Octets:
    """A cursor over ``data``. Every reader returns exactly what was asked for or raises ``error``."""

    __slots__ = ("_data", "_error", "offset")

    def __init__(self, data: bytes, error: type[WireError], *, offset: int = 0) -> None:
        self._data = data
        self._error = error
        self.offset = offset

    def __repr__(self) -> str:
        return f"Octets(offset={self.offset})"

    def take(self, count: int, field: str) -> bytes:
        """Return the next ``count`` octets."""
        start = self.offset
        end = start + count
        if end > len(self._data):
            raise self._error(field, offset=start, reason=f"{end - len(self._data)} octets are missing")
        self.offset = end
        return self._data[start:end]

    def octet(self, field: str) -> int:
        """Return the next octet as a number."""
        start = self.offset
        if start >= len(self._data):
            raise self._error(field, offset=start, reason="1 octet is missing")
        self.offset = start + 1
        return self._data[start]
