"""Modem profiles: what is known of makes and models, as data. ``generic`` fits whatever no other does."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Literal

import msgspec


class Quirk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something a model does differently, and how that is known."""

    what: str
    reason: str


class Usb(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """USB interfaces that carry the AT port: by number, or by class, subclass and protocol. Lower-case hex."""

    vendor: str
    product: str = "*"
    interface: str = "*"
    protocol: str = "*"
    """``class/subclass/protocol``."""

    def fits(self, port: UsbInterface) -> bool:
        """Return whether ``port`` is such an interface."""
        return (
            port.vendor == self.vendor
            and fnmatchcase(port.product, self.product)
            and fnmatchcase(port.interface, self.interface)
            and fnmatchcase(port.protocol, self.protocol)
        )


class UsbInterface(msgspec.Struct, frozen=True):
    """One USB interface as sysfs shows it, in lower-case hex: 2c7c, 0125, 02, ff/02/02."""

    vendor: str
    product: str
    interface: str
    protocol: str = ""


class PinCounter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to ask for the PIN attempts that are left."""

    command: str
    pattern: str
    """Regular expression on the answer; its first group is the count."""


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the driver does differently for a make or model."""

    name: str
    makers: tuple[str, ...] = ()
    """Patterns for +CGMI, compared in lower case."""
    models: tuple[str, ...] = ("*",)
    """Patterns for +CGMM, compared in lower case; both must fit."""
    usb: tuple[Usb, ...] = ()
    cnmi_modes: tuple[int, ...] = (2, 1, 3, 0)
    """<mode> of +CNMI, tried in this order: advertised is not supported."""
    cnma: Literal["plain", "zero", "none"] = "plain"
    """The form of +CNMA tried first; "none" where it cannot be used: then direct mode is never used."""
    direct_proof: str | None = None
    """Where it is shown that an unacknowledged message is delivered again; None: not known."""
    memories: tuple[str, ...] = ("SM", "ME")
    """The first that +CPMS takes gets new messages; all are swept."""
    booted: tuple[str, ...] = ()
    """Lines that say "started", besides the engine's own; with a colon at the end: a name."""
    full: tuple[str, ...] = ()
    """Lines that say "memory full", in the same way."""
    iccid: tuple[str, ...] = ("+CCID", "+ICCID", "^ICCID?", "+QCCID")
    """Asked in this order, before EF-ICCID is read by +CRSM."""
    pin_counters: tuple[PinCounter, ...] = ()
    setup: tuple[str, ...] = ()
    """Commands given at the start whose refusal does not matter."""
    clear_calls: tuple[str, ...] = ()
    """The maker's own commands that empty call lists, given first."""
    call_lists: tuple[str, ...] = ("MC", "RC", "DC", "LD")
    """Lists of calls (missed, received, dialled, last dialled) that are emptied entry by entry."""
    hang_up: tuple[str, ...] = ("AT+CHUP", "ATH")
    overwrite: Literal["probe", "never"] = "probe"
    """Whether a SIM record may be overwritten by +CRSM before it is freed."""
    quirks: tuple[Quirk, ...] = ()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    profile: tuple[Profile, ...]


@cache
def profiles() -> tuple[Profile, ...]:
    """Return all profiles, ``generic`` last. Raises msgspec.ValidationError where a file is wrong: our bug."""
    found: list[Profile] = []
    for file in sorted(resources.files(__package__ or __name__).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            found.extend(msgspec.toml.decode(file.read_bytes(), type=_File).profile)
    return tuple(sorted(found, key=lambda profile: profile.name == "generic"))


def for_modem(maker: str | None, model: str | None) -> Profile:
    """Return the profile that fits what +CGMI and +CGMM said."""
    return next(profile for profile in profiles() if _fits(profile, maker or "", model or ""))


def _fits(profile: Profile, maker: str, model: str) -> bool:
    if profile.name == "generic":
        return True
    return _any(profile.makers, maker) and _any(profile.models, model)


def _any(patterns: Iterable[str], text: str) -> bool:
    return any(fnmatchcase(text.lower(), pattern) for pattern in patterns)


def at_interface(port: UsbInterface) -> Profile | None:
    """Return the profile that names ``port`` as an AT port, or None: then only asking helps."""
    return next((profile for profile in profiles() if any(usb.fits(port) for usb in profile.usb)), None)
