"""SFTP against a real OpenSSH server: the right server, the right key, and whole files through every break."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from pathlib import Path

import pytest

from gateway.config import SftpDestination
from gateway.forward.base import OperatorNeeded, PassingTrouble
from gateway.forward.notices import State
from gateway.forward.sftp import Patience, SftpStore
from tests.support.forwarding import batches, config_for, forwarding, status_of, stick, until
from tests.support.mounts import mounted, needs_root
from tests.support.outbox import Outbox
from tests.support.sftp_server import SftpServer, needs_sftp_server, needs_sshd, new_key, sftp_server

pytestmark = needs_sshd
PATIENT = Patience()
LONGEST = 65536
"""Slots: a batch of 20 MB, long enough to be caught in the middle."""


def put(destination: SftpDestination, patience: Patience = PATIENT) -> None:
    """Put one file there."""

    async def run() -> None:
        async with SftpStore(destination, patience=patience).session() as session:
            await session.put("a.batch", b"octets")

    asyncio.run(run())


def parts(server: SftpServer) -> list[Path]:
    """Return the temporary files that hold something."""
    return [item for item in server.files.iterdir() if item.name.endswith(".part") and item.stat().st_size]


def test_the_host_key_may_be_given_as_a_file_of_either_kind(tmp_path: Path) -> None:
    with sftp_server(tmp_path / "server") as server:
        known = tmp_path / "known_hosts"
        known.write_text(f"[127.0.0.1]:{server.port} {server.host_key}\n")
        put(server.destination(host_key=str(known)))
        put(server.destination(host_key=str(server.folder / "host_key.pub")))
        assert (server.files / "a.batch").read_bytes() == b"octets"


def test_a_server_with_another_host_key_gets_nothing(tmp_path: Path) -> None:
    other = new_key(tmp_path / "other")
    known = tmp_path / "known_hosts"
    with sftp_server(tmp_path / "server") as server:
        known.write_text(f"[127.0.0.1]:{server.port} {other}\n")
        for host_key in (other, str(known), str(tmp_path / "other.pub")):
            with pytest.raises(OperatorNeeded, match="another host key"):
                put(server.destination(host_key=host_key))
        known.write_text(f"elsewhere.example {server.host_key}\n")
        with pytest.raises(OperatorNeeded, match="another host key"):
            put(server.destination(host_key=str(known)))
        assert list(server.files.iterdir()) == []


def test_a_host_key_of_a_kind_the_server_does_not_have_is_hinted_at(tmp_path: Path) -> None:
    """OpenSSH only hangs up, as a server that is going down does."""
    with (
        sftp_server(tmp_path / "server") as server,
        pytest.raises(PassingTrouble, match="host_key is of a kind"),
    ):
        put(server.destination(host_key=new_key(tmp_path / "other", "ecdsa")))


def test_a_box_key_the_server_does_not_know_needs_the_operator(tmp_path: Path) -> None:
    new_key(tmp_path / "stranger")
    with (
        sftp_server(tmp_path / "server") as server,
        pytest.raises(OperatorNeeded, match="accept the box's key"),
    ):
        put(server.destination(key_file=tmp_path / "stranger"))


def test_a_box_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    server = SftpServer(tmp_path / "server")
    server.client_key.chmod(0o644)
    with pytest.raises(OperatorNeeded, match="others can read") as caught:
        put(server.destination())
    assert "chmod 600" in caught.value.way_out


@pytest.mark.parametrize("broken", ["host_key", "key_file"])
def test_a_key_file_that_is_none_needs_the_operator(tmp_path: Path, broken: str) -> None:
    server = SftpServer(tmp_path / "server")
    rubbish = tmp_path / "rubbish"
    rubbish.write_text("ssh-ed25519 rubbish\n")
    rubbish.chmod(0o600)
    changed: dict[str, object] = {broken: str(rubbish) if broken == "host_key" else rubbish}
    with pytest.raises(OperatorNeeded):
        put(server.destination(**changed))


def test_a_server_that_is_down_is_passing_trouble(tmp_path: Path) -> None:
    with pytest.raises(PassingTrouble, match="cannot be reached"):
        put(SftpServer(tmp_path / "server").destination())


def test_a_server_that_hangs_is_passing_trouble(tmp_path: Path) -> None:
    with sftp_server(tmp_path / "server") as server:
        server.signal(signal.SIGSTOP)
        with pytest.raises(PassingTrouble, match="did not answer in time"):
            put(server.destination(), Patience(connect=0.5))
        server.signal(signal.SIGCONT)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write_needs_the_operator(tmp_path: Path) -> None:
    with sftp_server(tmp_path / "server") as server:
        server.files.chmod(0o500)
        with pytest.raises(OperatorNeeded, match="refuses to write"):
            put(server.destination())
        server.files.chmod(0o700)


def test_a_server_killed_in_mid_transfer_has_everything_whole_once_it_is_back(tmp_path: Path) -> None:
    with sftp_server(tmp_path / "server") as server:
        config = config_for(tmp_path, server.destination())
        outbox = Outbox(folder=config.outbox, slots=LONGEST)
        outbox.cut()

        async def scenario() -> None:
            await until(lambda: bool(parts(server)))
            server.kill()
            await until(
                lambda: (now := status_of(config, "server")) is not None and now.state is State.TROUBLE
            )
            assert set(batches(server.files)) <= set(outbox.octets)
            server.start()
            await until(lambda: batches(server.files) == outbox.octets)
            await until(lambda: (now := status_of(config, "server")) is not None and now.state is State.UP)

        forwarding(config, scenario)
        assert parts(server) == []


def test_a_server_that_is_down_does_not_hold_up_the_stick(tmp_path: Path) -> None:
    server = SftpServer(tmp_path / "server")
    at = stick(tmp_path)
    config = config_for(tmp_path, server.destination(), at)
    outbox = Outbox(folder=config.outbox)
    outbox.cut(3)

    async def scenario() -> None:
        await until(lambda: batches(at.path) == outbox.octets)
        server.start()
        await until(lambda: batches(server.files) == outbox.octets)
        server.kill()

    forwarding(config, scenario)
    assert batches(at.path) == batches(server.files)


def test_ended_in_mid_transfer_it_finishes_the_next_time(tmp_path: Path) -> None:
    with sftp_server(tmp_path / "server") as server:
        config = config_for(tmp_path, server.destination())
        outbox = Outbox(folder=config.outbox, slots=LONGEST)
        outbox.cut()

        async def first() -> None:
            await until(lambda: bool(parts(server)))

        async def second() -> None:
            await until(lambda: batches(server.files) == outbox.octets)

        forwarding(config, first)
        assert batches(server.files).items() <= outbox.octets.items()
        forwarding(config, second)
        assert parts(server) == []


@needs_root
def test_a_server_without_room_needs_the_operator_and_keeps_no_half_file(tmp_path: Path) -> None:
    with sftp_server(tmp_path / "server") as server, mounted(server.files, "1M"):
        config = config_for(tmp_path, server.destination())
        outbox = Outbox(folder=config.outbox, slots=LONGEST)
        outbox.cut()

        async def scenario() -> None:
            await until(
                lambda: (now := status_of(config, "server")) is not None and now.state is State.OPERATOR
            )

        forwarding(config, scenario)
        now = status_of(config, "server")
        assert now is not None
        assert now.problem == "127.0.0.1 has no room left"
        assert list(server.files.iterdir()) == []


@needs_sftp_server
def test_a_whole_file_is_synced_before_it_has_its_name_and_the_folder_after(tmp_path: Path) -> None:
    """What OpenSSH itself says was done, in its log."""
    with sftp_server(tmp_path / "server", watched=True) as server:
        put(server.destination())
    log = (server.folder / "sftp.log").read_text()
    told = re.findall(r'^(open|fsync|rename old) "(\S+)"', log, re.MULTILINE)
    kinds = {str(server.files): "folder", str(server.files / "a.batch"): "final name"}
    steps = [(what, kinds.get(path, "temporary name")) for what, path in told]
    assert steps == [
        ("open", "final name"),
        ("open", "temporary name"),
        ("fsync", "temporary name"),
        ("rename old", "temporary name"),
        ("open", "folder"),
        ("fsync", "folder"),
    ]
