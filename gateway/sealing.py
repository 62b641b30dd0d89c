"""The one door to sealing: crypto_box_seal of libsodium to the line's police key. Nothing here can open."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence

from nacl.bindings import crypto_box_seal

from wire.manifest import Manifest, encode_manifest
from wire.slip import Kind, Slip, encode_slip

seal = crypto_box_seal
"""Return ``message`` sealed to an X25519 public key: 48 octets longer. ``seal(message, key)``."""


def new_id() -> bytes:
    """Return 16 random octets."""
    return os.urandom(16)


def fill_body(
    sealed: Sequence[bytes],
    manifest: Manifest,
    *,
    slots: int,
    epoch: int,
    key: bytes,
    line: bytes,
    received: int,
    period: int,
) -> bytes:
    """Return ``slots`` sealed slips in random order: those given, the manifest, and cover slips for the rest."""
    own = Slip(
        kind=Kind.MANIFEST,
        epoch=epoch,
        line=line,
        received=received,
        period=period,
        data=encode_manifest(manifest),
    )
    cover = encode_slip(Slip(kind=Kind.COVER, epoch=epoch, line=line, received=received, period=period))
    body = [*sealed, seal(encode_slip(own), key)]
    body += [seal(cover, key) for _ in range(slots - len(body))]
    secrets.SystemRandom().shuffle(body)
    return b"".join(body)
