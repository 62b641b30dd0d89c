"""The control socket: its place, and its end while somebody still waits."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from hw.virtual.client import Client


def test_it_ends_though_a_client_that_waits_has_vanished(tmp_path: Path) -> None:
    words = [
        sys.executable,
        "-m",
        "hw.virtual.cli",
        "--link",
        str(tmp_path / "modem"),
        "--control",
        str(tmp_path / "c"),
    ]
    process = subprocess.Popen(words)
    until = time.monotonic() + 30
    while not (tmp_path / "c").exists() and time.monotonic() < until:
        time.sleep(0.02)
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(tmp_path / "c"))
    client.sendall(json.dumps({"op": "wait", "timeout": 3600, "count": 1}).encode() + b"\n")
    time.sleep(0.2)
    client.close()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def test_it_is_reached_in_a_folder_deeper_than_a_socket_address_is_long(tmp_path: Path) -> None:
    folder = tmp_path / ("deep" * 20) / ("deeper" * 10)
    folder.mkdir(parents=True)
    words = ["--link", str(folder / "modem"), "--control", str(folder / "control")]
    process = subprocess.Popen([sys.executable, "-m", "hw.virtual.cli", *words])
    with Client(folder / "control", wait=30) as network:
        assert network.status()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
