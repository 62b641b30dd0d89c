"""The body of a batch: as many sealed slips as slots, in an order that tells nothing."""

from __future__ import annotations

import os

from gateway.sealing import fill_body
from tests.support.boxes import LINE, NOW, open_slip, secret
from wire.manifest import ClockState, Manifest
from wire.slip import SEALED_OCTETS, Kind

MANIFEST = Manifest(
    real=30,
    backlog=0,
    lowest_epoch=1,
    cut=1,
    before=bytes(16),
    clock=ClockState.GOOD,
    salt=bytes(32),
    software="x",
)


def _body(sealed: list[bytes], slots: int) -> list[bytes]:
    key = bytes(secret(1).public_key)
    body = fill_body(sealed, MANIFEST, slots=slots, epoch=1, key=key, line=LINE, received=NOW, period=3600)
    return [body[at : at + SEALED_OCTETS] for at in range(0, len(body), SEALED_OCTETS)]


def test_slips_stand_in_a_random_order_among_manifest_and_cover() -> None:
    """What is asserted fails by chance once in 10^20 runs at the most."""
    given = [os.urandom(SEALED_OCTETS) for _ in range(30)]
    first, second = _body(given, 64), _body(given, 64)
    places = [[body.index(slip) for slip in given] for body in (first, second)]
    assert len(first) == len(second) == 64
    assert places[0] != sorted(places[0])
    assert places[0] != places[1]
    assert sorted(places[0]) != list(range(30))


def test_what_is_not_given_is_one_manifest_and_cover() -> None:
    kinds = [open_slip(sealed, 1).kind for sealed in _body([], 5)]
    assert sorted(kinds) == sorted([Kind.MANIFEST, *[Kind.COVER] * 4])
