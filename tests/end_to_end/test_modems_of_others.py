"""The box with modems that nobody here wrote: each is used as it is, and nothing goes before it is durable."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.foreign_modem import ForeignModem, Manners, foreign_modems
from tests.support.outside import Durable, Outside, pdu_of
from tests.support.town import Line, until

STORED = {
    "plain": Manners(),
    "echoes": Manners(echo_stays=True),
    "bare ends": Manners(end=b"\n"),
    "echoes with bare ends": Manners(echo_stays=True, end=b"\n"),
    "five slots from 0": Manners(slots=5, first=0),
    "no list": Manners(lists=False),
    "no list, from 0": Manners(lists=False, first=0),
    "one slot": Manners(slots=1),
    "chatters": Manners(chatter=b"\r\n^RSSI: 12\r\n\r\n^HCSQ: 1,2\r\n"),
    "tells nothing": Manners(tells=False),
    "no SMS service": Manners(sms_service=False),
    "no counts": Manners(counts=False),
    "no selection": Manners(selects=False),
    "told to nobody": Manners(routes="0", tells=False),
    "words": Manners(unknown="COMMAND NOT SUPPORT"),
}
DIRECT = {
    "plain": Manners(),
    "echoes with bare ends": Manners(echo_stays=True, end=b"\n"),
    "chatters": Manners(chatter=b"\r\n^RSSI: 12\r\n"),
    "no list": Manners(lists=False),
    "does not wait": Manners(sms_service=False),
    "refuses direct": Manners(routes="01"),
    "impatient": Manners(patience=0.5),
    "directly only": Manners(routes="02"),
    "no selection": Manners(selects=False),
    "no counts": Manners(counts=False),
}


def _texts(name: str) -> list[str]:
    return [f"{name} {number}" if number % 2 else f"{name} señal {number} ñ🏠" for number in range(7)]


def _play(folder: Path, kinds: dict[str, Manners], mode: str) -> None:
    line = Line("police", tuple(range(len(kinds))), mode=mode)
    durable = Durable(folder / "state")
    with foreign_modems(folder, *kinds.values(), on_release=durable) as modems:
        box = Outside(folder, lines=(line,), period="2s", slots=64)
        try:
            box.set_up()
            _offer(kinds, modems, early=True)
            box.start("run")
            box.wait_receiving(len(kinds))
            _offer(kinds, modems, early=False)
            until(lambda: all(m.empty for m in modems), "all are emptied", lambda: _left(kinds, modems))
            box.wait_forwarded()
            tips = box.tips()
        finally:
            box.stop()
    for name, modem in zip(kinds, modems, strict=True):
        assert modem.record.doubtful == [], name
        assert len(modem.record.releases) >= 7, name
        assert all(release.told for release in modem.record.releases), name
    expected = sorted(text for name in kinds for text in _texts(name))
    assert sorted(tip["text"] for tip in tips) == expected


def _offer(kinds: dict[str, Manners], modems: list[ForeignModem], *, early: bool) -> None:
    """Have messages sent: before the box runs to a modem that does not tell of them, else while it runs."""
    for at, (name, modem) in enumerate(zip(kinds, modems, strict=True)):
        if modem.manners.tells is not early:
            for number, text in enumerate(_texts(name)):
                pdu = pdu_of(f"5216561{at:02}{number:04}", text, second=number)
                modem.offer(pdu, for_sim=number == 4)


def _left(kinds: dict[str, Manners], modems: list[ForeignModem]) -> str:
    return str(
        [
            (name, len(modem.waiting), modem.memory, modem.record.commands[-12:])
            for name, modem in zip(kinds, modems, strict=True)
            if not modem.empty
        ]
    )


@pytest.mark.slow
def test_stored_messages_of_foreign_modems_are_read_and_go_only_when_durable(tmp_path: Path) -> None:
    _play(tmp_path, STORED, "stored")


@pytest.mark.slow
def test_direct_messages_of_foreign_modems_are_acknowledged_only_when_durable(tmp_path: Path) -> None:
    _play(tmp_path, DIRECT, "direct")
