"""What commands answer, and the octets it becomes on the line with all its vendors' ways. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hw.virtual.settings import Settings

Info = str | tuple[str, str]
"""A line of an answer, or a header and its <pdu> line."""

PROMPT = b"\r\n> "

CME_WORDS = {
    3: "operation not allowed", 4: "operation not supported", 10: "SIM not inserted", 11: "SIM PIN required",
    12: "SIM PUK required", 13: "SIM failure", 14: "SIM busy", 16: "incorrect password", 21: "invalid index",
    30: "no network service", 50: "incorrect parameters", 100: "unknown",
}  # fmt: skip
"""TS 27.007 §9.2."""

CMS_WORDS = {
    302: "operation not allowed", 303: "operation not supported", 304: "invalid PDU mode parameter",
    310: "SIM not inserted", 311: "SIM PIN required", 314: "SIM busy", 316: "SIM PUK required",
    320: "memory failure", 321: "invalid memory index", 322: "memory full", 331: "no network service",
    332: "network timeout", 340: "no +CNMA acknowledgement expected", 500: "unknown error",
    515: "please wait, init or command processing in progress",
}  # fmt: skip
"""TS 27.005 §3.2.5."""


class CommandError(Exception):
    """A command ends with an error: +CMS ERROR, +CME ERROR, or plain ERROR."""

    def __init__(self, *, cms: int | None = None, cme: int | None = None, text: str | None = None) -> None:
        super().__init__()
        self.cms, self.cme, self.text = cms, cme, text

    def final(self, cmee: int) -> str:
        """Return the final result code at this +CMEE. TS 27.007 §9.1."""
        if self.text is not None:
            return self.text
        if self.cms is not None:
            return f"+CMS ERROR: {CMS_WORDS[self.cms] if cmee == 2 else self.cms}"
        if self.cme is None or cmee == 0:
            return "ERROR"
        return f"+CME ERROR: {CME_WORDS[self.cme] if cmee == 2 else self.cme}"


@dataclass(frozen=True, slots=True)
class Prompt:
    """The command waits for an entry after ``> ``."""

    purpose: str
    length: int = 0


@dataclass(frozen=True, slots=True)
class Raw:
    """Octets for the line exactly as they are (a scripted modem)."""

    octets: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Lines:
    """The whole answer with its final result code, from a scripted modem."""

    lines: tuple[str, ...]


Answer = list[Info] | Prompt | Raw | Lines

_ENDS = {"crlf": "\r\n", "crcrlf": "\r\r\n", "lf": "\n"}
_NUMERIC = {"OK": "0", "CONNECT": "1", "RING": "2", "NO CARRIER": "3", "ERROR": "4", "BUSY": "7"}


def code_octets(settings: Settings, text: str, *, numeric: bool = False) -> bytes:
    """Return a final or unsolicited result code as octets. V.250 §5.7.1 (V0 gives numbers)."""
    if numeric and text in _NUMERIC:
        return (_NUMERIC[text] + "\r").encode()
    end = _ENDS[settings.line_end]
    return b"\x00" * settings.nuls + (end + text + end).encode("latin-1")


def info_octets(settings: Settings, infos: list[Info], inserted: list[bytes]) -> bytes:
    """Return information lines as octets, with unsolicited ones of ``inserted`` in their middle."""
    end = _ENDS[settings.line_end]
    waiting = iter(inserted)
    out = [b"\x00" * settings.nuls + end.encode()]
    for place, info in enumerate(infos):
        if settings.interleave == "lines" or place == 1:
            out += _next(waiting, settings)
        if isinstance(info, str):
            out.append((info + end).encode("latin-1"))
            continue
        out.append((info[0] + end).encode("latin-1"))
        if settings.interleave == "header":
            out += _next(waiting, settings)
        out.append(((end if settings.extra_crlf else "") + info[1] + end).encode("latin-1"))
    return b"".join([*out, *waiting])


def pdu_code_octets(settings: Settings, header: str, pdu: str) -> bytes:
    """Return an unsolicited result code of two lines (+CMT)."""
    end = _ENDS[settings.line_end]
    extra = end if settings.extra_crlf else ""
    return b"\x00" * settings.nuls + f"{end}{header}{end}{extra}{pdu}{end}".encode("latin-1")


def _next(waiting: Iterator[bytes], settings: Settings) -> list[bytes]:
    """Return what to insert here: an unsolicited code that waits, else chatter where it is wanted."""
    found = next(waiting, None)
    if found is not None:
        return [found]
    return [] if settings.interleave == "off" else [code_octets(settings, settings.chatter)]
