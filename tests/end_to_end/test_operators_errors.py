"""What an operator can get wrong: each is one clear sentence and a documented exit code, and nothing is harmed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.foreign_modem import Manners, foreign_modems
from tests.support.outside import Outside, pdu_of
from tests.support.town import BIN, Line, Town, town, until

OK, FOUND, USAGE, CONFIG, TRUST, MISSING, STORAGE, BUSY = range(8)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Town]:
    """A box that is set up, with a port where no modem is."""
    made = Town(tmp_path)
    made.set_up()
    yield made
    made.stop()


def _said(box: Town, *words: str) -> tuple[int, str]:
    """Return exit code and stderr of a command, which may never be a traceback."""
    command = [BIN / "tipline-gateway", "--config", str(box.config), *words]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    assert "Traceback" not in done.stderr + done.stdout
    return done.returncode, done.stderr


REFUSED = {
    'colour = "red"': "colour",
    "[batch]\nslotz = 3": "batch.slotz",
    '[batch]\nperiod = "1w"': "batch.period",
    "[batch]\nslots = true": "batch.slots",
    '[[line]]\nname = "a b"': "line[1].name",
    '[[line.modem]]\nport = "ttyUSB0"': "line[0].modem[1].port",
    '[[line.modem]]\nport = "auto"\nspeed = 9600': "line[0].modem[1].speed",
    '[[line.modem]]\nport = "auto"\npin_file = "/nowhere/pin"': "line[0].modem[1].pin_file",
    '[[line]]\nname = "x"\n[[line.modem]]\nport = "/dev/x"': "line[0].modem[0].sim",
    '[[destination]]\nname = "s"\ntype = "ftp"': "destination[1].type",
    '[[destination]]\nname = "s"\ntype = "directory"': "destination[1].path",
    '[canary]\nevery = "0h"': "canary.every",
    "= =": "file",
}
"""What is put into a good configuration, and the key that has to be named."""


def test_a_configuration_is_refused_with_the_path_of_the_key(tmp_path: Path) -> None:
    box = Town(tmp_path, destinations="")
    box.write_config()
    good = box.config.read_text()
    stick = f'[[destination]]\nname = "stick"\ntype = "directory"\npath = "{tmp_path}"\n'
    for at, (line, key) in enumerate(REFUSED.items()):
        text = (
            good
            if not line.startswith("[batch]")
            else good[: good.index("[batch]")] + good[good.index("[[line") :]
        )
        after = stick if line.startswith("[[destination") else ""
        box.config.write_text(f"{text}{after}{line}\n" if line.startswith("[") else f"{line}\n{text}")
        code, words = _said(box, ("status", "check", "intake")[at % 3])
        assert (code, key in words) == (CONFIG, True), words
    assert not box.state.exists()


def test_a_configuration_that_is_not_there_or_is_a_folder(box: Town) -> None:
    box.config.unlink()
    assert _said(box, "status")[0] == CONFIG
    box.config.mkdir()
    assert _said(box, "run")[0] == CONFIG


@pytest.mark.parametrize("mode", [0o755, 0o710, 0o777])
def test_a_state_folder_that_others_can_enter_is_refused(box: Town, mode: int) -> None:
    box.state.chmod(mode)
    for words in (
        ("status",),
        ("intake",),
        ("run",),
        ("init",),
        ("enroll", "police", str(box.folder / "police.keysheet"), "--yes"),
    ):
        code, said = _said(box, *words)
        assert (code, str(box.state) in said) == (STORAGE, True), words
    assert box.state.stat().st_mode & 0o777 == mode


def test_every_exit_code_is_reached_as_documented(box: Town) -> None:
    sheet = box.folder / "police.keysheet"
    month = "2031-05"
    for code, words in [
        (OK, ("identity", "--output", str(box.folder / "again"))),
        (FOUND, ("status",)),
        (USAGE, ("ledger", "police", "May", "--output", str(box.folder / "x"))),
        (USAGE, ("resend", "stick", "from the beginning")),
        (USAGE, ("enroll", "police")),
        (MISSING, ("enroll", "fire", str(sheet), "--yes")),
        (MISSING, ("enroll", "police", str(box.folder / "none"), "--yes")),
        (MISSING, ("ledger", "police", month, "--output", str(box.folder / "x"))),
        (MISSING, ("ledger", "fire", month, "--output", str(box.folder / "x"))),
        (MISSING, ("resend", "stick", "1..2")),
        (MISSING, ("resend", "cloud", "1..2")),
        (MISSING, ("canary", "police")),
        (MISSING, ("prove", "/dev/ttyUSB2")),
        (STORAGE, ("init",)),
        (STORAGE, ("prepare", str(box.folder / "nowhere"))),
        (STORAGE, ("identity", "--output", str(box.folder / "no" / "where"))),
    ]:
        assert _said(box, *words)[0] == code, words
    assert not (box.folder / "x").exists()


def test_a_key_sheet_that_was_tampered_with_is_refused_and_the_old_one_stays(box: Town) -> None:
    sheet = (box.folder / "police.keysheet").read_bytes()
    lines = sheet.split(b"\n")
    for name, octets in {
        "a key turned": sheet.replace(lines[-4][-8:], lines[-4][-8:][::-1]),
        "cut off": sheet[:-20],
        "longer": sheet + b"epoch 99\n",
        "empty": b"",
        "noise": bytes(range(256)) * 40,
        "renamed": sheet.replace(b"police", b"polics"),
    }.items():
        changed = box.folder / "changed"
        changed.write_bytes(octets)
        code, words = _said(box, "enroll", "police", str(changed), "--yes")
        assert code == TRUST, (name, words)
    (line,) = box.status()["lines"]
    assert line["enrolled"]


def test_a_fingerprint_that_is_not_the_one_read_aloud_enrolls_nothing(tmp_path: Path) -> None:
    box = Town(tmp_path)
    box.set_up()
    again = Town(tmp_path / "again")
    again.folder.mkdir()
    again.write_config()
    again.gateway("init")
    sheet = str(tmp_path / "police.keysheet")
    for words in (("--fingerprint", "0000 1111 2222 3333 4444 5555 6666 7777"), ("--fingerprint", ""), ()):
        assert _said(again, "enroll", "police", sheet, *words)[0] == TRUST
    assert not again.status()["lines"][0]["enrolled"]


def test_another_authority_is_refused_even_with_yes(box: Town, tmp_path: Path) -> None:
    passphrase = tmp_path / "other.pass"
    passphrase.touch(mode=0o600)
    passphrase.write_text("a longer passphrase than most")
    box.workstation("init", "--line", "police", line="other")
    other = tmp_path / "other.keysheet"
    box.workstation("keysheet", "--output", str(other), line="other")
    before = box.status()["lines"]
    assert _said(box, "enroll", "police", str(other), "--yes")[0] == TRUST
    assert box.status()["lines"][0]["line"] == before[0]["line"]


def test_a_second_intake_and_a_second_forwarder_are_refused(tmp_path: Path) -> None:
    with town(tmp_path) as (box, network):
        box.start("run")
        box.wait_receiving()
        for word in ("intake", "forward"):
            code, words = _said(box, word)
            assert code == BUSY, words
        network.deliver("sigue", sender="+5216561230001")
        assert network.wait(timeout=60, count=1), box.log()


def test_a_port_that_is_not_there_is_said_and_waited_for(box: Town) -> None:
    box.start("run")
    until(lambda: [m["state"] for m in box.status()["modems"]] == ["absent"], "it is absent", box.log)
    assert any("modem0" in problem["what"] for problem in box.status()["problems"])
    with foreign_modems(box.folder, Manners()) as (modem,):
        modem.offer(pdu_of("5216561230001", "por fin"))
        box.wait_receiving()
        until(lambda: modem.empty, "it is emptied", box.log)


@pytest.mark.slow
def test_a_wrong_pin_is_tried_once_for_each_state_of_the_file_whatever_is_restarted(tmp_path: Path) -> None:
    pin = tmp_path / "sim.pin"
    pin.touch(mode=0o600)
    pin.write_text("1111\n")
    box = Outside(tmp_path, modem_options={0: f'pin_file = "{pin}"'})
    with foreign_modems(tmp_path, Manners(pin="2468")) as (modem,):
        try:
            box.set_up()
            for _ in range(3):
                running = box.start("run")
                until(lambda: _state(box) == "PIN needed", "it wants its PIN", box.log)
                box.kill("intake")
                until(lambda: box.pid_of("intake") is not None, "it is back", box.log)
                until(lambda: _state(box) == "PIN needed", "it still wants its PIN", box.log)
                running.terminate()
                running.wait(30)
            assert modem.record.pins == ["1111"]
            pin.write_text("2468\n")
            modem.offer(pdu_of("5216561230001", "con el PIN bueno"))
            box.start("run")
            until(lambda: modem.empty, "it is emptied", box.log)
            assert modem.record.pins == ["1111", "2468"]
        finally:
            box.stop()
    assert "1111" not in box.log() and "2468" not in box.log()


def _state(box: Town) -> str | None:
    modems = box.status()["modems"]
    return modems[0]["state"] if modems else None


@pytest.mark.parametrize(("left", "state"), [(1, "PIN needed"), (0, "PUK needed")])
def test_the_last_pin_attempt_and_the_puk_are_left_to_a_telephone(
    tmp_path: Path, left: int, state: str
) -> None:
    pin = tmp_path / "sim.pin"
    pin.touch(mode=0o600)
    pin.write_text("4711\n")
    options = ("--set", "pin=4711", "--set", f"pin_left={left}")
    with town(tmp_path, modem_options=options) as (box, network):
        box.config.write_text(box.config.read_text().replace("mode =", f'pin_file = "{pin}"\nmode ='))
        box.start("run")
        until(lambda: _state(box) == state, f"the state is {state}", box.log)
        assert network.status()["pin_left"] == left
        assert network.status()["puk_left"] == 10


def test_another_sim_in_the_modem_while_it_runs_is_not_touched(tmp_path: Path) -> None:
    sims = ("8952990000000000001", "8952990000000000019")
    lines = (Line("police", (0,), sims[:1]), Line("misconduct", (1,), sims[1:]))
    with town(tmp_path, modems=2, lines=lines) as (box, network):
        network.set(0, iccid=sims[0])
        network.set(1, iccid=sims[1])
        box.start("run")
        box.wait_receiving(2)
        network.set(0, iccid="8952990000000000027")
        network.request("reset", 0)
        network.deliver("para nadie", 0, sender="+5216561230001")
        until(lambda: _phases(box) == ["SIM not assigned", "receiving"], "it is a stranger", box.log)
        network.deliver("para asuntos internos", 1, sender="+5216561230002")
        assert network.wait(1, timeout=60, count=1), box.log()
        (message,) = network.messages(0)
        assert message["deleted"] is None and message["reads"] == 0
        network.set(0, iccid=sims[0])
        network.request("reset", 0)
        assert network.wait(0, timeout=90, count=1), box.log()


def _phases(box: Town) -> list[str]:
    return [modem["state"] for modem in box.status()["modems"]]


def test_status_has_words_and_no_traceback_whatever_is_missing(box: Town) -> None:
    for break_it in (
        (box.folder / "stick" / ".tipline-destination").unlink,
        lambda: (box.folder / "state-forward").mkdir(exist_ok=True),
        lambda: (box.folder / "state-forward" / "status.json").write_bytes(b"\xff{"),
        (box.state / "intake.sock").touch,
        lambda: (box.state / "spool.sqlite").write_bytes(b"no database at all" * 100),
        (box.state / "spool.sqlite").unlink,
        lambda: (box.state / "box.key").write_bytes(b"short"),
        (box.state / "box.key").unlink,
    ):
        break_it()
        for words in (("status",), ("status", "--json"), ("check",), ("check", "--json")):
            code, said = _said(box, *words)
            assert code in (OK, FOUND, STORAGE, MISSING), (words, said)
            assert code in (OK, FOUND) or said.startswith("tipline-gateway: ")


def test_json_is_one_object_also_when_something_is_wrong(box: Town) -> None:
    found = json.loads(box.gateway("status", "--json", expect=FOUND))
    assert {problem["way_out"] is not None for problem in found["problems"]} == {True}
