"""What stands in clear at the start of a backup: whose it is, when it was made, and the keyring that opens it."""

from __future__ import annotations

from typing import BinaryIO

import msgspec

from wire.signed import time_text
from workstation.home import Home
from workstation.keys.keyring import Keyring, read_keyring
from workstation.keys.subkeys import subkey
from workstation.keys.vault import Vault
from workstation.problems import NotTaken

MAGIC = b"tipline-backup 1\n"
LIMIT = 8 << 20
"""Octets of the second line; a keyring of a thousand users has half a megabyte."""
_CONTEXT = b"tlbackup"


class Header(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """The second line of the file, JSON. Nothing in it is secret, and it is bound to what follows."""

    line: str
    name: str
    """Of the line."""
    date: str
    """By the clock of the workstation."""
    keyring: str
    """The keyring's file as it was then."""

    def ring(self) -> Keyring:
        """Return the keyring, not opened. Raises Damaged."""
        return read_keyring(self.keyring.encode())


def backup_key(vault: Vault) -> bytes:
    """Return the key of all backups of a line: whoever opens the home, with slots or shares, opens them."""
    return subkey(vault.records, 1, context=_CONTEXT)


def header_of(home: Home, keyring: bytes, *, now: int) -> Header:
    """Return what a backup of ``home`` made at ``now`` begins with."""
    line, name = home.sheet.line.hex(), home.sheet.name
    return Header(line=line, name=name, date=time_text(now), keyring=keyring.decode())


def write_header(header: Header) -> bytes:
    """Return the octets before the stream."""
    return MAGIC + msgspec.json.encode(header) + b"\n"


def read_header(file: BinaryIO) -> tuple[Header, bytes]:
    """Return the header at the start of ``file`` and its octets; the file stands behind it then. Raises NotTaken."""
    magic = file.read(len(MAGIC))
    if magic != MAGIC:
        said, _, _ = magic.partition(b" ")
        other = "of another version" if said == MAGIC.partition(b" ")[0] else "not a backup"
        raise NotTaken(f"it is {other}")
    line = file.readline(LIMIT)
    try:
        return msgspec.json.decode(line, type=Header), magic + line
    except (msgspec.DecodeError, ValueError):
        raise NotTaken("its second line is not in form") from None
