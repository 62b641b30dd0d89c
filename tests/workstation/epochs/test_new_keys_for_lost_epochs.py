"""After a restore the secrets of epochs are lost: those to come get new keys, lest a box seals for nobody."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.support.ended_epochs import opened
from tests.support.workstation import NOW, Station
from wire.keysheet import accept
from workstation.epochs.replacing import replace_lost
from workstation.epochs.review import review
from workstation.home import Home


def _lost(station: Station) -> Home:
    shutil.rmtree(station.home / "epochs")
    (station.home / "epochs").mkdir(mode=0o700)
    return opened(station)


def test_epochs_to_come_get_keys_that_open_and_a_box_takes_the_sheet(station: Station) -> None:
    home = _lost(station)
    sheet, numbers = replace_lost(home, now=NOW)
    assert numbers == (2, 3) and sheet == station.sheet
    assert sheet.epochs[0] == home.sheet.epochs[0], "it has begun"
    accept(home.sheet, sheet, now=NOW, used=1)
    public = {epoch.number: epoch.key for epoch in sheet.epochs}
    assert {key.number: key.public for key in opened(station).epoch_keys()} == {n: public[n] for n in numbers}
    assert replace_lost(opened(station), now=NOW) == (sheet, ())
    found = review(opened(station), now=NOW)
    assert [found.state(epoch).value for epoch in found.epochs()] == ["lost", "future", "future"]


def test_secrets_that_a_killed_run_left_are_used(station: Station, tmp_path: Path) -> None:
    home = _lost(station)
    sheet, _ = replace_lost(home, now=NOW)
    (station.home / "keysheet").write_bytes(home.sheet_octets)
    again, numbers = replace_lost(opened(station), now=NOW)
    assert (again, numbers) == (sheet, (2, 3))


def test_where_nothing_is_lost_nothing_changes(station: Station) -> None:
    assert "are here" in station.run("epochs", "renew").stdout
    home = opened(station)
    assert replace_lost(home, now=NOW) == (home.sheet, ())
