"""A workstation's home and the boxes whose batches it reads, made of ``wire`` alone: real keys, real seals."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from click.testing import CliRunner, Result
from nacl.bindings import crypto_box_seal
from nacl.signing import SigningKey

from wire.batch import BatchHeader, file_name, write_batch
from wire.hashing import NO_HASH, blake2b_256
from wire.identity import box_id, write_identity
from wire.keysheet import KeySheet, read_keysheet
from wire.manifest import NO_CHAIN, ClockState, Manifest, encode_manifest
from wire.septets import encode_septets, pack_septets
from wire.slip import Flag, Kind, Origin, Slip, encode_slip
from workstation.cli import cli
from workstation.home import Home, Plan, create_home, open_home
from workstation.keys.keyring import Mode
from workstation.keys.passphrase import passphrase_in
from workstation.keys.people import Credential, NewUser, Organisation
from workstation.keys.slots import Cost

CHEAP = Cost(passes=1, memory=8192)
"""The least that libsodium takes: a test is not about guessing."""
NOW = 1_790_000_000
PERIOD = 3600
FIRST = NOW - NOW % PERIOD
PASSPHRASE = "correct horse"
ANALYST = NewUser("analyst", Organisation.POLICE, PASSPHRASE.encode())
OFFICER = NewUser("officer", Organisation.POLICE, b"battery staple")
WATCHER = NewUser("watcher", Organisation.CIVIL, b"purple monkey")
OPENS = (Credential(ANALYST.passphrase),)
"""What opens a home of one person."""


@dataclass
class Station:
    """A home, and its commands."""

    home: Path
    passphrase_file: Path
    more_files: tuple[Path, ...] = ()
    """Of whoever else has to be there."""

    @classmethod
    def make(cls, folder: Path, *, name: str = "police", epochs: int = 3) -> Station:
        """Return a workstation with a new home in ``folder``."""
        file = _passphrase_file(folder, ANALYST, "passphrase")
        home = folder / "home"
        create_home(home, Plan(name=name, users=(ANALYST,), epochs=epochs, cost=CHEAP), now=NOW)
        return cls(home, file)

    @classmethod
    def make_two_person(cls, folder: Path, *, name: str = "police", epochs: int = 3) -> Station:
        """Return a workstation whose home opens with the passphrases of ``OFFICER`` and ``WATCHER`` only."""
        files = tuple(_passphrase_file(folder, user) for user in (OFFICER, WATCHER))
        home = folder / "home"
        plan = Plan(name=name, users=(OFFICER, WATCHER), mode=Mode.TWO, epochs=epochs, cost=CHEAP)
        create_home(home, plan, now=NOW)
        return cls(home, files[0], files[1:])

    @property
    def passphrase_files(self) -> tuple[Path, ...]:
        """The files of those who open it."""
        return (self.passphrase_file, *self.more_files)

    def open(self) -> Home:
        """Return the opened home."""
        return open_home(self.home, [Credential(passphrase_in(file)) for file in self.passphrase_files])

    @property
    def sheet(self) -> KeySheet:
        return read_keysheet((self.home / "keysheet").read_bytes())

    def arguments(self, *words: object) -> list[str]:
        people = [word for file in self.passphrase_files for word in ("--passphrase-file", str(file))]
        return ["--home", str(self.home), *people, *map(str, words)]

    def run(self, *words: object, code: int | None = 0) -> Result:
        """Return what the command did within this process; its exit code has to be ``code``."""
        result = CliRunner().invoke(cli, self.arguments(*words))
        assert code is None or result.exit_code == code, (result.output, result.exception)
        return result

    def start(self, *words: object, prelude: str = "", **options: Any) -> subprocess.Popen[str]:
        """Return the command running as a process of its own; ``prelude`` is run in it before."""
        program = f"{prelude}\nfrom workstation.cli import main\nmain()"
        command = [sys.executable, "-c", program, *self.arguments(*words)]
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
            **options,
        )

    def trust(self, box: Box, folder: Path) -> None:
        path = folder / f"{box.id.hex()}.identity"
        path.write_bytes(write_identity(box.key, NOW).octets)
        self.run("trust", path, "--yes")

    def take(self, *paths: object, code: int | None = 0) -> dict[str, Any]:
        """Return what ``import --json`` says."""
        report: dict[str, Any] = json.loads(self.run("import", *paths, "--json", code=code).stdout)
        return report

    def tips(self) -> list[dict[str, Any]]:
        """Return what ``tips --json`` says."""
        return [json.loads(line) for line in self.run("tips", "--json").stdout.splitlines()]


def _passphrase_file(folder: Path, user: NewUser, name: str = "") -> Path:
    file = folder / (name or user.name)
    file.write_bytes(user.passphrase + b"\n")
    file.chmod(0o600)
    return file


@dataclass
class Box:
    """A box that cuts batches of one chain; everything random comes from ``seed``."""

    sheet: KeySheet
    seed: int = 1
    slots: int = 8
    chain: bytes = b""
    previous: bytes = NO_HASH
    sequence: int = 0
    start: int = 0
    """Cuts that were made before this chain."""
    before: bytes = NO_CHAIN
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.key = SigningKey(Random(self.seed * 7919).randbytes(32))
        self.id = box_id(bytes(self.key.verify_key))
        self.chain = self.chain or self.random.randbytes(16)

    def part(self, **fields: Any) -> Slip:
        """Return a slip of kind sms; what is not given is random, or the usual."""
        values: dict[str, Any] = {
            "kind": Kind.SMS,
            "flags": Flag.COUNTED,
            "origin": Origin.SUBSCRIBER,
            "epoch": 1,
            "line": self.sheet.line,
            "tip": self.random.randbytes(16),
            "message": self.random.randbytes(16),
            "conversation": self.random.randbytes(16),
            "received": FIRST,
            "period": PERIOD,
        }
        return Slip(**{**values, **fields})

    def text(self, text: str, *, udh: bytes = b"", **fields: Any) -> Slip:
        """Return a part with ``text`` in the default alphabet if it fits, else in UCS-2; ``udh`` without length."""
        header = bytes((len(udh),)) + udh if udh else b""
        flags = Flag.COUNTED | (Flag.UDHI if udh else Flag(0))
        try:
            septets = encode_septets(text)
        except ValueError:
            data = header + text.encode("utf-16-be")
            return self.part(**{"flags": flags, "dcs": 8, "udl": len(data), "data": data, **fields})
        fill = -len(header) * 8 % 7
        udl = (len(header) * 8 + fill) // 7 + len(septets)
        data = header + pack_septets(septets, fill=fill)
        return self.part(**{"flags": flags, "dcs": 0, "udl": udl, "data": data, **fields})

    def long_text(self, pieces: Sequence[str], *, reference: int = 5, **fields: Any) -> list[Slip]:
        """Return a message of several parts."""
        shared = {"message": self.random.randbytes(16), "conversation": self.random.randbytes(16), **fields}
        return [
            self.text(piece, udh=bytes((0, 3, reference, len(pieces), number)), **shared)
            for number, piece in enumerate(pieces, start=1)
        ]

    def cover(self, epoch: int = 1) -> Slip:
        return Slip(kind=Kind.COVER, epoch=epoch, line=self.sheet.line, received=FIRST, period=PERIOD)

    def manifest(self, real: int, *, epoch: int = 1, **fields: Any) -> Slip:
        values: dict[str, Any] = {"real": real, "backlog": 0, "lowest_epoch": 1, "clock": ClockState.GOOD}
        values |= {"cut": self.start + self.sequence + 1, "before": self.before}
        values |= {"salt": bytes(32), "software": "test", **fields}
        data = encode_manifest(Manifest(**values))
        return replace(self.cover(epoch), kind=Kind.MANIFEST, data=data)

    def seal(self, slip: Slip, *, epoch: int | None = None) -> bytes:
        number = epoch or slip.epoch
        (key,) = [e.key for e in self.sheet.epochs if e.number == number]
        return crypto_box_seal(encode_slip(slip), key)

    def full_body(self, slips: Sequence[Slip], *, epoch: int = 1, **said: Any) -> bytes:
        """Return a body with ``slips``, a manifest and cover, in random order."""
        sealed = [self.seal(slip) for slip in (*slips, self.manifest(len(slips), epoch=epoch, **said))]
        sealed += [self.seal(self.cover(epoch)) for _ in range(self.slots - len(sealed))]
        self.random.shuffle(sealed)
        return b"".join(sealed)

    def header(self, body: bytes, *, epoch: int = 1, **fields: Any) -> BatchHeader:
        values: dict[str, Any] = {
            "box": self.id,
            "chain": self.chain,
            "line": self.sheet.line,
            "sequence": self.sequence + 1,
            "previous": self.previous,
            "epoch": epoch,
            "slots": len(body) // 304,
            "period": FIRST + self.sequence * PERIOD,
            "commitments": self.random.randbytes(32),
            "body": blake2b_256(body),
        }
        return BatchHeader(**{**values, **fields})

    def cut(
        self, folder: Path, *slips: Slip, body: bytes | None = None, epoch: int = 1, **fields: Any
    ) -> Path:
        """Return the file of the next batch of the chain."""
        number = self.start + int(str(fields.get("sequence", self.sequence + 1)))
        octets = self.full_body(slips, epoch=epoch, cut=number) if body is None else body
        header = self.header(octets, epoch=epoch, **fields)
        text, whole = write_batch(header, octets, self.key)
        self.sequence, self.previous = header.sequence, text.hash
        folder.mkdir(exist_ok=True)
        path = folder / file_name(header)
        path.write_bytes(whole)
        return path

    def fork(self) -> Box:
        """Return the same box at the same point of its chain, which will go another way."""
        other = Box(self.sheet, self.seed, self.slots, self.chain, self.previous, self.sequence)
        other.start, other.before = self.start, self.before
        other.random = Random(self.seed + 1000)
        return other

    def next_chain(self) -> Box:
        """Return the same box, which begins a new chain now."""
        other = self.fork()
        other.random = self.random
        other.chain, other.previous = self.random.randbytes(16), NO_HASH
        other.start, other.sequence = self.start + self.sequence, 0
        other.before = self.chain if self.sequence else self.before
        return other
