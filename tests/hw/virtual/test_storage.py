"""Records: freed ones keep their octets, listings and their vendors' ways."""

from __future__ import annotations

import pytest

from tests.support.virtual_modem import Driven


def stored(count: int = 1, **settings: object) -> Driven:
    """Return a modem with messages in its SIM."""
    modem = Driven(**settings)
    for number in range(count):
        modem.offer(f"numero {number}")
    modem.heard()
    return modem


def test_a_freed_record_keeps_its_octets_until_they_are_overwritten() -> None:
    modem = stored()
    message = modem.modem.subscriber.messages[0]
    modem.ask("AT+CMGR=1"), modem.ask("AT+CMGD=1")
    assert modem.ask("AT+CMGR=1") == ["+CMS ERROR: 321"]
    record = modem.ask("AT+CRSM=178,28476,1,4,176")[0].split('"')[1]
    assert record.startswith("00") and message.tpdu[1:].hex().upper() in record
    assert message.overwritten is None
    empty = "00" + "FF" * 175
    assert modem.ask(f'AT+CRSM=220,28476,1,4,176,"{empty}"') == ["+CRSM: 144,0", "OK"]
    assert modem.ask("AT+CRSM=178,28476,1,4,176")[0].split('"')[1] == empty
    assert message.overwritten == modem.now


def test_a_new_message_overwrites_what_was_freed() -> None:
    modem = stored()
    first = modem.modem.subscriber.messages[0]
    modem.ask("AT+CMGR=1"), modem.ask("AT+CMGD=1")
    modem.offer("otro")
    modem.heard()
    assert first.overwritten == modem.now


def test_overwriting_a_record_in_use_frees_it() -> None:
    modem = stored()
    modem.ask("AT+CMGR=1")
    modem.ask(f'AT+CRSM=220,28476,1,4,176,"{"00" + "FF" * 175}"')
    message = modem.modem.subscriber.messages[0]
    assert message.deleted == message.overwritten == modem.now
    assert modem.ask("AT+CPMS?")[0].startswith('+CPMS: "SM",0,25')


@pytest.mark.parametrize(("manner", "answer"), [("error", ["ERROR"]), ("refused", ["+CRSM: 105,130", "OK"])])
def test_a_sim_may_refuse_to_be_overwritten(manner: str, answer: list[str]) -> None:
    assert Driven(crsm_update=manner).ask(f'AT+CRSM=220,28476,1,4,176,"{"00" + "FF" * 175}"') == answer


def test_listing_marks_read_and_chooses_by_stat() -> None:
    modem = stored(2)
    assert [line[:10] for line in modem.ask("AT+CMGL=0")[:4:2]] == ["+CMGL: 1,0", "+CMGL: 2,0"]
    assert modem.ask("AT+CMGL=0") == ["OK"]
    assert [line[:10] for line in modem.ask("AT+CMGL=4")[:4:2]] == ["+CMGL: 1,1", "+CMGL: 2,1"]


def test_the_longest_message_fits_a_record() -> None:
    modem = Driven()
    message = modem.offer("x" * 160, sender="+123456789012345")
    modem.heard()
    assert modem.ask("AT+CMGR=1")[1].endswith(message.tpdu[1:].hex().upper())


def test_delete_flags_do_what_they_say() -> None:
    modem = stored(3)
    modem.ask("AT+CMGR=2")
    modem.ask("AT+CMGD=1,1")
    assert modem.modem.memories["SM"].used == 2
    modem.ask("AT+CMGD=1,4")
    assert modem.modem.memories["SM"].used == 0


@pytest.mark.parametrize(
    ("settings", "header"),
    [
        ({}, "+CMGR: 0,,27"),
        ({"alpha": "absent"}, "+CMGR: 0,27"),
        ({"alpha": "quoted"}, '+CMGR: 0,"",27'),
        ({"alpha": "present"}, '+CMGR: 0,"Ana, 1",27'),
        ({"length_counts_smsc": True}, "+CMGR: 0,,36"),
        ({"length_counts_smsc": True, "smsc_style": "empty"}, "+CMGR: 0,,28"),
    ],
)
def test_headers_have_many_forms(settings: dict[str, object], header: str) -> None:
    modem = stored(**settings)
    assert modem.ask("AT+CMGR=1")[0] == header


@pytest.mark.parametrize(("style", "octets"), [("present", 36), ("empty", 28), ("absent", 27)])
def test_the_smsc_may_be_missing(style: str, octets: int) -> None:
    assert len(stored(smsc_style=style).ask("AT+CMGR=1")[1]) == 2 * octets


def test_a_pdu_may_be_filled_up() -> None:
    pdu = stored(padding=175).ask("AT+CMGR=1")[1]
    assert len(pdu) == 350 and pdu.endswith("FF" * 139)


@pytest.mark.parametrize(
    ("style", "answer"), [("error", "+CMS ERROR: 321"), ("ok", "OK"), ("zero", "+CMGR: 0,,0")]
)
def test_an_empty_slot_is_told_in_three_ways(style: str, answer: str) -> None:
    assert Driven(empty_slot=style).ask("AT+CMGR=1")[0] == answer


def test_slots_may_begin_at_0_and_indices_be_wrong() -> None:
    modem = stored(3, first_index=0, wrong_index=True)
    assert modem.ask("AT+CMGR=0")[-1] == "OK"
    modem.ask("AT+CMGD=0")
    assert [line[:8] for line in modem.ask("AT+CMGL=4")[:4:2]] == ["+CMGL: 0", "+CMGL: 1"]
    assert modem.ask("AT+CMGR=2")[-1] == "OK"


def test_indications_may_be_lost_or_without_index() -> None:
    for settings, said in (
        ({"cmti": "lost"}, []),
        ({"cmti": "minus_one"}, ['+CMTI: "SM",-1'] * 3),
        ({"lose_cmti": 2}, ['+CMTI: "SM",1', '+CMTI: "SM",3']),
    ):
        modem = Driven(**settings)
        modem.ask("AT+CNMI=1,1,0,0,0")
        for number in range(3):
            modem.offer(str(number))
        assert modem.heard() == said
