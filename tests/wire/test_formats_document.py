"""docs/formats.md against the code: examples, limits, kinds, fields, offsets."""

from __future__ import annotations

import re

import pytest

from tests.support.examples import DOCUMENT, MANIFEST_FIELDS, SLIP_FIELDS, with_examples
from tests.support.vectors import FOLDER, load
from wire import (
    authority,
    batch,
    bulletin,
    certificate,
    endings,
    identity,
    keysheet,
    ledger,
    listed,
    manifest,
    release,
    signed,
    slip,
)
from wire.refusal import Refusal

TEXT = DOCUMENT.read_text(encoding="utf-8")
GLOSSARY = (DOCUMENT.parent / "glossary.md").read_text(encoding="utf-8")


def _section(title: str) -> str:
    return re.split(r"^#{2,3} ", TEXT.split(f"# {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def _rows(title: str) -> list[list[str]]:
    lines = [line for line in _section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_examples_are_what_the_code_gives() -> None:
    assert with_examples(TEXT) == TEXT


def test_no_example_is_empty() -> None:
    examples = re.findall(r"<!-- example: ([^\n]+) -->\n```text\n(.*?)```\n", TEXT, re.DOTALL)
    assert len(examples) == TEXT.count("<!-- example:")
    assert all(text for _, text in examples)


def test_every_kind_of_refusal_is_described_once() -> None:
    described = [row[0].strip("`") for row in _rows("Refusals")[2:]]
    assert sorted(described) == sorted(kind.value for kind in Refusal)


def test_the_limits_are_those_of_the_code() -> None:
    assert {row[0]: row[1] for row in _rows("Limits")[2:]} == {
        "longest identity": str(identity.LIMIT),
        "longest batch header": str(batch.HEADER_LIMIT),
        "slots of a batch": f"{batch.MIN_SLOTS} to {batch.MAX_SLOTS}",
        "longest batch": str(batch.MAX_OCTETS),
        "greatest sequence": str(batch.MAX_SEQUENCE),
        "greatest epoch": str(2**32 - 1),
        "epochs of a key sheet": f"1 to {keysheet.MAX_EPOCHS}",
        "longest key sheet": str(keysheet.LIMIT),
        "characters of a line's name": f"1 to {keysheet.MAX_NAME}",
        "longest ledger header": str(ledger.HEADER_LIMIT),
        "longest audit header": str(ledger.AUDIT_HEADER_LIMIT),
        "hashes of one list": str(listed.MAX_LISTED),
        "longest ledger": str(ledger.MAX_OCTETS),
        "longest authority": str(authority.LIMIT),
        "longest bulletin header": str(bulletin.HEADER_LIMIT),
        "longest bulletin": str(bulletin.MAX_OCTETS),
        "districts of a bulletin": str(release.MAX_DISTRICTS),
        "cells of a table": f"1 to {release.MAX_CELLS}",
        "dimensions of a table": f"1 to {release.MAX_DIMENSIONS}",
        "greatest age": str(release.MAX_AGE),
        "greatest k, greatest spread": str(release.MAX_K),
        "characters of a code": f"1 to {release.MAX_CODE}",
        "longest certificate": str(certificate.LIMIT),
        "boxes of a certificate": str(endings.MAX_BOXES),
        "greatest number without a limit of its own": str(signed.MAX_NUMBER),
    }


@pytest.mark.parametrize(
    ("section", "fields", "total"),
    [("Slip", SLIP_FIELDS, slip.SLIP_OCTETS), ("Manifest", MANIFEST_FIELDS, manifest.MANIFEST_OCTETS)],
)
def test_the_table_of_offsets_is_without_gap(
    section: str, fields: tuple[tuple[str, int], ...], total: int
) -> None:
    rows = [row for row in _rows(section) if row[0].isdigit() and row[1].isdigit()]
    assert [(row[2], int(row[1])) for row in rows] == list(fields)
    at = 0
    for offset, length, *_ in rows:
        assert int(offset) == at
        at += int(length)
    assert at == total


@pytest.mark.parametrize(
    ("section", "vector"),
    [
        ("Batch", "batch/batch-2"),
        ("Key sheet", "keysheet/sheet"),
        ("Identity", "identity/box"),
        ("Ledger", "ledger/receipts"),
        ("Audit", "audit/month"),
        ("Bulletin", "bulletin/tables"),
        ("Authority", "authority/police"),
    ],
)
def test_the_table_of_fields_is_that_of_the_file(section: str, vector: str) -> None:
    told = [name for row in _rows(section) for name in re.findall(r"`([a-z-]+)`", row[0].split("(")[0])]
    lines = load(vector).body.split(b"\nsignature ")[0].decode().split("\n")[1:]
    assert list(dict.fromkeys(line.partition(" ")[0] for line in lines)) == told


def test_the_tables_of_a_certificate_tell_of_every_field_and_word() -> None:
    told = {name for row in _rows("Certificate") for name in re.findall(r"`([a-z-]+)`", " ".join(row[:2]))}
    found = {"signature"}
    for path in (FOLDER / "certificate").glob("*.vector"):
        if not path.name.startswith("refused-"):
            text = load(f"certificate/{path.stem}").body.decode()
            found |= {line.partition(" ")[0] for line in text.splitlines()[1:]}
    words = {*endings.How, *endings.Store, *endings.KINDS.values()}
    assert told == found - {"signature"} | words
    assert all(f"`{word}`" in TEXT for word in endings.Missing)


def test_every_magic_is_named() -> None:
    magics = (
        batch.MAGIC,
        identity.MAGIC,
        keysheet.MAGIC,
        ledger.MAGIC,
        ledger.AUDIT_MAGIC,
        certificate.MAGIC,
        bulletin.MAGIC,
        authority.MAGIC,
    )
    for magic in magics:
        assert f"`{magic}`" in TEXT


@pytest.mark.parametrize(
    "word",
    [
        "octet",
        "septet",
        "TPDU",
        "TP-OA",
        "UDH",
        "slip",
        "sealed",
        "cover",
        "manifest",
        "canary",
        "batch",
        "chain",
        "line",
        "epoch",
        "box",
        "keeper",
        "intake",
        "forwarder",
        "outbox",
        "destination",
        "marker",
        "workstation",
        "authority",
        "fingerprint",
        "identity",
        "commitment",
        "digest",
        "head",
        "ledger",
        "audit",
        "bulletin",
        "tip",
        "conversation",
        "period",
        "slots",
        "rank",
        "fair",
    ],
)
def test_the_glossary_has_the_word(word: str) -> None:
    entries = [line.split("|")[1] for line in GLOSSARY.splitlines() if line.startswith("| ")]
    assert any(word in entry for entry in entries)


def test_the_glossary_is_in_order() -> None:
    entries = [line.split("|")[1].strip() for line in GLOSSARY.splitlines() if line.startswith("| ")][2:]
    sort_keys = [entry.split(",")[0].lower() for entry in entries]
    assert sort_keys == sorted(sort_keys)
