"""The network's side: delivery, acknowledgement, time-out, re-delivery, storage."""

from __future__ import annotations

import pytest

from hw.virtual.network import Centre
from hw.virtual.tpdu import MMS, smsc_address
from tests.support.virtual_modem import Driven

SMSC = 9
"""Octets of the SMSC address in front of each PDU."""


def shown(modem: Driven) -> str:
    """Return the PDU of the one +CMT said now."""
    header, pdu = modem.heard()
    assert header == f"+CMT: ,{len(pdu) // 2 - SMSC}"
    return pdu


def test_one_message_is_outstanding_and_the_next_comes_after_its_acknowledgement() -> None:
    modem = Driven()
    modem.direct()
    first, second = modem.offer("uno"), modem.offer("dos")
    assert shown(modem).endswith(first.tpdu.hex().upper()[2:])
    assert modem.heard() == []
    modem.now += 1
    answer = modem.ask("AT+CNMA")
    assert answer[0] == "OK"
    assert answer[2].endswith(second.tpdu.hex().upper()[2:])
    assert (first.acknowledged, first.acknowledged_by, first.settled) == (modem.now, "driver", True)
    assert second.acknowledged is None


def test_more_messages_to_send_tells_whether_others_wait() -> None:
    modem = Driven()
    modem.direct()
    modem.offer(), modem.offer()
    assert not bytes.fromhex(shown(modem))[SMSC] & MMS
    assert bytes.fromhex(modem.ask("AT+CNMA")[-1])[SMSC] & MMS


def test_without_acknowledgement_mt_and_ds_become_0_and_the_message_comes_again_with_another_mms() -> None:
    modem = Driven(retry_smsc="+5294100009999")
    modem.ask("AT+CSMS=1")
    modem.ask("AT+CNMI=2,2,0,1,1")
    message = modem.offer()
    once = bytes.fromhex(shown(modem))
    modem.later(14.9)
    assert modem.ask("AT+CNMI?")[0] == "+CNMI: 2,2,0,1,1"
    modem.later(0.2)
    assert modem.ask("AT+CNMI?")[0] == "+CNMI: 2,0,0,0,1"
    assert message.failures == ["no acknowledgement"]
    modem.ask("AT+CNMI=2,2,0,0,1")
    assert modem.later(9.5) == []
    again = bytes.fromhex(modem.later(1)[1])
    assert again[SMSC] == once[SMSC] ^ MMS
    assert again[SMSC + 1 :] == once[SMSC + 1 :]
    assert again[:SMSC] == smsc_address("+5294100009999") != once[:SMSC]
    assert len(message.attempts) == 2
    assert modem.ask("AT+CNMA") == ["OK"]
    assert message.acknowledged_by == "driver"


def test_a_late_acknowledgement_is_refused_and_counted() -> None:
    modem = Driven(ack_timeout_ms=300)
    modem.direct()
    message = modem.offer()
    modem.heard()
    modem.later(0.4)
    assert modem.ask("AT+CNMA") == ["+CMS ERROR: 340"]
    assert message.acknowledged is None
    assert modem.modem.stray_acknowledgements == 1


def test_after_a_missed_acknowledgement_the_message_is_stored() -> None:
    modem = Driven(ack_timeout_ms=300, retry_ms=200)
    modem.direct()
    message = modem.offer()
    modem.heard()
    modem.later(1)
    assert (message.memory, message.slot, message.acknowledged_by) == ("SM", 0, "modem")


@pytest.mark.parametrize("command", ["AT+CNMA", "AT+CNMA=0", "AT+CNMA=1"])
def test_each_form_of_acknowledgement_does(command: str) -> None:
    modem = Driven()
    modem.direct()
    message = modem.offer()
    modem.heard()
    assert modem.ask(command) == ["OK"]
    assert message.acknowledged_by == "driver"


def test_an_acknowledgement_with_a_pdu_has_a_prompt() -> None:
    modem = Driven()
    modem.direct()
    message = modem.offer()
    modem.heard()
    assert modem.say(b"AT+CNMA=1,3\r") == b"\r\n> "
    assert message.acknowledged is None
    assert modem.say(b"000000\x1a") == b"\r\nOK\r\n"
    assert message.acknowledged_by == "driver"


def test_a_refusal_brings_the_message_again() -> None:
    modem = Driven(retry_ms=1000)
    modem.direct()
    message = modem.offer()
    modem.heard()
    assert modem.ask("AT+CNMA=2") == ["OK"]
    assert message.acknowledged is None
    assert modem.later(1.1)[0].startswith("+CMT")


@pytest.mark.parametrize(("manner", "answer"), [("error", "ERROR"), ("340", "+CMS ERROR: 340")])
def test_a_modem_without_cnma_acknowledges_nothing(manner: str, answer: str) -> None:
    modem = Driven(cnma=manner)
    modem.direct()
    message = modem.offer()
    modem.heard()
    assert modem.ask("AT+CNMA") == [answer]
    assert message.acknowledged is None


def test_a_modem_that_prompts_for_every_cnma_is_left_by_escape() -> None:
    modem = Driven(cnma="prompt")
    modem.direct()
    message = modem.offer()
    modem.heard()
    assert modem.say(b"AT+CNMA\r") == b"\r\n> "
    assert modem.say(b"\x1b") == b"\r\nOK\r\n"
    assert message.acknowledged is None


def test_a_lying_modem_acknowledges_before_anybody_asked() -> None:
    modem = Driven(self_ack=True)
    modem.direct()
    message = modem.offer()
    assert modem.heard()[0].startswith("+CMT")
    assert message.acknowledged_by == "modem"
    modem.later(60)
    assert len(message.attempts) == 1


def test_with_csms_0_the_modem_acknowledges_by_itself() -> None:
    modem = Driven()
    modem.ask("AT+CNMI=2,2,0,0,1")
    message = modem.offer()
    assert modem.heard()[0].startswith("+CMT")
    assert message.acknowledged_by == "modem"


@pytest.mark.parametrize("mt", [0, 1])
def test_stored_messages_are_told_with_mt_1_only(mt: int) -> None:
    modem = Driven()
    modem.ask(f"AT+CNMI=2,{mt},0,0,0")
    message = modem.offer()
    assert modem.heard() == (['+CMTI: "SM",1'] if mt else [])
    assert (message.memory, message.acknowledged_by, message.settled) == ("SM", "modem", False)
    modem.ask("AT+CMGR=1")
    modem.ask("AT+CMGD=1")
    assert message.settled
    assert message.reads == 1


def test_messages_go_to_the_third_memory() -> None:
    modem = Driven()
    modem.ask('AT+CPMS="SM","SM","ME"')
    modem.ask("AT+CNMI=2,1,0,0,0")
    modem.offer()
    assert modem.heard() == ['+CMTI: "ME",1']
    assert modem.ask("AT+CMGR=1") == ["+CMS ERROR: 321"]


@pytest.mark.parametrize(
    ("dcs", "pid", "mt", "way"),
    [
        (0x00, 0, 2, "direct"),
        (0x10, 0, 2, "direct"),
        (0x11, 0, 2, "direct"),
        (0xF1, 0, 2, "direct"),
        (0xF3, 0, 3, "direct"),
        (0xF1, 0, 3, "SM"),
        (0x12, 0, 2, "SM"),
        (0xF2, 0, 2, "SM"),
        (0xD8, 0, 2, "SM"),
        (0xE8, 0, 2, "SM"),
        (0xC8, 0, 2, "direct"),
        (0x10, 0, 1, "direct"),
        (0xF0, 0, 1, "direct"),
        (0x10, 0, 0, "SM"),
        (0x00, 0, 1, "SM"),
        (0x00, 0x40, 2, "silent"),
        (0x00, 0x40, 1, "silent"),
    ],
)
def test_class_and_waiting_indication_decide_the_way(dcs: int, pid: int, mt: int, way: str) -> None:
    modem = Driven()
    modem.ask('AT+CPMS="SM","SM","SM"')
    modem.ask(f"AT+CNMI=2,{mt},0,0,0")
    message = modem.offer(dcs=dcs, pid=pid)
    said = modem.heard()
    assert [line[:4] for line in said[:1]] == (["+CMT"] if way == "direct" or (way == "SM" and mt) else [])
    found = "silent" if message.silent else message.memory or "direct"
    assert found == way


def test_a_class_0_message_in_stored_mode_is_lost_if_not_read_at_once() -> None:
    modem = Driven()
    modem.ask("AT+CSMS=1;+CNMI=2,1,0,0,0")
    message = modem.offer(dcs=0x10)
    assert modem.heard()[0].startswith("+CMT:")
    assert message.acknowledged_by == "modem"


def test_a_full_memory_keeps_the_network_waiting_until_a_record_is_freed() -> None:
    modem = Driven(sm_slots=2, full_urc='^SMMEMFULL: "{memory}"', retry_ms=600_000)
    modem.ask("AT+CNMI=2,1,0,0,0")
    messages = [modem.offer(f"n {number}") for number in range(4)]
    assert modem.heard() == ['+CMTI: "SM",1', '+CMTI: "SM",2', '^SMMEMFULL: "SM"']
    assert [message.memory for message in messages] == ["SM", "SM", None, None]
    modem.ask("AT+CMGR=1")
    assert modem.ask("AT+CMGD=1") == ["OK", '+CMTI: "SM",1', '^SMMEMFULL: "SM"']
    assert messages[2].failures == ["memory full"]
    modem.ask("AT+CMGR=2"), modem.ask("AT+CMGD=2")
    assert [message.slot for message in messages] == [0, 1, 0, 1]


def test_a_full_memory_is_tried_again_in_time_too() -> None:
    modem = Driven(sm_slots=1, me_slots=10, retry_ms=1000)
    modem.ask("AT+CNMI=2,1,0,0,0")
    modem.offer(), modem.offer()
    modem.heard()
    modem.ask('AT+CPMS="SM","SM","ME"')
    assert modem.later(1.1) == ['+CMTI: "ME",1']


def test_nothing_reaches_a_modem_that_is_not_registered_locked_hung_or_off() -> None:
    modem = Driven(registration=2)
    modem.direct()
    message = modem.offer()
    assert modem.heard() == []
    modem.modem.change({"registration": 5})
    modem.modem.hang(modem.now, "silent")
    assert modem.heard() == []
    assert message.attempts == []
    modem.modem.resume(modem.now)
    assert modem.heard()[0].startswith("+CMT")


@pytest.mark.parametrize("how", ["reset", "unplugged"])
def test_a_modem_that_goes_away_has_not_acknowledged(how: str) -> None:
    modem = Driven(retry_ms=1000)
    modem.direct()
    message = modem.offer()
    modem.heard()
    if how == "reset":
        modem.modem.reset(modem.now)
    else:
        modem.modem.power_off(modem.now, how)
        modem.modem.power_on(modem.now)
    assert message.failures == [how]
    modem.later(2)
    assert len(message.attempts) == 2
    assert message.memory == "SM"


def test_a_message_sent_to_the_own_number_arrives() -> None:
    modem = Driven()
    modem.ask("AT+CNMI=2,1,0,0,0")
    pdu = "0011000D91256165000000F10000AA05C8329BFD06"
    assert modem.say(b"AT+CMGS=20\r") == b"\r\n> "
    said = modem.say(pdu.encode() + b"\x1a")
    assert said == b'\r\n+CMGS: 1\r\n\r\nOK\r\n\r\n+CMTI: "SM",1\r\n'
    assert modem.modem.sent[0]["to"] == "+5216560000001"[:0] + "+5216560000001".replace(
        "+52165600000", "+52165600000"
    )
    assert "C8329BFD06" in modem.ask("AT+CMGR=1")[1]


def test_a_message_sent_to_another_modem_of_the_centre_arrives_there_from_its_number() -> None:
    centre = Centre()
    one = Driven(centre=centre, number="+5216560000001")
    two = Driven(centre=centre, number="+5216560000002")
    one.say(b"AT+CMGS=19\r")
    assert lines_end(one.say(b"0001000D91256165000000F2000005C8329BFD06\x1a")) == "OK"
    two.heard()
    assert "0D91256165000000F1" in two.ask("AT+CMGR=1")[1]


def lines_end(octets: bytes) -> str:
    return octets.decode().split("\r\n")[-2]


@pytest.mark.parametrize("entry", [b"00\x1a", b"zz\x1a", b"\x1a", b"000400\x1a"])
def test_a_submit_that_cannot_be_read_is_refused(entry: bytes) -> None:
    modem = Driven()
    modem.say(b"AT+CMGS=2\r")
    assert b"+CMS ERROR: 304" in modem.say(entry)
    assert modem.modem.sent == []


def test_escape_leaves_the_prompt_and_nothing_is_sent() -> None:
    modem = Driven()
    modem.say(b"AT+CMGS=19\r")
    assert modem.say(b"0011\x1b") == b"\r\nOK\r\n"
    assert modem.modem.sent == []
