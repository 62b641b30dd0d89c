"""Scripted modems: what a file may say, and what is said about a wrong one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hw.virtual.cli import main
from hw.virtual.control import Control
from hw.virtual.fleet import Fleet
from hw.virtual.script import ScriptError, read_script, unescape
from hw.virtual.settings import OPTIONS, OptionError, Settings, choices
from tests.support.virtual_modem import Driven


def scripted(folder: Path, text: str) -> Driven:
    path = folder / "some.modem"
    path.write_text(text, encoding="utf-8")
    return Driven(script=read_script(path))


def test_options_replies_and_comments_are_read(tmp_path: Path) -> None:
    modem = scripted(
        tmp_path,
        """
        # a comment
        sm_slots = 7
        AT+CSQ -> +CSQ: 99,99\\nOK
        +CGMR => \\xff\\xfe1.0\\r\\nOK\\r\\n
        #CCID -> #CCID: 89\\nOK
        +SILENT ->
        +CNMI=2,* -> ERROR
        +CNMI=2,1* -> OK
        """,
    )
    assert modem.script.settings.sm_slots == 7
    assert modem.ask("AT+CSQ") == ["+CSQ: 99,99", "OK"]
    assert modem.say(b"at+cgmr\r") == b"\xff\xfe1.0\r\nOK\r\n"
    assert modem.ask("AT#CCID") == ["#CCID: 89", "OK"]
    assert modem.ask("AT+SILENT") == []
    assert modem.ask("AT+CNMI=2,2,0,0,0") == ["ERROR"]
    assert modem.ask("AT+CNMI=2,1,0,0,0") == ["OK"]


def test_replies_to_the_same_command_come_in_turn_and_the_last_stays(tmp_path: Path) -> None:
    modem = scripted(tmp_path, "+CSQ -> ERROR\n+CSQ -> +CMS ERROR: 515\n+CSQ -> OK\n")
    assert [modem.ask("AT+CSQ")[0] for _ in range(4)] == ["ERROR", "+CMS ERROR: 515", "OK", "OK"]


def test_a_personality_can_be_laid_under(tmp_path: Path) -> None:
    modem = scripted(tmp_path, "base = huawei\n^CURC=* -> ERROR\nmodel = E173\n")
    assert modem.ask("AT+CGMI;+CGMM") == ["huawei", "E173", "OK"]
    assert modem.ask("AT^CURC=0") == ["ERROR"]


def test_copies_have_their_own_turns_and_settings(tmp_path: Path) -> None:
    path = tmp_path / "some.modem"
    path.write_text("+CSQ -> ERROR\n+CSQ -> OK\n")
    script = read_script(path)
    one, two = Driven(script=script.copy()), Driven(script=script.copy())
    one.script.settings.csq = 1
    assert one.ask("AT+CSQ") == two.ask("AT+CSQ") == ["ERROR"]
    assert two.script.settings.csq == 18


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nonsense", "neither an option"),
        ("no_such = 1", "no option 'no_such'"),
        ("sm_slots = many", "sm_slots wants a whole number"),
        ("sm_slots = -1", "sm_slots may not be negative"),
        ("echo = maybe", "echo is yes or no"),
        ("alpha = some", "alpha is one of: empty, absent, quoted, present"),
        ("base = nobody", "no vendor 'nobody'"),
        ("+CSQ -> \\q", "unknown escape \\q"),
    ],
)
def test_a_wrong_line_is_told_with_file_and_number(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "wrong.modem"
    path.write_text(f"# first\n{line}\n")
    with pytest.raises(ScriptError) as caught:
        read_script(path)
    assert str(caught.value).startswith(f"{path}:2: {reason}")


def test_a_missing_file_and_one_that_is_no_text_are_told(tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(b"\xff\xfe")
    for name in ("none", "bad"):
        with pytest.raises(ScriptError, match="cannot be read"):
            read_script(tmp_path / name)


def test_escapes_become_octets() -> None:
    assert unescape(r"\r\n\t\0\s\e\z\"\\\x41") == '\r\n\t\0 \x1b\x1a"\\A'


def test_every_option_takes_its_own_default_and_each_of_its_words() -> None:
    settings = Settings()
    for name in OPTIONS:
        settings.set(name, getattr(settings, name))
        for word in choices(name):
            settings.set(name, word)
    with pytest.raises(OptionError):
        settings.set("__class__", 1)


def test_what_makes_the_sim_cannot_be_changed_while_it_runs() -> None:
    with pytest.raises(OptionError, match="only be given at the start"):
        Driven().modem.change({"pin": "1"})


def test_every_option_operation_and_command_line_option_is_documented() -> None:
    text = (Path(__file__).parents[3] / "docs" / "virtual-modem.md").read_text(encoding="utf-8")
    operations = asyncio.run(_operations())
    documented = [*OPTIONS, *(option for parameter in main.params for option in parameter.opts), *operations]
    assert [name for name in documented if f"`{name}" not in text] == []


async def _operations() -> list[str]:
    return Control(Fleet([])).operations()
