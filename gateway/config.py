"""The box's configuration: TOML into typed, frozen values. docs/configuration.md describes every key."""

from __future__ import annotations

import os
import re
import stat
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from gateway.faults import ConfigError

_DURATION = re.compile(r"([0-9]{1,9})(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_USB_PORT = re.compile(r"usb:[0-9]+-[0-9]+(\.[0-9]+)*(:[0-9]+\.[0-9]+(:[0-9]+)?)?")
_FIELD = re.compile(r"Object (contains unknown|missing required) field `(.*)`")
_ICCID = re.compile(r"[0-9]{18,20}")
_NUMBER = re.compile(r"\+?[0-9]{3,15}")
"""ITU-T E.164: 15 digits at the most."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
"""In no name of a file that somebody meant; a NUL cannot even be asked for."""
_LONGEST = 1024 * 1024
"""Octets of the file: 64 modems with every key take 20 kB. `--config /dev/zero` has no end."""


class Duration(int):
    """A time in whole seconds, written like ``"2s"``, ``"15m"``, ``"1h"`` or ``"7d"``."""


class HostKey(str):
    """A pinned host key: the key itself, or the path of a file that holds it."""

    @property
    def literal(self) -> bool:
        """Return whether it is the key itself."""
        return self.startswith(("ssh-", "ecdsa-"))


# \Z, since $ also stands before a line feed at the end.
Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")]
Said = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]+\Z")]
"""What is said to another program: not empty, no control characters."""


class _Table(Struct, frozen=True, forbid_unknown_fields=True):
    """One table of the file."""


class BatchConfig(_Table, frozen=True, kw_only=True):
    """How often a batch is cut, and how many slips each has."""

    period: Duration = Duration(3600)
    slots: Annotated[int, Meta(ge=2, le=65536)] = 64


class ModemConfig(_Table, frozen=True, kw_only=True):
    """A modem by its port, and the SIM that makes it part of the line."""

    port: Said
    sim: str | None = None
    mode: Literal["auto", "direct", "stored"] = "auto"
    pin_file: Path | None = None
    number: str | None = None
    """The SIM's own number; only canaries need it."""
    foreign: Literal["leave", "clear"] = "leave"
    """What becomes of stored entries that are no received messages."""


class LineConfig(_Table, frozen=True, kw_only=True):
    """A purpose with its SIMs."""

    name: Name
    linking: Literal["window", "none"] = "window"
    link_window: Duration = Duration(3600)
    modem: tuple[ModemConfig, ...] = ()


class CanaryConfig(_Table, frozen=True, kw_only=True):
    """Own test messages that prove a line."""

    enabled: bool = False
    every: Duration = Duration(6 * 3600)


class DirectoryDestination(_Table, frozen=True, kw_only=True, tag="directory", tag_field="type"):
    """A stick or a share that is mounted."""

    name: Name
    path: Path
    lines: tuple[str, ...] | None = None


class SftpDestination(_Table, frozen=True, kw_only=True, tag="sftp", tag_field="type"):
    """An SFTP server."""

    name: Name
    host: Said
    user: Said
    key_file: Path
    host_key: HostKey
    path: Said
    port: Annotated[int, Meta(ge=1, le=65535)] = 22
    lines: tuple[str, ...] | None = None


Destination = DirectoryDestination | SftpDestination


class Config(_Table, frozen=True, kw_only=True):
    """The whole file."""

    state_dir: Path
    outbox_dir: Path | None = None
    forward_dir: Path | None = None
    keep: Duration = Duration(365 * 86400)
    """How long batches that were sent are kept."""
    batch: BatchConfig = BatchConfig()
    line: Annotated[tuple[LineConfig, ...], Meta(min_length=1)]
    destination: tuple[Destination, ...] = ()
    canary: CanaryConfig = CanaryConfig()

    @property
    def outbox(self) -> Path:
        """Where finished batches are handed to the forwarder."""
        return self.outbox_dir or self.state_dir.with_name(self.state_dir.name + "-outbox")

    @property
    def forward(self) -> Path:
        """The forwarder's own folder: its progress and its requests to intake."""
        return self.forward_dir or self.state_dir.with_name(self.state_dir.name + "-forward")

    def line_named(self, name: str) -> LineConfig | None:
        """Return the line called ``name``, None without one."""
        return next((line for line in self.line if line.name == name), None)


def load(path: Path) -> Config:
    """Return the configuration in the file at ``path``, relative paths taken from its folder.

    Raises ConfigError: the operator's to mend; it names the key.
    """
    try:
        with path.open("rb") as file:
            octets = file.read(_LONGEST + 1)
    except OSError as error:
        raise ConfigError(str(path), f"cannot be read: {error.strerror}") from error
    if len(octets) > _LONGEST:
        raise ConfigError("file", "longer than any configuration")
    return parse(octets, base=path.resolve().parent)


def parse(octets: bytes, *, base: Path) -> Config:
    """Return the configuration in ``octets``; relative paths are taken from ``base``. Raises ConfigError."""
    try:
        config = msgspec.toml.decode(
            octets, type=Config, dec_hook=lambda kind, value: _decode(kind, value, base)
        )
    except msgspec.ValidationError as error:
        raise _named(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError("file", f"not TOML: {error}") from error
    _check(config)
    return config


def _named(message: str) -> ConfigError:
    """Return the error with the path of the key, as far as msgspec tells it, in front."""
    text, _, where = message.partition(" - at `$")
    key = where.rstrip("`").replace("[...]", "[]").lstrip(".")
    field = _FIELD.fullmatch(text)
    if field is None:
        return ConfigError(key or "file", text)
    path = f"{key}.{field[2]}".lstrip(".")
    return ConfigError(path, "there is no such key" if field[1] == "contains unknown" else "it is missing")


def _decode(kind: type, value: Any, base: Path) -> Any:
    if kind is Duration:
        return _duration(value)
    if kind is HostKey and isinstance(value, str):
        return HostKey(value if HostKey(value).literal else base / value)
    if issubclass(kind, Path) and isinstance(value, str):
        if not value:
            raise ValueError("an empty path")
        if _CONTROL.search(value):
            raise ValueError("a path with control characters")
        return base / value
    raise TypeError("expected a string")


def _duration(value: object) -> Duration:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match[1]) == 0:
        raise ValueError('expected a time like "2s", "15m", "1h" or "7d"')
    return Duration(int(match[1]) * _SECONDS[match[2]])


def _check(config: Config) -> None:
    if config.batch.period > 86400:
        raise ConfigError("batch.period", "more than a day: a slip may not wait that long")
    _check_folders(config)
    _check_unique("line[].name", [line.name for line in config.line])
    _check_unique("destination[].name", [destination.name for destination in config.destination])
    for at, line in enumerate(config.line):
        for number, modem in enumerate(line.modem):
            _check_modem(f"line[{at}].modem[{number}]", modem, several=len(config.line) > 1)
    modems = [modem for line in config.line for modem in line.modem]
    _check_unique("line[].modem[].sim", [modem.sim for modem in modems if modem.sim])
    _check_unique("line[].modem[].port", [modem.port for modem in modems if modem.port != "auto"])
    for at, destination in enumerate(config.destination):
        _check_destination(f"destination[{at}]", destination, config)


def _check_folders(config: Config) -> None:
    """Refuse folders that are one, or lie in each other: what may be read by one process only would be by both."""
    folders = {
        key: Path(os.path.normpath(path))
        for key, path in (
            ("state_dir", config.state_dir),
            ("outbox_dir", config.outbox),
            ("forward_dir", config.forward),
        )
    }
    for (one, first), (other, second) in combinations(folders.items(), 2):
        if first.is_relative_to(second) or second.is_relative_to(first):
            raise ConfigError(
                other, f"it is, holds or lies in {one}: each of the three has a place of its own"
            )


def _check_unique(key: str, values: list[str]) -> None:
    for value in values:
        if values.count(value) > 1:
            raise ConfigError(key, f'"{value}" stands there twice')


def _check_modem(key: str, modem: ModemConfig, *, several: bool) -> None:
    port = modem.port
    if port != "auto" and not port.startswith("/") and not _USB_PORT.fullmatch(port):
        raise ConfigError(f"{key}.port", 'not a path, "usb:1-1.2:1.2" or "auto"')
    if port.startswith("/dev/serial/by-id/"):
        raise ConfigError(f"{key}.port", 'two equal sticks share a name in by-id: use "usb:…" or by-path')
    if modem.sim is None and several:
        raise ConfigError(f"{key}.sim", "missing: with more than one line each modem needs its SIM's ICCID")
    if modem.sim is not None and not _ICCID.fullmatch(modem.sim):
        raise ConfigError(f"{key}.sim", "not an ICCID of 18 to 20 digits")
    if modem.number is not None and not _NUMBER.fullmatch(modem.number):
        raise ConfigError(f"{key}.number", 'not a telephone number like "+526561234567"')
    if modem.pin_file is not None:
        _check_file(f"{key}.pin_file", modem.pin_file)


def _check_destination(key: str, destination: Destination, config: Config) -> None:
    if destination.lines == ():
        raise ConfigError(f"{key}.lines", "names no line: leave the key out for all lines")
    for name in destination.lines or ():
        if config.line_named(name) is None:
            raise ConfigError(f"{key}.lines", f'there is no line "{name}"')
    if isinstance(destination, SftpDestination):
        _check_file(f"{key}.key_file", destination.key_file)
        if not destination.host_key.literal:
            _check_file(f"{key}.host_key", Path(destination.host_key))


def _check_file(key: str, path: Path) -> None:
    try:
        is_file = stat.S_ISREG(path.stat().st_mode)
    except PermissionError:  # in a folder of the box's other user, who alone needs it; `check` names it
        return
    except (OSError, ValueError):
        is_file = False
    if not is_file:
        raise ConfigError(key, f"there is no file {path}")
