"""The pure parts: spans, backoff, names, the form of a batch, progress."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.faults import StorageError
from gateway.forward.lock import forwarder_runs
from gateway.forward.notices import (
    LIMIT,
    LOCK,
    NEWER_CHAIN,
    SENT,
    STATUS,
    Noticeboard,
    Sent,
    read_newer_chains,
    read_sent,
    read_status,
)
from gateway.forward.outbox import Outbox as Seen
from gateway.forward.outbox import beside, check_form, parse_name
from gateway.forward.progress import Progress
from gateway.forward.retry import Backoff
from gateway.forward.spans import Spans
from tests.support.outbox import Outbox
from wire.refusal import Refused

numbers = st.integers(1, 30)
edits = st.lists(st.tuples(st.booleans(), numbers, numbers))


@given(edits)
def test_spans_hold_what_a_set_of_numbers_would(changes: list[tuple[bool, int, int]]) -> None:
    spans, model = Spans(), set[int]()
    for add, one, other in changes:
        first, last = sorted((one, other))
        (spans.add if add else spans.remove)(first, last)
        model = model | set(range(first, last + 1)) if add else model - set(range(first, last + 1))
    assert {number for number in range(32) if number in spans} == model
    assert spans.top == max(model, default=0)
    edges = list(spans)
    assert all(left[1] + 1 < right[0] for left, right in pairwise(edges))


def test_waits_double_up_to_the_longest_and_are_shortened_by_a_half_at_most() -> None:
    backoff = Backoff(600, Random(1))
    waits = [backoff.wait() for _ in range(15)]
    for at, wait in enumerate(waits):
        full = min(2.0**at, 600)
        assert full / 2 <= wait <= full
    backoff.reset()
    assert backoff.wait() <= 1


def test_a_name_is_read_back_in_both_forms(tmp_path: Path) -> None:
    outbox = Outbox(folder=tmp_path)
    (name,) = outbox.cut()
    parsed = parse_name(name)
    assert parsed is not None
    assert parsed[0].chain == outbox.chain.hex()
    assert parsed[1] == 1
    other = beside(name, b"octets")
    assert other != name
    assert parse_name(other) == parsed


@pytest.mark.parametrize("name", ["", "x.batch", ".hidden", "0" * 16 + "-2026-11.ledger", "../" + "0" * 64])
def test_other_names_are_no_batches(name: str) -> None:
    assert parse_name(name) is None


def test_the_form_of_a_batch_is_checked_whole(tmp_path: Path) -> None:
    outbox = Outbox(folder=tmp_path)
    first, second = outbox.cut(2)
    octets = outbox.octets[first]
    check_form(octets, first)
    with pytest.raises(Refused, match="name"):
        check_form(octets, second)
    for broken in (octets[:-1], octets + b"\0", octets[:-1] + b"\xff", octets[1:], b""):
        with pytest.raises(Refused):
            check_form(broken, first)


@given(st.binary(max_size=300), st.integers(0, 1600))
def test_the_form_check_has_one_error_whatever_the_octets(noise: bytes, at: int) -> None:
    octets = (b"tipline-batch 1\nbox " + noise)[:at]
    with pytest.raises(Refused):
        check_form(octets, "x.batch")


def test_the_outbox_shows_batches_only_and_in_order(tmp_path: Path) -> None:
    outbox = Outbox(folder=tmp_path)
    names = outbox.cut(11)
    for other in (".x.batch.0123456789abcdef.part", "box-line-2026-11.ledger"):
        (tmp_path / "police" / other).touch()
    seen = Seen(tmp_path, ["police", "misconduct"])
    assert [entry.name for entry in seen.entries()] == names
    names += outbox.cut()
    assert [entry.name for entry in seen.entries()] == names


def test_progress_is_there_after_a_restart_and_can_be_forgotten(tmp_path: Path) -> None:
    outbox = Outbox(folder=tmp_path / "outbox")
    outbox.cut(5)
    entries = Seen(tmp_path / "outbox", ["police"]).entries()
    stream = entries[0].stream
    progress = Progress(tmp_path / "progress.db")
    for entry in entries[:4]:
        progress.add("stick", "a", entry)
    progress.add("server", "b", entries[4])
    progress.close()

    again = Progress(tmp_path / "progress.db")
    assert list(again.went("stick", "a", stream)) == [(1, 4)]
    assert list(again.went("stick", None, stream)) == [(1, 4)]
    assert list(again.went("stick", "other", stream)) == []
    assert again.top(stream) == 5
    again.forget(stream, (2, 3), destination="stick")
    again.close()
    once_more = Progress(tmp_path / "progress.db")
    assert list(once_more.went("stick", "a", stream)) == [(1, 1), (4, 4)]
    assert list(once_more.went("server", "b", stream)) == [(5, 5)]
    once_more.close()


def test_a_progress_file_that_is_none_names_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "progress.db").write_bytes(b"not a database, and long enough to be looked at" * 10)
    with pytest.raises(StorageError) as caught:
        Progress(tmp_path / "progress.db")
    assert "remove the file" in caught.value.way_out


def test_a_notice_that_says_nothing_new_is_not_written_again(tmp_path: Path) -> None:
    board = Noticeboard(tmp_path)
    board.write(SENT, (Sent(line="police", chain="00", sequence=1),))
    first = (tmp_path / SENT).stat().st_ino, (tmp_path / SENT).stat().st_mtime_ns
    board.write(SENT, (Sent(line="police", chain="00", sequence=1),))
    assert ((tmp_path / SENT).stat().st_ino, (tmp_path / SENT).stat().st_mtime_ns) == first
    board.write(SENT, (Sent(line="police", chain="00", sequence=2),))
    assert read_sent(tmp_path) == (Sent(line="police", chain="00", sequence=2),)


DEEP = b'[{"line": ' + b"[" * 50_000
GOOD = b'[{"line": "police", "chain": "00", "sequence": 2}]'


@pytest.mark.parametrize(
    "text", [b"", b"[", b"{}", b'[{"line": 1}]', b"\xff", b'["\xff"]', DEEP], ids=range(7)
)
def test_a_damaged_notice_is_as_good_as_none(tmp_path: Path, text: bytes) -> None:
    for name in (STATUS, SENT, NEWER_CHAIN):
        (tmp_path / name).write_bytes(text)
    assert (read_status(tmp_path), read_sent(tmp_path), read_newer_chains(tmp_path)) == (None, (), ())


def _link(path: Path) -> None:
    (path.parent / "good").write_bytes(GOOD)
    path.symlink_to("good")


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path.name)  # from its folder: a whole path may be too long


def _endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _huge(path: Path) -> None:
    path.write_bytes(GOOD[:-1].ljust(LIMIT) + b"]")


@pytest.mark.parametrize("lay", [os.mkfifo, Path.mkdir, _link, _socket, _endless, _huge])
def test_what_is_no_plain_small_file_is_as_good_as_none_and_is_not_waited_for(
    tmp_path: Path, lay: Callable[[Path], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder belongs to another user than intake."""
    monkeypatch.chdir(tmp_path)
    for name in (STATUS, SENT, NEWER_CHAIN):
        lay(tmp_path / name)
    assert (read_status(tmp_path), read_sent(tmp_path), read_newer_chains(tmp_path)) == (None, (), ())


def test_a_notice_of_the_greatest_length_is_read(tmp_path: Path) -> None:
    (tmp_path / SENT).write_bytes(GOOD.ljust(LIMIT))
    assert read_sent(tmp_path) == (Sent(line="police", chain="00", sequence=2),)


def test_a_pipe_in_the_place_of_the_lock_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / LOCK)
    assert not forwarder_runs(tmp_path)
