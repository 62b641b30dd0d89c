"""The medium of the epochs' key lies apart and comes in for an import: what is in the book is read without it."""

from __future__ import annotations

from pathlib import Path

from tests.support.ended_epochs import cut, opened, other_disk, station_with_tips
from tests.support.workstation import Box
from workstation.epochs.destruction import move


def test_another_medium_gets_nothing_while_the_one_with_the_key_is_missing(tmp_path: Path) -> None:
    station = station_with_tips(tmp_path)
    with other_disk(tmp_path) as medium, other_disk(tmp_path) as second:
        move(opened(station), medium)
        away = medium.rename(medium.with_name(f"{medium.name}.away"))
        try:
            for command in (
                ("epochs", "medium", second, "--yes"),
                ("epochs", "destroy", 1, "--medium", second),
            ):
                assert "the medium of" in station.run(*command, code=12).stderr
                assert list(second.iterdir()) == []
        finally:
            away.rename(medium)


def test_tips_are_shown_without_the_medium_and_an_import_says_that_it_is_missing(tmp_path: Path) -> None:
    station = station_with_tips(tmp_path)
    box = Box(station.sheet, seed=2)
    station.trust(box, tmp_path)
    batch = cut(box, tmp_path / "more", "one more", epoch=3, lowest=3)
    with other_disk(tmp_path) as medium:
        move(opened(station), medium)
        away = medium.rename(medium.with_name(f"{medium.name}.away"))
        try:
            assert "the medium of" in station.run("import", batch, code=12).stderr
            shown = station.run("tips")
            assert "tip of 1" in shown.stdout and "tip of 3" in shown.stdout
            assert (
                "what may still wait is not opened" in shown.stderr
                and f"the medium of {medium}" in shown.stderr
            )
        finally:
            away.rename(medium)
        station.take(batch)
        shown = station.run("tips")
        assert "one more" in shown.stdout and "medium" not in shown.stderr
