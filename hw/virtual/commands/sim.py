"""The SIM: PIN and PUK, ICCID, IMSI, elementary files. TS 27.007 §8.3, §8.18, §5.6; TS 51.011 §10."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hw.virtual.answers import Answer, CommandError
from hw.virtual.commands.storage import forget, note_given
from hw.virtual.commands.table import Handler, Table, need_sim, number
from hw.virtual.sim import FREE, RECORD_OCTETS
from hw.virtual.terminal import Command, Operation, arguments
from hw.virtual.tpdu import semi_octets

if TYPE_CHECKING:
    from hw.virtual.modem import Modem

EF_ICCID, EF_SMS = 0x2FE2, 0x6F3C
READ_BINARY, READ_RECORD, GET_RESPONSE, UPDATE_RECORD = 176, 178, 192, 220
"""<command> of +CRSM."""
DONE = (144, 0)
NOT_FOUND, OUT_OF_RANGE, NO_ACCESS, SECURITY = (148, 4), (148, 2), (152, 4), (105, 130)
"""<sw1>,<sw2>. TS 51.011 §9.4."""


def pin(modem: Modem, command: Command) -> Answer:
    """+CPIN."""
    if command.operation is Operation.TEST:
        return []
    if not modem.settings.sim:
        raise CommandError(cme=10)
    if command.operation is Operation.READ:
        return [f"+CPIN: {modem.lock.state()}"]
    values = arguments(command.argument)
    state = modem.lock.state()
    if state == "READY":
        raise CommandError(cme=3)
    if state == "SIM PUK":
        return _enter_puk(modem, values)
    if not modem.lock.try_pin(values[0]):
        raise CommandError(cme=12 if modem.lock.state() == "SIM PUK" else 16)
    return _opened(modem)


def _enter_puk(modem: Modem, values: list[str]) -> Answer:
    if len(values) < 2:
        raise CommandError(cme=12)
    if not modem.lock.try_puk(values[0], values[1]):
        raise CommandError(cme=13 if modem.lock.puk_left == 0 else 16)
    return _opened(modem)


def _opened(modem: Modem) -> Answer:
    modem.sim_ready_at = modem.now + modem.settings.sim_busy_ms / 1000
    return []


def attempts(modem: Modem, command: Command) -> Answer:
    """Return the attempts left, in the vendor's form; ERROR where it is another vendor's command."""
    if _counter_names(modem).get(command.name) is None:
        raise CommandError(cme=4)
    need_card(modem)
    lock = modem.lock
    forms = {
        "+CPINR": f"+CPINR: SIM PIN,{lock.pin_left},3",
        "+QPINC": f'+QPINC: "SC",{lock.pin_left},{lock.puk_left}',
        "^CPIN": f"^CPIN: {lock.state()},{lock.pin_left},{lock.puk_left},{lock.pin_left},10,3",
        "+SPIC": f"+SPIC: {lock.pin_left},{lock.puk_left},3,10",
        "^SPIC": f"^SPIC: {lock.pin_left if lock.pin_left else lock.puk_left}",
        "+ZPINPUK": f"+ZPINPUK: {lock.pin_left},{lock.puk_left}",
        "#PCT": f"#PCT: {lock.pin_left if lock.pin_left else lock.puk_left}",
    }
    return [forms[command.name]]


def _counter_names(modem: Modem) -> dict[str, bool]:
    names = {
        "cpinr": "+CPINR", "qpinc": "+QPINC", "cpin": "^CPIN", "spic": "+SPIC", "cspic": "^SPIC",
        "zpinpuk": "+ZPINPUK", "pct": "#PCT", "none": "",
    }  # fmt: skip
    return {names[modem.settings.pin_counter]: True}


def need_card(modem: Modem) -> None:
    """Raise CommandError unless there is a SIM, locked or not."""
    if not modem.settings.sim:
        raise CommandError(cme=10)


def imsi(modem: Modem, _command: Command) -> Answer:
    """+CIMI."""
    need_sim(modem, cms=False)
    return [modem.settings.imsi]


def vendor_command(modem: Modem, name: str) -> Handler | None:
    """Return the handler of a vendor's ICCID command, None where ``name`` is no such command."""
    return iccid if name in modem.settings.iccid_commands.upper().split(",") else None


def iccid(modem: Modem, command: Command) -> Answer:
    """+CCID, +ICCID, +QCCID, ^ICCID?, #CCID, ^SCID, +ZGETICCID, !ICCID? by vendor; readable before the PIN."""
    need_card(modem)
    if command.operation is Operation.TEST:
        return []
    return [f"{command.name}: {modem.settings.iccid}"]


def restricted_access(modem: Modem, command: Command) -> Answer:
    """+CRSM. TS 27.007 §8.18."""
    if modem.settings.crsm == "error":
        raise CommandError(cme=4)
    need_card(modem)
    if command.operation is Operation.TEST:
        return []
    values = arguments(command.argument)
    what, file = number(values[0], cms=False), number(values[1], cms=False) if len(values) > 1 else 0
    sw, data = _access(modem, what, file, values[2:])
    return [f"+CRSM: {sw[0]},{sw[1]}" + (f',"{data}"' if data else "")]


def _access(modem: Modem, what: int, file: int, values: list[str]) -> tuple[tuple[int, int], str]:
    if file == EF_ICCID and what == READ_BINARY:
        return DONE, semi_octets(modem.settings.iccid).hex().upper()
    if file != EF_SMS:
        return NOT_FOUND, ""
    if modem.lock.state() != "READY" or what not in (GET_RESPONSE, READ_RECORD, UPDATE_RECORD):
        return NO_ACCESS, ""
    if what == GET_RESPONSE:
        size = len(modem.memories["SM"].slots) * RECORD_OCTETS
        return DONE, f"0000{size:04X}6F3C0400110055010201{RECORD_OCTETS:02X}"
    return _record(modem, what, values)


def _record(modem: Modem, what: int, values: list[str]) -> tuple[tuple[int, int], str]:
    place = number(values[0], cms=False) - 1 if values else -1
    slots = modem.memories["SM"].slots
    if not 0 <= place < len(slots):
        return OUT_OF_RANGE, ""
    if what == READ_RECORD:
        note_given(modem, slots[place])
        return DONE, bytes(slots[place].octets).hex().upper()
    return _update(modem, place, values[3] if len(values) > 3 else ""), ""


def _update(modem: Modem, place: int, data: str) -> tuple[int, int]:
    if modem.settings.crsm_update == "error":
        raise CommandError(cme=4)
    if modem.settings.crsm_update == "refused":
        return SECURITY
    try:
        record = bytes.fromhex(data)
    except ValueError as error:
        raise CommandError(cme=50) from error
    if len(record) != RECORD_OCTETS:
        raise CommandError(cme=50)
    memory = modem.memories["SM"]
    if record[0] == FREE:
        forget(modem, memory, place)
    held = memory.slots[place].message if record[0] != FREE else None
    memory.write(place, record)
    modem.reception.note_overwritten("SM", place)
    if (message := modem.subscriber.message(held)) is not None:
        message.overwritten = modem.now
        memory.slots[place].message = held  # not freed yet: its +CMGD is still to come
    return DONE


COMMANDS: Table = {
    "+CPIN": pin,
    "+CPINR": attempts,
    "+QPINC": attempts,
    "^CPIN": attempts,
    "+SPIC": attempts,
    "^SPIC": attempts,
    "+ZPINPUK": attempts,
    "#PCT": attempts,
    "+CIMI": imsi,
    "+CRSM": restricted_access,
}
