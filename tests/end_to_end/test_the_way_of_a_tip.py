"""From a modem on a serial port to a text that the police read: real processes, nothing faked on the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.town import Line, town, until

SENDER = "+5216561230001"
REFUSED = 3
"""The workstation's exit code: something was refused."""
OTHER = "+5216569990002"
LONG = (
    "Desde enero llegan camionetas blancas a la bodega junto al taller, siempre entre las dos y las cuatro. "
    * 4
)


@pytest.mark.parametrize("mode", ["stored", "direct"])
def test_texts_of_all_kinds_are_read_as_they_were_sent(tmp_path: Path, mode: str) -> None:
    with town(tmp_path, lines=(Line("police", mode=mode),)) as (box, network):
        box.start("run")
        box.wait_receiving()
        network.deliver("Vi algo ayer en la calle 5", sender=SENDER)
        network.deliver("Ahí está 🏠, mañana vuelven", sender=SENDER)
        network.deliver(LONG, sender=OTHER, order=[2, 0, 1])
        network.deliver("áÁçÇ único: «ñandú»", sender=OTHER)
        network.deliver(data="00ff10aa55", sender=OTHER)
        network.deliver("", sender=SENDER)
        assert network.wait(timeout=60, count=1), box.log()
        box.wait_forwarded()
        tips = box.tips()
        texts = [tip["text"] for tip in tips]
        for expected in (
            "Vi algo ayer en la calle 5",
            "Ahí está 🏠, mañana vuelven",
            LONG,
            "áÁçÇ único: «ñandú»",
            "",
        ):
            assert texts.count(expected) == 1
        assert [tip["data"] for tip in tips if tip["data"]] == ["00ff10aa55"]
        assert not any(tip["parts_missing"] for tip in tips)
        assert not any(tip["flags"] for tip in tips if tip["text"] is not None)
        by_text = {tip["text"]: tip["conversation"] for tip in tips}
        assert (
            by_text["Vi algo ayer en la calle 5"] == by_text["Ahí está 🏠, mañana vuelven"] != by_text[LONG]
        )
        assert network.record()["violations"] == []


def test_every_batch_has_one_size_and_holds_what_the_network_saw_acknowledged(tmp_path: Path) -> None:
    with town(tmp_path, modems=2, lines=(Line("police", (0, 1)),), slots=8) as (box, network):
        box.start("run")
        box.wait_receiving(2)
        for number in range(30):
            network.deliver(f"aviso {number}", number % 2, sender=f"+52165612300{number:02d}")
        assert network.wait(timeout=60, every=True, count=15), box.log()
        box.wait_forwarded()
        assert len({path.stat().st_size for path in box.batches()}) == 1
        assert sorted(tip["text"] for tip in box.tips()) == sorted(f"aviso {number}" for number in range(30))


def test_two_lines_share_no_key_and_a_swapped_sim_goes_to_its_own_line(tmp_path: Path) -> None:
    sims = ("8952990000000000001", "8952990000000000019")
    lines = (Line("police", (0,), sims[:1]), Line("misconduct", (1,), sims[1:]))
    with town(tmp_path, modems=2, lines=lines) as (box, network):
        network.set(0, iccid=sims[1])
        network.set(1, iccid=sims[0])
        network.request("reset", 0)
        network.request("reset", 1)
        box.start("run")
        box.wait_receiving(2)
        network.deliver("sobre un policía", 0, sender=SENDER)
        network.deliver("sobre un robo", 1, sender=OTHER)
        assert network.wait(timeout=60, every=True, count=1), box.log()
        box.wait_forwarded()
        misconduct = box.tips("misconduct", import_expect=REFUSED)
        police = box.tips("police", import_expect=REFUSED)
    assert [tip["text"] for tip in misconduct] == ["sobre un policía"]
    assert [tip["text"] for tip in police] == ["sobre un robo"]


def test_with_an_unassigned_sim_nothing_is_read_or_deleted(tmp_path: Path) -> None:
    lines = (Line("police", (0,), ("8952990000000000001",)), Line("other", (1,), ("8952990000000000019",)))
    with town(tmp_path, modems=2, lines=lines) as (box, network):
        network.deliver("para nadie", 0, sender=SENDER)
        box.start("run")
        until(
            lambda: {m["state"] for m in box.status()["modems"]} == {"SIM not assigned"},
            "both are unassigned",
            box.log,
        )
        record = network.record(0)
        assert record["messages"][0]["reads"] == 0
        assert record["messages"][0]["deleted"] is None
        assert not {"+CMGR", "+CMGL", "+CMGD"} & set(record["commands"])


def test_a_modem_that_vanishes_comes_back_while_the_other_goes_on(tmp_path: Path) -> None:
    with town(tmp_path, modems=2, lines=(Line("police", (0, 1)),)) as (box, network):
        box.start("run")
        box.wait_receiving(2)
        network.request("unplug", 0)
        network.deliver("por el otro módem", 1, sender=SENDER)
        assert network.wait(1, timeout=60, count=1), box.log()
        network.request("plug", 0)
        network.deliver("de vuelta", 0, sender=OTHER)
        assert network.wait(0, timeout=60, count=1), box.log()
        box.wait_forwarded()
        assert {tip["text"] for tip in box.tips()} == {"por el otro módem", "de vuelta"}


def test_import_is_idempotent_and_refuses_a_changed_batch(tmp_path: Path) -> None:
    with town(tmp_path) as (box, network):
        box.start("run")
        box.wait_receiving()
        network.deliver("una vez", sender=SENDER)
        assert network.wait(timeout=60, count=1), box.log()
        box.wait_forwarded()
        first = box.tips()
        victim = box.batches()[0]
        octets = bytearray(victim.read_bytes())
        octets[-1] ^= 1
        victim.write_bytes(octets)
        assert box.tips(import_expect=REFUSED) == first
        stranger = box.folder / "changed"
        stranger.mkdir()
        name = victim.name.replace("0000000001", "0000000999")
        (stranger / name).write_bytes(octets)
        found = json.loads(box.workstation("import", str(stranger), "--json", expect=REFUSED))
        assert [(row["kind"], Path(row["file"]).name) for row in found["refused"]] == [("wrong-body", name)]
