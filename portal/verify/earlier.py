"""Ledgers and bulletins that somebody downloaded earlier, against those that are given now."""

from __future__ import annotations

from collections.abc import Iterator

from portal.reading.taking import Taken
from portal.release.gather import Gathered
from portal.release.proofs import place_of, struck_out
from portal.verify.faults import Fault


def compare(earlier: Taken, now: Gathered) -> Iterator[Fault]:
    """Yield what was there earlier and is another one now, to the tip, or is gone."""
    ledgers = {place_of(one): one for one in now.ledgers}
    for old in earlier.ledgers:
        new = ledgers.get(place_of(old))
        if new is None:
            yield Fault("earlier.gone", {"name": old.name})
        elif new.hash != old.hash:
            out, put = struck_out(old, new)
            yield Fault("earlier.struck", {"name": old.name, "count": out, "put": put})
    bulletins = {(one.bulletin.line, one.bulletin.serial): one for one in now.bulletins}
    for before in earlier.bulletins:
        after = bulletins.get((before.bulletin.line, before.bulletin.serial))
        if after is None:
            yield Fault("earlier.gone", {"name": before.name})
        elif after.hash != before.hash:
            yield Fault("earlier.other", {"name": before.name})
