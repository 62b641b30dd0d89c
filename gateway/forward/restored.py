"""Noticing that the box was restored from an old backup: a chain that went further than its outbox says.

Going on in that chain would give numbers a second time. So intake is asked for a new chain, and what was noted about
the old one is compared anew with what the destinations hold, since a number may now mean another batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gateway.forward.notices import NewerChain
from gateway.forward.outbox import Entry, Outbox, Stream, newest_streams
from gateway.forward.progress import Progress


def newer_chains(
    outbox: Outbox,
    entries: Sequence[Entry],
    *,
    known: Iterable[NewerChain],
    seen: Iterable[Mapping[Stream, int]],
    clashes: Mapping[Stream, int],
) -> tuple[NewerChain, ...]:
    """Return the chains that must not go on: the newest of a line, yet with more sent than the outbox holds.

    ``seen`` is the highest number of each chain at each place; ``clashes`` names chains of which a number was given
    twice; ``known`` is what was found before, which holds until the line has a newer chain. Raises OSError.
    """
    newest = newest_streams(outbox, entries)
    before = {(notice.line, notice.chain): notice.sequence for notice in known}
    found = []
    for line, stream in newest.items():
        top = max(entry.sequence for entry in entries if entry.stream == stream)
        further = max((tops.get(stream, 0) for tops in seen), default=0)
        old = before.pop((line, stream.chain), 0)
        if further > top or stream in clashes or old:
            sequence = max(further, clashes.get(stream, 0), old)
            found.append(NewerChain(line=line, chain=stream.chain, sequence=sequence))
    empty = [notice for notice in known if notice.line not in newest]
    return (*found, *empty)


def mistrust(progress: Progress, entries: Iterable[Entry]) -> list[Stream]:
    """Forget what was noted of chains that went further than the outbox; return them. Raises PassingTrouble."""
    tops: dict[Stream, int] = {}
    for entry in entries:
        tops[entry.stream] = max(entry.sequence, tops.get(entry.stream, 0))
    doubtful = [stream for stream, top in tops.items() if progress.top(stream) > top]
    for stream in doubtful:
        progress.forget(stream, (1, progress.top(stream)))
    return doubtful
