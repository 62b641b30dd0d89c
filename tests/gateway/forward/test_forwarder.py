"""The forwarder with folders as destinations: everything arrives, whole, where it should, and is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from gateway.durable import write_durably
from gateway.forward import notices
from gateway.forward.notices import NewerChain, Sent, State
from tests.support.forwarding import batches, config_for, forwarding, status_of, stick, until
from tests.support.outbox import Outbox
from wire.batch import read_header, write_batch
from wire.identity import IDENTITY_FILE, read_identity


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


Plant = Callable[[Path, list[str]], bytes]
"""What somebody at the destination puts under a name of ours; beside the folder it gets the names that are there."""


def _empty(folder: Path, names: list[str]) -> bytes:
    return b""


def _an_earlier_one(folder: Path, names: list[str]) -> bytes:
    return (folder / names[0]).read_bytes()


def _of_another_box(folder: Path, names: list[str]) -> bytes:
    header, _, body = read_header((folder / names[-1]).read_bytes(), _any_key(folder))
    stranger = SigningKey(bytes(32))
    changed = replace(header, sequence=9_999_999_999)
    return write_batch(changed, body, stranger)[1]


def _any_key(folder: Path) -> Callable[[bytes], bytes]:
    identity = read_identity((folder.parent / "outbox" / IDENTITY_FILE).read_bytes())
    return lambda _: identity.key


@pytest.mark.parametrize("plant", [_empty, _an_earlier_one, _of_another_box])
def test_a_planted_file_with_a_higher_number_is_told_once_and_begins_no_new_chain(
    tmp_path: Path, plant: Plant
) -> None:
    at = stick(tmp_path)
    config = config_for(tmp_path, at)
    outbox = Outbox(folder=config.outbox)
    names = outbox.cut(3)

    async def first() -> None:
        await until(lambda: [sent.sequence for sent in notices.read_sent(config.forward)] == [3])

    forwarding(config, first)
    planted = at.path / names[-1].replace("0000000003", "9999999999")
    planted.write_bytes(plant(at.path, names))
    outbox.cut()

    async def second() -> None:
        await until(lambda: [sent.sequence for sent in notices.read_sent(config.forward)] == [4])
        status = notices.read_status(config.forward)
        assert status is not None
        assert [alarm for alarm in status.alarms if "did not sign" in alarm] == list(status.alarms)
        assert len(status.alarms) == 1

    forwarding(config, second)
    assert notices.read_newer_chains(config.forward) == ()
    assert batches(at.path).items() >= outbox.octets.items()


def test_among_many_planted_names_a_true_one_is_still_found(tmp_path: Path) -> None:
    at = stick(tmp_path)
    whole = Outbox(folder=tmp_path / "before")
    names = whole.cut(5)
    for name, octets in whole.octets.items():
        (at.path / name).write_bytes(octets)
    for number in range(1000, 1500):
        (at.path / names[0].replace("0000000001", f"{number:010d}")).touch()
    config = config_for(tmp_path, at)
    whole.restored(3, config.outbox)

    async def scenario() -> None:
        await until(
            lambda: [n.chain for n in notices.read_newer_chains(config.forward)] == [whole.chain.hex()]
        )

    forwarding(config, scenario)
    (notice,) = notices.read_newer_chains(config.forward)
    assert notice.sequence in (4, 5)


@pytest.mark.parametrize("plant", [_empty, _an_earlier_one])
def test_a_false_file_under_a_name_to_come_is_no_second_batch_of_that_number(
    tmp_path: Path, plant: Plant
) -> None:
    at = stick(tmp_path)
    config = config_for(tmp_path, at)
    outbox = Outbox(folder=config.outbox)
    names = outbox.cut(2)
    (config.outbox / "police" / names[1]).rename(tmp_path / names[1])

    async def first() -> None:
        await until(lambda: [sent.sequence for sent in notices.read_sent(config.forward)] == [1])

    forwarding(config, first)
    (at.path / names[1]).write_bytes(plant(at.path, names))
    (tmp_path / names[1]).rename(config.outbox / "police" / names[1])

    async def second() -> None:
        await until(lambda: outbox.octets[names[1]] in batches(at.path).values())
        await until(lambda: bool((status := notices.read_status(config.forward)) and status.alarms))

    forwarding(config, second)
    assert notices.read_newer_chains(config.forward) == ()


def test_a_batch_of_another_box_under_our_name_is_no_second_batch_of_that_number(tmp_path: Path) -> None:
    at = stick(tmp_path)
    config = config_for(tmp_path, at)
    outbox = Outbox(folder=config.outbox)
    (name,) = outbox.cut()
    header, _, body = read_header(outbox.octets[name], _any_key(at.path))
    (at.path / name).write_bytes(write_batch(header, body, SigningKey(bytes(32)))[1])

    async def scenario() -> None:
        await until(lambda: outbox.octets[name] in batches(at.path).values())
        await until(lambda: bool((status := notices.read_status(config.forward)) and status.alarms))

    forwarding(config, scenario)
    assert notices.read_newer_chains(config.forward) == ()


def test_without_the_box_identity_a_claim_waits_until_it_can_be_judged(tmp_path: Path) -> None:
    at = stick(tmp_path)
    whole = Outbox(folder=tmp_path / "before")
    for name in whole.cut(5):
        (at.path / name).write_bytes(whole.octets[name])
    config = config_for(tmp_path, at)
    whole.restored(3, config.outbox)
    identity = config.outbox / IDENTITY_FILE
    octets = identity.read_bytes()
    identity.write_bytes(b"damaged")

    def problem() -> str:
        now = status_of(config, "stick")
        return (now.problem if now else None) or ""

    async def scenario() -> None:
        await until(lambda: "is damaged" in problem())
        identity.unlink()
        await until(lambda: "cannot be read" in problem())
        assert notices.read_newer_chains(config.forward) == ()
        write_durably(identity, octets)
        await until(lambda: [n.sequence for n in notices.read_newer_chains(config.forward)] == [5])

    forwarding(config, scenario)
