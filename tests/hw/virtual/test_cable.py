"""Baud rate and dribbled octets: what arrives when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.virtual.cable import Cable, Paced
from tests.support.virtual_modem import Driven

OCTET = 10 / 9600
"""Seconds of one octet at 9,600 baud."""


def exchange(cable: Cable, octets: bytes, now: float) -> tuple[bytes, float]:
    """Return what came back, and when the last of it did, with a program that is always in time."""
    cable.from_host(octets, now)
    said, last = b"", now
    while True:
        cable.advance(now)
        for piece in cable.to_host(now):
            said, last = said + piece, now
        if (due := cable.next_time()) > now + 10:
            return said, last
        now = max(due, now)


def test_octets_take_their_time_both_ways() -> None:
    cable = Cable(Driven(baud=9600).modem)
    said, at = exchange(cable, b"AT\r", 200.0)
    assert said == b"\r\nOK\r\n"
    assert at - 200.0 == pytest.approx(9 * OCTET, rel=0.01)


def test_a_late_program_does_not_slow_the_line() -> None:
    paced = Paced()
    paced.push(b"x" * 100, 10.0)
    assert len(paced.take(10.0 + 50.5 * OCTET, OCTET, 1)[0]) == 50
    assert len(paced.take(10.0 + 90.5 * OCTET, OCTET, 1)[0]) == 40
    assert len(b"".join(paced.take(99.0, OCTET, 1))) == 10
    assert paced.begun == pytest.approx(10.0 + 100 * OCTET)


@given(st.lists(st.floats(0, 0.05), max_size=40), st.integers(1, 7))
def test_no_octet_comes_early_and_none_is_lost(steps: list[float], quantum: int) -> None:
    paced, now, got = Paced(), 5.0, b""
    sent = bytes(range(60))
    paced.push(sent, now)
    for step in steps:
        now += step
        got += b"".join(paced.take(now, quantum * OCTET, quantum))
        assert len(got) <= (now - 5.0) / OCTET + 1e-3 or len(got) == 60
    got += b"".join(paced.take(now + 10, quantum * OCTET, quantum))
    assert got == sent


def test_dribbled_octets_come_in_pieces() -> None:
    cable = Cable(Driven(chunk=4, chunk_ms=10).modem)
    cable.from_host(b"AT\r", 200.0)
    pieces = [cable.to_host(200.0 + step / 100 + 1e-4) for step in range(5)]
    assert pieces == [[], [b"\r\nOK"], [b"\r\n"], [], []]


def test_an_unpaced_line_gives_everything_at_once() -> None:
    cable = Cable(Driven().modem)
    cable.from_host(b"AT\r", 200.0)
    assert cable.to_host(200.0) == [b"\r\nOK\r\n"]


def test_what_is_under_way_is_lost_with_the_cable() -> None:
    cable = Cable(Driven(baud=9600).modem)
    cable.from_host(b"AT\r", 200.0)
    cable.unplug()
    cable.advance(300.0)
    assert cable.to_host(300.0) == []
