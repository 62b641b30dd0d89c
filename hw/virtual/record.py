"""The record of what the network and the modem saw, as values for JSON. docs/virtual-modem.md lists the keys."""

from __future__ import annotations

from typing import Any

from hw.virtual.modem import Modem
from hw.virtual.network import Message
from hw.virtual.port import Port


def status_of(port: Port) -> dict[str, Any]:
    """Return what the modem is doing now."""
    modem = port.modem
    return {
        "link": str(port.link),
        "plugged": port.plugged,
        "booting": modem.booting,
        "hung": modem.hung,
        "number": modem.settings.number,
        "iccid": modem.settings.iccid,
        "pin": modem.lock.state() if modem.settings.sim else "no SIM",
        "pin_left": modem.lock.pin_left,
        "puk_left": modem.lock.puk_left,
        "registration": modem.settings.registration,
        "csms": modem.session.csms,
        "cnmi": list(modem.session.cnmi),
        "memories": list(modem.session.memories),
        "used": {name: memory.used for name, memory in modem.memories.items()},
        "outstanding": modem.reception.outstanding.id if modem.reception.outstanding else None,
        "prompting": modem.terminal.prompting,
        "restarts": modem.restarts,
        "lost_octets": port.lost_octets,
        **summary(modem),
    }


def summary(modem: Modem) -> dict[str, Any]:
    """Return counts and times of all messages: what a benchmark needs."""
    messages = modem.subscriber.messages
    gone = [message for message in messages if _done_at(message) is not None]
    waits = sorted((_done_at(message) or 0.0) - message.attempts[0] for message in gone)
    return {
        "offered": len(messages),
        "waiting": modem.subscriber.more(),
        "acknowledged": sum(message.acknowledged is not None for message in messages),
        "settled": sum(message.settled for message in messages),
        "first_attempt": min((message.attempts[0] for message in messages if message.attempts), default=None),
        "last_done": max((_done_at(message) or 0.0 for message in gone), default=None),
        "median_s": waits[len(waits) // 2] if waits else None,
        "p99_s": waits[len(waits) * 99 // 100] if waits else None,
    }


def record_of(modem: Modem, since: int = 0) -> dict[str, Any]:
    """Return everything the network saw of messages with an id greater than ``since``."""
    return {
        "messages": [_message(message) for message in modem.subscriber.messages[since:]],
        "violations": modem.violations,
        "events": modem.events,
        "sent": modem.sent,
        "stray_acknowledgements": modem.stray_acknowledgements,
        "commands": dict(modem.counts),
        "calls": [
            {
                "at": call.began,
                "from": call.number,
                "rung": call.rung,
                "ended": call.ended,
                "by": call.ended_by,
            }
            for call in modem.calls.all
        ],
        "missed_calls_listed": len(modem.calls.missed),
    }


def raw_records(modem: Modem, memory: str) -> list[dict[str, Any]]:
    """Return every record of a memory: its status octet and all its octets in hexadecimal."""
    first = modem.settings.first_index
    return [
        {
            "index": place + first,
            "status": slot.status,
            "octets": bytes(slot.octets).hex(),
            "message": slot.message,
        }
        for place, slot in enumerate(modem.memories[memory].slots)
    ]


def _done_at(message: Message) -> float | None:
    """When the driver was done with it: acknowledged, or deleted from its memory."""
    if message.memory is not None:
        return message.deleted
    return message.acknowledged if message.acknowledged_by == "driver" else None


def _message(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "tpdu": message.tpdu.hex(),
        "offered": message.offered,
        "attempts": message.attempts,
        "failures": message.failures,
        "acknowledged": message.acknowledged,
        "acknowledged_by": message.acknowledged_by,
        "memory": message.memory,
        "slot": message.slot,
        "reads": message.reads,
        "deleted": message.deleted,
        "overwritten": message.overwritten,
        "silent": message.silent,
        "settled": message.settled,
    }
