"""The configuration: every error names its key; what is taken is what the issue says."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import load, parse
from gateway.faults import ConfigError, Exit

LEAST = 'state_dir = "state"\n[[line]]\nname = "police"\n'
TWO = 'state_dir = "state"\n[[line]]\nname = "a"\n[[line.modem]]\nport = "/dev/x"\n{}\n[[line]]\nname = "b"\n'
MODEM = LEAST + '[[line.modem]]\nport = "/dev/ttyUSB0"\n'

SFTP = LEAST + (
    "[[destination]]\nname = 'd'\ntype = 'sftp'\nhost = 'h'\nuser = 'u'\nkey_file = 'k'\n"
    "host_key = 'ssh-ed25519 A'\npath = 'p'"
)


def test_the_issues_example_is_taken_with_its_defaults(tmp_path: Path) -> None:
    (tmp_path / "pin").write_text("1234")
    config = parse(
        b"""
        state_dir = "/var/lib/tipline"
        outbox_dir = "/var/spool/tipline"
        [batch]
        period = "15m"
        slots = 128
        [[line]]
        name = "police"
        linking = "none"
        [[line.modem]]
        port = "usb:1-1.2:1.2"
        sim = "8952020000000000001"
        mode = "direct"
        pin_file = "pin"
        [[destination]]
        name = "stick"
        type = "directory"
        path = "/media/stick"
        lines = ["police"]
        """,
        base=tmp_path,
    )
    assert (config.batch.period, config.batch.slots) == (900, 128)
    assert config.line[0].modem[0].pin_file == tmp_path / "pin"
    least = parse(LEAST.encode(), base=tmp_path)
    assert (least.batch.period, least.batch.slots, least.line[0].linking) == (3600, 64, "window")
    assert least.line[0].link_window == 3600
    assert least.state_dir == tmp_path / "state"
    assert least.outbox == tmp_path / "state-outbox"
    assert not least.canary.enabled


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "state_dir"),
        ("state_dir = 5\n[[line]]\nname = 'a'", "state_dir"),
        ("state_dir = ''\n[[line]]\nname = 'a'", "state_dir"),
        ("state_dir = 's'", "line"),
        ("state_dir = 's'\nline = []", "line"),
        ("state_dir = 's'\n[[line]]", "line[0].name"),
        (LEAST + "colour = 'red'", "line[0].colour"),
        ("colour = 'red'\n" + LEAST, "colour"),
        (LEAST + "linking = 'always'", "line[0].linking"),
        (LEAST + "link_window = '1 hour'", "line[0].link_window"),
        (LEAST + "link_window = 3600", "line[0].link_window"),
        (LEAST + "[batch]\nperiod = '0s'", "batch.period"),
        (LEAST + "[batch]\nperiod = '-1h'", "batch.period"),
        (LEAST + "[batch]\nperiod = '\u0662h'", "batch.period"),
        (LEAST + "[batch]\nperiod = '2d'", "batch.period"),
        (LEAST + "[batch]\nslots = 1", "batch.slots"),
        (LEAST + "[batch]\nslots = 65537", "batch.slots"),
        (LEAST + "[batch]\nslots = '64'", "batch.slots"),
        (LEAST + "[batch]\nperiods = '1h'", "batch.periods"),
        (LEAST + "[[line]]\nname = 'police'", "line[].name"),
        (LEAST + "[[line]]\nname = '../x'", "line[1].name"),
        (LEAST + "[[line]]\nname = 'x\\n'", "line[1].name"),
        (LEAST + "[[line.modem]]\n", "line[0].modem[0].port"),
        (LEAST + "[[line.modem]]\nport = 'ttyUSB0'", "line[0].modem[0].port"),
        (LEAST + "[[line.modem]]\nport = 'usb:1.2'", "line[0].modem[0].port"),
        (MODEM + "sim = '123'", "line[0].modem[0].sim"),
        (MODEM + "sim = '" + "\u0661" * 19 + "'", "line[0].modem[0].sim"),
        (MODEM + "mode = 'text'", "line[0].modem[0].mode"),
        (MODEM + "pin_file = 'nowhere'", "line[0].modem[0].pin_file"),
        (MODEM + "number = 'Ana'", "line[0].modem[0].number"),
        (MODEM + "number = '+52 656 123'", "line[0].modem[0].number"),
        (MODEM + "pin = '1234'", "line[0].modem[0].pin"),
        (MODEM + "[[line.modem]]\nport = '/dev/ttyUSB0'", "line[].modem[].port"),
        (TWO.format(""), "line[0].modem[0].sim"),
        (LEAST + "[[destination]]\nname = 'd'\ntype = 'ftp'", "destination[0].type"),
        (LEAST + "[[destination]]\nname = 'd'\npath = 'p'", "destination[0].type"),
        (LEAST + "[[destination]]\nname = 'd'\ntype = 'directory'", "destination[0].path"),
        (
            LEAST + "[[destination]]\nname = 'd'\ntype = 'directory'\npath = 'p'\nport = 22",
            "destination[0].port",
        ),
        (
            LEAST + "[[destination]]\nname = 'd'\ntype = 'directory'\npath = 'p'\nlines = ['x']",
            "destination[0].lines",
        ),
        (
            LEAST + 2 * "[[destination]]\nname = 'd'\ntype = 'directory'\npath = 'p'\n",
            "destination[].name",
        ),
        (
            LEAST
            + "[[destination]]\nname = 'd'\ntype = 'sftp'\nhost = 'h'\nuser = 'u'\nkey_file = 'none'\n"
            + "host_key = 'ssh-ed25519 A'\npath = 'p'",
            "destination[0].key_file",
        ),
        (SFTP.replace("'h'", "''"), "destination[0].host"),
        (SFTP.replace("'u'", "''"), "destination[0].user"),
        (SFTP.replace("'p'", "''"), "destination[0].path"),
        (SFTP.replace("'p'", '"p\\u0000"'), "destination[0].path"),
        (
            LEAST + "[[destination]]\nname = 'd'\ntype = 'directory'\npath = 'p'\nlines = []",
            "destination[0].lines",
        ),
        (LEAST + '[[line]]\nname = "x\\n"', "line[1].name"),
        (LEAST + '[[line.modem]]\nport = "/dev/ttyUSB0\\n"', "line[0].modem[0].port"),
        ('state_dir = "s\\u0000"\n[[line]]\nname = "a"', "state_dir"),
        ('outbox_dir = "o\\n"\n' + LEAST, "outbox_dir"),
        ('outbox_dir = "state"\n' + LEAST, "outbox_dir"),
        ('outbox_dir = "state/outbox"\n' + LEAST, "outbox_dir"),
        ('outbox_dir = "x/../state/outbox"\n' + LEAST, "outbox_dir"),
        ('outbox_dir = "."\n' + LEAST, "outbox_dir"),
        ('forward_dir = "state/forward"\n' + LEAST, "forward_dir"),
        ('forward_dir = "state-outbox"\n' + LEAST, "forward_dir"),
        (LEAST + "[canary]\nenabled = 'yes'", "canary.enabled"),
        (LEAST + "[canary]\nevery = '0h'", "canary.every"),
        ("= nonsense", "file"),
        ("\xff", "file"),
    ],
)
def test_what_is_wrong_is_refused_with_the_path_of_its_key(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text.encode("latin-1" if text == "\xff" else "utf-8"), base=tmp_path)
    assert caught.value.key == key
    assert caught.value.code == Exit.CONFIG
    assert str(caught.value).startswith(f"{key}: ")
    assert caught.value.way_out


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load(tmp_path / "none.toml")


def test_a_file_without_an_end_is_not_read_to_its_end() -> None:
    with pytest.raises(ConfigError, match="longer"):
        load(Path("/dev/zero"))


@given(octets=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_the_file_holds_there_is_one_kind_of_error(octets: bytes) -> None:
    for text in (octets, LEAST.encode() + octets):
        try:
            parse(text, base=Path("/nowhere"))
        except ConfigError as error:
            assert error.key


def test_a_value_is_not_repeated_in_the_error(tmp_path: Path) -> None:
    """It may be a telephone number or a PIN put into the wrong place."""
    for line in ("number = '5216561234567x'", "sim = '5216561234567'", "pin_file = 5216561234567"):
        with pytest.raises(ConfigError) as caught:
            parse((MODEM + line).encode(), base=tmp_path)
        assert "5216561234567" not in str(caught.value)
