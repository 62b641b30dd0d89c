"""What real modems do to those who read them: each behaviour of the table."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.virtual_modem import MODEMS, Driven, lines, scripted, vendor


@pytest.mark.parametrize(
    ("style", "said"),
    [("crlf", b"\r\nOK\r\n"), ("crcrlf", b"\r\r\nOK\r\r\n"), ("lf", b"\nOK\n")],
)
def test_lines_end_in_three_ways(style: str, said: bytes) -> None:
    assert Driven(line_end=style).say(b"AT\r") == said


def test_nuls_may_lead() -> None:
    assert Driven(nuls=2).say(b"AT\r") == b"\0\0\r\nOK\r\n"


def test_echo_may_stay() -> None:
    assert Driven(echo_stays=True).say(b"AT\r") == b"AT\r\r\nOK\r\n"


def test_chatter_comes_between_header_and_pdu() -> None:
    modem = Driven(interleave="header", extra_crlf=True)
    modem.offer()
    modem.heard()
    said = modem.say(b"AT+CMGL=4\r").split(b"\r\n")
    assert said[1].startswith(b"+CMGL: 1")
    assert said[3] == b"^RSSI: 18"
    assert said[4] == b"" and said[5].startswith(b"08912549")


def test_chatter_comes_between_lines_and_by_itself() -> None:
    assert Driven(interleave="lines").ask("AT+CSQ") == ["^RSSI: 18", "+CSQ: 18,99", "OK"]
    assert Driven(chatter_ms=1000).later(3.5) == ["^RSSI: 18"] * 3


def test_a_message_may_come_in_the_middle_of_a_listing() -> None:
    modem = Driven(deliver_when="in_answer")
    modem.ask("AT+CPMS?")
    modem.modem.change({"deliver_when": "at_once"})
    modem.offer("uno"), modem.offer("dos")
    modem.heard()
    modem.modem.change({"deliver_when": "in_answer"})
    modem.direct()
    modem.offer("tres")
    assert modem.heard() == []
    said = [line[:6] for line in modem.ask("AT+CMGL=4")]
    assert [word for word in said if word.startswith("+")] == ["+CMGL:", "+CMT: ", "+CMGL:"]
    assert modem.modem.reception.outstanding is not None


@pytest.mark.parametrize("how", ["silent", "chatter"])
def test_a_hung_modem_answers_nothing_but_may_chatter(how: str) -> None:
    modem = Driven()
    modem.modem.hang(modem.now, how)
    assert modem.ask("AT") == []
    assert modem.later(2.5) == (["^RSSI: 18"] * 2 if how == "chatter" else [])
    modem.modem.resume(modem.now)
    assert modem.ask("AT") == ["OK"]


def test_a_modem_stuck_in_a_prompt_is_freed_by_escape_only() -> None:
    modem = Driven()
    modem.modem.stick_in_prompt(modem.now)
    assert modem.modem.take_output() == b"\r\n> "
    assert modem.say(b"AT\r") == b"\r\n> "
    assert modem.say(b"\x1b") == b"\r\nOK\r\n"
    assert modem.ask("AT") == ["OK"]


def test_codes_wait_for_the_end_of_a_prompt_unless_told_otherwise() -> None:
    for early in (False, True):
        modem = Driven(urc_in_prompt=early)
        modem.direct()
        modem.say(b"AT+CMGS=19\r")
        modem.offer()
        assert bool(modem.heard()) is early
        assert any(line.startswith("+CMT") for line in lines(modem.say(b"\x1b"))) is not early


def test_answers_may_take_their_time_and_codes_wait_behind_them() -> None:
    modem = Driven(begin=False, reply_ms=500)
    assert modem.ask("AT") == ["AT"]
    modem.modem.say("^RSSI: 3")
    assert modem.later(0.4) == []
    assert modem.later(0.2) == ["OK", "^RSSI: 3"]


def test_one_command_may_stall_and_what_is_asked_meanwhile_is_answered_in_its_turn() -> None:
    modem = Driven(stall="+CMGD", stall_ms=2000, stall_times=1)
    assert modem.ask("AT+CMGD=1") == []
    assert modem.ask("AT+CSQ") == []
    assert modem.later(1.9) == []
    assert modem.later(0.2) == ["OK", "+CSQ: 18,99", "OK"]
    assert modem.ask("AT+CMGD=1") == ["OK"]


def test_registers_are_kept_or_not_known() -> None:
    modem = Driven()
    assert modem.ask("ATS8=23") == ["OK"]
    assert modem.ask("ATS8?") == ["023", "OK"]
    assert Driven(registers=False).ask("ATS8?") == ["ERROR"]


def test_the_network_may_take_its_time_to_send() -> None:
    modem = Driven(submit_ms=2000)
    modem.say(b"AT+CMGS=19\r")
    assert modem.say(b"0001000D91256165000000F2000005C8329BFD06\x1a") == b""
    assert modem.later(2.1) == ["+CMGS: 1", "OK"]


def test_routing_may_be_advertised_and_refused() -> None:
    modem = Driven(cnmi_modes="01", cnmi_mts="01", cnmi_bfrs="1")
    assert modem.ask("AT+CNMI=?")[0].startswith("+CNMI: (0,1,2,3),(0,1,2,3)")
    refused = ["+CMS ERROR: 302"]
    assert modem.ask("AT+CNMI=2,1,0,0,1") == refused
    assert modem.ask("AT+CNMI=1,2,0,0,1") == refused
    assert modem.ask("AT+CNMI=1,1,0,0,0") == refused
    assert modem.ask("AT+CNMI=1,1,0,0,1") == ["OK"]
    assert modem.ask("AT+CNMI?")[0] == "+CNMI: 1,1,0,0,1"


def test_services_may_be_refused() -> None:
    modem = Driven(csms="error", cpms="error", crsm="error")
    assert modem.ask("AT+CSMS=1") == ["+CMS ERROR: 303"]
    assert modem.ask('AT+CPMS="SM"') == ["+CMS ERROR: 303"]
    assert modem.ask("AT+CRSM=176,12258,0,0,10") == ["ERROR"]


@pytest.mark.parametrize("path", sorted(MODEMS.glob("*.modem")), ids=lambda path: path.stem)
def test_every_scripted_modem_of_the_tests_answers(path: Path) -> None:
    modem = Driven(script=scripted(path.stem))
    modem.say(b"AT\r")
    modem.later(0.1)
    assert [line for line in modem.ask("AT") + modem.later(0.1) if line in ("OK", "AT")][-1] == "OK"


@pytest.mark.parametrize(
    ("name", "iccid", "first", "cnma1"),
    [
        ("cinterion", "^SCID", 1, "prompt"),
        ("generic", "+CCID", 1, "prompt"),
        ("huawei", "^ICCID?", 0, "error"),
        ("quectel", "+QCCID", 0, "prompt"),
        ("sierra", "!ICCID?", 0, "error"),
        ("simcom", "+CICCID", 0, "prompt"),
        ("telit", "#CCID", 1, "prompt"),
        ("zte", "+ZGETICCID", 1, "error"),
    ],
)
def test_each_personality_is_itself(name: str, iccid: str, first: int, cnma1: str) -> None:
    modem = Driven(script=vendor(name))
    assert modem.ask("AT" + iccid)[-1] == "OK"
    assert modem.ask(f"AT+CMGD={first}") == ["OK"]
    assert modem.ask("AT+CNMI=1,2,0,0,1") == ["OK"]
    mode_2 = modem.ask("AT+CNMI=2,2,0,0,1")
    assert mode_2 == (["OK"] if name in ("cinterion", "generic", "telit") else ["+CMS ERROR: 302"])
    said = modem.say(b"AT+CNMA=1,2\r")
    assert (said == b"\r\n> ") is (cnma1 == "prompt")


def test_simcom_prompts_for_every_acknowledgement() -> None:
    modem = Driven(script=vendor("simcom"))
    assert modem.say(b"AT+CNMA\r") == b"\r\n> "
