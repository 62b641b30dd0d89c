"""A real OpenSSH server with internal-sftp on a loopback port, that can be killed and started again."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import pytest

from gateway.config import SftpDestination

SSHD = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
needs_sshd = pytest.mark.skipif(SSHD is None, reason="no OpenSSH server here (Debian: openssh-server)")
SFTP_SERVER = Path("/usr/lib/openssh/sftp-server")
needs_sftp_server = pytest.mark.skipif(not SFTP_SERVER.exists(), reason=f"no {SFTP_SERVER} here")
PATIENCE = 30.0

_CONFIG = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
PidFile none
AuthorizedKeysFile {folder}/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
Subsystem sftp internal-sftp
ForceCommand {command}
"""


class SftpServer:
    """The server, its keys and the folder it writes to, all under ``folder``.

    ``watched``: OpenSSH's sftp-server as a program of its own, that tells what it does in ``folder``/sftp.log.
    """

    def __init__(self, folder: Path, *, watched: bool = False) -> None:
        self.folder = folder
        self.files = folder / "files"
        self.files.mkdir(parents=True)
        self.port = _free_port()
        self.host_key = new_key(folder / "host_key")
        self.client_key = folder / "client_key"
        (folder / "authorized_keys").write_text(new_key(self.client_key))
        command = f"{SFTP_SERVER} -e -l DEBUG3 2>>{folder}/sftp.log" if watched else "internal-sftp"
        config = _CONFIG.format(port=self.port, folder=folder, command=command)
        (folder / "sshd_config").write_text(config)
        self._process: subprocess.Popen[bytes] | None = None

    def destination(self, **changed: object) -> SftpDestination:
        """Return the configuration of this server as destination, with some keys ``changed``."""
        values = {
            "name": "server",
            "host": "127.0.0.1",
            "port": self.port,
            "user": getpass.getuser(),
            "key_file": self.client_key,
            "host_key": self.host_key,
            "path": str(self.files),
        }
        return msgspec.convert(values | changed, SftpDestination, dec_hook=lambda kind, value: kind(value))

    def start(self) -> None:
        """Return once it accepts connections."""
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        assert SSHD is not None
        with (self.folder / "sshd.log").open("ab") as log:
            command = [SSHD, "-D", "-e", "-f", str(self.folder / "sshd_config")]
            self._process = subprocess.Popen(command, stderr=log, stdin=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE
        while not _answers(self.port):
            log_text = (self.folder / "sshd.log").read_text()
            assert self._process.poll() is None and time.monotonic() < end, log_text
            time.sleep(0.02)

    def kill(self) -> None:
        """Kill it with all its connections, in the middle of whatever they do."""
        if self._process is not None:
            self.signal(signal.SIGKILL)
            self._process.wait(PATIENCE)
            self._process = None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the server and to every process of a connection."""
        assert self._process is not None
        for process in _family(self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(process, number)


@contextmanager
def sftp_server(folder: Path, *, watched: bool = False) -> Iterator[SftpServer]:
    """Give a running server, killed at the end."""
    server = SftpServer(folder, watched=watched)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def new_key(path: Path, kind: str = "ed25519") -> str:
    """Make a key pair at ``path``; return the public key as ``type base64``."""
    command = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "", "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return " ".join(path.with_suffix(".pub").read_text().split()[:2])


def _family(parent: int) -> list[int]:
    parents: dict[int, int] = {}
    for item in Path("/proc").iterdir():
        with suppress(ValueError, OSError):
            fields = (item / "stat").read_text().rpartition(")")[2].split()
            parents[int(item.name)] = int(fields[1])
    found = [parent]
    for process in found:
        found += [child for child, of in parents.items() if of == process]
    return found


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False
