"""The contracts in pyproject.toml on who may import whom hold, and bite."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.support.house import ROOMS, ROOT

_WITHOUT_COLOUR = {"NO_COLOR": "1", "COLUMNS": "300", "TERM": "dumb"}


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    environment = os.environ | _WITHOUT_COLOUR | {"PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def _contracts() -> list[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [contract["name"] for contract in settings["tool"]["importlinter"]["contracts"]]


def test_the_contracts_hold() -> None:
    done = _lint(ROOT)
    assert done.returncode == 0, done.stdout
    assert f"{len(_contracts())} kept, 0 broken" in done.stdout


PLANTED = {
    "wire/planted.py": "import hw.contract\nimport time\n",
    "hw/at/planted.py": "import asyncio\n",
    "hw/driver/planted.py": "import serial\nimport nacl.public\nimport workstation\n",
    "hw/virtual/planted.py": "import hw.at\n",
    "gateway/forward/planted.py": "import gateway.spool\n",
    "gateway/intake/planted.py": "import asyncssh\n",
    "workstation/planted.py": "import socket\n",
    "disclosure/planted.py": "import portal\n",
    "portal/planted.py": "import workstation\n",
    "demo/planted.py": "import gateway.config\n",
}


def test_every_contract_is_broken_by_a_planted_import(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in (*ROOMS, "demo"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in PLANTED.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = _lint(tmp_path)
    assert done.returncode != 0
    lines = {line.strip() for line in done.stdout.splitlines()}
    assert not [name for name in _contracts() if not any(_broken(line, name) for line in lines)], done.stdout


def _broken(line: str, name: str) -> bool:
    return line.startswith(f"{name} BROKEN")


_LOADED = """
import importlib, pkgutil, sys, workstation
for module in pkgutil.walk_packages(workstation.__path__, "workstation."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(*sorted({name.split(".")[0] for name in sys.modules}))
"""


def test_the_whole_workstation_loads_without_serial_ports_ssh_or_the_box() -> None:
    """N5, with everything that the libraries bring along."""
    done = subprocess.run(
        [sys.executable, "-c", _LOADED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "workstation" in loaded
    assert not loaded & {"serial", "serial_asyncio_fast", "asyncssh", "gsmmodem", "systemd", "hw", "gateway"}
    assert not loaded & {"requests", "httpx", "aiohttp", "urllib3", "ftplib", "smtplib", "imaplib", "xmlrpc"}
