"""What a batch is beside those of its chain that were taken before: docs/formats.md, "Chain"."""

from __future__ import annotations

from tests.support.vectors import Vector
from tests.vectors.make.batches import GIVEN, cuts, other_second
from tests.vectors.make.common import Scenarios

NEXT, KNOWN, GAP = "next", "known", "gap"


def chains() -> Scenarios:
    """Yield the vectors of chains: the body comes last, ``taken`` came before, in this order."""
    bodies = {f"batch/batch-{n}": cut.octets for n, cut in enumerate(cuts(), 1)}
    bodies["batch/other-2"] = other_second()[1]
    accepted: dict[str, tuple[str, str, str, tuple[str, ...], str]] = {
        "first": ("batch-1", "", NEXT, (), "the first batch of a chain, and the first that is taken"),
        "next": ("batch-2", "batch-1", NEXT, (), "the batch after the one that was taken"),
        "known": ("batch-2", "batch-1 batch-2", KNOWN, (), "the same batch again: no fault"),
        "gap-before": ("batch-3", "", GAP, ("1 2",), "accepted although nothing before it is here"),
        "gap-inside": ("batch-3", "batch-1", GAP, ("2 2",), "accepted although its predecessor is missing"),
        "gap-filled": ("batch-2", "batch-1 batch-3", NEXT, (), "the missing one comes late"),
        "gap-shortened": ("batch-2", "batch-3", GAP, ("1 1",), "one of two missing ones comes late"),
        "gap-filled-at-the-start": ("batch-1", "batch-3 batch-2", NEXT, (), "the first comes last of all"),
        "known-behind-gap": ("batch-3", "batch-3", KNOWN, ("1 2",), "known, and the gap is still shown"),
        "other": ("other-2", "batch-1", NEXT, (), "alone it contradicts nothing"),
    }
    for name, (body, taken, state, missing, comment) in accepted.items():
        values = (("state", state), *(("missing", numbers) for numbers in missing))
        yield name, _vector(bodies[f"batch/{body}"], taken, comment, values=values)
    refused = {
        "same-number": ("other-2", "batch-1 batch-2", "another batch of this number was taken"),
        "same-number-reversed": ("batch-2", "batch-1 other-2", "whichever came first stays"),
        "same-number-alone": ("other-2", "batch-2", "also where the one before is not here"),
        "other-before": ("batch-3", "batch-1 other-2", "the one taken before it is not the one it names"),
        "other-after": ("other-2", "batch-1 batch-3", "a late one, not the one that its successor names"),
        "other-after-alone": ("other-2", "batch-3", "also where nothing before is here"),
    }
    for name, (body, taken, comment) in refused.items():
        yield f"refused-{name}", _vector(bodies[f"batch/{body}"], taken, comment, expect="contradiction")


def _vector(
    body: bytes, taken: str, comment: str, *, values: tuple[tuple[str, str], ...] = (), expect: str = "ok"
) -> Vector:
    given = (*GIVEN, *(("taken", f"batch/{name}") for name in taken.split()))
    where = "" if expect == "ok" else "chain"
    return Vector(
        format="chain", comment=comment, body=body, expect=expect, where=where, given=given, values=values
    )
