"""What is in a bundle, and that it is what the holder of the release key signed. Standard library only.

MANIFEST is text: a line for each fact, a line for each file with its SHA-256. MANIFEST.sig is an Ed25519 signature of
its octets (64, raw), release.pem the key. ``openssl pkeyutl -verify -rawin -pubin -inkey release.pem -in MANIFEST
-sigfile MANIFEST.sig`` says the same as ``read`` here, on any machine that has it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from ed25519 import is_good

FORMAT = "tipline-install 1"
MANIFEST, SIGNATURE, KEY = "MANIFEST", "MANIFEST.sig", "release.pem"
_DER = bytes.fromhex("302a300506032b6570032100")
"""SubjectPublicKeyInfo of Ed25519 before its 32 octets. RFC 8410 §4."""
_FACTS = ("name", "version", "built", "source", "python", "machine")
_FILE = re.compile(r"file ([0-9a-f]{64}) ([a-zA-Z0-9][a-zA-Z0-9._+-]*(?:/[a-zA-Z0-9][a-zA-Z0-9._+-]*)?)")
_VERSION = re.compile(r"[0-9][0-9a-zA-Z.+-]{0,40}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class NotGood(Exception):
    """The bundle is not what the holder of the release key signed."""


@dataclass(frozen=True)
class Manifest:
    """What a bundle says of itself."""

    version: str
    built: str
    python: str
    """Versions of Python that its wheels are for, such as 3.11."""
    machine: str
    files: dict[str, str]
    """SHA-256 by name."""
    octets: bytes

    @property
    def id(self) -> str:
        """Return a name for what is installed from it."""
        return f"{self.version}-{hashlib.sha256(self.octets).hexdigest()[:12]}"


def key_in(pem: bytes) -> bytes:
    """Return the 32 octets of the public key in ``pem``. Raises NotGood."""
    lines = pem.decode("ascii", "replace").splitlines()
    try:
        der = base64.b64decode("".join(lines[1:-1]), validate=True)
    except (binascii.Error, ValueError):
        der = b""
    if pem != pem_of(der[len(_DER) :]):
        raise NotGood(f"{KEY} is not an Ed25519 key")
    return der[len(_DER) :]


def pem_of(key: bytes) -> bytes:
    """Return the public ``key`` as PEM."""
    text = base64.b64encode(_DER + key).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n".encode()


def fingerprint(key: bytes) -> str:
    """Return the first half of BLAKE2b-256 of ``key`` in eight groups of four digits, as everywhere in this project."""
    digits = hashlib.blake2b(key, digest_size=32).hexdigest()[:32]
    return " ".join(digits[at : at + 4] for at in range(0, 32, 4))


def same_fingerprint(said: str, key: bytes) -> bool:
    """Return whether ``said`` is the fingerprint of ``key``, however it is divided."""
    return re.sub(r"[\s:-]", "", said.lower()) == fingerprint(key).replace(" ", "")


def read(octets: bytes, signature: bytes, key: bytes) -> Manifest:
    """Return the manifest in ``octets`` after its signature was verified. Raises NotGood."""
    if not is_good(signature, octets, key):
        raise NotGood("the signature of MANIFEST is not good")
    lines = octets.decode("utf-8").split("\n")
    facts = dict(line.split(" ", 1) for line in lines[1 : 1 + len(_FACTS)] if " " in line)
    files = [_FILE.fullmatch(line) for line in lines[1 + len(_FACTS) : -1]]
    if lines[0] != FORMAT or tuple(facts) != _FACTS or lines[-1] or not all(files):
        raise NotGood("MANIFEST is not in its form")
    if not _VERSION.fullmatch(facts["version"]) or not _TIME.fullmatch(facts["built"]):
        raise NotGood("MANIFEST is not in its form")
    named = {found[2]: found[1] for found in files if found}
    return Manifest(facts["version"], facts["built"], facts["python"], facts["machine"], named, octets)


def write(facts: dict[str, str], files: dict[str, bytes]) -> bytes:
    """Return the octets of a manifest of ``files`` by their names."""
    lines = [FORMAT, *(f"{name} {facts[name]}" for name in _FACTS)]
    lines += [f"file {hashlib.sha256(files[name]).hexdigest()} {name}" for name in sorted(files)]
    return "".join(f"{line}\n" for line in lines).encode()
