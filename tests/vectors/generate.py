"""Writes all vectors, and the examples of docs/formats.md: ``python -m tests.vectors.generate``. Always the same."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.examples import DOCUMENT, with_examples
from tests.support.vectors import FOLDER, write_vector
from tests.vectors.make import (
    accepts,
    audit_checks,
    authorities,
    batches,
    bulletins,
    certificates,
    chains,
    identities,
    ledgers,
    sheets,
    slips,
)
from tests.vectors.make.common import Scenarios

SCENARIOS: dict[str, Callable[[], Scenarios]] = {
    "slip": slips.slips,
    "manifest": slips.manifests,
    "sealed": slips.sealed_slips,
    "batch": batches.batches,
    "chain": chains.chains,
    "identity": identities.identity_vectors,
    "keysheet": sheets.keysheets,
    "accept": accepts.accepts,
    "ledger": ledgers.ledger_vectors,
    "audit": ledgers.audit_vectors,
    "audit-check": audit_checks.audit_checks,
    "authority": authorities.authority_vectors,
    "bulletin": bulletins.bulletin_vectors,
    "certificate": certificates.certificates,
    "certificate-row": certificates.rows,
}


def all_files() -> dict[str, bytes]:
    """Return the octets of each vector file by its path under tests/vectors."""
    files: dict[str, bytes] = {}
    for folder, scenarios in SCENARIOS.items():
        for name, vector in scenarios():
            path = f"{folder}/{name}.vector"
            if path in files:
                raise ValueError(f"two scenarios are called {path}")
            files[path] = write_vector(vector)
    return files


def main() -> None:
    """Put every file in its place, and take away what no scenario makes any more."""
    files = all_files()
    for old in FOLDER.glob("*/*.vector"):
        if old.relative_to(FOLDER).as_posix() not in files:
            old.unlink()
    for path, octets in files.items():
        (FOLDER / path).parent.mkdir(exist_ok=True)
        (FOLDER / path).write_bytes(octets)
    DOCUMENT.write_text(with_examples(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"{len(files)} vectors")


if __name__ == "__main__":
    main()
