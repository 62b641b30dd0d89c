"""The outbox as the forwarder sees it: names and octets of finished batches. It only reads."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from gateway.forward.base import PassingTrouble
from wire.batch import CHAIN_OCTETS, HEADER_LIMIT, MAGIC, MAX_SLOTS
from wire.hashing import HASH_OCTETS, blake2b_256
from wire.identity import BOX_OCTETS, IDENTITY_FILE, Identity, read_identity
from wire.identity import LIMIT as IDENTITY_LIMIT
from wire.keysheet import LINE_OCTETS
from wire.refusal import Refusal, Refused
from wire.signed import SignedText, number_value, octets_value, split, time_value
from wire.slip import SEALED_OCTETS

MAX_OCTETS = HEADER_LIMIT + MAX_SLOTS * SEALED_OCTETS
"""The longest batch: 1,024 + 65,536 * 304 octets, 20 MB."""
_SETTLED = 0.1
"""Seconds after which a folder's modification time has certainly moved past it (one tick is 4 to 10 ms)."""
_NAME = re.compile(
    rf"(?P<box>[0-9a-f]{{{2 * BOX_OCTETS}}})-(?P<line>[0-9a-f]{{{2 * LINE_OCTETS}}})"
    rf"-(?P<chain>[0-9a-f]{{{2 * CHAIN_OCTETS}}})-(?P<sequence>[0-9]{{10}})(\.[0-9a-f]{{16}})?\.batch"
)


class Stream(NamedTuple):
    """One chain of one line of one box, ids in hexadecimal: what sequence numbers count in."""

    box: str
    line: str
    chain: str

    def __str__(self) -> str:
        return f"{self.box}-{self.line}-{self.chain}"


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A batch in the outbox."""

    line_name: str
    """As in the configuration."""
    stream: Stream
    sequence: int

    @property
    def name(self) -> str:
        """Return its file name, at the destination too."""
        return f"{self.stream}-{self.sequence:010d}.batch"


def parse_name(name: str) -> tuple[Stream, int] | None:
    """Return stream and sequence of a batch called ``name``, also in its ``beside`` form; None for other names."""
    match = _NAME.fullmatch(name)
    return (Stream(match["box"], match["line"], match["chain"]), int(match["sequence"])) if match else None


def beside(name: str, octets: bytes) -> str:
    """Return the other name for a batch whose own name is taken by other octets: with a hash of its own in it."""
    return f"{name.removesuffix('.batch')}.{blake2b_256(octets)[:8].hex()}.batch"


class Outbox:
    """The folders of the lines under ``folder``, read again only when they changed."""

    def __init__(self, folder: Path, lines: Iterable[str]) -> None:
        self._folder = folder
        self._lines = tuple(lines)
        self._seen: dict[str, tuple[int, tuple[Entry, ...]]] = {}
        self._periods: dict[str, int] = {}
        self.looks = 0
        """How often a folder was read: a greater number means that something may be new."""

    def entries(self) -> tuple[Entry, ...]:
        """Return all batches, by line, chain and sequence. A folder that is not there yet has none. Raises OSError."""
        return tuple(entry for line in self._lines for entry in self._line(line))

    def read(self, entry: Entry) -> bytes:
        """Return the octets of a batch, whose outer form was checked. Raises OSError and Refused."""
        with self._path(entry).open("rb") as file:
            octets = file.read(MAX_OCTETS + 1)
        check_form(octets, entry.name)
        return octets

    def box(self) -> Identity:
        """Return the identity of this box, which intake leaves in the outbox. Raises PassingTrouble."""
        try:
            with (self._folder / IDENTITY_FILE).open("rb") as file:
                return read_identity(file.read(IDENTITY_LIMIT + 1))
        except OSError as error:
            problem = f"{IDENTITY_FILE} in the outbox cannot be read ({error.strerror}); intake writes it at its start"
            raise PassingTrouble(problem) from error
        except Refused as refused:
            problem = f"{IDENTITY_FILE} in the outbox is damaged ({refused}); intake writes it at its start"
            raise PassingTrouble(problem) from refused

    def period(self, entry: Entry) -> int:
        """Return the start of a batch's period, Unix seconds; -1 where the file is not a batch. Raises OSError."""
        if entry.name not in self._periods:
            with self._path(entry).open("rb") as file:
                octets = file.read(HEADER_LIMIT)
            try:
                text, _ = split(octets, magic=MAGIC, limit=HEADER_LIMIT)
                self._periods[entry.name] = time_value("period", text.field("period") or "")
            except Refused:
                return -1
        return self._periods[entry.name]

    def _path(self, entry: Entry) -> Path:
        return self._folder / entry.line_name / entry.name

    def _line(self, line: str) -> tuple[Entry, ...]:
        folder = self._folder / line
        try:
            now = time.time_ns()
            changed = folder.stat().st_mtime_ns
            seen = self._seen.get(line)
            if seen is None or seen[0] != changed:
                self.looks += 1
                seen = changed, _scan(folder, line)
                if now - changed > _SETTLED * 1e9:
                    self._seen[line] = seen
        except FileNotFoundError:
            return ()
        return seen[1]


def check_form(octets: bytes, name: str) -> None:
    """Return if ``octets`` are one whole batch that belongs under ``name``; its signature is not checked here.

    Raises Refused.
    """
    text, body = split(octets, magic=MAGIC, limit=HEADER_LIMIT)
    slots = number_value("slots", text.field("slots") or "", most=MAX_SLOTS)
    if len(body) != slots * SEALED_OCTETS:
        raise Refused(Refusal.LENGTH, "body", f"not {slots} slips of {SEALED_OCTETS} octets")
    if blake2b_256(body) != octets_value("body", text.field("body") or "", HASH_OCTETS):
        raise Refused(Refusal.BODY, "body", "it is not the body that the header names")
    if parse_name(name) != _told(text):
        raise Refused(Refusal.VALUE, "name", "the header names another box, line, chain or sequence")


def newest_streams(outbox: Outbox, entries: Iterable[Entry]) -> dict[str, Stream]:
    """Return each line's newest chain: the one whose last batch has the latest period. Raises OSError."""
    tops: dict[tuple[str, Stream], Entry] = {}
    for entry in entries:
        key = entry.line_name, entry.stream
        if key not in tops or entry.sequence > tops[key].sequence:
            tops[key] = entry
    newest: dict[str, Entry] = {}
    for entry in tops.values():
        best = newest.get(entry.line_name)
        if best is None or outbox.period(entry) > outbox.period(best):
            newest[entry.line_name] = entry
    return {line: entry.stream for line, entry in newest.items()}


def _scan(folder: Path, line: str) -> tuple[Entry, ...]:
    with os.scandir(folder) as found:
        names = [parse_name(item.name) for item in found]
    return tuple(sorted(Entry(line, *name) for name in names if name is not None))


def _told(text: SignedText) -> tuple[Stream, int]:
    box, line, chain = (text.field(field) or "" for field in ("box", "line", "chain"))
    sequence = text.field("sequence") or ""
    if not _SEQUENCE.fullmatch(sequence):
        raise Refused(Refusal.CANONICAL, "sequence", "not a number in ten digits")
    return Stream(box, line, chain), int(sequence)


_SEQUENCE = re.compile("[0-9]{10}")
