"""Sending canaries: on a schedule, and to prove that direct mode is true on a modem."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from sqlite_utils import Database

from gateway.canary import encode_submit
from gateway.config import Config, ModemConfig
from gateway.fields import LINE_FIELD
from gateway.intake.household import House, port_name
from gateway.intake.line import Line
from gateway.spool.committer import Committer, NotStored
from hw.contract import Delivery, Mode, Phase
from hw.driver.modem import Modem
from hw.driver.trouble import SendFailed
from wire.errors import TpduError
from wire.tpdu import find_deliver

PROOF_SECONDS = 180.0
"""A network delivers again within a minute or two of a missed acknowledgement."""
_log = logging.getLogger(__name__)


class CanaryFailed(Exception):
    """A canary could not be sent; says why and what to do."""


class CanaryKeeper:
    """Sends the canaries of all lines of this box."""

    def __init__(
        self, config: Config, lines: list[Line], modems: dict[str, Modem], house: House, committer: Committer
    ) -> None:
        self._config = config
        self._lines = {line.config.name: line for line in lines}
        self._modems = modems
        self._house = house
        self._committer = committer
        self.problems: dict[str, str] = {}
        """Why the last canary of a line could not be sent, by the line's name."""

    async def run(self) -> None:
        """Send a canary on each line at each turn of the schedule, until cancelled; not at all where it is off."""
        while self._config.canary.enabled:
            for name in self._lines:
                await self._try(name)
            await asyncio.sleep(self._config.canary.every)

    async def _try(self, name: str) -> None:
        try:
            await self.send(name)
            self.problems.pop(name, None)
        except (CanaryFailed, NotStored) as error:
            if self.problems.get(name) != str(error):
                _log.warning("line %s: no canary: %s", name, error, extra={LINE_FIELD: name})
            self.problems[name] = str(error)

    async def send(self, name: str) -> None:
        """Let one modem of the line text another of it, or itself. Raises CanaryFailed, NotStored."""
        if name not in self._lines:
            raise CanaryFailed(f'intake was started with no line "{name}"')
        ready = await self._ready(name)
        sender, receiver = ready[0], ready[-1]
        await self._text(self._lines[name], sender, receiver)

    async def prove(self, port: str) -> bool:
        """Return whether a message left unacknowledged on ``port`` is delivered again; a yes is kept on disk.

        Raises CanaryFailed, NotStored.
        """
        name = self._house.line_of.get(port)
        if name is None or port not in self._modems:
            raise CanaryFailed(f"no modem receives on port {port}: `status` shows those that do")
        status = self._house.modems[port]
        if status.mode is not Mode.DIRECT:
            raise CanaryFailed('the modem receives in stored mode: set mode = "direct" for the test')
        modem = next(m for m in self._configured(name) if port_name(self._config, m) == port)
        canaries = self._lines[name].receiver.canaries
        assert canaries is not None

        def own(delivery: Delivery) -> bool:
            try:
                deliver = find_deliver(delivery.pdu, delivery.length)
            except TpduError:
                return False
            return canaries.recognise(deliver.udl, deliver.ud)

        proof = asyncio.create_task(self._modems[port].prove_direct(own, seconds=PROOF_SECONDS))
        await asyncio.sleep(0)
        try:
            await self._text(self._lines[name], modem, modem)
            proven = await proof
        except SendFailed as error:
            raise CanaryFailed(str(error)) from error
        finally:
            proof.cancel()
        if proven:
            self._house.note_proof(port)
        return proven

    async def _ready(self, name: str) -> list[ModemConfig]:
        """Return the modems of a line that receive and whose number is known, waiting a minute for the first."""
        for _ in range(60):
            ready = [
                modem
                for modem in self._configured(name)
                if modem.number and self._phase(modem) in (Phase.RECEIVING, Phase.HELD)
            ]
            if ready and self._lines[name].receiver.canaries is not None:
                return ready
            await asyncio.sleep(1)
        raise CanaryFailed("no modem of the line receives and has its `number` in the configuration")

    def _configured(self, name: str) -> tuple[ModemConfig, ...]:
        return self._lines[name].config.modem

    def _phase(self, modem: ModemConfig) -> Phase | None:
        status = self._house.modems.get(port_name(self._config, modem))
        return status.phase if status else None

    async def _text(self, line: Line, sender: ModemConfig, receiver: ModemConfig) -> None:
        if receiver.number is None:
            raise CanaryFailed("the modem has no `number` in the configuration")
        canaries = line.receiver.canaries
        assert canaries is not None
        counter = await self._committer.run(partial(_count, line=line.state.id))
        submit = encode_submit(receiver.number, canaries.expect(counter))
        try:
            await self._modems[port_name(self._config, sender)].send(submit.octets, submit.tpdu_length)
        except SendFailed as error:
            raise CanaryFailed(f"the modem did not send it: {error}") from error
        month = line.period.month if line.period else ""
        await self._committer.run(partial(_meter_sent, line=line.state.id, month=month))


def _count(db: Database, line: int) -> int:
    db.conn.execute("UPDATE line SET canary_counter = canary_counter + 1 WHERE id = ?", (line,))
    (counter,) = db.conn.execute("SELECT canary_counter FROM line WHERE id = ?", (line,)).fetchone()
    return int(counter)


def _meter_sent(db: Database, line: int, month: str) -> None:
    db.conn.execute(
        "INSERT INTO meter (line, month, canaries_sent) VALUES (?, ?, 1)"
        " ON CONFLICT DO UPDATE SET canaries_sent = canaries_sent + 1",
        (line, month),
    )
