"""The forwarder with folders as destinations: everything arrives, whole, where it should, and is told."""

from __future__ import annotations

from pathlib import Path

from gateway.forward import notices
from gateway.forward.notices import NewerChain, Sent, State
from tests.support.forwarding import batches, config_for, forwarding, status_of, stick, until
from tests.support.outbox import Outbox


def test_batches_that_are_there_and_that_come_later_all_arrive(tmp_path: Path) -> None:
    at = stick(tmp_path)
    config = config_for(tmp_path, at)
    outbox = Outbox(folder=config.outbox)
    outbox.cut(3)

    async def scenario() -> None:
        await until(lambda: batches(at.path) == outbox.octets)
        outbox.cut(2)
        await until(lambda: batches(at.path) == outbox.octets)

        await until(lambda: (now := status_of(config, "stick")) is not None and now.backlog == 0)

    told = forwarding(config, scenario)
    assert len(outbox.octets) == 5
    assert told.words.index("ready") < told.words.index("stick up") < told.words.index("stopping")


def test_the_status_and_what_was_sent_are_told_in_files(tmp_path: Path) -> None:
    at = stick(tmp_path)
    config = config_for(tmp_path, at)
    outbox = Outbox(folder=config.outbox)
    outbox.cut(3)

    async def scenario() -> None:
        await until(lambda: (now := status_of(config, "stick")) is not None and now.backlog == 0)

    forwarding(config, scenario)
    status = status_of(config, "stick")
    assert status is not None
    assert (status.state, status.backlog, status.problem, status.lines) == (State.UP, 0, None, ("police",))
    assert status.last_success is not None
    sent = Sent(line="police", chain=outbox.chain.hex(), sequence=3)
    assert notices.read_sent(config.forward) == (sent,)
    assert notices.read_newer_chains(config.forward) == ()
    assert (config.forward / notices.STATUS).stat().st_mode & 0o777 == 0o640


def test_two_sticks_that_alternate_each_get_everything(tmp_path: Path) -> None:
    at, other = stick(tmp_path), stick(tmp_path, "other")
    config = config_for(tmp_path, at)
    outbox = Outbox(folder=config.outbox)
    outbox.cut(2)

    async def scenario() -> None:
        await until(lambda: len(batches(at.path)) == 2)
        at.path.rename(tmp_path / "away")
        other.path.rename(at.path)
        await until(lambda: len(batches(at.path)) == 2)
        outbox.cut()
        await until(lambda: len(batches(at.path)) == 3)
        at.path.rename(other.path)
        (tmp_path / "away").rename(at.path)
        await until(lambda: batches(at.path) == batches(other.path))

    forwarding(config, scenario)
    assert batches(at.path) == outbox.octets


def test_a_stick_that_was_emptied_does_not_get_the_old_batches_again(tmp_path: Path) -> None:
    at = stick(tmp_path)
    config = config_for(tmp_path, at)
    outbox = Outbox(folder=config.outbox)
    outbox.cut(2)

    async def first() -> None:
        await until(lambda: [sent.sequence for sent in notices.read_sent(config.forward)] == [2])

    forwarding(config, first)
    for name in batches(at.path):
        (at.path / name).unlink()

    async def second() -> None:
        (name,) = outbox.cut()
        await until(lambda: set(batches(at.path)) == {name})

    forwarding(config, second)
    assert len(batches(at.path)) == 1


def test_a_folder_without_marker_gets_nothing_until_it_is_mounted(tmp_path: Path) -> None:
    at = stick(tmp_path)
    config = config_for(tmp_path, at)
    outbox = Outbox(folder=config.outbox)
    outbox.cut()
    at.path.rename(tmp_path / "away")
    at.path.mkdir()

    async def scenario() -> None:
        await until(lambda: (now := status_of(config, "stick")) is not None and now.state is State.OPERATOR)
        now = status_of(config, "stick")
        assert now is not None
        assert now.problem is not None
        assert "no marker" in now.problem
        assert now.backlog == 1
        assert list(at.path.iterdir()) == []
        at.path.rmdir()
        (tmp_path / "away").rename(at.path)
        await until(lambda: batches(at.path) == outbox.octets)

    forwarding(config, scenario)


def test_each_destination_gets_its_lines_only(tmp_path: Path) -> None:
    police, both = stick(tmp_path, "police-stick", lines=("police",)), stick(tmp_path, "archive")
    config = config_for(tmp_path, police, both, lines=("police", "misconduct"))
    one, two = Outbox(folder=config.outbox), Outbox(folder=config.outbox, line="misconduct", seed=2)
    one.cut(2)
    two.cut(2)

    async def scenario() -> None:
        await until(lambda: batches(police.path) == one.octets)
        await until(lambda: batches(both.path) == one.octets | two.octets)

    forwarding(config, scenario)
    assert batches(police.path) == one.octets


def test_one_destination_that_is_down_does_not_hold_up_another(tmp_path: Path) -> None:
    down, up = stick(tmp_path, "down"), stick(tmp_path, "up")
    down.path.rename(tmp_path / "away")
    config = config_for(tmp_path, down, up)
    outbox = Outbox(folder=config.outbox)
    outbox.cut(3)

    async def scenario() -> None:
        await until(lambda: batches(up.path) == outbox.octets)
        await until(lambda: (now := status_of(config, "up")) is not None and now.backlog == 0)
        assert notices.read_sent(config.forward) == ()
        (tmp_path / "away").rename(down.path)
        await until(lambda: [sent.sequence for sent in notices.read_sent(config.forward)] == [3])

    forwarding(config, scenario)
    assert batches(down.path) == outbox.octets


def test_a_restored_box_is_told_to_begin_a_new_chain_and_loses_no_batch(tmp_path: Path) -> None:
    at = stick(tmp_path)
    config = config_for(tmp_path, at)
    outbox = Outbox(folder=config.outbox)
    outbox.cut(5)

    async def first() -> None:
        await until(lambda: [sent.sequence for sent in notices.read_sent(config.forward)] == [5])

    forwarding(config, first)
    (config.outbox / "police").rename(tmp_path / "lost")
    back = outbox.restored(3, config.outbox)
    (fourth,) = back.cut()
    newer = NewerChain(line="police", chain=outbox.chain.hex(), sequence=5)

    async def second() -> None:
        await until(lambda: notices.read_newer_chains(config.forward) == (newer,))
        await until(lambda: back.octets[fourth] in batches(at.path).values())

    forwarding(config, second)
    held = batches(at.path)
    assert len(held) == 6
    assert held.items() >= outbox.octets.items()

    begun = Outbox(folder=config.outbox, seed=9, period=back.period)
    begun.cut()

    async def third() -> None:
        await until(lambda: notices.read_newer_chains(config.forward) == ())
        await until(lambda: batches(at.path).items() >= begun.octets.items())

    forwarding(config, third)
    assert batches(at.path).items() >= held.items()


def test_a_restored_box_is_noticed_by_what_the_stick_holds_as_well(tmp_path: Path) -> None:
    at = stick(tmp_path)
    whole = Outbox(folder=tmp_path / "before")
    whole.cut(5)
    for name, octets in whole.octets.items():
        (at.path / name).write_bytes(octets)
    config = config_for(tmp_path, at)
    whole.restored(3, config.outbox)

    async def scenario() -> None:
        await until(lambda: [n.sequence for n in notices.read_newer_chains(config.forward)] == [5])

    forwarding(config, scenario)
    assert batches(at.path) == whole.octets


def test_a_damaged_file_in_the_outbox_is_not_sent_and_is_told(tmp_path: Path) -> None:
    at = stick(tmp_path)
    config = config_for(tmp_path, at)
    outbox = Outbox(folder=config.outbox)
    names = outbox.cut(3)
    (config.outbox / "police" / names[1]).write_bytes(outbox.octets[names[1]][:-1])

    async def scenario() -> None:
        await until(lambda: set(batches(at.path)) == {names[0], names[2]})
        await until(lambda: bool((status := notices.read_status(config.forward)) and status.alarms))
        await until(lambda: [sent.sequence for sent in notices.read_sent(config.forward)] == [1])

    forwarding(config, scenario)
    status = notices.read_status(config.forward)
    assert status is not None
    assert "batch 2 of line police in the outbox is damaged" in status.alarms[0]


def test_a_damaged_copy_at_the_destination_stays_and_a_whole_one_is_put_beside_it(tmp_path: Path) -> None:
    at = stick(tmp_path)
    config = config_for(tmp_path, at)
    outbox = Outbox(folder=config.outbox)
    (name,) = outbox.cut()
    (at.path / name).write_bytes(outbox.octets[name][:100])

    async def scenario() -> None:
        await until(lambda: outbox.octets[name] in batches(at.path).values())

    forwarding(config, scenario)
    assert batches(at.path)[name] == outbox.octets[name][:100]
    assert len(batches(at.path)) == 2
    assert notices.read_newer_chains(config.forward) == ()


def test_without_an_outbox_it_waits_for_one(tmp_path: Path) -> None:
    at = stick(tmp_path)
    config = config_for(tmp_path, at)
    outbox = Outbox(folder=config.outbox)

    async def scenario() -> None:
        await until(lambda: status_of(config, "stick") is not None)
        outbox.cut()
        await until(lambda: batches(at.path) == outbox.octets)

    forwarding(config, scenario)
