"""Known numbers and texts are sent in through every door; then every file, log and process is searched for them."""

from __future__ import annotations

import os
import resource
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hw.virtual.client import Client
from tests.support.book_actions import decrypted
from tests.support.outside import septets, tpdu_of
from tests.support.searching import Needle, hits, hits_in_files, hits_in_process, needles
from tests.support.town import Line, Town, town, until
from workstation.book.connection import NAME
from workstation.home import open_home
from workstation.keys.passphrase import passphrase_in
from workstation.keys.people import Credential

NUMBERS = [f"+52165683471{number:02}" for number in range(10, 34)]
HALF = 12
"""Numbers that write to the first of two modems; the others write to the second."""
CALLER = "+5216571928374"
ACCENTS = "Ayer encontré el depósito clandestino detrás del ferrocarrilero único"
EMOJI = "Camionetas blindadas 🚚 estacionadas frente al almacén municipal"
WORDS = "Lunes martes miercoles llegan cargamentos escondidos entre verduras congeladas. "
LONG = (WORDS * 6)[:420]
OCTETS = "Expediente-octetos-confidencial"
NAMED = "Procedente-de-remitente-alfabetico"
CUT = "Recortado-telegrama-incompleto-numero-dentro"
NOTICE = "Notificacion-multimedia-encabezado"
REPLY = "Contestar-direccion-alternativa"
KEPT = "Guardado-directamente-en-tarjeta"
FLASH = "Relampago-inmediato-en-pantalla"
TEXTS = [ACCENTS, EMOJI, WORDS, OCTETS, NAMED, CUT, NOTICE, REPLY, KEPT, FLASH]
VERBOSE = """
import logging

logging.Logger.setLevel, _set = lambda self, level: _set(self, 1), logging.Logger.setLevel
logging.Handler.setLevel, _set_handler = lambda self, level: _set_handler(self, 1), logging.Handler.setLevel
"""
"""A ``sitecustomize`` of the test: every logger says everything it has to say."""


def _mms(number: str) -> str:
    """Return a multimedia notification that names its sender. OMA-MMS-ENC: From is 0x89."""
    inside = b"\x8c\x82\x98" + NOTICE.encode() + b"\0\x89\x17\x80" + number.encode() + b"/TYPE=PLMN\0"
    header = bytes.fromhex("0605040b8423f0")
    return tpdu_of(number[1:], header + inside, dcs=4, udhi=True).hex()


def _reply_address(number: str, other: str) -> str:
    """Return a text with a reply address element. TS 23.040 §9.2.3.24.18."""
    address = bytes((len(other) - 1, 0x91)) + bytes.fromhex(_swapped(other[1:]))
    element = bytes((0x22, len(address))) + address
    return tpdu_of(number[1:], bytes((len(element),)) + element + REPLY.encode(), dcs=4, udhi=True).hex()


def _swapped(digits: str) -> str:
    filled = digits + "F" * (len(digits) % 2)
    return "".join(filled[at + 1] + filled[at] for at in range(0, len(filled), 2))


def _cut_off(number: str, octets: int) -> str:
    whole = tpdu_of(number[1:], septets(CUT.encode()), udl=len(CUT), dcs=0).hex()
    return whole[: octets * 2]


def _send(network: Client, modem: int) -> None:
    numbers = NUMBERS[modem * HALF :]
    network.deliver(ACCENTS, modem, sender=numbers[0], language=2)
    network.deliver(EMOJI, modem, sender=numbers[1])
    network.deliver(LONG, modem, sender=numbers[2], order=[3, 1, 2])
    network.deliver(data=OCTETS.encode().hex(), modem=modem, sender=numbers[3])
    network.deliver(NAMED, modem, sender=("Carmelita", "Esperanza")[modem])
    network.deliver(modem=modem, tpdu=_mms(numbers[4]))
    network.deliver(modem=modem, tpdu=_reply_address(numbers[5], numbers[6]))
    network.deliver(modem=modem, tpdu=_cut_off(numbers[7], 40))
    network.deliver(modem=modem, tpdu=_cut_off(numbers[8], 10))
    network.deliver(modem=modem, tpdu="ff" + _cut_off(numbers[9], 60))
    network.deliver(KEPT, modem, sender=numbers[10], **{"class": 2})


def _most_verbose(folder: Path) -> dict[str, str]:
    site = folder / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(VERBOSE)
    path = f"{site}:{os.environ.get('PYTHONPATH', '')}"
    return {"PYTHONPATH": path, "PYTHONDEVMODE": "1", "PYTHONASYNCIODEBUG": "1", "PYTHONWARNINGS": "default"}


@contextmanager
def _failing_disk(box: Town) -> Iterator[None]:
    """Have every write of intake to a file fail meanwhile (EFBIG)."""
    pid = box.pid_of("intake")
    assert pid is not None
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    yield
    resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


def _processes(box: Town) -> list[int]:
    found = [box.pid_of(word) for word in ("run", "intake", "forward")]
    assert None not in found
    return [pid for pid in found if pid is not None]


def _search(box: Town, wanted: list[Needle]) -> list[tuple[str, str]]:
    folders = [path for path in box.folder.iterdir() if path.name != "site" and not path.is_symlink()]
    found = hits_in_files(folders, wanted)
    for pid in _processes(box):
        found += hits_in_process(pid, wanted, memory=pid == box.pid_of("intake"))
    return found


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    wanted = needles(NUMBERS, TEXTS)
    digits = NUMBERS[0][1:]
    for octets in (
        f"sender {NUMBERS[0]}".encode(),
        f"from {digits[-10:]}".encode("utf-16-be"),
        bytes.fromhex(_swapped(digits)),
        bytes.fromhex("0" + _swapped(digits) + "0"),
        bytes.fromhex("f" + digits),
        _swapped(digits).encode(),
        b"\0" + septets(f"x{digits}y".encode(), offset=3),
        ACCENTS.encode(),
        EMOJI.encode("utf-16-be"),
        WORDS.encode("utf-16-le").hex().encode(),
        septets(b"abc" + WORDS.encode()),
        bytes.fromhex(_mms(NUMBERS[4])),
        repr(ACCENTS).encode(),
        ascii(ACCENTS).encode(),
    ):
        (tmp_path / "leak").write_bytes(b"\1\2" + octets + b"\3")
        assert hits_in_files([tmp_path], wanted), octets


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["stored", "direct"])
def test_no_file_no_log_and_no_process_holds_a_number_or_a_text(tmp_path: Path, mode: str) -> None:
    wanted = needles([*NUMBERS, CALLER], TEXTS)
    pin = tmp_path / "pin"
    pin.touch(mode=0o600)
    pin.write_text("4711\n")
    options = (
        "--set",
        "pin=4711",
        "--set",
        "ack_timeout_ms=2000",
        "--set",
        "retry_ms=300",
        "--set",
        "sm_slots=7",
    )
    with town(
        tmp_path, modems=2, modem_options=options, lines=(Line("police", (0, 1), mode=mode),), slots=16
    ) as (box, network):
        box.config.write_text(
            box.config.read_text().replace("mode =", f'pin_file = "{pin}"\nmode ='),
        )
        box.environment = _most_verbose(tmp_path)
        box.start("run")
        box.wait_receiving(2)
        for modem in (0, 1):
            with _failing_disk(box):
                _send(network, modem)
                time.sleep(0.3)
            network.request("call", modem, rings=3, **{"from": CALLER})
        box.kill("intake")
        until(lambda: box.pid_of("intake") is not None and box.receiving(2), "it is back", box.log)
        for modem in (0, 1):
            network.request("reset", modem)
        network.request("junk", 1, octets="fffe00" + ACCENTS.encode().hex() + "0d0a")
        network.request("urc", 1, text=f"+CLIP: {CALLER!r},145")
        for modem in (
            0,
            1,
        ):  # in stored mode the modem lets go of class 0 by itself: not when it may be killed
            network.deliver(FLASH, modem, sender=NUMBERS[modem * HALF + 11], **{"class": 0})
        assert network.wait(timeout=60, every=True, count=14), box.log()
        assert _search(box, wanted) == []
        box.wait_forwarded()
        tips = box.tips()
        assert _search(box, wanted) == []
        _none_on_the_sims(network, wanted)
        _no_sender_in(tips)
        _no_sender_in_the_case_book(box)
        _all_arrived(tips)
        for modem in (0, 1):
            record = network.record(modem)
            assert record["violations"] == []
            assert all(call["by"] == "driver" or call["ended"] for call in record["calls"])
        status = box.gateway("status", expect=(0, 1)) + box.gateway("check", expect=(0, 1))
        assert hits(status.encode(), wanted) == []


def _none_on_the_sims(network: Client, wanted: list[Needle]) -> None:
    for modem in (0, 1):
        for record in network.records(modem):
            assert hits(bytes.fromhex(record["octets"]), wanted) == [], record["index"]


def _no_sender_in(tips: list[dict[str, Any]]) -> None:
    senders = needles([*NUMBERS, CALLER], [])
    for tip in tips:
        octets = repr(tip).encode() + bytes.fromhex(tip["data"] or "")
        assert hits(octets, senders) == []


def _no_sender_in_the_case_book(box: Town) -> None:
    """Look through all of it in clear, what is not shown too: slips, indexes, traces."""
    name = box.lines[0].name
    home = open_home(box.folder / f"home-{name}", [Credential(passphrase_in(box.folder / f"{name}.pass"))])
    octets = decrypted(home.path / NAME, home.vault.book)
    assert hits(octets, needles([], TEXTS)), "the texts are there"
    assert hits(octets, needles([*NUMBERS, CALLER], [])) == []


def _all_arrived(tips: list[dict[str, Any]]) -> None:
    texts = [tip["text"] for tip in tips]
    for text in (ACCENTS, EMOJI, LONG, NAMED, KEPT, FLASH):
        assert texts.count(text) == 2, text
    assert [tip["data"] for tip in tips].count(OCTETS.encode().hex()) == 2
    flags = [flag for tip in tips for flag in tip["flags"]]
    assert flags.count("multimedia") == 2
    assert flags.count("unparsed") >= 2
    assert len(tips) == 24


def test_within_a_period_a_message_changes_the_spool_alone_and_dates_nothing(tmp_path: Path) -> None:
    with town(tmp_path, period="6h") as (box, network):
        box.start("run")
        box.wait_receiving()
        network.deliver("primero", sender=NUMBERS[0])
        assert network.wait(timeout=60, count=1), box.log()
        until(lambda: box.status()["destinations"][0]["state"] == "up", "the stick is reached", box.log)
        before, log = _marks(box), box.log()
        time.sleep(0.1)
        network.deliver(ACCENTS, sender=NUMBERS[1])
        network.deliver(LONG, sender=NUMBERS[2])
        assert network.wait(timeout=60, count=5), box.log()
        changed = {name for name, mark in _marks(box).items() if before.get(name) != mark}
        assert changed <= {"spool.sqlite-wal", "spool.sqlite-shm"}
        assert box.log() == log
        assert _times_in(box.state / "spool.sqlite", period=6 * 3600) == []


def _marks(box: Town) -> dict[str, tuple[int, int, int]]:
    """Return times and size of every file; without the status of the forwarder, which knows of no message."""
    folders = [box.state, *box.folder.glob("state-*"), box.stick]
    return {
        path.name: (found.st_mtime_ns, found.st_ctime_ns, found.st_size)
        for folder in folders
        for path in [folder, *folder.rglob("*")]
        if path.name not in ("state-forward", "status.json") and (found := path.stat())
    }


def _times_in(spool: Path, *, period: int) -> list[tuple[str, str, int]]:
    """Return every value near to now that is not the start of a period."""
    db = sqlite3.connect(f"file:{spool}?mode=ro", uri=True, timeout=10)
    db.row_factory = sqlite3.Row
    now, found = time.time(), []
    for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        for row in db.execute(f"SELECT * FROM {table}"):  # a name from the schema
            for key, value in dict(row).items():
                if isinstance(value, (int, float)) and abs(value - now) < 86400 and value % period:
                    found.append((table, key, int(value)))
    db.close()
    return found
