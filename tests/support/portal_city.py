"""A small made-up city for the tests of the portal: signed files in folders, and builds that draw one plain page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nacl.signing import SigningKey

from portal.generator.city import City
from portal.generator.plan import Plan
from portal.languages import Language
from portal.release.model import Site
from portal.release.publish import Built, Order, build
from portal.settings import read_settings
from wire.authority import Authority, write_authority
from wire.signed import SignedText

FAULTY = Plan(tips=1600, first="2025-01", months=8, districts=3, unopened_month=3, struck_month=5)
"""3 % of April were never opened although the totals say so; seven tips of June were struck out afterwards."""
HONEST = replace(FAULTY, seed=2011, unopened_month=None, struck_month=None)
BOX = SigningKey(HONEST.octets("box", 32))


def plain_page(
    model: Site, folder: Path, *, languages: Sequence[Language], cache: Path | None = None
) -> None:
    """Write one page: drawing has tests of its own, and takes longer than all else."""
    codes = " ".join(language.code for language in languages)
    received = sum(month.received for month in model.months)
    (folder / "index.html").write_text(f"{codes} {received}\n", encoding="utf-8")


def order(city: City, output: Path, **changes: Any) -> Order:
    """Return the order for a plain build of ``city``."""
    made = Order(
        folders=(city.ledgers, city.bulletins),
        output=output,
        settings=read_settings(city.site),
        draw=plain_page,
    )
    return replace(made, **changes)


def built(city: City, output: Path, **changes: Any) -> Built:
    """Return what a plain build of ``city`` came to."""
    return build(order(city, output, **changes))


def octets_of(folder: Path) -> dict[str, bytes]:
    """Return every file under ``folder`` by its path from there."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def first(folder: Path, ending: str) -> Path:
    """Return the first file of a kind, by name."""
    return sorted(folder.glob(f"*.{ending}"))[0]


def signed_again(octets: bytes, key: SigningKey, old: bytes, new: bytes) -> bytes:
    """Return a signed file with ``old`` in its header replaced by ``new``, and a good signature of ``key``."""
    at = octets.index(b"\nsignature ") + 1
    header, body = octets[:at].replace(old, new), octets[at + 139 :]
    assert header != octets[:at]
    return SignedText("", header, key.sign(header).signature).octets + body


def impostor(line: bytes) -> bytes:
    """Return the identity of an authority that says ``line`` is its own: well signed, by other keys."""
    key, bulletin = SigningKey(bytes(31) + b"1"), SigningKey(bytes(31) + b"2")
    said = Authority(
        line=line,
        name="Impostor",
        authority=bytes(key.verify_key),
        bulletin=bytes(bulletin.verify_key),
        made=0,
    )
    return write_authority(said, key, bulletin).octets
