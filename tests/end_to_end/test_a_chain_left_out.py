"""Somebody on the way takes a whole chain of batches away: the workstation says which cuts are missing."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.town import Town, town, until

SENDER = "+5216561230001"


def _chains(box: Town) -> list[str]:
    """Return the chains on the stick in the order of their first periods."""
    first: dict[str, bytes] = {}
    for path in box.batches():
        chain = path.name.split("-")[2]
        period = next(line for line in path.read_bytes().split(b"\n") if line.startswith(b"period "))
        first[chain] = min(period, first.get(chain, period))
    return sorted(first, key=lambda chain: first[chain])


def test_a_whole_chain_taken_off_the_stick_is_missed_by_the_numbers_of_its_cuts(tmp_path: Path) -> None:
    with town(tmp_path) as (box, network):
        box.start("run")
        box.wait_receiving()
        until(lambda: len(_chains(box)) == 1, "the first chain is on the stick", box.log)
        for count in (2, 3):
            box.gateway("restored", "police")
            network.deliver(f"aviso {count}", sender=SENDER)
            until(lambda count=count: len(_chains(box)) == count, "another chain is there", box.log)
        box.wait_forwarded()
        first, second, third = _chains(box)
        of = {
            chain: [path for path in box.batches() if chain in path.name] for chain in (first, second, third)
        }
        aside = tmp_path / "aside"
        aside.mkdir()
        for path in of[second]:
            path.rename(aside / path.name)

        told = json.loads(box.workstation("import", str(box.stick), "--json"))
        (gap,) = told["gaps"]
        missing = [len(of[first]) + 1, len(of[first]) + len(of[second])]
        assert (gap["chain"], gap["line"], gap["missing"]) == (None, "police", [missing])
        assert told["restored"] == told["refused"] == told["warnings"] == []
        words = box.workstation("import", str(box.stick))
        assert f"missing from box {gap['box']}, all of one chain or its end: cut" in words

        told = json.loads(box.workstation("import", str(aside), "--json"))
        assert told["gaps"] == told["restored"] == []
        texts = [json.loads(row)["text"] for row in box.workstation("tips", "--json").splitlines()]
        assert sorted(texts) == ["aviso 2", "aviso 3"]
