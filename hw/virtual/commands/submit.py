"""What goes into a prompt: +CMGS with an SMS-SUBMIT, +CNMA with an SMS-DELIVER-REPORT. TS 27.005 §3.5.1, §3.4.4."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hw.virtual.answers import Answer, CommandError, Info, Prompt
from hw.virtual.commands.table import Table, need_sim, number
from hw.virtual.terminal import Command, Entered, Operation
from hw.virtual.tpdu import SubmitError, address, deliver, read_submit, smsc_address, time_stamp

if TYPE_CHECKING:
    from hw.virtual.modem import Modem

MAX_TPDU = 164
"""Octets of the longest SMS-SUBMIT. TS 23.040 §9.2.2.2."""


def send(modem: Modem, command: Command) -> Answer:
    """+CMGS=<length>: a prompt."""
    if command.operation is Operation.TEST:
        return []
    need_sim(modem)
    if modem.settings.registration not in (1, 5, 6, 7):
        raise CommandError(cms=331)
    if modem.session.text_mode:
        raise CommandError(cms=303)
    length = number(command.argument)
    if not 1 <= length <= MAX_TPDU:
        raise CommandError(cms=304)
    return Prompt("+CMGS", length)


def submitted(modem: Modem, prompt: Prompt, entry: Entered) -> list[Info]:
    """Return the answer to the entry of +CMGS; the message goes to its subscriber, if there is one."""
    if entry.cancelled:
        return []
    tpdu = _tpdu(entry.octets, prompt.length)
    try:
        submit = read_submit(tpdu)
    except SubmitError as error:
        raise CommandError(cms=304) from error
    modem.references = (modem.references + 1) % 256
    modem.sent.append({"at": modem.now, "to": submit.destination, "tpdu": tpdu.hex()})
    receiver = modem.centre.find(submit.destination)
    if receiver is not None:
        moment = modem.started + timedelta(seconds=modem.now)
        made = deliver(address(modem.settings.number), submit.body, time_stamp(moment))
        receiver.offer(made, smsc_address(modem.settings.smsc), modem.now)
    return [f"+CMGS: {modem.references}"]


def acknowledged(modem: Modem, prompt: Prompt, entry: Entered) -> list[Info]:
    """Return the answer to the entry of +CNMA: an SMS-DELIVER-REPORT, or nothing."""
    if entry.cancelled:
        return []
    if prompt.length:
        try:
            octets = bytes.fromhex(entry.octets.decode("ascii"))
        except (UnicodeDecodeError, ValueError) as error:
            raise CommandError(cms=304) from error
        if len(octets) != prompt.length:
            raise CommandError(cms=304)
    modem.reception.acknowledge(positive=True)
    return []


def _tpdu(octets: bytes, length: int) -> bytes:
    """Return the TPDU behind the SMSC address of a <pdu>. Raises CommandError 304."""
    try:
        pdu = bytes.fromhex(octets.decode("ascii"))
    except (UnicodeDecodeError, ValueError) as error:
        raise CommandError(cms=304) from error
    tpdu = pdu[pdu[0] + 1 :] if pdu else b""
    if len(tpdu) != length:
        raise CommandError(cms=304)
    return tpdu


COMMANDS: Table = {"+CMGS": send}
