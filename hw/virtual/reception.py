"""How a modem takes messages from the network: shown, stored or silent, and acknowledged or not. TS 27.005 §3.4."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hw.virtual.answers import CommandError, pdu_code_octets
from hw.virtual.commands.shown import shown_pdu, with_alpha
from hw.virtual.network import NEVER, Message
from hw.virtual.routing import Route, kind_of, route
from hw.virtual.sim import UNREAD
from hw.virtual.tpdu import smsc_address

if TYPE_CHECKING:
    from hw.virtual.modem import Modem


class Reception:
    """The receiving side of a modem. One +CMT at most waits for its +CNMA."""

    def __init__(self, modem: Modem) -> None:
        self.modem = modem
        self.outstanding: Message | None = None
        self.ack_deadline = NEVER
        self.freed_in: dict[tuple[str, int], list[Message]] = {}
        """Deleted messages whose octets still lie in a slot."""
        self._indications = 0

    def advance(self, now: float) -> None:
        """Without +CNMA in time <mt> and <ds> become 0, and the network hears an error. TS 27.005 §3.4.1."""
        if self.ack_deadline > now:
            return
        self.lose("no acknowledgement")
        if self.modem.settings.timeout_resets_cnmi:
            mode, _, bm, _, bfr = self.modem.session.cnmi
            self.modem.session.cnmi = (mode, 0, bm, 0, bfr)

    def lose(self, why: str) -> None:
        """Tell the network that what is outstanding was not acknowledged."""
        message, self.outstanding, self.ack_deadline = self.outstanding, None, NEVER
        if message is not None:
            self.modem.subscriber.failed(message, why, self._retry_at())
            self.modem.event(why, message=message.id)

    def take_one(self) -> bool:
        """Return whether the network had a message to try now; it went its way."""
        message = self.modem.subscriber.take(self.modem.now)
        if message is None:
            return False
        self._arrive(message)
        return True

    def acknowledge(self, *, positive: bool) -> None:
        """Take +CNMA for what is outstanding. Raises CommandError 340: nothing is. TS 27.005 §3.4.4."""
        message = self.outstanding
        if message is None:
            self.modem.stray_acknowledgements += 1
            self.modem.event("acknowledgement without a message")
            raise CommandError(cms=340)
        self.outstanding, self.ack_deadline = None, NEVER
        if positive:
            self.modem.subscriber.accepted(message, "driver", self.modem.now)
        else:
            self.modem.subscriber.failed(message, "refused by the driver", self._retry_at())

    def note_overwritten(self, name: str, slot: int, new: int | None = None) -> None:
        """Note that the octets of freed messages in this slot are gone; ``new`` lies there now."""
        for message in self.freed_in.pop((name, slot), ()):
            if message.id != new:
                message.overwritten = self.modem.now

    def _arrive(self, message: Message) -> None:
        modem, settings = self.modem, self.modem.settings
        again = bool(message.attempts)
        tpdu = message.for_attempt(more=modem.subscriber.more(), now=modem.now)
        if again and settings.retry_smsc:
            message.smsc = smsc_address(settings.retry_smsc)
        mt = modem.session.cnmi[1]
        shown, silent = settings.class0 == "cmt", settings.type0 == "silent"
        way = route(kind_of(tpdu), mt, class0_shown=shown, type0_silent=silent)
        if way is Route.SILENT:
            message.silent = True
            modem.subscriber.accepted(message, "modem", modem.now)
        elif way is Route.DIRECT:
            self._show(message, tpdu, host_acknowledges=mt >= 2)
        else:
            self._store(message, tpdu, "SM" if way is Route.STORE_SM else modem.session.memories[2])

    def _show(self, message: Message, tpdu: bytes, *, host_acknowledges: bool) -> None:
        modem = self.modem
        message.reads += 1
        pdu, length = shown_pdu(modem, message.smsc, tpdu)
        modem.output += pdu_code_octets(modem.settings, "+CMT: " + with_alpha(modem.settings, length), pdu)
        if host_acknowledges and modem.session.csms and not modem.settings.self_ack:
            self.outstanding = message
            self.ack_deadline = modem.now + modem.settings.ack_timeout_ms / 1000
        else:
            modem.subscriber.accepted(message, "modem", modem.now)

    def _store(self, message: Message, tpdu: bytes, name: str) -> None:
        modem = self.modem
        slot = modem.memories[name].store(message.smsc + tpdu, UNREAD, message.id)
        if slot is None:
            modem.subscriber.memory_full(message, self._retry_at())
            if modem.settings.full_urc:
                modem.say(modem.settings.full_urc.replace("{memory}", name))
            return
        message.memory, message.slot = name, slot
        self.note_overwritten(name, slot, message.id)
        modem.subscriber.accepted(message, "modem", modem.now)
        if modem.session.cnmi[0] > 0 and modem.session.cnmi[1] > 0:  # <mode> 0 keeps codes to itself
            self._indicate(name, slot)

    def _indicate(self, name: str, slot: int) -> None:
        settings = self.modem.settings
        self._indications += 1
        if settings.cmti == "lost" or (settings.lose_cmti and self._indications % settings.lose_cmti == 0):
            return
        index = -1 if settings.cmti == "minus_one" else slot + settings.first_index
        self.modem.say(f'+CMTI: "{name}",{index}')

    def _retry_at(self) -> float:
        return self.modem.now + self.modem.settings.retry_ms / 1000
