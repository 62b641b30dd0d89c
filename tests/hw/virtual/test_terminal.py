"""Command lines, however they come."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.virtual.terminal import Command, Operation, arguments, commands_of
from tests.support.virtual_modem import Driven


@pytest.mark.parametrize(
    ("body", "commands"),
    [
        ("", ()),
        ("E0", (Command("E", argument="0"),)),
        ("e0v1", (Command("E", argument="0"), Command("V", argument="1"))),
        ("&F;+cmee=1", (Command("&F"), Command("+CMEE", Operation.SET, "1"))),
        ("+CSQ;+CREG?", (Command("+CSQ"), Command("+CREG", Operation.READ))),
        ("E0+CNMI=?", (Command("E", argument="0"), Command("+CNMI", Operation.TEST))),
        ('+CPMS="SM","ME"', (Command("+CPMS", Operation.SET, '"SM","ME"'),)),
        ('+CUSD=1,"*1;2#";+CSQ', (Command("+CUSD", Operation.SET, '1,"*1;2#"'), Command("+CSQ"))),
        ("^ICCID?", (Command("^ICCID", Operation.READ),)),
        ("S3?", (Command("S3", Operation.READ),)),
        ("D+5216561112233;", (Command("D", argument="+5216561112233;"),)),
    ],
)
def test_a_line_is_read_as_its_commands(body: str, commands: tuple[Command, ...]) -> None:
    assert commands_of(body) == commands


@pytest.mark.parametrize("body", ["?", "=1", "+CSQ;)", '+CPMS="SM'])
def test_a_line_that_is_none_is_an_error(body: str) -> None:
    assert Driven().ask("AT" + body) == ["ERROR"]


def test_commas_within_quotes_do_not_separate() -> None:
    assert arguments('"a,b",,3') == ["a,b", "", "3"]


def test_what_comes_before_at_is_ignored_and_a_line_without_at_is_not_answered() -> None:
    modem = Driven()
    assert modem.say(b"\x1b\x1a\r") == b""
    assert modem.say(b"\x1b??AT\r") == b"\r\nOK\r\n"


def test_backspace_edits_and_a_slash_repeats() -> None:
    modem = Driven()
    assert modem.ask("AT+CSX\bQ") == ["+CSQ: 18,99", "OK"]
    assert modem.say(b"A/") == b"\r\n+CSQ: 18,99\r\n\r\nOK\r\n"


def test_echo_is_on_at_first_and_can_be_switched_off() -> None:
    modem = Driven(begin=False)
    assert modem.say(b"AT\r") == b"AT\r\r\nOK\r\n"
    assert modem.say(b"ATE0\r") == b"ATE0\r\r\nOK\r\n"
    assert modem.say(b"AT\r") == b"\r\nOK\r\n"


def test_result_codes_are_numbers_after_v0() -> None:
    modem = Driven()
    assert modem.say(b"ATV0\r") == b"0\r"
    assert modem.say(b"AT+NONE\r") == b"4\r"


def test_the_first_error_ends_a_line_and_earlier_answers_stay() -> None:
    assert Driven().ask("AT+CSQ;+NONE;+CREG?") == ["+CSQ: 18,99", "ERROR"]


def test_an_endless_line_is_thrown_away_and_the_next_is_answered() -> None:
    modem = Driven()
    modem.say(b"x" * 200_000)
    assert modem.ask("AT") == ["OK"]


SESSION = (
    b'AT\rATE0;+CMEE=1\rAT+CPMS="SM","SM","SM"\r'
    b"AT+CMGS=14\r001100049121436500AA05C8329BFD06\x1aAT+CMGL=4\r\x1bAT+NO\r"
)


@given(st.lists(st.integers(0, len(SESSION)), max_size=30))
def test_the_answers_are_the_same_however_the_octets_are_split(cuts: list[int]) -> None:
    whole, pieces = Driven(begin=False), Driven(begin=False)
    places = [0, *sorted(cuts), len(SESSION)]
    said = b"".join(pieces.say(SESSION[a:b]) for a, b in pairwise(places))
    assert said == whole.say(SESSION)


@given(
    st.lists(
        st.binary(max_size=80)
        | st.sampled_from([b"AT", b"\r", b"+CRSM=", b"+CMGS=20\r", b"\x1a", b'"', b";"])
    )
)
def test_whatever_octets_come_the_modem_lives(pieces: list[bytes]) -> None:
    modem = Driven()
    for piece in pieces:
        modem.say(piece)
    modem.say(b"\x1b\r")
    assert modem.modem.on
    assert modem.ask("AT")[-1] in ("OK", "0")
