"""Bringing a modem to the point where its SIM can be asked: only what is needed may not fail."""

from __future__ import annotations

from collections.abc import Callable

from hw.at.commands import asking, plain
from hw.at.replies import imei, words
from hw.driver.desk import Desk
from hw.profiles import for_modem

COURTESIES = ("ATE0", "AT+CMGF=0", "AT+CMEE=1", "AT+CLIP=0")
"""No echo; PDU mode, as a text could read like an answer; errors as numbers; callers' numbers are not shown."""


async def introduce(desk: Desk) -> None:
    """Learn make, model, revision and IMEI, choose the profile, and set what every session sets."""
    maker, model, revision = [await _told(desk, text, words) for text in ("AT+CGMI", "AT+CGMM", "AT+CGMR")]
    number = await _told(desk, "AT+CGSN", imei)
    profile = desk.profile = for_modem(maker, model)
    desk.link.engine.learn(booted=profile.booted, full=profile.full)
    desk.board.show(model=model, revision=revision, imei=number, profile=profile.name)
    for text in profile.setup:
        await desk.command(plain(text))


async def _told(desk: Desk, text: str, read: Callable[[tuple[bytes, ...]], str | None]) -> str | None:
    """Return what the modem says twice alike: a line of a message that slipped in between is not said again."""
    told = []
    for _ in range(2):
        answer = await desk.command(asking(text, bare=True))
        told.append(read(answer.lines) if answer.result.ok else None)
    return told[0] if told[0] == told[1] else None


async def be_civil(desk: Desk) -> None:
    """Set what keeps the dialogue readable, before anything is asked that has a bare line for an answer."""
    for text in COURTESIES:
        await desk.command(plain(text))
