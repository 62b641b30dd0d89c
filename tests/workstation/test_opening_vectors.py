"""The workstation's opening against the vectors of sealed slips."""

from __future__ import annotations

import pytest

from tests.support.vectors import OK, Vector, load, names
from wire.slip import SEALED_OCTETS
from workstation.batches.opening import Contents, Tally, open_body
from workstation.epochs.store import epoch_key

SEALED = tuple(
    name for name in names() if name.startswith("sealed/") and len(load(name).body) == SEALED_OCTETS
)


def _open(vector: Vector) -> Contents:
    key = epoch_key(3, bytes.fromhex(vector.one("secret")))
    return open_body(vector.body, [key], bytes.fromhex(vector.one("line")))


def _count(vector: Vector) -> str:
    """Return the count that a slip like this is to be found in."""
    if vector.expect == OK:
        return {"sms": "tips", "cover": "cover", "manifest": "manifests"}[dict(vector.values)["kind"]]
    return "unopened" if vector.expect == "does-not-open" else "bad"


@pytest.mark.parametrize("name", SEALED)
def test_a_sealed_slip_is_counted_as_what_its_vector_says(name: str) -> None:
    vector = load(name)
    counts = dict(zip(Tally.counts(), _open(vector).tally.values(), strict=True))
    assert counts == dict.fromkeys(Tally.counts(), 0) | {_count(vector): 1}


def test_an_opened_message_has_the_octets_of_its_vector() -> None:
    vector = load("sealed/sms")
    (found,) = _open(vector).slips
    assert found.slip.data.hex() == dict(vector.values)["data"]
