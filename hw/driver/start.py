"""Bringing a modem to the point where its SIM can be asked: only what is needed may not fail."""

from __future__ import annotations

from hw.at.commands import AT, asking, plain
from hw.at.replies import words
from hw.driver.desk import Desk
from hw.driver.trouble import NoAnswer
from hw.profiles import for_modem

COURTESIES = ("ATE0", "AT+CMEE=1", "AT+CLIP=0")
"""No echo; errors as numbers; callers' numbers are not shown."""


async def rouse(desk: Desk) -> None:
    """Return once the modem answers AT, with whatever result. Raises NoAnswer when it does not."""
    link = desk.link
    for attempt in range(desk.pace.probes):
        if attempt:
            link.renew()
            link.escape()  # it may sit in a prompt that an earlier process left
        try:
            async with link.lock:
                answer = await link.exchange(AT, seconds=desk.pace.probe)
        except NoAnswer:
            continue
        if answer.result.ok:
            return
    if isinstance(link.broken, NoAnswer):
        raise link.broken


async def introduce(desk: Desk) -> None:
    """Learn make, model, revision and IMEI, choose the profile, and set what every session sets."""
    for text in COURTESIES:
        await desk.link.command(plain(text))
    told: list[str | None] = []
    for text in ("AT+CGMI", "AT+CGMM", "AT+CGMR", "AT+CGSN"):
        answer = await desk.link.command(asking(text, bare=True))
        told.append(words(answer.lines) if answer.result.ok else None)
    maker, model, revision, imei = told
    profile = desk.profile = for_modem(maker, model)
    desk.link.engine.learn(booted=profile.booted, full=profile.full)
    digits = "".join(character for character in imei or "" if character.isdigit())
    desk.board.show(model=model, revision=revision, imei=digits[:16] or None, profile=profile.name)
    for text in profile.setup:
        await desk.link.command(plain(text))
