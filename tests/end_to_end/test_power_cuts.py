"""The power fails: what is on the disk at that moment is all that is left, and it is enough."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from tests.support.foreign_modem import ForeignModem, Manners, foreign_modems
from tests.support.outside import Outside, committed, pdu_of
from tests.support.town import Town, until

TEXTS = ["tres disparos en la esquina", "una camioneta sin placas ñ", "siguen ahí 🏠"]


def _cut(box: Town) -> None:
    """Kill everything of the box at once."""
    found = [box.pid_of(word) for word in ("run", "intake", "forward")]
    for pid in found:
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
    box.processes[-1].wait(30)
    until(lambda: box.pid_of("intake") is None, "intake is gone")


def _moved(box: Outside, to: Path) -> Outside:
    """Return a box that has nothing but a copy of the state folder, and the same modems and stick."""
    shutil.copytree(box.state, to / "state", ignore=shutil.ignore_patterns("*.sock"))
    found = Outside(to)
    found.config.write_text(box.config.read_text().replace(str(box.state), str(to / "state")))
    return found


def _offer(modem: ForeignModem, texts: list[str]) -> None:
    for number, text in enumerate(texts):
        modem.offer(pdu_of(f"521656123000{number}", text, second=number))


def test_what_was_stored_but_not_yet_deleted_comes_again_and_is_offered_as_a_repeat(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with foreign_modems(tmp_path, Manners(withhold_deletes=True)) as (modem,):
        box = Outside(tmp_path, period="1h")
        try:
            box.set_up()
            _offer(modem, TEXTS)
            box.start("run")
            until(lambda: committed(box.state) == len(TEXTS), "all are durable", box.log)
            assert modem.record.releases == []
            _cut(box)
            assert len(modem.memory) == len(TEXTS)
            modem.manners.withhold_deletes = False
            after = _moved(box, other)
            after.config.write_text(after.config.read_text().replace('period = "1h"', 'period = "1s"'))
            modem.offer(pdu_of("5216561239999", "después del apagón", second=40))
            after.start("run")
            until(lambda: modem.empty, "all are deleted", after.log)
            after.wait_receiving()
            until(lambda: committed(other / "state") == 2 * len(TEXTS) + 1, "all are durable", after.log)
            until(lambda: _waiting(after) == 0, "none waits", after.log)
            until(lambda: all(d["backlog"] == 0 for d in after.status()["destinations"]), "all is out")
            after.stop()
            tips = box.tips()
        finally:
            box.stop()
            if (other / "tipline.toml").exists():
                after.stop()
    assert modem.record.doubtful == []
    by_text = {text: [tip for tip in tips if tip["text"] == text] for text in [*TEXTS, "después del apagón"]}
    assert sum(len(found) for found in by_text.values()) == len(tips)
    for text in TEXTS:
        first, again = sorted(by_text[text], key=lambda tip: "after-loss" in tip["flags"])
        assert "after-loss" not in first["flags"]
        assert "after-loss" in again["flags"]
        marked = [tip for tip in (first, again) if "possible-repeat" in tip["flags"]]
        assert len(marked) == 1 and marked[0]["perhaps"]
    (late,) = by_text["después del apagón"]
    assert late["flags"] == ["after-loss"]


def _waiting(box: Town) -> int:
    return sum(line["waiting"] for line in box.status()["lines"])


@pytest.mark.slow
def test_a_state_folder_copied_at_any_moment_of_a_cut_opens_and_goes_on(tmp_path: Path) -> None:
    with foreign_modems(tmp_path, Manners()) as (modem,):
        box = Outside(tmp_path, period="1s", slots=4)
        try:
            box.set_up()
            box.start("run")
            box.wait_receiving()
            sent = []
            for turn in range(3):
                texts = [f"turno {turn} aviso {number}" for number in range(8)]
                sent += texts
                _offer(modem, texts)
                until(lambda: modem.empty, "all are deleted", box.log)
                _cut(box)
                copy = _moved(box, _made(tmp_path / f"copy{turn}"))
                assert copy.status()["lines"][0]["enrolled"]
                box.start("run")
            box.wait_forwarded()
            tips = box.tips()
        finally:
            box.stop()
    assert sorted(tip["text"] for tip in tips) == sorted(sent)
    assert len({path.stat().st_size for path in box.batches()}) == 1


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
