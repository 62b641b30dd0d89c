"""The forwarder as a process: killed at any point, ended in order, alone, and with no more rights than it needs."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest

from gateway.durable import written_for
from gateway.faults import BusyError, StorageError
from gateway.forward import notices
from gateway.forward.lock import forwarder_runs, locked
from gateway.forward.marker import prepare_directory
from tests.support.forwarding import batches, config_for, end, start_process, wait_until
from tests.support.outbox import Outbox
from tests.support.sftp_server import needs_sshd, sftp_server

NOBODY = 65534


def toml_for(folder: Path, *tables: dict[str, object]) -> Path:
    """Write a configuration with everything under ``folder`` and the destinations of ``tables``."""
    lines = [f'{name}_dir = "{folder / name}"' for name in ("state", "outbox", "forward")]
    lines += ["[[line]]", 'name = "police"']
    for table in tables:
        lines += ["[[destination]]", *(f"{key} = {json.dumps(value)}" for key, value in table.items())]
    path = folder / "tipline.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def prepared(path: Path) -> dict[str, object]:
    """Return the table of a prepared folder."""
    path.mkdir()
    prepare_directory(path)
    return {"name": path.name, "type": "directory", "path": str(path)}


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A folder that other users can enter; those of pytest are closed to them."""
    with TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


def as_nobody(command: str, path: Path) -> str:
    """Return what ``command`` complains of when the forwarder's user runs it."""
    words = [command, str(path)]
    done = subprocess.run(words, check=False, capture_output=True, user=NOBODY, group=NOBODY, extra_groups=[])
    return done.stderr.decode()


def kill_often(toml: Path, folders: list[Path], outbox: Outbox, rounds: int) -> None:
    """Start and kill a forwarder again and again while batches come; no file is ever half there under its name."""
    random = Random(7)
    for _ in range(rounds):
        outbox.cut(20)
        process = start_process(toml)
        wait_for_more(folders, sum(len(batches(folder)) for folder in folders))
        time.sleep(random.random() * 0.05)
        code, errors = end(process, signal.SIGKILL)
        assert (code, "Traceback" in errors) == (-signal.SIGKILL, False), errors
        for folder in folders:
            assert batches(folder).items() <= outbox.octets.items()


def wait_for_more(folders: list[Path], files: int) -> None:
    """Return once there are more than ``files`` files."""
    wait_until(lambda: sum(len(batches(folder)) for folder in folders) > files)


def let_finish(toml: Path, folders: list[Path], outbox: Outbox) -> None:
    """Run a forwarder until everything is there, and end it in order.

    One more batch is cut before: the last one killed may have sent all, and then there would be nothing to wait for but
    an interpreter that is still loading, which a signal ends in its own way.
    """
    outbox.cut(1)
    process = start_process(toml)
    wait_until(lambda: all(len(batches(folder)) == len(outbox.octets) for folder in folders))
    code, errors = end(process)
    assert code == 0, errors
    for folder in folders:
        assert batches(folder) == outbox.octets
        assert [item for item in folder.iterdir() if written_for(item.name)] == []


@needs_sshd
def test_killed_at_many_points_it_leaves_no_half_file_and_ends_with_everything(tmp_path: Path) -> None:
    with sftp_server(tmp_path / "server") as server:
        at = server.destination()
        remote = {"name": "server", "type": "sftp", "host": at.host, "port": at.port, "user": at.user}
        remote |= {"key_file": str(at.key_file), "host_key": at.host_key, "path": at.path}
        toml = toml_for(tmp_path, prepared(tmp_path / "stick"), remote)
        outbox = Outbox(folder=tmp_path / "outbox", slots=256)
        folders = [tmp_path / "stick", server.files]
        kill_often(toml, folders, outbox, 6)
        let_finish(toml, folders, outbox)


@pytest.mark.slow
def test_killed_twenty_times_a_stick_still_ends_with_everything(tmp_path: Path) -> None:
    toml = toml_for(tmp_path, prepared(tmp_path / "stick"))
    outbox = Outbox(folder=tmp_path / "outbox", slots=64)
    kill_often(toml, [tmp_path / "stick"], outbox, 20)
    let_finish(toml, [tmp_path / "stick"], outbox)


def test_only_one_forwarder_at_a_time_holds_the_folder(tmp_path: Path) -> None:
    toml = toml_for(tmp_path)
    assert forwarder_runs(tmp_path / "forward") is False
    process = start_process(toml)
    wait_until((tmp_path / "forward" / notices.STATUS).exists)
    assert forwarder_runs(tmp_path / "forward") is True
    with pytest.raises(BusyError), locked(tmp_path / "forward"):
        pass
    assert end(process, signal.SIGINT)[0] == 0
    assert forwarder_runs(tmp_path / "forward") is False


def test_a_folder_that_others_can_read_is_refused(tmp_path: Path) -> None:
    config = config_for(tmp_path)
    config.forward.mkdir(mode=0o755)
    with pytest.raises(StorageError) as caught, locked(config.forward):
        pass
    assert caught.value.way_out == f"chmod 750 {config.forward}"


def test_a_folder_made_by_it_is_closed_to_others(tmp_path: Path) -> None:
    config = config_for(tmp_path)
    with locked(config.forward):
        assert stat.S_IMODE(config.forward.stat().st_mode) & 0o027 == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts processes of other users")
def test_it_works_as_a_user_who_can_read_the_outbox_and_not_the_state(open_path: Path) -> None:
    state, forward, stick = (open_path / name for name in ("state", "forward", "stick"))
    state.mkdir(mode=0o700)
    (state / "identity").write_bytes(b"secret")
    forward.mkdir(mode=0o700)
    table = prepared(stick)
    for folder in (forward, stick):
        os.chown(folder, NOBODY, NOBODY)
    outbox = Outbox(folder=open_path / "outbox")
    outbox.cut(3)
    process = start_process(toml_for(open_path, table), user=NOBODY)
    wait_until(lambda: batches(stick) == outbox.octets or process.poll() is not None)
    assert Path(f"/proc/{process.pid}/status").read_text().count(f"Uid:\t{NOBODY}\t{NOBODY}") == 1
    opened = [os.readlink(item) for item in Path(f"/proc/{process.pid}/fd").iterdir()]
    assert not any(path.startswith((str(state), str(open_path / "outbox"))) for path in opened)
    assert "Permission denied" in as_nobody("cat", state / "identity")
    assert "Permission denied" in as_nobody("touch", open_path / "outbox" / "police" / "new")
    assert end(process) == (0, "")
    assert batches(stick) == outbox.octets


def test_it_imports_nothing_of_intake_and_no_driver(tmp_path: Path) -> None:
    program = "import sys, gateway.forward.main; print(*sorted(m for m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    loaded = done.stdout.split()
    ours = [name for name in loaded if name.split(".")[0] in ("gateway", "hw", "wire", "workstation")]
    allowed = (
        "gateway.forward",
        "gateway.config",
        "gateway.durable",
        "gateway.faults",
        "gateway.fields",
        "wire",
    )
    assert [name for name in ours if name != "gateway" and not name.startswith(allowed)] == []
    assert "serial" not in loaded
