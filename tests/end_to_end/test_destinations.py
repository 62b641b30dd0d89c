"""Batches on their way to servers and sticks that fail: each destination gets its lines' batches, whole, once."""

from __future__ import annotations

import getpass
import time
from pathlib import Path

import pytest

from hw.virtual.client import Client
from tests.support.sftp_server import SftpServer, needs_sshd, new_key, sftp_server
from tests.support.town import Line, Town, town, until

SIMS = ("8952990000000000001", "8952990000000000019")
LINES = (Line("police", (0,), SIMS[:1]), Line("misconduct", (1,), SIMS[1:]))


def _server(server: SftpServer, *, name: str = "server", lines: str = "", host_key: str | None = None) -> str:
    return (
        f'[[destination]]\nname = "{name}"\ntype = "sftp"\nhost = "127.0.0.1"\nport = {server.port}\n'
        f'user = "{getpass.getuser()}"\nkey_file = "{server.client_key}"\npath = "{server.files}"\n'
        f'host_key = "{host_key or server.host_key}"\n{lines}\n'
    )


def _stick(folder: Path, *, lines: str = "") -> str:
    return f'[[destination]]\nname = "stick"\ntype = "directory"\npath = "{folder}/stick"\n{lines}\n'


def _destination(box: Town, name: str) -> dict[str, object]:
    return next(found for found in box.status()["destinations"] if found["name"] == name)


def _state(box: Town, name: str) -> tuple[object, object]:
    found = _destination(box, name)
    return found["state"], found["backlog"]


def _names(folder: Path) -> set[str]:
    """Return what lies there under a final name, and see that nothing else but the marker does."""
    return {path.name for path in folder.iterdir() if path.name.endswith(".batch")}


def _numbers(names: set[str]) -> list[int]:
    return sorted(int(name.rpartition("-")[2].removesuffix(".batch")) for name in names)


def _say(network: Client, text: str, modem: int = 0) -> None:
    network.deliver(text, modem, sender="+5216561230001")
    assert network.wait(modem, timeout=60, count=1)


@needs_sshd
def test_two_destinations_get_their_own_lines_and_nothing_of_the_other(tmp_path: Path) -> None:
    with sftp_server(tmp_path / "server") as server:
        wanted = _server(server, lines='lines = ["misconduct"]') + _stick(
            tmp_path, lines='lines = ["police"]'
        )
        with town(tmp_path, modems=2, lines=LINES, destinations=wanted) as (box, network):
            for at, sim in enumerate(SIMS):
                network.set(at, iccid=sim)
            box.start("run")
            box.wait_receiving(2)
            _say(network, "sobre un robo", 0)
            _say(network, "sobre un policía", 1)
            ids = {line["name"]: line["line"] for line in box.status()["lines"]}
            until(lambda: _all_out(box, {"police": tmp_path / "stick", "misconduct": server.files}), "out")
            box.stop()
            for name, folder in {"police": tmp_path / "stick", "misconduct": server.files}.items():
                assert _names(folder) and all(ids[name] in found for found in _names(folder))
            box.workstation("import", str(server.files), line="misconduct")
            box.workstation("import", str(box.stick), line="police")
            assert "sobre un policía" in box.workstation("tips", line="misconduct")
            assert "sobre un robo" in box.workstation("tips", line="police")


def _all_out(box: Town, folders: dict[str, Path]) -> bool:
    lines = {line["name"]: line for line in box.status()["lines"]}
    return all(
        not lines[name]["waiting"]
        and lines[name]["last_batch"]
        and lines[name]["last_batch"]["sequence"] <= len(_names(folder))
        for name, folder in folders.items()
    )


@needs_sshd
def test_a_server_with_another_host_key_gets_nothing_and_the_stick_goes_on(tmp_path: Path) -> None:
    with sftp_server(tmp_path / "server") as server:
        other = new_key(tmp_path / "other")
        wanted = _server(server, host_key=other) + _stick(tmp_path)
        with town(tmp_path, destinations=wanted) as (box, network):
            running = box.start("run")
            box.wait_receiving()
            _say(network, "no para cualquiera")
            until(lambda: _state(box, "server")[0] == "needs the operator", "the operator is told", box.log)
            assert "host key" in str(_destination(box, "server")["problem"])
            box.wait_forwarded()
            assert list(server.files.iterdir()) == []
            running.terminate()
            assert running.wait(30) == 0
            box.config.write_text(box.config.read_text().replace(other, server.host_key))
            box.start("run")
            until(lambda: _names(server.files) >= _names(box.stick) != set(), "the server has all", box.log)


@pytest.mark.slow
@needs_sshd
def test_a_server_that_is_down_gets_everything_when_it_is_up_also_after_kills(tmp_path: Path) -> None:
    with sftp_server(tmp_path / "server") as server:
        server.kill()
        with town(tmp_path, destinations=_server(server)) as (box, network):
            box.start("run")
            box.wait_receiving()
            _say(network, "paciencia")
            until(lambda: _state(box, "server")[0] == "trying again", "it is tried again", box.log)
            server.start()
            until(lambda: bool(_names(server.files)), "the first is there", box.log)
            for _ in range(3):
                box.kill("forward")
                time.sleep(0.2)
                server.kill()
                time.sleep(0.2)
                server.start()
            have = {"police": server.files}
            until(lambda: _all_out(box, have), "the server has all", box.log)
            box.stop()
            assert len({path.stat().st_size for path in server.files.glob("*.batch")}) == 1
            assert _numbers(_names(server.files)) == list(range(1, len(_names(server.files)) + 1))
            box.workstation("import", str(server.files))
            assert "paciencia" in box.workstation("tips")


@needs_sshd
@pytest.mark.parametrize("by", ["sequence", "date"])
def test_what_was_lost_on_a_server_is_sent_again_on_request(tmp_path: Path, by: str) -> None:
    with (
        sftp_server(tmp_path / "server") as server,
        town(tmp_path, destinations=_server(server) + _stick(tmp_path)) as (box, _),
    ):
        box.start("run")
        until(lambda: len(_names(server.files)) >= 4, "four are there", box.log)
        lost = sorted(server.files.glob("*.batch"))[1:3]
        octets = [path.read_bytes() for path in lost]
        for path in lost:
            path.unlink()
        today = time.strftime("%Y-%m-%d", time.gmtime())
        yesterday = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86400))
        box.gateway("resend", "server", "2..3" if by == "sequence" else f"{yesterday}..{today}")
        until(lambda: all(path.exists() for path in lost), "they are back", box.log)
        assert [path.read_bytes() for path in lost] == octets
        box.gateway("resend", "server", "2..2000", expect=(0, 5))
        assert _destination(box, "server")["problem"] is None


def test_a_stick_that_is_pulled_is_not_written_under_and_gets_all_when_it_is_back(tmp_path: Path) -> None:
    with town(tmp_path) as (box, network):
        box.start("run")
        until(lambda: len(_names(box.stick)) >= 2, "two are there", box.log)
        away = tmp_path / "away"
        box.stick.rename(away)
        box.stick.mkdir()
        _say(network, "mientras no hay memoria")
        until(lambda: "marker" in str(_destination(box, "stick")["problem"]), "the operator is told", box.log)
        time.sleep(1.5)
        assert list(box.stick.iterdir()) == []
        box.stick.rmdir()
        away.rename(box.stick)
        box.wait_forwarded()
        assert [tip["text"] for tip in box.tips()] == ["mientras no hay memoria"]
