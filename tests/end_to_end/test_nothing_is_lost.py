"""Killed at any point: nothing lost ever, nothing twice while the keeper lives. The network's record is the judge."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from hw.virtual.client import Client
from tests.support.town import Line, Town, town, until

SITE = """
import os, signal, sys

_POINT = os.environ.get("DIE_AT")
_MARK = os.environ.get("DIE_MARK")


def _arm():
    import importlib

    module, _, path = _POINT.partition(":")
    owner, _, name = path.rpartition(".")
    holder = importlib.import_module(module)
    if owner:
        holder = getattr(holder, owner)
    genuine = getattr(holder, name)
    left = [int(os.environ["DIE_AFTER"])]

    def deadly(*args, **kwargs):
        left[0] -= 1
        if left[0] < 0 and not os.path.exists(_MARK):
            open(_MARK, "w").close()
            os.kill(os.getpid(), signal.SIGKILL)
        return genuine(*args, **kwargs)

    setattr(holder, name, deadly)


if _POINT and os.environ["DIE_WHO"] in sys.orig_argv:
    _arm()
"""
"""Stands in for the power of a kill at an exact place: a ``sitecustomize`` of the test, nothing of the product."""

INTAKE_POINTS = (
    "gateway.spool.committer:Committer.store",
    "gateway.spool.committer:Committer._tell",
    "gateway.memory.table:Table.confirm",
    "gateway.spool.cut:pick",
    "gateway.intake.line:store_batch",
    "gateway.intake.outbox:write_pieces_durably",
    "gateway.intake.outbox:_mark",
    "os:rename",
)


def _deadly(folder: Path, who: str, point: str, after: int) -> dict[str, str]:
    site = folder / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(SITE)
    return {
        "PYTHONPATH": f"{site}:{os.environ.get('PYTHONPATH', '')}",
        "DIE_AT": point,
        "DIE_WHO": who,
        "DIE_AFTER": str(after),
        "DIE_MARK": str(folder / "died"),
    }


def _texts(count: int) -> list[str]:
    """Return ``count`` texts; each fifth needs two parts, and ends as no other does."""
    texts = [f"aviso número {number}" for number in range(count)]
    return [text if at % 5 else f"{text} {'x' * 200} {text}" for at, text in enumerate(texts)]


def _number(text: str) -> int:
    return int(text.rpartition(" ")[2])


def _offer(network: Client, texts: list[str], modem: int = 0) -> None:
    """Hand ``texts`` to the network, of 7 senders, each message with a reference of its own, as telephones do it.

    Two long messages of one sender under one reference are put together wrongly where their parts arrive mixed.
    """
    for at, text in enumerate(texts):
        network.deliver(text, modem, sender=f"+521656{modem}{at % 7:06d}", ref=_number(text))


def _read(box: Town) -> list[str]:
    tips: list[dict[str, Any]] = box.tips()
    torn = [
        (tip["tip"][:6], tip["conversation"][:6], tip["text"][:24], tip["parts_missing"], tip["received"])
        for tip in tips
        if tip["parts_missing"]
    ]
    assert torn == []
    return sorted(tip["text"] for tip in tips)


@pytest.mark.parametrize("mode", ["stored", "direct"])
@pytest.mark.parametrize("point", INTAKE_POINTS)
def test_intake_killed_at_this_point_loses_nothing_and_doubles_nothing(
    tmp_path: Path, point: str, mode: str
) -> None:
    options = ("--set", "ack_timeout_ms=1500", "--set", "retry_ms=500")
    with town(tmp_path, lines=(Line("police", mode=mode),), modem_options=options) as (box, network):
        box.environment = _deadly(tmp_path, "intake", point, after=2)
        box.start("run")
        texts = _texts(12)
        _offer(network, texts)
        assert network.wait(timeout=90, count=len(texts)), box.log()
        until((tmp_path / "died").exists, "it was killed there", box.log)
        box.wait_forwarded()
        assert _read(box) == sorted(texts)
        assert network.record()["violations"] == []


@pytest.mark.parametrize("mode", ["stored", "direct"])
def test_intake_killed_again_and_again_under_load(tmp_path: Path, mode: str) -> None:
    chance = random.Random(mode)
    options = ("--set", "ack_timeout_ms=1500", "--set", "retry_ms=300", "--set", "reply_ms=2")
    with town(tmp_path, modems=2, lines=(Line("police", (0, 1), mode=mode),), modem_options=options) as (
        box,
        network,
    ):
        box.start("run")
        box.wait_receiving(2)
        texts = _texts(120)
        for part in range(6):
            _offer(network, texts[part * 20 : part * 20 + 20], part % 2)
            time.sleep(chance.uniform(0.05, 0.6))
            box.kill("intake")
            time.sleep(chance.uniform(0.0, 0.8))
        assert network.wait(timeout=120, every=True, count=len(texts) // 2), box.log()
        box.wait_forwarded()
        assert _read(box) == sorted(texts)


def test_everything_killed_and_started_again_loses_nothing(tmp_path: Path) -> None:
    chance = random.Random(7)
    options = ("--set", "retry_ms=300")
    with town(tmp_path, modem_options=options) as (box, network):
        texts = _texts(60)
        for part in range(3):
            keeper = box.start("run")
            _offer(network, texts[part * 20 : part * 20 + 20])
            time.sleep(chance.uniform(1.0, 3.0))
            for word in ("intake", "forward"):
                box.kill(word)
            keeper.send_signal(signal.SIGKILL)
            keeper.wait()
            until(lambda: box.pid_of("intake") is None, "intake is gone", box.log)
        box.start("run")
        assert network.wait(timeout=90, count=len(texts)), box.log()
        box.wait_forwarded()
        tips = box.tips()
        # a torn one still has its beginning
        begun = [(tip["text"].split(" x")[0], tip["flags"]) for tip in tips]
        for text in texts:
            flags = [some for beginning, some in begun if beginning == text.split(" x")[0]]
            assert flags
            marked = sum("after-loss" in some or "possible-repeat" in some for some in flags)
            assert marked >= len(flags) - 1, "what comes again is offered as a repeat"


def test_a_full_disk_holds_messages_back_until_there_is_room(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    assert os.system(f"mount -t tmpfs -o size=90M tmpfs {disk}") == 0
    try:
        with town(tmp_path) as (box, network):
            box.stop()
            shutil.copytree(box.state, disk / "state")
            box.config.write_text(box.config.read_text().replace(str(box.state), str(disk / "state")))
            filler = disk / "filler"
            filler.write_bytes(bytes(50_000_000))
            box.start("run")
            network.deliver("cuando hay lugar", sender="+5216561230001")
            until(lambda: "MB free" in str(box.status()["intake"]["held"]), "the operator is told", box.log)
            (message,) = network.messages()
            assert message["deleted"] is None
            filler.unlink()
            assert network.wait(timeout=60, count=1), box.log()
            box.wait_forwarded()
            assert [tip["text"] for tip in box.tips()] == ["cuando hay lugar"]
            box.stop()
    finally:
        os.system(f"umount -l {disk}")
