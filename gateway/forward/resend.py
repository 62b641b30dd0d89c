"""``resend``: what an operator wants sent again, handed to the forwarder as a file, whether it runs or not."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path

import msgspec

from gateway.config import Config
from gateway.durable import write_durably
from gateway.faults import Exit, MissingError, OperatorError, StorageError
from gateway.forward import notices
from gateway.forward.notices import Resend, ResendSpan
from gateway.forward.outbox import Entry, Outbox, Stream, newest_streams
from gateway.forward.progress import Progress
from gateway.forward.spans import Spans

PATTERN = re.compile(r"resend-[0-9a-f]{16}\.json")
_NUMBERS = re.compile(r"([0-9]{1,10})\.\.([0-9]{1,10})", re.ASCII)
_DATES = re.compile(r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Sequence numbers, both in it."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Days:
    """Days of the period's start, UTC, both in it."""

    first: date
    last: date


class SpanError(OperatorError):
    """What was asked for is not written as it has to be. Exit code 2."""

    code = Exit.USAGE


def parse_span(text: str) -> Numbers | Days:
    """Return what ``FROM..TO`` names: ``12..40`` or ``2026-11-01..2026-11-07``. Raises SpanError."""
    if match := _NUMBERS.fullmatch(text):
        numbers = Numbers(int(match[1]), int(match[2]))
        span: Numbers | Days = numbers
        in_order = numbers.first <= numbers.last
    elif match := _DATES.fullmatch(text):
        days = Days(_date(match[1]), _date(match[2]))
        span = days
        in_order = days.first <= days.last
    else:
        raise SpanError("not FROM..TO", "write it like 12..40 or 2026-11-01..2026-11-07")
    if not in_order:
        raise SpanError("the first is after the last", "exchange the two")
    return span


def request_resend(
    config: Config,
    destination: str,
    span: Numbers | Days,
    *,
    line: str | None = None,
    chain: str | None = None,
) -> int:
    """Return how many batches will be sent again to every marker of ``destination``.

    ``line`` is a name of the configuration; without ``chain`` (hexadecimal) each line's newest chain is meant.
    Raises MissingError (no such destination or line, no such batch in the outbox) and StorageError.
    """
    lines = lines_of(config, destination)
    if line is not None and line not in lines:
        raise MissingError(f"{destination} does not get a line {line}", f"it gets: {', '.join(lines)}")
    outbox = Outbox(config.outbox, [line] if line else lines)
    try:
        entries = _of_chain(outbox, chain)
        chosen = [entry for entry in entries if _is_in(outbox, entry, span)]
    except OSError as error:
        raise StorageError("the outbox cannot be read", "see who may read its files") from error
    if not chosen:
        raise MissingError("the outbox holds no such batch", _there_is(entries))
    _store(config, Resend(destination=destination, spans=tuple(_spans(chosen))))
    return len(chosen)


def take_requests(config: Config, progress: Progress) -> int:
    """Carry out the requests in the forwarder's folder; return how many. Raises OSError and PassingTrouble.

    A kill in between only carries one out twice.
    """
    with os.scandir(config.forward) as found:
        requests = [Path(item.path) for item in found if PATTERN.fullmatch(item.name)]
    for path in requests:
        request = notices.read(path, Resend) or Resend(destination="", spans=())
        for span in request.spans:
            stream = Stream(span.box, span.line, span.chain)
            progress.forget(stream, (span.first, span.last), destination=request.destination)
        path.unlink(missing_ok=True)
    return len(requests)


def lines_of(config: Config, destination: str) -> tuple[str, ...]:
    """Return the names of the lines that ``destination`` gets. Raises MissingError."""
    for at in config.destination:
        if at.name == destination:
            return at.lines if at.lines is not None else tuple(line.name for line in config.line)
    names = ", ".join(at.name for at in config.destination)
    raise MissingError(f"there is no destination {destination}", f"the configuration has: {names or 'none'}")


def _of_chain(outbox: Outbox, chain: str | None) -> list[Entry]:
    entries = outbox.entries()
    if chain is not None:
        return [entry for entry in entries if entry.stream.chain == chain]
    newest = newest_streams(outbox, entries)
    return [entry for entry in entries if newest[entry.line_name] == entry.stream]


def _is_in(outbox: Outbox, entry: Entry, span: Numbers | Days) -> bool:
    if isinstance(span, Numbers):
        return span.first <= entry.sequence <= span.last
    return span.first <= _day(outbox.period(entry)) <= span.last


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise SpanError(f"there is no day {text}", "write days like 2026-11-01") from error


def _day(seconds: int) -> date:
    return datetime.fromtimestamp(seconds, UTC).date()


def _spans(entries: Iterable[Entry]) -> Iterable[ResendSpan]:
    for stream, group in groupby(entries, key=lambda entry: entry.stream):
        for first, last in Spans((entry.sequence, entry.sequence) for entry in group):
            yield ResendSpan(box=stream.box, line=stream.line, chain=stream.chain, first=first, last=last)


def _there_is(entries: Iterable[Entry]) -> str:
    """Return what could be asked for instead."""
    held = [
        f"{line}: {numbers[0]}..{numbers[-1]}"
        for line, group in groupby(entries, key=lambda entry: entry.line_name)
        if (numbers := [entry.sequence for entry in group])
    ]
    return f"it holds {'; '.join(held)}" if held else "it holds none at all"


def _store(config: Config, request: Resend) -> None:
    path = config.forward / f"resend-{secrets.token_hex(8)}.json"
    try:
        # Readable by all, and there is nothing in it to hide: the operator is another user than the forwarder.
        write_durably(path, msgspec.json.encode(request), mode=0o644)
    except OSError as error:
        problem = f"the request cannot be left in {config.forward}: {error.strerror}"
        raise StorageError(problem, "run this as a user who may write there") from error
