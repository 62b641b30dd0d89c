"""``resend``: by numbers or days, with the forwarder running or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config import Config
from gateway.faults import Exit, MissingError, StorageError
from gateway.forward import notices
from gateway.forward.resend import Days, Numbers, SpanError, parse_span, request_resend
from tests.support.forwarding import batches, config_for, forwarding, stick, until
from tests.support.outbox import Outbox


def sent(config: Config) -> list[int]:
    return [each.sequence for each in notices.read_sent(config.forward)]


def delivered(tmp_path: Path, count: int) -> tuple[Config, Outbox, Path]:
    """Return a stick that was given ``count`` batches and emptied since."""
    at = stick(tmp_path)
    config = config_for(tmp_path, at)
    outbox = Outbox(folder=config.outbox)
    outbox.cut(count)

    async def scenario() -> None:
        await until(lambda: sent(config) == [count])

    forwarding(config, scenario)
    for name in batches(at.path):
        (at.path / name).unlink()
    return config, outbox, at.path


def test_numbers_are_sent_again_by_a_forwarder_that_starts_later(tmp_path: Path) -> None:
    config, outbox, path = delivered(tmp_path, 5)
    assert request_resend(config, "stick", parse_span("2..4")) == 3

    async def scenario() -> None:
        await until(lambda: len(batches(path)) == 3)

    forwarding(config, scenario)
    assert set(batches(path)) == set(list(outbox.octets)[1:4])
    assert list(config.forward.glob("resend-*")) == []


def test_days_are_sent_again_by_a_forwarder_that_runs(tmp_path: Path) -> None:
    config, outbox, path = delivered(tmp_path, 40)

    async def scenario() -> None:
        assert request_resend(config, "stick", parse_span("2026-09-22..2026-09-22"), line="police") == 24
        await until(lambda: len(batches(path)) == 24)

    forwarding(config, scenario)
    names = list(outbox.octets)
    first = names.index(min(batches(path)))
    assert set(batches(path)) == set(names[first : first + 24])


def test_only_the_newest_chain_is_meant_where_none_is_named(tmp_path: Path) -> None:
    config, outbox, _ = delivered(tmp_path, 2)
    newer = Outbox(folder=config.outbox, seed=5, period=outbox.period)
    newer.cut(3)
    assert request_resend(config, "stick", Numbers(1, 9)) == 3
    assert request_resend(config, "stick", Numbers(1, 9), chain=outbox.chain.hex()) == 2


@pytest.mark.parametrize(
    ("destination", "line", "span"),
    [("other", None, Numbers(1, 2)), ("stick", "misconduct", Numbers(1, 2)), ("stick", None, Numbers(3, 4))],
)
def test_what_is_not_there_is_told_with_what_is(
    tmp_path: Path, destination: str, line: str | None, span: Numbers
) -> None:
    config, _, _ = delivered(tmp_path, 2)
    with pytest.raises(MissingError) as caught:
        request_resend(config, destination, span, line=line)
    assert any(word in caught.value.way_out for word in ("stick", "police"))


def test_a_folder_of_the_forwarder_that_is_not_there_is_a_storage_error(tmp_path: Path) -> None:
    config = config_for(tmp_path, stick(tmp_path))
    Outbox(folder=config.outbox).cut()
    with pytest.raises(StorageError):
        request_resend(config, "stick", Numbers(1, 1))


def test_spans_are_read_in_both_forms() -> None:
    assert parse_span("12..40") == Numbers(12, 40)
    days = parse_span("2026-11-01..2026-11-07")
    assert isinstance(days, Days)
    assert (days.first.day, days.last.day) == (1, 7)


@pytest.mark.parametrize(
    "text", ["", "12", "12..", "..3", "5..4", "1..2026-11-01", "2026-13-01..2026-13-02", "٣..٤"]
)
def test_other_spans_are_refused(text: str) -> None:
    with pytest.raises(SpanError) as caught:
        parse_span(text)
    assert caught.value.code == Exit.USAGE
    assert caught.value.way_out
