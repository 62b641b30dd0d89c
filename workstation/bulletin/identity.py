"""The identity of the line's authority: both keys, each vouching for the other."""

from __future__ import annotations

from pathlib import Path

from nacl.signing import SigningKey

from wire.authority import Authority, write_authority
from workstation.files import PUBLIC_FILE, write_file
from workstation.home import Home


def write_identity_file(home: Home, path: Path) -> Authority:
    """Return the authority of ``home``, once its identity is written to ``path``: each time the same octets."""
    key, bulletin_key = SigningKey(home.vault.authority), SigningKey(home.vault.bulletin)
    authority = Authority(
        line=home.sheet.line,
        name=home.sheet.name,
        authority=bytes(key.verify_key),
        bulletin=bytes(bulletin_key.verify_key),
        made=home.sheet.date,
    )
    write_file(path, write_authority(authority, key, bulletin_key).octets, mode=PUBLIC_FILE)
    return authority
