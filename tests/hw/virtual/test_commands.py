"""The commands one by one."""

from __future__ import annotations

import pytest

from hw.virtual.calls import Call
from tests.support.virtual_modem import Driven


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("AT+CGMI", ["Tipline", "OK"]),
        ("AT+CGMM", ["Virtual", "OK"]),
        ("AT+CGMR", ["1.0", "OK"]),
        ("AT+CGSN", ["490154203237518", "OK"]),
        ("AT+CMEE?", ["+CMEE: 0", "OK"]),
        ("AT+CPIN?", ["+CPIN: READY", "OK"]),
        ("AT+CPINR", ["+CPINR: SIM PIN,3,3", "OK"]),
        ("AT+CCID", ["+CCID: 8952020000000000016", "OK"]),
        ("AT+CIMI", ["334020000000001", "OK"]),
        ("AT+CSQ", ["+CSQ: 18,99", "OK"]),
        ("AT+CREG?", ["+CREG: 0,1", "OK"]),
        ("AT+CEREG?", ["+CEREG: 0,1", "OK"]),
        ("AT+COPS?", ['+COPS: 0,0,"Telcel",7', "OK"]),
        ("AT+CSCA?", ['+CSCA: "+5294100001410",145', "OK"]),
        ("AT+CMGF?", ["+CMGF: 0", "OK"]),
        ("AT+CSMS?", ["+CSMS: 0,1,1,1", "OK"]),
        ("AT+CNMI?", ["+CNMI: 0,0,0,0,0", "OK"]),
        ("AT+CNMI=?", ["+CNMI: (0,1,2,3),(0,1,2,3),(0,2,3),(0,1,2),(0,1)", "OK"]),
        ("AT+CPMS?", ['+CPMS: "SM",0,25,"SM",0,25,"SM",0,25', "OK"]),
        ("AT+CPMS=?", ['+CPMS: ("SM","ME"),("SM","ME"),("SM","ME")', "OK"]),
        ('AT+CPMS="ME","ME","ME"', ["+CPMS: 0,100,0,100,0,100", "OK"]),
        ('AT+CPMS="BM"', ["+CMS ERROR: 302"]),
        ("AT+CMGL=4", ["OK"]),
        ("AT+CMGL=5", ["+CMS ERROR: 302"]),
        ("AT+CMGR=1", ["+CMS ERROR: 321"]),
        ("AT+CMGR=26", ["+CMS ERROR: 321"]),
        ("AT+CMGD=1", ["OK"]),
        ("AT+CMGD=0", ["+CMS ERROR: 321"]),
        ("AT+CMGD=x", ["+CMS ERROR: 302"]),
        ("AT+CNMA", ["+CMS ERROR: 340"]),
        ("AT+CMGS=300", ["+CMS ERROR: 304"]),
        ("AT+CRSM=176,12258,0,0,10", ['+CRSM: 144,0,"982520000000000010F6"', "OK"]),
        ("AT+CRSM=192,28476", ['+CRSM: 144,0,"000011306F3C0400110055010201B0"', "OK"]),
        ("AT+CRSM=178,28476,26,4,176", ["+CRSM: 148,2", "OK"]),
        ("AT+CRSM=176,1,0,0,10", ["+CRSM: 148,4", "OK"]),
        ("ATH", ["OK"]),
        ("AT+CHUP", ["OK"]),
        ("AT+CLIP=0", ["OK"]),
        ('AT+CPBS="MC"', ["OK"]),
        ("AT+CUSD=0", ["OK"]),
        ("AT^NOSUCH", ["ERROR"]),
    ],
)
def test_a_command_is_answered(command: str, answer: list[str]) -> None:
    assert Driven().ask(command) == answer


def test_errors_are_words_or_numbers_as_asked() -> None:
    modem = Driven(sim=False)
    assert modem.ask("AT+CPIN?") == ["ERROR"]
    assert modem.ask("AT+CMEE=1") == ["OK"]
    assert modem.ask("AT+CPIN?") == ["+CME ERROR: 10"]
    assert modem.ask("AT+CMGL=4") == ["+CMS ERROR: 310"]
    assert modem.ask("AT+CMEE=2") == ["OK"]
    assert modem.ask("AT+CPIN?") == ["+CME ERROR: SIM not inserted"]
    assert modem.ask("AT+CMGL=4") == ["+CMS ERROR: SIM not inserted"]


def test_an_unknown_command_may_end_with_the_vendors_words() -> None:
    assert Driven(unknown="not_support").ask("AT+NONE") == ["COMMAND NOT SUPPORT"]


@pytest.mark.parametrize(
    ("command", "violation"),
    [
        ("AT+CMGF=1", "text mode (+CMGF=1)"),
        ("AT+CMGD=1,4", "+CMGD with delete flag 4"),
        ("AT+CLIP=1", "+CLIP=1"),
        ("ATA", "call answered"),
        ("ATD+5216561112233;", "number dialled"),
    ],
)
def test_what_a_tip_line_may_never_do_is_noted(command: str, violation: str) -> None:
    modem = Driven()
    modem.ask(command)
    assert [item["what"] for item in modem.modem.violations] == [violation]


def test_a_correct_driver_has_no_violations() -> None:
    modem = Driven()
    modem.offer()
    for command in ("AT+CMGF=0", "AT+CMGL=4", "AT+CMGD=1", "AT+CMGD=1,0", "AT+CLIP=0", "ATH"):
        modem.ask(command)
    assert modem.modem.violations == []


def test_a_message_deleted_unread_is_noted() -> None:
    modem = Driven()
    modem.offer()
    modem.heard()
    modem.ask("AT+CMGD=1")
    assert [item["what"] for item in modem.modem.violations] == ["message deleted unread"]


def test_a_change_of_registration_is_told_where_it_was_asked_for() -> None:
    modem = Driven()
    modem.ask("AT+CREG=1")
    modem.modem.change({"registration": 2})
    assert modem.heard() == ["+CREG: 2"]
    assert modem.ask("AT+CREG?;+CGREG?") == ["+CREG: 1,2", "+CGREG: 0,2", "OK"]


@pytest.mark.parametrize(
    ("counter", "command", "answer"),
    [
        ("cpinr", "+CPINR", "+CPINR: SIM PIN,2,3"),
        ("qpinc", '+QPINC="SC"', '+QPINC: "SC",2,10'),
        ("cpin", "^CPIN?", "^CPIN: SIM PIN,2,10,2,10,3"),
        ("spic", "+SPIC", "+SPIC: 2,10,3,10"),
        ("cspic", "^SPIC", "^SPIC: 2"),
        ("zpinpuk", "+ZPINPUK=?", "+ZPINPUK: 2,10"),
        ("pct", "#PCT", "#PCT: 2"),
    ],
)
def test_each_vendor_tells_the_attempts_left_in_its_own_way(counter: str, command: str, answer: str) -> None:
    modem = Driven(pin="1234", pin_counter=counter)
    assert modem.ask("AT+CPIN=0000") == ["ERROR"]
    assert modem.ask("AT" + command) == [answer, "OK"]
    assert Driven(pin_counter="none").ask("AT" + command) == ["ERROR"]


def test_the_pin_opens_the_sim_and_the_attempts_are_counted() -> None:
    modem = Driven(pin="1234", sim_busy_ms=500)
    modem.ask("AT+CMEE=1")
    assert modem.ask("AT+CPIN?") == ["+CPIN: SIM PIN", "OK"]
    assert modem.ask("AT+CMGL=4") == ["+CMS ERROR: 311"]
    assert modem.ask("AT+CCID")[-1] == "OK"
    assert modem.ask('AT+CPIN="9999"') == ["+CME ERROR: 16"]
    assert modem.ask('AT+CPIN="1234"') == ["OK"]
    assert modem.ask("AT+CMGL=4") == ["+CMS ERROR: 314"]
    modem.later(0.6)
    assert modem.ask("AT+CMGL=4") == ["OK"]
    assert modem.modem.lock.pin_left == 3


def test_three_wrong_pins_ask_for_the_puk_and_it_gives_a_new_pin() -> None:
    modem = Driven(pin="1234", puk="11112222")
    modem.ask("AT+CMEE=1")
    assert [modem.ask("AT+CPIN=0000")[-1] for _ in range(3)] == [
        "+CME ERROR: 16",
        "+CME ERROR: 16",
        "+CME ERROR: 12",
    ]
    assert modem.ask("AT+CPIN?") == ["+CPIN: SIM PUK", "OK"]
    assert modem.ask("AT+CMGL=4") == ["+CMS ERROR: 316"]
    assert modem.ask("AT+CPIN=1234") == ["+CME ERROR: 12"]
    assert modem.ask("AT+CPIN=00000000,4321") == ["+CME ERROR: 16"]
    assert modem.modem.lock.puk_left == 9
    assert modem.ask("AT+CPIN=11112222,4321") == ["OK"]
    assert modem.ask("AT+CPIN?") == ["+CPIN: READY", "OK"]


def test_a_reset_forgets_the_session_and_says_so() -> None:
    modem = Driven(boot_ms=500, pin="1234")
    modem.ask("AT+CPIN=1234")
    modem.direct()
    assert modem.ask("AT+CFUN=1,1") == ["OK"]
    assert modem.later(0.1) == []
    assert modem.say(b"AT\r") == b""
    assert modem.later(1) == ["RDY", "+CPIN: READY"]
    assert modem.ask("ATE0;+CNMI?;+CSMS?;+CPIN?") == ["ATE0;+CNMI?;+CSMS?;+CPIN?", "+CNMI: 0,0,0,0,0",
                                                     "+CSMS: 0,1,1,1", "+CPIN: SIM PIN", "OK"]  # fmt: skip
    assert modem.modem.restarts == 1


def test_a_call_rings_until_it_is_hung_up_and_the_list_of_missed_calls_can_be_cleared() -> None:
    modem = Driven()
    modem.modem.ring(Call("+5216560009999", modem.now, 4))
    assert modem.later(3.5) == ["RING", "RING"]
    assert modem.ask("ATH") == ["OK"]
    assert modem.later(30) == []
    assert modem.modem.calls.all[0].ended_by == "driver"
    assert modem.ask('AT+CPBS="MC";+CPBR=1,20')[-2:] == ['+CPBR: 1,"+5216560009999",145,""', "OK"]
    assert modem.ask("AT+CPBW=1;+CPBR=1,20") == ["OK"]


def test_a_caller_gives_up() -> None:
    modem = Driven()
    modem.ask("AT+CLIP=1")
    modem.modem.ring(Call("+5216560009999", modem.now, 2))
    assert modem.later(20) == ["RING", '+CLIP: "+5216560009999",145'] * 2 + ["NO CARRIER"]
    assert modem.modem.calls.all[0].ended_by == "caller"
