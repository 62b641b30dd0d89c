"""What check says of key and PIN files that are not there, or in a folder that another user alone may enter."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner

from gateway.check import Finding, check
from gateway.cli import main
from gateway.config import Config, load

NOBODY = 65534
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA" + "I" + "A" * 43
TEXT = f"""
state_dir = "state"
[[line]]
name = "police"
[[line.modem]]
port = "usb:1-1:1.0"
pin_file = "intake/pin"
[[destination]]
name = "hq"
type = "sftp"
host = "h"
user = "u"
path = "p"
key_file = "forward/key"
host_key = "{PUBLIC_KEY}"
"""


@dataclass
class Files:
    """A box whose key and whose PIN lie in folders of their own."""

    folder: Path

    @property
    def key(self) -> Path:
        return self.folder / "forward" / "key"

    @property
    def pin(self) -> Path:
        return self.folder / "intake" / "pin"

    def config(self) -> Config:
        return load(self.folder / "tipline.toml")


@pytest.fixture
def files() -> Iterator[Files]:
    with TemporaryDirectory() as name:
        made = Files(Path(name))
        made.folder.chmod(0o755)
        for path in (made.key, made.pin):
            path.parent.mkdir(mode=0o700)
            path.touch(0o600)
        toml = made.folder / "tipline.toml"
        toml.write_text(TEXT)
        assert CliRunner().invoke(main, ["--config", str(toml), "init"]).exit_code == 0
        yield made


@contextmanager
def somebody_else() -> Iterator[None]:
    """Be a user without rights, within the block."""
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def about(path: Path, findings: list[Finding]) -> list[Finding]:
    return [one for one in findings if str(path) in one.what]


def test_files_that_are_as_they_should_be_are_not_spoken_of(files: Files) -> None:
    found = check(files.config())
    assert not about(files.key, found) + about(files.pin, found)


def test_files_that_went_while_check_looked_are_named_with_a_way_out(files: Files) -> None:
    config = files.config()
    files.key.unlink()
    files.pin.unlink()
    found = check(config)
    (key,), (pin,) = about(files.key, found), about(files.pin, found)
    assert key.what == f"destination hq: {files.key} cannot be looked at: No such file or directory"
    assert str(files.key) in key.way_out
    assert not key.serious, "batches wait on the box"
    assert pin.what == f"the PIN file {files.pin} cannot be looked at: No such file or directory"
    assert pin.way_out
    assert pin.serious, "a SIM that is locked receives nothing"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_a_key_in_a_folder_of_the_forwarders_alone_keeps_nobody_else_from_working(files: Files) -> None:
    """Intake reads the same configuration as another user."""
    state = files.folder / "state"
    for path in (state, *state.rglob("*"), files.pin.parent, files.pin):
        os.chown(path, NOBODY, -1)
    with somebody_else():
        found = check(files.config())
    (key,) = about(files.key, found)
    assert key.what == f"destination hq: {files.key} cannot be looked at: Permission denied"
    assert "as tipline-forward" in key.way_out
    assert not key.serious
    assert any("no key sheet" in one.what for one in found), "the rest was looked at too"
    assert not about(files.pin, found)
