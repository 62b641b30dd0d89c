"""Why a file of ours is not taken. One class for all readers of ``wire``, so that callers can name the kind."""

from __future__ import annotations

from enum import Enum


class Refusal(Enum):
    """Kinds of refusal; the values are the words of the vectors and of ``--json``."""

    MAGIC = "not-this-format"
    VERSION = "unknown-version"
    UNKNOWN_BOX = "unknown-box"
    UNKNOWN_LINE = "unknown-line"
    UNKNOWN_AUTHORITY = "unknown-authority"
    SIGNATURE = "bad-signature"
    CANONICAL = "not-canonical"
    VALUE = "bad-value"
    LENGTH = "wrong-length"
    BODY = "wrong-body"
    SERIAL = "older-serial"
    EPOCHS = "epochs-changed"
    CONTRADICTION = "contradiction"
    OPENING = "does-not-open"
    MISSING = "missing-header"


class Refused(ValueError):
    """A file, or a slip, that is not taken; whole, never in part.

    ``field`` names where, ``reason`` what; neither holds content.
    """

    def __init__(self, kind: Refusal, field: str, reason: str) -> None:
        super().__init__(f"{kind.value}: {field}: {reason}")
        self.kind = kind
        self.field = field
        self.reason = reason

    def __reduce__(self) -> tuple[type[Refused], tuple[Refusal, str, str]]:
        """Return what pickle needs: an opening process hands its refusals to the one that asked."""
        return Refused, (self.kind, self.field, self.reason)
