"""N5: no serial module, no network client, no socket; and nothing of a tip on the disk."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import astuple
from pathlib import Path

from tests.support.workstation import Box, Station
from wire.septets import encode_septets, pack_septets

# Not "_socket": typing_extensions, which msgspec loads, takes the name of a type from it and makes nothing.
FORBIDDEN = (
    "serial", "gsmmodem", "asyncssh", "paramiko", "socket", "ssl", "http.client", "urllib.request", "ftplib",
    "smtplib", "asyncio", "multiprocessing", "gateway", "hw",
)  # fmt: skip
WATCHED = f"""
import sys
seen = []
sys.addaudithook(lambda event, _: seen.append(event) if event.startswith("socket.") else None)
from workstation.cli import main
try:
    main()
finally:
    loaded = sorted(set(sys.modules) & set({FORBIDDEN!r}))
    print("WATCHED", loaded, seen, file=sys.stderr)
"""


def _watched(station: Station, *words: object) -> str:
    command = [sys.executable, "-c", WATCHED, *station.arguments(*words)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stderr.splitlines()[-1]


def test_no_command_loads_a_network_or_serial_module_or_makes_a_socket(
    station: Station, box: Box, stick: Path, tmp_path: Path
) -> None:
    big = Box(station.sheet, seed=3, slots=9000)
    station.trust(big, tmp_path)
    body = big.seal(big.manifest(8999)) + big.seal(big.text("x")) * 8999
    big.cut(stick, body=body)
    commands: tuple[tuple[object, ...], ...] = (
        ("keysheet", "--output", tmp_path / "k"),
        ("keysheet", "extend", "--epochs", 1),
        ("users",),
        ("shares", "make", "--custodians", 2, "--threshold", 2, "--output", tmp_path / "sheets"),
        ("restore", "--drill", "--words-file", tmp_path / "sheets"),
        ("rekey", "--yes"),
        ("import", stick),
        ("tips",),
        ("check",),
        ("epochs",),
        ("certificates",),
        ("backup", "--output", tmp_path / "backup"),
        ("backup", "--verify", tmp_path / "backup"),
    )
    for words in commands:
        assert _watched(station, *words) == "WATCHED [] []"


def test_the_watch_sees_a_socket() -> None:
    program = WATCHED.replace("main()", "__import__('socket').socket().close()")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "'socket.__new__'" in done.stderr and "'socket'" in done.stderr


def test_no_file_of_the_home_holds_a_text_in_any_encoding(station: Station, box: Box, stick: Path) -> None:
    text = "Zanahoria 4711 quebradiza"
    box.cut(stick, box.text(text), *box.long_text([text, text]))
    station.take(stick)
    assert len(station.tips()) == 2
    station.run("tips")
    wanted = [
        text.encode(),
        text.encode("utf-16-be"),
        text.encode("utf-16-le"),
        pack_septets(encode_septets(text)),
    ]
    files = [path for path in station.home.parent.rglob("*") if path.is_file()]
    assert len(files) > 5
    for path in files:
        octets = path.read_bytes()
        assert not any(one in octets or one.hex().encode() in octets for one in wanted)


def test_no_secret_lies_open_in_the_home(station: Station) -> None:
    home = station.open()
    secrets = [*astuple(home.vault), *(key.secret for key in home.epoch_keys())]
    octets = b"".join(path.read_bytes() for path in station.home.rglob("*") if path.is_file())
    assert not any(secret in octets or secret.hex().encode() in octets for secret in secrets)


def test_the_program_leaves_no_core_file() -> None:
    program = (
        "import resource, sys\nfrom workstation.cli import main\nsys.argv[1:] = ['--help']\n"
        "try:\n    main()\nfinally:\n"
        "    dumpable = __import__('ctypes').CDLL(None).prctl(3, 0, 0, 0, 0)\n"
        "    print(resource.getrlimit(resource.RLIMIT_CORE), dumpable, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "(0, 0) 0"
