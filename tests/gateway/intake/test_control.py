"""Intake's socket: what is junk is hung up on, and it answers the next one."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.config import parse
from gateway.faults import MissingError
from gateway.intake import control
from gateway.intake.canaries import CanaryFailed, CanaryKeeper
from gateway.intake.control import ask, serve
from gateway.state import SOCKET

Work = Callable[[], Coroutine[Any, Any, None]]


def _serving(folder: Path, work: Work) -> None:
    async def run() -> None:
        faults: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))

        async def handler(request: dict[str, Any]) -> dict[str, Any]:
            return {"got": request}

        server = await serve(folder, handler)
        try:
            await work()
            assert await asyncio.to_thread(ask, folder, {"op": "still there"}) == {
                "got": {"op": "still there"}
            }
        finally:
            server.close()
        assert not faults

    asyncio.run(run())


async def _send(folder: Path, octets: bytes, *, end: bool = True) -> bytes:
    reader, writer = await asyncio.open_unix_connection(str(folder / SOCKET))
    answer = b""
    try:
        writer.write(octets)
        if end:
            writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 20)
    except OSError:
        pass
    writer.close()
    return answer


@pytest.mark.parametrize(
    ("octets", "answer"),
    [
        (b"", b""),
        (b"\n", b'{"got": {}}\n'),
        (b"nonsense\n", b'{"got": {}}\n'),
        (b"\xff\xfe\n", b'{"got": {}}\n'),
        (b"[" * 4000 + b"\n", b'{"got": {}}\n'),
        (b"[1, 2]\n", b'{"got": {}}\n'),
        (b'{"op": 1}', b""),
        (b"x" * 200_000, b""),
        (b"x" * 200_000 + b"\n", b""),
    ],
)
def test_junk_is_answered_shortly_or_hung_up_on(tmp_path: Path, octets: bytes, answer: bytes) -> None:
    async def work() -> None:
        assert await _send(tmp_path, octets) == answer

    _serving(tmp_path, work)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(octets=st.lists(st.binary(max_size=300), max_size=5))
def test_whatever_is_sent_the_socket_goes_on(
    tmp_path_factory: pytest.TempPathFactory, octets: list[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("socket")

    async def work() -> None:
        for one in octets:
            await _send(folder, one)

    _serving(folder, work)


def test_a_silent_client_is_hung_up_on_and_many_do_not_shut_others_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "_PATIENCE", 0.2)

    async def work() -> None:
        assert await asyncio.gather(*(_send(tmp_path, b"", end=False) for _ in range(100))) == [b""] * 100

    _serving(tmp_path, work)


def test_many_clients_are_answered_one_after_the_other(tmp_path: Path) -> None:
    async def work() -> None:
        for number in range(100):
            assert json.loads(await _send(tmp_path, b'{"n": %d}\n' % number)) == {"got": {"n": number}}

    _serving(tmp_path, work)


def test_the_path_may_be_longer_than_a_socket_address(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["a" * 100] * 3)
    folder.mkdir(parents=True)

    async def work() -> None:
        assert stat.S_IMODE((folder / SOCKET).stat().st_mode) == 0o600

    _serving(folder, work)


def test_where_no_intake_runs_the_operator_is_told_how_to_start_it(tmp_path: Path) -> None:
    with pytest.raises(MissingError) as caught:
        ask(tmp_path, {})
    assert "start" in caught.value.way_out
    (tmp_path / SOCKET).touch()
    with pytest.raises(MissingError):
        ask(tmp_path, {})


def test_an_intake_that_hangs_up_is_not_said_to_be_stopped(tmp_path: Path) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.close()

    async def run() -> None:
        server = await asyncio.start_unix_server(hang_up, str(tmp_path / SOCKET))
        try:
            await asyncio.to_thread(ask, tmp_path, {"op": "status"})
        finally:
            server.close()

    with pytest.raises(MissingError, match="hung up"):
        asyncio.run(run())


def test_a_canary_for_a_line_that_intake_does_not_have_fails_in_words(tmp_path: Path) -> None:
    config = parse(b'state_dir = "state"\n[[line]]\nname = "police"\n', base=tmp_path)
    none: Any = None
    keeper = CanaryKeeper(config, [], {}, none, none)
    with pytest.raises(CanaryFailed, match='no line "fire"'):
        asyncio.run(keeper.send("fire"))
