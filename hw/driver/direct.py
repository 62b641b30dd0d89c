"""Messages given directly (+CMT), and their acknowledgement (+CNMA): after the commit, in time, or not at all.

One +CMT is outstanding per modem, and +CNMA carries no reference: it acknowledges the newest. So a newer +CMT,
a reboot or eight seconds cancel it; the commit stands, and whoever receives knows the re-delivery again. An
acknowledgement that was not given makes the modem stop giving messages directly (it stores them, or leaves
them with the network), so routing is set again, but only after something could be stored.
A message of which something was lost on the line is neither taken nor acknowledged, so that it comes again.
TS 27.005 §3.4.1, §3.4.4.
"""

from __future__ import annotations

from dataclasses import dataclass

from hw.at.commands import ACKNOWLEDGE, ACKNOWLEDGE_ZERO, Command
from hw.at.events import Message
from hw.at.replies import StoredHeader
from hw.at.results import NOT_EXPECTED, Kind, Result
from hw.contract import Delivery
from hw.driver.desk import Desk
from hw.driver.slots import whole
from hw.driver.trouble import ModemTrouble

UNEXPECTED_IN_A_ROW = 3
"""So many acknowledgements that the modem did not expect, wait for or know: direct mode is not true."""
SOON = 2.0
"""Seconds. A modem that gives another message sooner did not wait for the acknowledgement of the first."""


@dataclass(frozen=True, slots=True)
class _Due:
    """An acknowledgement owed: for which +CMT, in which ``Desk.epoch``, until when."""

    turn: int
    epoch: int
    until: float
    answered: int
    """``Link.answered`` when it came."""


class Direct:
    """Takes what comes by +CMT. ``rearm`` is set where routing must be set again, and memories looked at."""

    def __init__(self, desk: Desk) -> None:
        self.rearm = False
        self.expected = False
        """True while routing is direct: only then do refused acknowledgements say something of the modem."""
        self.untrue = False
        """The modem acknowledges by itself: it must not be used in direct mode."""
        self._desk = desk
        self._newest = 0
        self._unexpected = 0
        self._waiting_since: float | None = None
        self._forms = [ACKNOWLEDGE, ACKNOWLEDGE_ZERO]
        if desk.profile.cnma == "zero":
            self._forms.reverse()

    def arrived(self, message: Message) -> None:
        """Begin to take ``message``; returns at once."""
        now = self._desk.clock()
        if self._waiting_since is not None and now - self._waiting_since < SOON:
            self._count_unexpected()
        self._newest += 1
        self._waiting_since = now
        if self._comes_again() and not self._acceptable(message):
            self._missed()
            return
        delivery = Delivery(message.pdu.octets, message.length, message.pdu.intact)
        self._desk.spawn(self._take(delivery, self._due(now)))

    def _comes_again(self) -> bool:
        """Return whether the network still has what is not acknowledged here."""
        return self.expected and self._desk.acknowledging

    def _acceptable(self, message: Message) -> bool:
        header = StoredHeader(None, None, message.length)
        return whole(header, message.pdu) or self._desk.spoilt.stays(message.pdu.octets)

    def report_arrived(self) -> None:
        """Acknowledge a status report, which is no message and is not kept."""
        self._newest += 1
        if self._desk.acknowledging:
            self._desk.spawn(self._acknowledge(self._due(self._desk.clock())))

    async def retry(self) -> None:
        """Offer what could not be stored once more; it lies nowhere else but with the network, if there."""
        if not self._desk.kept:
            return
        taken = await self._desk.kept.offer()
        self._desk.hold("direct", held=not taken)  # an earlier session may have kept it
        self.rearm = self.rearm or taken

    def _due(self, now: float) -> _Due:
        desk = self._desk
        return _Due(self._newest, desk.epoch, now + desk.pace.acknowledge, desk.link.answered)

    def _still(self, due: _Due) -> bool:
        """Return whether +CNMA would still mean the message it is for, and be in time."""
        desk = self._desk
        # What came before routing was direct (class 0) may be acknowledged already: +CNMA would hit the next one.
        this = due.turn == self._newest and due.answered >= desk.direct_since
        return this and due.epoch == desk.epoch and desk.clock() < due.until

    async def _take(self, delivery: Delivery, due: _Due) -> None:
        desk = self._desk
        if desk.proof is not None and desk.proof.withhold(delivery):
            return
        if not await desk.offer(delivery):
            assert desk.assignment is not None, "offered to it"
            desk.kept.keep(delivery, desk.assignment.receiver)
            desk.hold("direct", held=True)
            desk.wake.set()
            return
        if desk.kept:
            desk.wake.set()  # there is room again
        elif desk.held:
            desk.hold("direct", held=False)
        if desk.acknowledging:
            await self._acknowledge(due)

    async def _acknowledge(self, due: _Due) -> None:
        try:
            await self._acknowledge_in_turn(due)
        except ModemTrouble:
            return  # the session sees why on its own

    async def _acknowledge_in_turn(self, due: _Due) -> None:
        desk = self._desk
        async with desk.link.lock:
            for form in tuple(self._forms):
                # Asked anew each time: whoever held the lock may have taken long.
                if not self._still(due):
                    break
                result = (await desk.link.exchange(form)).result
                if self._settled(form, result):
                    return
            else:
                self._count_unexpected()  # no form of it is known to this modem
        self._missed()

    def _settled(self, form: Command, result: Result) -> bool:
        """Return whether ``result`` ends the matter; False where the other form should be tried."""
        self._waiting_since = None
        if result.ok:
            self._unexpected = 0
            if form is not self._forms[0]:
                self._forms.reverse()
            return True
        if (
            result.kind is Kind.CMS and result.number == NOT_EXPECTED
        ):  # never repeat: it would hit the next one
            self._count_unexpected()
            self._missed()
            return True
        return False

    def _count_unexpected(self) -> None:
        self._unexpected += 1
        if self.expected and self._unexpected >= UNEXPECTED_IN_A_ROW:
            self.untrue = True
            self._desk.wake.set()

    def _missed(self) -> None:
        self.rearm = True
        self._desk.wake.set()
