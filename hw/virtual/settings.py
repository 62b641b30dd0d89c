"""Every behaviour that can be switched, as one typed table: by --set, by a scripted modem, or while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any


class OptionError(ValueError):
    """Unknown option or unusable value; the message is for whoever typed it."""


def _one_of(default: str, *others: str) -> Any:
    return field(default=default, metadata={"choices": (default, *others)})


CNMI_OFFERED = "(0,1,2,3),(0,1,2,3),(0,2,3),(0,1,2),(0,1)"


@dataclass(slots=True)
class Settings:
    """The behaviours of one virtual modem. Times end in _ms. docs/virtual-modem.md tells each of them."""

    # What it says it is
    manufacturer: str = "Tipline"
    model: str = "Virtual"
    revision: str = "1.0"
    imei: str = "490154203237518"
    number: str = "+5216560000001"
    iccid: str = "8952020000000000016"
    imsi: str = "334020000000001"
    smsc: str = "+5294100001410"
    operator: str = "Telcel"
    iccid_commands: str = "+CCID,+ICCID"
    pin_counter: str = _one_of("cpinr", "qpinc", "cpin", "spic", "cspic", "zpinpuk", "pct", "none")
    # Text on the line
    echo: bool = True
    echo_stays: bool = False
    line_end: str = _one_of("crlf", "crcrlf", "lf")
    nuls: int = 0
    extra_crlf: bool = False
    chatter: str = "^RSSI: 18"
    chatter_ms: int = 0
    interleave: str = _one_of("off", "lines", "header")
    unknown: str = _one_of("error", "not_support")
    registers: bool = True
    # Speed
    baud: int = 0
    chunk: int = 0
    chunk_ms: int = 1
    reply_ms: int = 0
    stall: str = ""
    stall_ms: int = 0
    stall_times: int = 1
    submit_ms: int = 0
    # How messages are shown
    alpha: str = _one_of("empty", "absent", "quoted", "present")
    alpha_text: str = "Ana, 1"
    length_counts_smsc: bool = False
    padding: int = 0
    smsc_style: str = _one_of("present", "empty", "absent")
    first_index: int = 1
    wrong_index: bool = False
    empty_slot: str = _one_of("error", "ok", "zero")
    # Memory
    sm_slots: int = 25
    me_slots: int = 100
    memory: str = _one_of("SM", "ME")
    cmti: str = _one_of("normal", "lost", "minus_one")
    lose_cmti: int = 0
    full_urc: str = ""
    cpms: str = _one_of("ok", "error")
    crsm: str = _one_of("ok", "error")
    crsm_update: str = _one_of("ok", "error", "refused")
    # Routing and acknowledgement
    csms: str = _one_of("ok", "error")
    cnmi_offered: str = CNMI_OFFERED
    cnmi_modes: str = "0123"
    cnmi_mts: str = "0123"
    cnmi_bfrs: str = "01"
    cnmi_ds: str = "012"
    cnma: str = _one_of("ok", "error", "340", "prompt")
    cnma0: str = _one_of("ok", "error", "340", "prompt")
    cnma1: str = _one_of("ok", "error", "340", "prompt")
    self_ack: bool = False
    ack_timeout_ms: int = 15_000
    timeout_resets_cnmi: bool = True
    retry_ms: int = 10_000
    retry_smsc: str = ""
    class0: str = _one_of("cmt", "store")
    type0: str = _one_of("silent", "normal")
    deliver_when: str = _one_of("at_once", "in_answer", "never")
    urc_in_prompt: bool = False
    # SIM, registration, starting
    sim: bool = True
    pin: str = field(default="", repr=False)
    puk: str = field(default="12345678", repr=False)
    pin_left: int = 3
    puk_left: int = 10
    sim_busy_ms: int = 0
    registration: int = 1
    csq: int = 18
    boot_ms: int = 300
    boot_lines: str = "RDY\n+CPIN: READY"
    boot_lines_at_plug: bool = False
    reset_drops: bool = False
    ring_ms: int = 3_000

    def set(self, name: str, value: object) -> None:
        """Set one option from a word (script, command line) or a JSON value. Raises OptionError."""
        if name not in OPTIONS:
            raise OptionError(f"no option {name!r}")
        setattr(self, name, _value(name, value))

    def time_of(self, body: str) -> int:
        """Return the milliseconds a command line takes. What comes meanwhile queues behind it."""
        if self.stall and self.stall_times and body.upper().startswith(self.stall.upper()):
            self.stall_times -= 1
            return self.stall_ms
        return self.reply_ms


_FIELDS = {item.name: item for item in fields(Settings)}
OPTIONS = tuple(_FIELDS)
"""The names of all options."""


START_ONLY = ("number", "pin", "puk", "pin_left", "puk_left", "sm_slots", "me_slots")
"""Options that make the SIM: a running modem refuses to change them."""


def choices(name: str) -> tuple[str, ...]:
    """Return the words an option may have, () where it is free."""
    found: tuple[str, ...] = _FIELDS[name].metadata.get("choices", ())
    return found


def _value(name: str, value: object) -> object:
    kind = str(_FIELDS[name].type)
    if kind == "bool":
        return _boolean(name, value)
    if kind == "int":
        try:
            number = int(str(value))
        except ValueError as error:
            raise OptionError(f"{name} wants a whole number") from error
        if number < 0:
            raise OptionError(f"{name} may not be negative")
        return number
    if (allowed := choices(name)) and str(value) not in allowed:
        raise OptionError(f"{name} is one of: {', '.join(allowed)}")
    return str(value)


def _boolean(name: str, value: object) -> bool:
    words = {
        "yes": True,
        "true": True,
        "on": True,
        "1": True,
        "no": False,
        "false": False,
        "off": False,
        "0": False,
    }
    word = str(value).lower()
    if word not in words:
        raise OptionError(f"{name} is yes or no")
    return words[word]
