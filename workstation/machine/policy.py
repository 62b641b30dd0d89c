"""What is done about a finding: ``machine.toml`` in the home. A newcomer's machine has a network, so it warns first."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import msgspec

from workstation.files import write_file
from workstation.machine.findings import Check
from workstation.problems import Damaged

NAME = "machine.toml"


class Level(StrEnum):
    """What is done about a finding."""

    REFUSE = "refuse"
    WARN = "warn"
    IGNORE = "ignore"


class Policy(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """What is done about each."""

    network: Level = Level.WARN
    swap: Level = Level.WARN
    clock: Level = Level.WARN
    age: Level = Level.WARN

    def level(self, check: Check) -> Level:
        """Return what is done about a finding of ``check``; a full disk is always told and never refused."""
        return Level.WARN if check is Check.DISK else Level(getattr(self, check.value))


NAMES = tuple(field.name for field in msgspec.structs.fields(Policy))


def read_policy(home: Path) -> Policy:
    """Return the policy of the home. Raises Damaged, which names what is wrong."""
    try:
        found = tomllib.loads((home / NAME).read_text(encoding="utf-8"))
        return msgspec.convert(found, type=Policy)
    except FileNotFoundError:
        return Policy()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        way_out = f"Levels are {', '.join(Level)}; see: check --set"
        raise Damaged(f"{NAME}: {error}", way_out=way_out) from None


def change_policy(home: Path, changes: Mapping[str, Level]) -> Policy:
    """Return the policy of the home after ``changes``, durably kept."""
    policy = msgspec.structs.replace(read_policy(home), **changes)
    lines = "".join(f'{name} = "{getattr(policy, name)}"\n' for name in NAMES)
    write_file(home / NAME, lines.encode())
    return policy
