"""N5: the command screen listens on 127.0.0.1 and does nothing else with a network; the program as it is started."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.screens import HOUR, City
from tests.support.workstation import NOW, Station

ALLOWED = {"socket.__new__", "socket.bind", "socket.getaddrinfo", "socket.getnameinfo"}
"""What a listener does: it is made, bound, and asks for its own address in numbers."""
FORBIDDEN = (
    "serial", "gsmmodem", "asyncssh", "paramiko", "urllib.request", "ftplib", "smtplib", "asyncio", "multiprocessing",
    "gateway", "hw",
)  # fmt: skip
PRELUDE = f"""
import json, os, sys, threading
seen = []
def hear(event, values):
    if event.startswith("socket."):
        seen.append([event, [str(value) for value in values[1:] if event == "socket.bind"] or [str(values[0])]])
sys.addaudithook(hear)
def own_sockets():
    inodes = {{os.readlink(f"/proc/self/fd/{{name}}") for name in os.listdir("/proc/self/fd")
              if os.path.islink(f"/proc/self/fd/{{name}}")}}
    for table in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6", "packet"):
        try:
            rows = open(f"/proc/self/net/{{table}}").read().splitlines()[1:]
        except FileNotFoundError:
            continue
        for row in rows:
            fields = row.split()
            if f"socket:[{{fields[9 if table != 'packet' else -1]}}]" in inodes:
                yield [table, fields[1]]
def answer():
    sys.stdin.readline()
    loaded = sorted(set(sys.modules) & set({FORBIDDEN!r}))
    print("WATCHED", json.dumps([seen, list(own_sockets()), loaded]), file=sys.stderr, flush=True)
threading.Thread(target=answer, daemon=True).start()
"""
LOOPBACK = "0100007F"
"""127.0.0.1 as /proc/net/tcp writes it."""


@contextmanager
def started(
    station: Station, *words: object, prelude: str = ""
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Yield the program and the link that it printed."""
    process = station.start("screen", "--no-browser", *words, prelude=prelude, stdin=subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def visit(link: str, *paths: str) -> list[int]:
    """Return the status of each page."""
    host = urlsplit(link).netloc
    connection = HTTPConnection(host, timeout=60)
    connection.request("GET", link.removeprefix(f"http://{host}"))
    answer = connection.getresponse()
    answer.read()
    cookie = str(answer.headers["Set-Cookie"]).partition(";")[0]
    found = []
    for path in paths:
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        answer.read()
        found.append(answer.status)
    connection.close()
    return found


def test_the_screen_has_one_listener_on_loopback_and_speaks_to_nobody(tmp_path: Path) -> None:
    city = City(tmp_path)
    city.cut(*city.slips("Hay una camioneta", NOW // HOUR * HOUR), period=NOW // HOUR * HOUR)
    city.take()
    paths = ("/inbox", "/tips/1", "/overview", "/plots/units.svg", "/log", "/keys", "/bulletin", "/import")
    with started(city.station, prelude=PRELUDE) as (process, link):
        assert urlsplit(link).hostname == "127.0.0.1"
        assert visit(link, *paths) == [200] * len(paths)
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write("now\n")
        process.stdin.flush()
        told = next(line for line in iter(process.stderr.readline, "") if line.startswith("WATCHED"))
    seen, sockets, loaded = json.loads(told.removeprefix("WATCHED "))
    assert {event for event, _ in seen} <= ALLOWED
    assert [values for event, values in seen if event == "socket.bind"] == [["('127.0.0.1', 0)"]]
    assert {values[0] for event, values in seen if event == "socket.getaddrinfo"} <= {"127.0.0.1"}
    assert sockets
    assert {(table, address.partition(":")[0]) for table, address in sockets} == {("tcp", LOOPBACK)}
    assert loaded == []


def test_it_ends_with_ctrl_c_and_says_nothing_of_it(station: Station) -> None:
    with started(station) as (process, link):
        assert visit(link, "/inbox") == [200]
    assert process.returncode == 0


def test_a_port_that_is_taken_is_told_with_a_way_out(station: Station) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = station.run("screen", "--no-browser", "--port", taken.getsockname()[1], code=12)
    assert "Choose another port with --port" in result.stderr


def test_a_wrong_passphrase_starts_nothing(station: Station) -> None:
    station.passphrase_file.write_text("wrong\n")
    station.run("screen", "--no-browser", code=7)


def test_without_a_passphrase_the_browser_asks_for_it(station: Station) -> None:
    command = [sys.executable, "-c", "from workstation.cli import main\nmain()", "--home", str(station.home)]
    with subprocess.Popen([*command, "screen", "--no-browser"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        link = process.stdout.readline().strip()
        assert visit(link, "/unlock", "/inbox") == [200, 303]
        process.send_signal(signal.SIGINT)


@pytest.mark.parametrize("minutes", ["0", "121", "soon"])
def test_idle_minutes_have_limits(station: Station, minutes: str) -> None:
    station.run("screen", "--no-browser", "--idle", minutes, code=2)
