"""The virtual modem in tests: driven by hand without I/O, or as a real process on a pseudo-terminal."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from hw.virtual.client import Client
from hw.virtual.compose import Style, compose
from hw.virtual.modem import Modem
from hw.virtual.network import Centre, Message
from hw.virtual.script import Script, read_script, vendor_script
from hw.virtual.tpdu import address, deliver, smsc_address, time_stamp

MODEMS = Path(__file__).parent.parent / "modems"
WHEN = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
SENDER = "+5216561112233"


class Driven:
    """A modem without I/O: its host, its network and its clock are the test's."""

    def __init__(
        self,
        *,
        script: Script | None = None,
        centre: Centre | None = None,
        begin: bool = True,
        **settings: object,
    ) -> None:
        self.script = script or Script()
        for name, value in settings.items():
            self.script.settings.set(name, value)
        self.now = 100.0
        self.modem = Modem(self.script, centre or Centre(), started=WHEN)
        self.modem.power_on(self.now)
        if begin:
            self.ask("ATE0")

    def say(self, octets: bytes) -> bytes:
        """Write octets; return what the modem said."""
        self.modem.receive(octets, self.now)
        return self.modem.take_output()

    def ask(self, command: str) -> list[str]:
        """Return the lines of the answer, empty ones left out."""
        return lines(self.say(command.encode() + b"\r"))

    def heard(self) -> list[str]:
        """Return the lines said since."""
        self.modem.advance(self.now)
        return lines(self.modem.take_output())

    def later(self, seconds: float) -> list[str]:
        """Let time go by, from one thing that is due to the next; return the lines said."""
        until = self.now + seconds
        said = b""
        while (due := max(self.modem.next_time(), self.now)) <= until:
            self.now = due
            self.modem.advance(self.now)
            said += self.modem.take_output()
        self.now = until
        self.modem.advance(self.now)
        return lines(said + self.modem.take_output())

    def offer(
        self, text: str = "Vi algo", *, sender: str = SENDER, dcs: int | None = None, pid: int = 0
    ) -> Message:
        """Hand the network a message of one part."""
        body = compose(text, Style(dcs=dcs, pid=pid))[0]
        tpdu = deliver(address(sender), body, time_stamp(WHEN))
        return self.modem.subscriber.offer(tpdu, smsc_address("+5294100001410"), self.now)

    def direct(self) -> None:
        """Switch direct mode on."""
        assert self.ask("AT+CSMS=1")[-1] == "OK"
        assert self.ask("AT+CNMI=2,2,0,0,1") == ["OK"]


def scripted(name: str) -> Script:
    """Return a scripted modem of tests/modems."""
    return read_script(MODEMS / f"{name}.modem")


def vendor(name: str) -> Script:
    """Return a personality."""
    return vendor_script(name)


def lines(octets: bytes) -> list[str]:
    """Return the lines in octets, empty ones left out."""
    return [line for line in octets.decode("latin-1").replace("\r", "\n").split("\n") if line]


@contextmanager
def running(folder: Path, *arguments: str, modems: int = 1) -> Iterator[Client]:
    """Run ``tipline-modem`` with links folder/modem0 … and folder/control; ends it with SIGTERM."""
    command = [
        sys.executable,
        "-m",
        "hw.virtual.cli",
        "--link",
        f"{folder}/modem{{n}}",
        "--count",
        str(modems),
    ]
    process = subprocess.Popen([*command, "--control", f"{folder}/control", *arguments])
    try:
        with Client(folder / "control", wait=30) as client:
            client.status()
            yield client
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0
