"""The AT engine: each trap of the modem side, and the same events however the octets were split."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.at.commands import ACKNOWLEDGE, LIST_ALL, Command, asking, plain, read_message, submit
from hw.at.engine import MAX_LINE, MAX_LINES, Engine
from hw.at.events import (
    Answer,
    Booted,
    Call,
    CallEnded,
    Entry,
    Event,
    Junk,
    MemoryFull,
    Message,
    Notice,
    Pdu,
    Prompt,
    Report,
    SimLost,
    Stored,
)
from hw.at.results import OK, Kind, Result
from hw.contract import MAX_PDU_OCTETS

PDU = b"07914201091414F0040C9125510000001000006230418121808005C8329BFD06"
OTHER = b"07914201091414F0040C91255100000020000062304181218080054F29945B07"
OCTETS = bytes.fromhex(PDU.decode())
LENGTH = len(OCTETS) - 8
HEADER = b"+CMT: ,%d" % LENGTH


def heard(octets: bytes, command: Command | None = None, *, engine: Engine | None = None) -> list[Event]:
    engine = engine or Engine()
    if command is not None:
        engine.begin(command)
    return engine.receive(octets)


def in_pieces(octets: bytes, cuts: Iterable[int], command: Command | None) -> list[Event]:
    engine = Engine()
    if command is not None:
        engine.begin(command)
    events: list[Event] = []
    last = 0
    for cut in [*sorted(cuts), len(octets)]:
        events.extend(engine.receive(octets[last:cut]))
        last = cut
    return events


def test_a_final_result_code_ends_the_outstanding_command() -> None:
    assert heard(b"\r\nOK\r\n", ACKNOWLEDGE) == [Answer(OK)]


@pytest.mark.parametrize("end", [b"\r\n", b"\r\r\n", b"\n", b"\r", b"\r\n\r\n"])
def test_every_line_end_is_the_same(end: bytes) -> None:
    octets = end + b"+CSQ: 20,99" + end + end + b"OK" + end
    assert heard(octets, asking("AT+CSQ")) == [Answer(OK, (b"20,99",))]


def test_nuls_in_front_of_a_line_are_dropped() -> None:
    assert heard(b"\0\0\0\r\n\0\0OK\r\n", ACKNOWLEDGE) == [Answer(OK)]


@pytest.mark.parametrize("echo", [b"", b"AT+CSQ\r", b"AT+CSQ\r\r\n"])
def test_echo_on_or_off_makes_no_difference(echo: bytes) -> None:
    assert heard(echo + b"\r\n+CSQ: 5,0\r\n\r\nOK\r\n", asking("AT+CSQ")) == [Answer(OK, (b"5,0",))]


def test_the_echo_of_a_command_answered_with_a_bare_line_is_no_answer() -> None:
    answer = heard(b"AT+CGSN\r\r\n490154203237518\r\n\r\nOK\r\n", asking("AT+CGSN", bare=True))
    assert answer == [Answer(OK, (b"490154203237518",))]


@pytest.mark.parametrize(
    ("line", "result"),
    [
        (b"ERROR", Result(Kind.ERROR)),
        (b"COMMAND NOT SUPPORT", Result(Kind.NOT_SUPPORTED)),
        (b"+CMS ERROR: 321", Result(Kind.CMS, 321)),
        (b"+CMS ERROR: Invalid memory index", Result(Kind.CMS, 321)),
        (b"+CMS ERROR: SIM busy", Result(Kind.CMS, 314)),
        (b"+CMS ERROR:515", Result(Kind.CMS, 515)),
        (b"+CME ERROR: 10", Result(Kind.CME, 10)),
        (b"+CME ERROR: SIM not inserted", Result(Kind.CME, 10)),
        (b"+CME ERROR: something of this maker", Result(Kind.CME, -1)),
    ],
)
def test_a_final_result_code_is_known_in_numbers_and_in_words(line: bytes, result: Result) -> None:
    assert heard(b"\r\n" + line + b"\r\n", ACKNOWLEDGE) == [Answer(result)]


@pytest.mark.parametrize("line", [b"OK I will pay", b"NOT OK", b"ERRORS", b"OK.", b"ok"])
def test_a_line_that_only_contains_a_result_code_ends_nothing(line: bytes) -> None:
    assert not any(isinstance(event, Answer) for event in heard(b"\r\n" + line + b"\r\n", ACKNOWLEDGE))


@pytest.mark.parametrize("line", [b"NO CARRIER", b"BUSY", b"NO ANSWER", b"NO DIALTONE"])
def test_the_end_of_a_call_ends_no_command_but_a_call(line: bytes) -> None:
    assert heard(line + b"\r\n", LIST_ALL) == [CallEnded()]
    assert heard(line + b"\r\n", Command(b"ATD1;", call=True)) == [Answer(Result(Kind.CALL))]


def test_a_late_final_result_code_ends_nothing() -> None:
    engine = Engine()
    engine.begin(ACKNOWLEDGE)
    engine.abandon()
    assert engine.receive(b"\r\nOK\r\n") == []
    assert engine.late == 1


def test_a_direct_message_is_two_lines() -> None:
    assert heard(b"\r\n" + HEADER + b"\r\n" + PDU + b"\r\n") == [Message(LENGTH, Pdu(OCTETS))]


def test_an_extra_blank_line_between_header_and_pdu_does_not_matter() -> None:
    assert heard(HEADER + b"\r\n\r\n\r\n" + PDU + b"\r\n") == [Message(LENGTH, Pdu(OCTETS))]


def test_an_unsolicited_code_between_header_and_pdu_does_not_matter() -> None:
    octets = HEADER + b'\r\n\r\n+CMTI: "SM",3\r\n^RSSI: 12\r\nRING\r\n' + PDU + b"\r\n"
    assert heard(octets) == [Stored("SM", 3), Notice("^RSSI"), Call(), Message(LENGTH, Pdu(OCTETS))]


def test_a_final_result_code_between_header_and_pdu_ends_the_command_and_loses_nothing() -> None:
    octets = HEADER + b"\r\nOK\r\n" + PDU + b"\r\n"
    assert heard(octets, plain("AT+CMGD=1")) == [Answer(OK), Message(LENGTH, Pdu(OCTETS))]


def test_a_status_report_is_two_lines_and_its_pdu_is_not_kept() -> None:
    assert heard(b"+CDS: 25\r\n\r\n" + PDU + b"\r\n") == [Report()]


def test_a_header_whose_pdu_never_came_gives_way_to_the_next() -> None:
    octets = HEADER + b"\r\n" + HEADER + b"\r\n" + PDU + b"\r\n"
    assert heard(octets) == [Junk(), Message(LENGTH, Pdu(OCTETS))]


@pytest.mark.parametrize(
    ("header", "length"),
    [
        (b"+CMT: ,29", 29),
        (b"+CMT: 29", 29),
        (b'+CMT: "",29', 29),
        (b'+CMT: "Ana, 1 ""x""",29', 29),
        (b'+CMT: "Jos\xe9",29', 29),
        (b"+CMT:,29", 29),
        (b"+CMT: ", None),
        (b"+CMT: x", None),
    ],
)
def test_the_alpha_field_of_a_direct_message_can_be_anything(header: bytes, length: int | None) -> None:
    assert heard(header + b"\r\n" + PDU + b"\r\n") == [Message(length, Pdu(OCTETS))]


def test_a_list_keeps_each_header_with_its_pdu() -> None:
    octets = b"+CMGL: 1,1,,29\r\n" + PDU + b'\r\n+CMGL: 2,0,"A,b",29\r\n' + OTHER + b"\r\n\r\nOK\r\n"
    first, second = Entry(b"1,1,,29", Pdu(OCTETS)), Entry(b'2,0,"A,b",29', Pdu(bytes.fromhex(OTHER.decode())))
    assert heard(octets, LIST_ALL) == [Answer(OK, (), (first, second))]


def test_a_list_survives_unsolicited_codes_everywhere_in_it() -> None:
    noise = b'\r\n+CMTI: "ME",7\r\n'
    octets = (
        noise + b"+CMGL: 1,1,,29\r\n" + noise + PDU + b"\r\n" + noise + b"^BOOT:1,0\r\n+CREG: 1\r\nOK\r\n"
    )
    events = heard(octets, LIST_ALL)
    stored = Stored("ME", 7)
    assert events == [
        stored,
        stored,
        stored,
        Booted(sure=True),
        Notice("+CREG"),
        Answer(OK, (), (Entry(b"1,1,,29", Pdu(OCTETS)),)),
    ]


def test_a_direct_message_in_the_middle_of_a_list_entry_gets_its_own_pdu() -> None:
    octets = b"+CMGL: 1,1,,%d\r\n" % LENGTH + HEADER + b"\r\n" + OTHER + b"\r\n" + PDU + b"\r\nOK\r\n"
    entry = Entry(b"1,1,,%d" % LENGTH, Pdu(OCTETS))
    assert heard(octets, LIST_ALL) == [
        Message(LENGTH, Pdu(bytes.fromhex(OTHER.decode()))),
        Answer(OK, (), (entry,)),
    ]


def test_the_length_decides_whose_pdu_a_line_is_when_one_got_lost() -> None:
    octets = b"+CMGL: 1,1,,%d\r\n+CMT: ,140\r\n" % LENGTH + PDU + b"\r\nOK\r\n"
    assert heard(octets, LIST_ALL) == [Answer(OK, (), (Entry(b"1,1,,%d" % LENGTH, Pdu(OCTETS)),))]


@pytest.mark.parametrize(
    ("octets", "entries"),
    [
        (b"\r\nOK\r\n", ()),
        (b"+CMGR: 0,,0\r\n\r\nOK\r\n", (Entry(b"0,,0"),)),
        (b"+CMGR: 0,,0\r\n\r\n\r\n\r\nOK\r\n", (Entry(b"0,,0"),)),
    ],
)
def test_an_empty_slot_answers_with_no_pdu(octets: bytes, entries: tuple[Entry, ...]) -> None:
    assert heard(octets, read_message(3)) == [Answer(OK, (), entries)]


def test_an_index_of_minus_one_is_no_index() -> None:
    assert heard(b'+CMTI: "SM",-1\r\n') == [Stored("SM", None)]


@pytest.mark.parametrize("rest", [b"", b" ", b' "SM"', b' "\xff\xfe",9', b" 7", b' "SMSM",99999999'])
def test_an_unreadable_indication_is_still_a_reason_to_look(rest: bytes) -> None:
    (event,) = heard(b"+CMTI:" + rest + b"\r\n")
    assert isinstance(event, Stored)


def test_a_prompt_without_line_end_is_seen_at_once() -> None:
    engine = Engine()
    engine.begin(submit(3, b"\x00\x01\x02\x03"))
    assert engine.receive(b"AT+CMGS=3\r\r\n> ") == [Prompt(expected=True)]
    assert engine.payload() == b"00010203\x1a"
    assert engine.receive(b"00010203\x1a\r\n+CMGS: 7\r\n\r\nOK\r\n") == [Answer(OK, (b"7",))]


def test_a_prompt_nobody_asked_for_is_told_apart() -> None:
    assert heard(b"\r\n> ", ACKNOWLEDGE) == [Prompt(expected=False)]
    assert heard(b"\r\n>") == [Prompt(expected=False)]


def test_junk_is_one_event_a_line_without_content() -> None:
    assert heard(b"\xff\xfe\x80abc\r\nhello\r\n") == [Junk(), Junk()]


def test_junk_between_header_and_pdu_is_not_taken_for_the_pdu() -> None:
    assert heard(HEADER + b"\r\n\xff\xfe\x80\x81\r\n" + PDU + b"\r\n") == [
        Junk(),
        Message(LENGTH, Pdu(OCTETS)),
    ]


def test_characters_that_are_not_hexadecimal_become_zero_octets() -> None:
    spoilt = PDU[:10] + b"\xff\x80" + PDU[12:20] + b"zZ" + PDU[22:]
    (event,) = heard(HEADER + b"\r\n" + spoilt + b"\r\n")
    assert isinstance(event, Message)
    assert not event.pdu.intact
    assert event.pdu.octets == OCTETS[:5] + b"\0" + OCTETS[6:10] + b"\0" + OCTETS[11:]


def test_an_odd_character_at_the_end_becomes_a_zero_octet() -> None:
    (event,) = heard(HEADER + b"\r\n" + PDU + b"A\r\n")
    assert isinstance(event, Message)
    assert event.pdu == Pdu(OCTETS + b"\0", intact=False)


def test_padding_with_ff_is_kept_for_whoever_reads_the_pdu() -> None:
    (event,) = heard(HEADER + b"\r\n" + PDU + b"FF" * 100 + b"\r\n")
    assert event == Message(LENGTH, Pdu(OCTETS + b"\xff" * 100))


@pytest.mark.parametrize("extra", [1, 100, 5000])
def test_a_pdu_that_is_too_long_is_cut_and_said_to_be(extra: int) -> None:
    (event,) = heard(HEADER + b"\r\n" + b"00" * (MAX_PDU_OCTETS + extra) + b"\r\n")
    assert event == Message(LENGTH, Pdu(bytes(MAX_PDU_OCTETS), intact=False))


def test_a_line_that_is_too_long_is_junk_and_what_follows_is_read() -> None:
    assert heard(b"x" * (MAX_LINE + 1) + b"OK\r\nOK\r\n", ACKNOWLEDGE) == [Junk(), Answer(OK)]


def test_octets_without_a_line_end_are_not_hoarded() -> None:
    engine = Engine()
    for _ in range(100):
        assert engine.receive(b"x" * 4096) == []
    assert len(engine._tail) <= MAX_LINE + 1
    assert engine.receive(b"\r\n") == [Junk()]


def test_an_answer_without_end_is_not_hoarded() -> None:
    engine = Engine()
    engine.begin(asking("AT+CSQ"))
    events = engine.receive(b"+CSQ: 1,1\r\n" * (MAX_LINES + 10))
    assert events == [Junk()] * 10


@pytest.mark.parametrize("line", [b"RDY", b"^SYSSTART", b"*ATREADY: 1", b"^BOOT:1,0,0,0,77", b"*ATREADY"])
def test_a_reboot_is_heard(line: bytes) -> None:
    assert heard(line + b"\r\n") == [Booted(sure=True)]


def test_cpin_ready_is_an_answer_when_asked_and_perhaps_a_reboot_when_not() -> None:
    assert heard(b"+CPIN: READY\r\nOK\r\n", asking("AT+CPIN?")) == [Answer(OK, (b"READY",))]
    assert heard(b"+CPIN: READY\r\n", LIST_ALL) == [Booted(sure=False)]


@pytest.mark.parametrize("line", [b"+CPIN: SIM PIN", b"+CPIN: NOT INSERTED", b"+CPIN: NOT READY"])
def test_a_sim_that_goes_away_is_heard(line: bytes) -> None:
    assert heard(line + b"\r\n") == [SimLost()]


@pytest.mark.parametrize("line", [b'^SMMEMFULL: "SM"', b"+SMS FULL"])
def test_a_full_memory_is_heard(line: bytes) -> None:
    assert heard(line + b"\r\n") == [MemoryFull()]


def test_a_profile_adds_its_own_words() -> None:
    engine = Engine(booted=["SMS DONE", "%START:"], full=['+QIND: "smsfull","SM"'])
    octets = b'SMS DONE\r\n%START: 1\r\n+QIND: "smsfull","SM"\r\n+QIND: "csq",1\r\n'
    assert engine.receive(octets) == [Booted(sure=True), Booted(sure=True), MemoryFull(), Notice("+QIND")]


@pytest.mark.parametrize("line", [b"RING", b"+CRING: VOICE", b'+CLIP: "+5216561234567",145'])
def test_a_call_is_heard_without_its_number(line: bytes) -> None:
    assert heard(line + b"\r\n") == [Call()]


def test_an_imei_while_a_pdu_is_waited_for_is_neither_the_pdu_nor_an_answer() -> None:
    octets = HEADER + b"\r\n490154203237518\r\nOK\r\n" + PDU + b"\r\n"
    assert heard(octets, asking("AT+CGSN", bare=True)) == [Junk(), Answer(OK), Message(LENGTH, Pdu(OCTETS))]


def test_the_text_of_a_message_in_text_mode_is_no_answer() -> None:
    octets = b'+CMT: "+5216561234567",,"31/11/21,12:00:00-24"\r\nMataron a Juan\r\nAcme\r\nOK\r\n'
    assert heard(octets, asking("AT+CGMM", bare=True)) == [Junk(), Junk(), Answer(OK)]


def test_a_pdu_that_never_comes_is_waited_for_until_the_next_command_is_answered() -> None:
    engine = Engine()
    imei = b"490154203237518\r\nOK\r\n"
    assert heard(HEADER + b"\r\n" + imei, asking("AT+CGSN", bare=True), engine=engine) == [Junk(), Answer(OK)]
    assert heard(imei, asking("AT+CGSN", bare=True), engine=engine) == [Junk(), Junk(), Answer(OK)]
    assert heard(imei, asking("AT+CGSN", bare=True), engine=engine) == [Answer(OK, (b"490154203237518",))]


def test_nothing_that_was_said_is_in_a_repr() -> None:
    octets = b'+CMGL: 1,1,"Ana",29\r\n' + PDU + b"\r\nOK\r\n" + HEADER + b"\r\n" + PDU + b"\r\n+CUSD: Ana\r\n"
    shown = repr(heard(octets, LIST_ALL)) + repr(submit(3, OCTETS)) + repr(plain('AT+CPIN="1234"'))
    for secret in ("Ana", "1234", PDU.decode(), repr(OCTETS)[2:-1]):
        assert secret not in shown


COMMANDS = st.sampled_from(
    [None, LIST_ALL, read_message(1), ACKNOWLEDGE, asking("AT+CGSN", bare=True), submit(2, b"\0\1\2")]
)
PIECES = st.sampled_from(
    [
        b"\r\n",
        b"\r",
        b"\n",
        b"\0",
        b" ",
        b">",
        b"> ",
        b"OK",
        b"ERROR",
        b"RING",
        b"RDY",
        b"AT+CMGL=4",
        b"+CMT: ,29\r\n",
        b"+CDS: 25\r\n",
        b"+CMGL: 1,1,,29\r\n",
        b"+CMGR: 0,,0\r\n",
        b'+CMTI: "SM",-1',
        b"+CMS ERROR: 321",
        b"NO CARRIER",
        b"490154203237518",
        b"x" * 700,
        b" " * 700,
        b"0" * 700,
        b"\xff\xfe",
        b"\x1a",
        PDU,
        PDU[:31],
        b"000102",
    ]
)
TALK = st.lists(PIECES | st.binary(max_size=6), max_size=30).map(b"".join)


@given(octets=TALK, command=COMMANDS, data=st.data())
def test_the_same_events_come_out_however_the_octets_were_split(
    octets: bytes, command: Command | None, data: st.DataObject
) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(octets)), max_size=12))
    whole = in_pieces(octets, [], command)
    assert in_pieces(octets, cuts, command) == whole
    assert in_pieces(octets, range(1, len(octets)), command) == whole


@given(octets=st.binary(max_size=3000), command=COMMANDS)
def test_no_octets_make_the_engine_raise(octets: bytes, command: Command | None) -> None:
    assert isinstance(heard(octets, command), list)
