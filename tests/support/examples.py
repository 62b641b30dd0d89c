"""The worked examples of docs/formats.md: each is made from a vector, and a test compares them."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.vectors import load, open_slip
from wire.batch import file_name, read_header
from wire.commitment import commitment, digest
from wire.hashing import fingerprint
from wire.identity import read_identity
from wire.slip import SEALED_OCTETS, encode_slip

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "formats.md"
_EXAMPLE = re.compile(r"(<!-- example: ([a-z]+) ([a-z0-9/-]+) -->\n```text\n)(.*?)(```\n)", re.DOTALL)

SLIP_FIELDS = (
    ("version", 1),
    ("kind", 1),
    ("flags", 2),
    ("epoch", 4),
    ("line id", 8),
    ("tip id", 16),
    ("message id", 16),
    ("conversation id", 16),
    ("received", 8),
    ("period", 4),
    ("TP-PID", 1),
    ("TP-DCS", 1),
    ("TP-UDL", 1),
    ("length", 1),
    ("data", 164),
    ("fill", 12),
)
MANIFEST_FIELDS = (
    ("real", 4),
    ("backlog", 4),
    ("lowest epoch", 4),
    ("cut", 4),
    ("before", 16),
    ("clock", 1),
    ("salt", 32),
    ("software", 32),
)


def with_examples(document: str) -> str:
    """Return ``document`` with each of its examples made anew."""
    return _EXAMPLE.sub(lambda found: found[1] + _MAKERS[found[2]](found[3]) + found[5], document)


def _fields(octets: bytes, layout: tuple[tuple[str, int], ...]) -> str:
    lines, at = [], 0
    for name, length in layout:
        rows = [octets[at + i : at + min(i + 16, length)] for i in range(0, length, 16)]
        shown = rows if any(octets[at : at + length]) or len(rows) == 1 else rows[:1]
        used = max((i + 1 for i, row in enumerate(shown) if any(row)), default=1)
        for i, row in enumerate(shown[:used]):
            lines.append(f"{at + 16 * i:>3}  {name if i == 0 else '':<16} {row.hex(' ')}".rstrip())
        if used < len(rows):
            lines.append(f"{at + 16 * used:>3}  {'':<16} 00 ({length - 16 * used} times)")
        at += length
    return "".join(f"{line}\n" for line in lines)


def _rows(octets: bytes) -> str:
    return "".join(f"{at:>3}  {octets[at : at + 32].hex()}\n" for at in range(0, len(octets), 32))


def _header(name: str) -> str:
    body = load(name).body
    return body[: body.index(b"\nsignature ") + 140].decode()


def _list(name: str) -> str:
    """Return the hashes behind a header, one a line."""
    body = load(name).body
    listed = body[len(_header(name)) :]
    return "".join(f"{listed[at : at + 32].hex()}\n" for at in range(0, len(listed), 32))


def _names(name: str) -> str:
    body, key = load(name).body, bytes.fromhex(load(name).one("box").partition(" ")[2])
    header, text, _ = read_header(body, lambda _: key)
    return f"hash of the header  {text.hash.hex()}\nfile name           {file_name(header)}\n"


def _commitment(name: str) -> str:
    vector = load(name)
    sealed = vector.body[-3 * SEALED_OCTETS :][:SEALED_OCTETS]
    opened = load("sealed/sms")
    line, secret = bytes.fromhex(opened.one("line")), bytes.fromhex(opened.one("secret"))
    slip = open_slip(sealed, secret, line=line)
    found = digest(slip.tip, encode_slip(slip))
    key = bytes.fromhex(vector.one("box").partition(" ")[2])
    head = read_header(vector.body, lambda _: key)[0].commitments
    salt = dict(load("audit/month").values)["batches"].split(" ")[2]
    rows = {
        "tip id": slip.tip.hex(),
        "digest": found.hex(),
        "commitment": commitment(found).hex(),
        "previous head": "00" * 32,
        "salt": salt,
        "head": head.hex(),
    }
    return "".join(f"{name:<14} {value}\n" for name, value in rows.items())


def _fingerprint(name: str) -> str:
    found = read_identity(load(name).body)
    return f"key          {found.key.hex()}\nbox id       {found.box.hex()}\nfingerprint  {fingerprint(found.key)}\n"


_MAKERS = {
    "slip": lambda name: _fields(load(name).body, SLIP_FIELDS),
    "manifest": lambda name: _fields(load(name).body, MANIFEST_FIELDS),
    "octets": lambda name: _rows(load(name).body),
    "text": lambda name: load(name).body.decode(),
    "header": _header,
    "list": _list,
    "names": _names,
    "commitment": _commitment,
    "fingerprint": _fingerprint,
}
