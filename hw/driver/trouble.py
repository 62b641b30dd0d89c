"""What can go wrong with a modem, sorted by what helps. No trouble carries anything a modem said but numbers."""

from __future__ import annotations

from hw.at.commands import AT, Command
from hw.at.results import Result


class ModemTrouble(Exception):
    """Something the recovery ladder deals with."""


class LinkLost(ModemTrouble):
    """The port is gone: wait for it, open it again."""


class NoAnswer(ModemTrouble):
    """A command was not answered in time."""

    def __init__(self, command: Command) -> None:
        # Which one is not said: a log line about +CNMA would date a message.
        super().__init__("no answer to AT" if command is AT else "no answer to a command")
        self.command = command


class StrayPrompt(NoAnswer):
    """A command was answered with a prompt for a PDU it does not have."""


class Restarted(ModemTrouble):
    """The modem started anew, or its SIM changed: everything must be set again."""


class Started(Restarted):
    """The modem said so itself."""


class Stuck(ModemTrouble):
    """Nothing was asked and answered for far too long, whatever the reason: begin from the port again."""


class Refused(ModemTrouble):
    """The modem refused what the driver cannot do without."""

    def __init__(self, command: Command, result: Result) -> None:
        number = "" if result.number is None else f" {result.number}"
        super().__init__(f"{command.label} refused: {result.kind.name}{number}")
        self.result = result


class SimTrouble(ModemTrouble):
    """The SIM is missing, locked or broken: start from the SIM again."""


class DirectUntrue(ModemTrouble):
    """The modem acknowledges by itself, or cannot acknowledge: it must not be used in direct mode."""


class SendFailed(Exception):
    """A message was not sent. ``number`` is that of +CMS ERROR."""

    def __init__(self, reason: str, number: int | None = None) -> None:
        super().__init__(reason)
        self.number = number
