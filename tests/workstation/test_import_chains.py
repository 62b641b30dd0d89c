"""What import says of the chains of a box: batches that are missing, that contradict each other, or that come late."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tests.support.workstation import Box, Station


def test_a_missing_batch_is_a_gap_until_it_comes(station: Station, box: Box, tmp_path: Path) -> None:
    paths = [box.cut(tmp_path / "all", box.text(str(n))) for n in range(6)]
    report = station.take(paths[2], paths[5])
    place = {"box": box.id.hex(), "chain": box.chain.hex(), "line": "police"}
    assert report["gaps"] == [{**place, "missing": [[1, 2], [4, 5]]}]
    assert report["refused"] == []
    assert "missing" in station.run("import", paths[2]).output
    assert station.take(*paths[:4])["gaps"] == [{**place, "missing": [[5, 5]]}]
    report = station.take(paths[4])
    assert report["gaps"] == []
    assert [(c["last"], c["batches"], c["backlog"]) for c in report["chains"]] == [(6, 6, 0)]


def test_of_two_batches_with_one_number_the_first_stays(
    station: Station, box: Box, stick: Path, tmp_path: Path
) -> None:
    other = box.fork()
    first = box.cut(stick, box.text("the first"))
    second = other.cut(tmp_path / "second", other.text("the second"))
    station.take(first)
    report = station.take(second, code=4)
    (one,) = report["quarantined"]
    assert (one["file"], one["sequence"]) == (str(second), 1)
    assert "same chain and number" in one["reason"]
    assert report["imported"] == 0
    assert [tip["text"] for tip in station.tips()] == ["the first"]
    assert station.take(second)["known"] == 1, "it is kept, apart"
    assert [tip["text"] for tip in station.tips()] == ["the first"]


def test_a_successor_of_another_past_is_kept_apart(
    station: Station, box: Box, stick: Path, tmp_path: Path
) -> None:
    other = box.fork()
    box.cut(stick)
    other.cut(tmp_path / "other")
    successor = other.cut(tmp_path / "other", other.text("of another past"))
    station.take(stick)
    assert "not the one it names" in station.take(successor, code=4)["quarantined"][0]["reason"]
    assert station.tips() == []


def test_a_late_predecessor_that_does_not_fit_is_kept_apart(
    station: Station, box: Box, stick: Path, tmp_path: Path
) -> None:
    other = box.fork()
    box.cut(tmp_path / "gone")
    successor = box.cut(stick, box.text("came first"))
    wrong = other.cut(tmp_path / "wrong", other.text("does not fit"))
    station.take(successor)
    report = station.take(wrong, code=4)
    assert "names another one before it" in report["quarantined"][0]["reason"]
    assert report["gaps"][0]["missing"] == [[1, 1]], "the number is still missing"
    assert station.take(tmp_path / "gone")["gaps"] == []


def test_contradictions_within_one_run_are_seen(station: Station, box: Box, stick: Path) -> None:
    other = box.fork()
    box.cut(stick / "a", box.text("a"))
    other.cut(stick / "b", other.text("b"))
    report = station.take(stick, code=4)
    assert (report["imported"], len(report["quarantined"])) == (1, 1)


def _gap(box: Box, *missing: tuple[int, int]) -> dict[str, Any]:
    return {"box": box.id.hex(), "chain": None, "line": "police", "missing": [list(m) for m in missing]}


def test_a_whole_chain_that_is_left_out_shows_as_missing_cuts(
    station: Station, box: Box, stick: Path, tmp_path: Path
) -> None:
    """Somebody makes the box begin a chain in each period, and takes away those they do not like."""
    chains = [box]
    paths = [box.cut(stick)]
    for _ in range(5):
        chains.append(chains[-1].next_chain())
        paths.append(chains[-1].cut(stick, chains[-1].text("a tip")))
    aside = tmp_path / "aside"
    aside.mkdir()
    for path in (paths[1], paths[3], paths[4]):
        path.rename(aside / path.name)
    report = station.take(stick)
    assert (report["imported"], report["gaps"]) == (3, [_gap(box, (2, 2), (4, 5))])
    assert station.take(aside / paths[3].name)["gaps"] == [_gap(box, (2, 2), (5, 5))]
    report = station.take(aside)
    assert report["gaps"] == report["restored"] == report["warnings"] == []


def test_the_end_of_a_chain_that_is_left_out_shows_once_the_next_chain_is_here(
    station: Station, box: Box, stick: Path
) -> None:
    paths = [box.cut(stick) for _ in range(5)]
    paths[3].unlink()
    paths[4].unlink()
    assert station.take(stick)["gaps"] == [], "nobody can know yet"
    box.next_chain().cut(stick)
    assert station.take(stick)["gaps"] == [_gap(box, (4, 5))]
    said = station.run("import", stick).output
    assert f"missing from box {box.id.hex()}, all of one chain or its end: cut 4 to 5" in said


def test_gaps_in_a_chain_and_between_chains_are_told_apart(station: Station, box: Box, stick: Path) -> None:
    box.cut(stick)
    lost = box.next_chain()
    lost.cut(stick).unlink()
    third = lost.next_chain()
    third.cut(stick).unlink()
    third.cut(stick)
    chained = {"box": box.id.hex(), "chain": third.chain.hex(), "line": "police", "missing": [[1, 1]]}
    assert station.take(stick)["gaps"] == [chained, _gap(box, (2, 2))]


def test_a_restored_box_is_shown_as_one_and_hides_no_chain(station: Station, box: Box, stick: Path) -> None:
    for _ in range(2):
        box.cut(stick)
    backup = box.fork()
    for _ in range(3):
        box.cut(stick)
    back = backup.next_chain()
    back.cut(stick)
    report = station.take(stick)
    again = {"box": box.id.hex(), "chain": back.chain.hex(), "line": "police", "cut": 2, "again": [3, 5]}
    assert (report["gaps"], report["restored"]) == ([], [again])
    hidden = back.next_chain()
    for _ in range(2):
        hidden.cut(stick).unlink()
    hidden.next_chain().cut(stick)
    report = station.take(stick)
    assert report["gaps"] == [_gap(box, (5, 5))], "number 5 is here too, but not that of the hidden chain"
    assert report["restored"] == [again]
    assert "behind cut 2 and did not know of cut 3 to 5" in station.run("import", stick).output


def test_a_cut_that_cannot_be_is_told_and_places_nothing(station: Station, box: Box, stick: Path) -> None:
    box.cut(stick)
    box.cut(stick, body=box.full_body([], cut=1))
    box.cut(stick, body=box.full_body([], cut=900))
    report = station.take(stick)
    warnings = str(report["warnings"])
    assert "says that it is cut 1, which it cannot be" in warnings
    assert "says that it is cut 900, which it cannot be" in warnings
    assert report["gaps"] == report["restored"] == []


def test_a_chain_whose_manifests_do_not_open_tells_of_no_gap(station: Station, box: Box, stick: Path) -> None:
    box.next_chain().cut(stick, body=os.urandom(8 * 304))
    report = station.take(stick)
    assert report["gaps"] == []
    assert report["slips"]["unopened"] == 8
