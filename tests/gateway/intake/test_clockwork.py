"""Periods end, batches reach the outbox, and a disk or a forwarder in trouble stops neither for good."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from gateway.config import Config, parse
from gateway.intake import clockwork as module
from gateway.intake.clockwork import Clockwork
from gateway.intake.outbox import Outbox
from gateway.memory.redelivery import KEY_IN_USE
from gateway.spool.lines import enroll
from tests.support.boxes import FakeClock, Intake, intake, make_sheet, make_state, open_batch, pdu_of
from wire.identity import IDENTITY_FILE, read_identity

Work = Callable[[Intake, Clockwork], Coroutine[Any, Any, None]]
LONG = 30.0


def _config(folder: Path, period: str) -> Config:
    text = f'state_dir = "state"\nkeep = "1s"\n[batch]\nperiod = "{period}"\nslots = 8\n[[line]]\nname = "police"\n'
    return parse(text.encode(), base=folder)


def _run(
    folder: Path,
    work: Work,
    *,
    period: int = 1,
    clock: FakeClock | None = None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_LOOK", 0.02)
    monkeypatch.setattr(module, "_RETRY", 0.02)
    now = int(time.time())
    box = make_state(folder / "state", enrolled=False)
    config = _config(folder, f"{period}s")

    async def run() -> None:
        async with intake(folder / "state", box=box, period=period, wall=now, clock=clock) as made:
            clockwork = Clockwork(
                config,
                [made.line],
                committer=made.committer,
                outbox=Outbox(config.outbox, made.committer, identity=box.identity_text),
                table=made.table,
                redelivery=made.redelivery,
            )
            await work(made, clockwork)

    asyncio.run(run())


def _go(clockwork: Clockwork) -> asyncio.Task[Any]:
    """Run periods and filing beside each other, as intake does."""

    async def both() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(clockwork.run())
            group.create_task(clockwork.keep_filing())

    return asyncio.create_task(both())


async def _start(clockwork: Clockwork) -> None:
    await clockwork.start()
    await clockwork.file()


async def _until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(LONG):
        while not condition():
            await asyncio.sleep(0.01)


def _enroll(box: Intake) -> None:
    sheet, octets = make_sheet(begins=int(time.time()) - 3600)
    enroll(box.db, "police", sheet, octets, now=int(time.time()))


def _files(folder: Path) -> list[Path]:
    return sorted((folder / "state-outbox").glob("police/*.batch"))


def test_periods_follow_each_other_and_their_batches_reach_the_outbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(box: Intake, clockwork: Clockwork) -> None:
        await clockwork.start()
        assert not box.line.enrolled
        running = _go(clockwork)
        _enroll(box)
        await _until(lambda: box.line.enrolled)
        await box.take(pdu_of())
        await _until(lambda: len(_files(tmp_path)) >= 3)
        running.cancel()
        batches = box.batches()
        starts = [batch.header.period for batch in batches]
        assert len(set(starts)) == len(starts), "one batch a period"
        assert starts == sorted(starts)
        assert sum(len(open_batch(batch)[0]) for batch in batches) == 1
        for file in _files(tmp_path):
            assert file.stat().st_mode & 0o777 == 0o640
            assert file.read_bytes().endswith(batches[_files(tmp_path).index(file)].body)
        assert clockwork.problem is None

    _run(tmp_path, work, monkeypatch=monkeypatch)


def test_while_the_spool_refuses_the_period_waits_and_is_then_cut_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(box: Intake, clockwork: Clockwork) -> None:
        _enroll(box)
        await clockwork.start()
        await box.take(pdu_of())
        period = box.line.period
        other = sqlite3.connect(tmp_path / "state" / "spool.sqlite", isolation_level=None)
        other.execute(
            "CREATE TRIGGER t BEFORE UPDATE OF last_cut ON line BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
        running = _go(clockwork)
        await _until(lambda: clockwork.problem)
        assert box.line.period == period
        other.execute("DROP TRIGGER t")
        other.execute(
            "CREATE TRIGGER t BEFORE UPDATE OF highest_epoch ON line BEGIN SELECT RAISE(ABORT, 'x'); END"
        )
        other.execute("UPDATE line SET clock_accepted = 1")
        await _until(box.batches)
        await asyncio.sleep(0.3)
        assert len(box.batches()) == 1, "a turn that fails does not cut the same period again"
        other.execute("DROP TRIGGER t")
        other.close()
        await _until(lambda: len(box.batches()) >= 2)
        running.cancel()
        assert box.batches()[0].header.period == period.start if period else False

    _run(tmp_path, work, monkeypatch=monkeypatch)


def test_an_outbox_that_cannot_be_written_is_told_of_and_filled_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(box: Intake, clockwork: Clockwork) -> None:
        (tmp_path / "state-outbox").write_text("not a folder")
        _enroll(box)
        await clockwork.start()
        running = _go(clockwork)
        await _until(lambda: clockwork.problem and len(box.batches()) >= 2)
        (tmp_path / "state-outbox").unlink()
        await _until(lambda: len(_files(tmp_path)) >= 3 and clockwork.problem is None)
        running.cancel()

    _run(tmp_path, work, monkeypatch=monkeypatch)


def test_what_is_missing_in_the_outbox_is_copied_again_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(box: Intake, clockwork: Clockwork) -> None:
        _enroll(box)
        await clockwork.start()
        for _ in range(2):
            await box.cut()
        await clockwork.start()
        assert not _files(tmp_path), "no modem waits for the outbox"
        await clockwork.file()
        first, second = _files(tmp_path)
        octets = first.read_bytes()
        first.unlink()
        await _start(clockwork)
        assert first.read_bytes() == octets
        assert _files(tmp_path) == [first, second]

    _run(tmp_path, work, monkeypatch=monkeypatch)


@pytest.mark.parametrize(
    "sent", ["nonsense", "[]", '[{"line": "police", "chain": "zz", "sequence": 9}]', "[" * 100_000]
)
def test_whatever_the_forwarder_wrote_intake_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: str
) -> None:
    async def work(box: Intake, clockwork: Clockwork) -> None:
        (tmp_path / "state-forward").mkdir()
        for name in ("sent.json", "newer-chain.json"):
            (tmp_path / "state-forward" / name).write_text(sent)
        _enroll(box)
        await clockwork.start()
        running = _go(clockwork)
        await _until(lambda: len(box.batches()) >= 2)
        assert not running.done()
        running.cancel()
        assert len(_files(tmp_path)) >= 1

    _run(tmp_path, work, monkeypatch=monkeypatch)


def test_a_forwarder_whose_folder_cannot_be_read_stops_no_cut_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def work(box: Intake, clockwork: Clockwork) -> None:
        (tmp_path / "state-forward").write_text("a file where a folder should be")
        _enroll(box)
        await clockwork.start()
        running = _go(clockwork)
        await _until(lambda: len(box.batches()) >= 2)
        assert "Not a directory" in (clockwork.problem or "")
        running.cancel()

    _run(tmp_path, work, monkeypatch=monkeypatch)
    assert "what the forwarder says: Not a directory" in caplog.text


def test_only_what_went_everywhere_and_is_old_enough_leaves_the_box(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(box: Intake, clockwork: Clockwork) -> None:
        _enroll(box)
        await clockwork.start()
        for _ in range(4):
            await box.cut()
        await _start(clockwork)
        files = _files(tmp_path)
        outbox = Outbox(tmp_path / "state-outbox", box.committer)
        chain = box.batches()[0].header.chain.hex()
        third = box.batches()[2].header.period
        await outbox.prune(before={"police": third}, sent={("police", chain): 1})
        assert _files(tmp_path) == files[1:]
        await outbox.prune(before={"police": third}, sent={("police", chain): 4})
        assert _files(tmp_path) == files[2:]
        await outbox.prune(before={"police": 2**40}, sent={("police", "00" * 16): 4})
        await outbox.prune(before={"misconduct": 2**40}, sent={("police", chain): 4})
        await outbox.prune(before={}, sent={("police", chain): 4})
        await _start(clockwork)
        assert _files(tmp_path) == files[2:]

    _run(tmp_path, work, monkeypatch=monkeypatch, period=3600)


def test_a_destination_that_is_ahead_makes_a_new_chain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(box: Intake, clockwork: Clockwork) -> None:
        _enroll(box)
        await clockwork.start()
        chain = box.line.state.chain
        assert chain is not None
        (tmp_path / "state-forward").mkdir()
        newer = [{"line": "police", "chain": chain.hex(), "sequence": 9}]
        (tmp_path / "state-forward" / "newer-chain.json").write_text(json.dumps(newer))
        running = _go(clockwork)
        await _until(lambda: len(box.batches()) >= 3)
        running.cancel()
        chains = [batch.header.chain for batch in box.batches()]
        assert chains[0] == chain
        assert chains[1] == chains[2] != chain

    _run(tmp_path, work, monkeypatch=monkeypatch)


def test_the_identity_of_the_box_lies_in_the_outbox_and_comes_back_when_it_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(box: Intake, clockwork: Clockwork) -> None:
        await _start(clockwork)
        path = tmp_path / "state-outbox" / IDENTITY_FILE
        assert read_identity(path.read_bytes()).key == box.box.identity.key
        assert path.stat().st_mode & 0o777 == 0o640
        path.write_bytes(b"half")
        running = _go(clockwork)
        await _until(lambda: path.read_bytes() == box.box.identity_text)
        path.unlink()
        await _until(path.exists)
        assert clockwork.problem is None
        running.cancel()

    _run(tmp_path, work, monkeypatch=monkeypatch)


def test_a_clock_that_jumped_a_year_removes_no_batch_and_hurries_no_period(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    year = 400 * 86400

    async def work(box: Intake, clockwork: Clockwork) -> None:
        _enroll(box)
        await clockwork.start()
        for _ in range(4):
            await box.cut()
        last = box.batches()[-1].header
        (tmp_path / "state-forward").mkdir()
        sent = [{"line": "police", "chain": last.chain.hex(), "sequence": last.sequence}]
        (tmp_path / "state-forward" / "sent.json").write_text(json.dumps(sent))
        genuine = time.time
        monkeypatch.setattr(time, "time", lambda: genuine() + year)
        began = time.monotonic()
        running = _go(clockwork)
        await _until(lambda: len(box.batches()) >= 8 and len(_files(tmp_path)) >= 8)
        lasted = time.monotonic() - began
        running.cancel()
        periods = [batch.header.period for batch in box.batches()]
        assert periods[4:] == list(range(periods[4], periods[4] + len(periods) - 4))
        assert periods[4] == last.period + 1
        assert len(_files(tmp_path)) >= 8, "sent everywhere, and no older than before"
        assert lasted > 2, "the first may have ended at once, the others last a second each"
        await box.line.turn(box.batches()[-1].header.period + 1)
        await clockwork.file()
        kept = {path.name for path in _files(tmp_path)}
        assert not any(f"-{number:010d}." in name for number in range(1, 5) for name in kept)

    _run(tmp_path, work, monkeypatch=monkeypatch)


def test_what_was_seen_under_a_key_that_is_gone_is_forgotten_at_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = float(int(time.monotonic()))  # of whole seconds a day before is a day before, to the last bit

    async def work(box: Intake, clockwork: Clockwork) -> None:
        _enroll(box)
        await clockwork.start()
        for generation in (1, 2, 3):
            await box.take(pdu_of(text=b"%d" % generation))
            assert box.redelivery.generation == generation
            if generation < 3:
                box.redelivery.turn(now - (4 - generation) * KEY_IN_USE)
        assert _generations(box) == [1, 2, 3]
        await clockwork._turn()
        assert box.redelivery.generation == 4
        assert _generations(box) == [2, 3], "three keys are known, the newest has seen nothing yet"

    clock = FakeClock(now - 5 * KEY_IN_USE)
    _run(tmp_path, work, period=3600, clock=clock, monkeypatch=monkeypatch)


def _generations(box: Intake) -> list[int]:
    return [row[0] for row in box.db.conn.execute("SELECT generation FROM seen ORDER BY generation")]
