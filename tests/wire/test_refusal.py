"""Refusals travel and tell no content."""

from __future__ import annotations

import pickle

import pytest

from tests.support.vectors import OK, READERS, load, names
from wire.refusal import Refusal, Refused

REFUSED = tuple(name for name in names() if load(name).expect != OK)


def test_a_refusal_can_be_handed_to_another_process() -> None:
    sent = Refused(Refusal.BODY, "body", "another one")
    came = pickle.loads(pickle.dumps(sent))
    assert (came.kind, came.field, came.reason, str(came)) == (sent.kind, sent.field, sent.reason, str(sent))


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_says_nothing_of_the_content(name: str) -> None:
    vector = load(name)
    with pytest.raises(Refused) as refused:
        READERS[vector.format](vector)
    said = f"{refused.value!s} {refused.value!r} {refused.value.__cause__!r}"
    assert len(said) < 400
    secret = {value for given, value in vector.given if given == "secret"}
    digits = {
        vector.body[at : at + 6].hex()
        for at in range(0, len(vector.body) - 5, 3)
        if any(vector.body[at : at + 6])
    }
    assert not [piece for piece in digits | secret if piece in said]
    assert not refused.value.__context__ or refused.value.__suppress_context__ or refused.value.__cause__
