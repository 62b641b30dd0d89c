"""The two keys of an SFTP destination: the server's, pinned, and the box's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncssh
from asyncssh.known_hosts import SSHKnownHosts

from gateway.forward.base import OperatorNeeded

_KEY_WORDS = ("ssh-", "ecdsa-", "sk-")
_OTHERS = 0o027
"""Not readable by all, not writable by the group. Group-readable is how systemd hands a credential over."""

Trusted = (
    SSHKnownHosts | tuple[Sequence[asyncssh.SSHKey], Sequence[asyncssh.SSHKey], Sequence[asyncssh.SSHKey]]
)
"""What asyncssh takes for known_hosts: the hosts of a file, or keys trusted, authorities trusted, keys revoked."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Read anew for each connection, so that an exchanged file counts at once."""

    server: Trusted
    own: asyncssh.SSHKey


def read_keys(host_key: str, key_file: Path) -> Keys:
    """Return the keys. ``host_key`` is a public key, or the path of one or of a known_hosts file.

    Raises OperatorNeeded.
    """
    return Keys(server_keys(host_key), _own_key(key_file))


def server_keys(host_key: str) -> Trusted:
    """Return what the server is known by. Raises OperatorNeeded."""
    try:
        if host_key.startswith(_KEY_WORDS):
            return [asyncssh.import_public_key(host_key)], [], []
        text = Path(host_key).read_text("ascii")
        if text.startswith(_KEY_WORDS):
            return [asyncssh.import_public_key(line) for line in text.splitlines() if line], [], []
        return asyncssh.import_known_hosts(text)
    except (OSError, ValueError) as error:
        problem = "host_key is neither a public key nor a readable file of them"
        raise OperatorNeeded(problem, "take it from the server itself: ssh_host_ed25519_key.pub") from error


def check_rights(key_file: Path) -> None:
    """Return if nobody else can use ``key_file``. Raises OperatorNeeded, or OSError."""
    if key_file.stat().st_mode & _OTHERS:
        raise OperatorNeeded(f"others can read or change {key_file}", f"chmod 600 {key_file}")


def _own_key(key_file: Path) -> asyncssh.SSHKey:
    try:
        check_rights(key_file)
        return asyncssh.read_private_key(key_file)
    except (OSError, ValueError) as error:
        way_out = "it has to be a private key without passphrase that the forwarder's user can read"
        raise OperatorNeeded(f"{key_file} cannot be used as key", way_out) from error
