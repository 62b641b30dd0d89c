"""The end of a virtual modem that somebody still waits for."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path


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
