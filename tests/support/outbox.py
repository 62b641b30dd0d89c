"""Batches as intake leaves them in the outbox: really signed, with random octets for sealed slips."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random

from nacl.signing import SigningKey

from gateway.durable import write_durably
from wire.batch import BatchHeader, file_name, write_batch
from wire.hashing import NO_HASH, blake2b_256
from wire.identity import IDENTITY_FILE, box_id, write_identity
from wire.slip import SEALED_OCTETS

FIRST_PERIOD = 1_790_000_000 - 1_790_000_000 % 3600


@dataclass(kw_only=True)
class Outbox:
    """Writes the batches of one chain of one line; ``octets`` holds what was written, by file name."""

    folder: Path
    line: str = "police"
    seed: int = 1
    slots: int = 2
    period: int = FIRST_PERIOD

    def __post_init__(self) -> None:
        self._random = Random(self.seed)
        self._key = SigningKey(Random(0).randbytes(32))
        self._box = box_id(bytes(self._key.verify_key))
        self._line_id = Random(self.line).randbytes(8)
        self.chain = self._random.randbytes(16)
        self._previous = NO_HASH
        self.sequence = 0
        self.octets: dict[str, bytes] = {}

    def cut(self, count: int = 1) -> list[str]:
        """Write ``count`` further batches into the outbox; return their names."""
        return [self._cut() for _ in range(count)]

    def restored(self, sequence: int, folder: Path) -> Outbox:
        """Return the same chain as a backup knew it when ``sequence`` was the last, with its outbox in ``folder``."""
        other = Outbox(folder=folder, line=self.line, seed=self.seed, slots=self.slots, period=FIRST_PERIOD)
        other.cut(sequence)
        other._random = Random(self.seed + 1000)
        return other

    def _cut(self) -> str:
        self.sequence += 1
        body = self._random.randbytes(self.slots * SEALED_OCTETS)
        header = BatchHeader(
            box=self._box,
            chain=self.chain,
            line=self._line_id,
            sequence=self.sequence,
            previous=self._previous,
            epoch=1,
            slots=self.slots,
            period=self.period,
            commitments=self._random.randbytes(32),
            body=blake2b_256(body),
        )
        text, octets = write_batch(header, body, self._key)
        self._previous = text.hash
        self.period += 3600
        name = file_name(header)
        (self.folder / self.line).mkdir(parents=True, exist_ok=True)
        write_durably(self.folder / self.line / name, octets, mode=0o644)
        identity = self.folder / IDENTITY_FILE
        if not identity.exists():
            write_durably(identity, write_identity(self._key, 0).octets, mode=0o644)
        self.octets[name] = octets
        return name
