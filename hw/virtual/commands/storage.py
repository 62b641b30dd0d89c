"""Stored messages: +CPMS, +CMGL, +CMGR, +CMGD. TS 27.005 §3.2.2, §3.4.2, §3.4.3, §3.5.4."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hw.virtual.answers import Answer, CommandError, Info
from hw.virtual.commands.shown import shown_pdu, with_alpha
from hw.virtual.commands.table import Table, need_sim, number
from hw.virtual.sim import FREE, STAT, STATUS_OF_STAT, UNREAD, Memory, Slot
from hw.virtual.terminal import Command, Operation, arguments

if TYPE_CHECKING:
    from hw.virtual.modem import Modem

ALL = 4
"""<stat> of +CMGL that lists every message."""


def preferred(modem: Modem, command: Command) -> Answer:
    """+CPMS."""
    if modem.settings.cpms == "error":
        raise CommandError(cms=303)
    need_sim(modem)
    if command.operation is Operation.TEST:
        names = ",".join(f'"{name}"' for name in modem.memories)
        return [f"+CPMS: ({names}),({names}),({names})"]
    if command.operation is Operation.SET:
        names_wanted = arguments(command.argument)
        if not 1 <= len(names_wanted) <= 3 or any(name not in modem.memories for name in names_wanted):
            raise CommandError(cms=302)
        modem.session.memories[: len(names_wanted)] = names_wanted
    return ["+CPMS: " + ",".join(_fill(modem, name, command) for name in modem.session.memories)]


def _fill(modem: Modem, name: str, command: Command) -> str:
    memory = modem.memories[name]
    counts = f"{memory.used},{len(memory.slots)}"
    return f'"{name}",{counts}' if command.operation is Operation.READ else counts


def list_messages(modem: Modem, command: Command) -> Answer:
    """+CMGL; listing marks messages read."""
    if command.operation is Operation.TEST:
        return ["+CMGL: (0-4)"]
    need_sim(modem)
    wanted = number(command.argument or "0")
    if wanted > ALL:
        raise CommandError(cms=302)
    memory = modem.memories[modem.session.memories[0]]
    infos: list[Info] = []
    for place, slot in enumerate(memory.slots):
        if slot.status != FREE and wanted in (ALL, STAT.get(slot.status, ALL)):
            index = len(infos) if modem.settings.wrong_index else place + modem.settings.first_index
            pdu, length = _shown(modem, slot)
            stat = STAT.get(slot.status, 0)
            infos.append((f"+CMGL: {index},{stat},{with_alpha(modem.settings, length)}", pdu))
            _given(modem, memory, place)
    return infos


def read_message(modem: Modem, command: Command) -> Answer:
    """+CMGR."""
    if command.operation is Operation.TEST:
        return []
    need_sim(modem)
    memory, place = _place(modem, command.argument)
    slot = memory.slots[place]
    if slot.status == FREE:
        return _empty(modem)
    pdu, length = _shown(modem, slot)
    stat = STAT.get(slot.status, 0)
    _given(modem, memory, place)
    return [(f"+CMGR: {stat},{with_alpha(modem.settings, length)}", pdu)]


def delete_message(modem: Modem, command: Command) -> Answer:
    """+CMGD; any delete flag but 0 is noted as a violation."""
    if command.operation is Operation.TEST:
        return ["+CMGD: (" + ",".join(str(index) for index in _indexes(modem)) + "),(0-4)"]
    need_sim(modem)
    wanted = arguments(command.argument)
    flag = number(wanted[1]) if len(wanted) > 1 else 0
    if flag:
        modem.violation(f"+CMGD with delete flag {flag}")
        _delete_by_flag(modem, flag)
        return []
    memory, place = _place(modem, wanted[0])
    forget(modem, memory, place)
    return []


def forget(modem: Modem, memory: Memory, place: int) -> None:
    """Free a slot, tell the network that there is room, and keep the record."""
    slot = memory.slots[place]
    if slot.status == FREE:
        return
    message = modem.subscriber.message(slot.message)
    if message is not None and message.deleted is None:
        message.deleted = modem.now
        modem.reception.freed_in.setdefault((memory.name, place), []).append(message)
        if not message.reads:
            modem.violation("message deleted unread")
    memory.free(place)
    modem.subscriber.memory_available(modem.now)


def _delete_by_flag(modem: Modem, flag: int) -> None:
    """TS 27.005 §3.5.4 <delflag>: 1 read, 2 and sent, 3 and unsent, 4 all."""
    statuses = {STATUS_OF_STAT[1]}
    statuses |= {STATUS_OF_STAT[3]} if flag >= 2 else set()
    statuses |= {STATUS_OF_STAT[2]} if flag >= 3 else set()
    statuses |= {UNREAD} if flag >= 4 else set()
    memory = modem.memories[modem.session.memories[0]]
    for place, slot in enumerate(memory.slots):
        if slot.status in statuses:
            forget(modem, memory, place)


def _indexes(modem: Modem) -> list[int]:
    memory = modem.memories[modem.session.memories[0]]
    return [
        place + modem.settings.first_index for place, slot in enumerate(memory.slots) if slot.status != FREE
    ]


def _place(modem: Modem, text: str) -> tuple[Memory, int]:
    memory = modem.memories[modem.session.memories[0]]
    place = number(text.strip()) - modem.settings.first_index
    if not 0 <= place < len(memory.slots):
        raise CommandError(cms=321)
    return memory, place


def _empty(modem: Modem) -> Answer:
    if modem.settings.empty_slot == "error":
        raise CommandError(cms=321)
    return ["+CMGR: 0,,0"] if modem.settings.empty_slot == "zero" else []


def _shown(modem: Modem, slot: Slot) -> tuple[str, int]:
    smsc_octets = slot.octets[1] + 1
    pdu = bytes(slot.octets[1 : 1 + slot.pdu_octets])
    return shown_pdu(modem, pdu[:smsc_octets], pdu[smsc_octets:])


def _given(modem: Modem, memory: Memory, place: int) -> None:
    memory.mark_read(place)
    note_given(modem, memory.slots[place])


def note_given(modem: Modem, slot: Slot) -> None:
    """Note that the octets of a slot went to the driver."""
    message = modem.subscriber.message(slot.message)
    if message is not None and message.deleted is None:
        message.reads += 1


COMMANDS: Table = {
    "+CPMS": preferred,
    "+CMGL": list_messages,
    "+CMGR": read_message,
    "+CMGD": delete_message,
}
