"""Our decoder against other people's. They may differ only where a known fault of theirs is listed."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.decoders import (
    FAULTS,
    SMSC,
    Fault,
    Reading,
    Sample,
    gammu_reads,
    gsmmodem_reads,
    smspdudecoder_reads,
    tshark_reads,
)
from wire.alphabets import LOCKING, NONE, SINGLE
from wire.strip import strip_user_data
from wire.text import TextPart, decode_text
from wire.tpdu import find_deliver

READERS = {"gammu": gammu_reads, "smspdudecoder": smspdudecoder_reads, "gsmmodem": gsmmodem_reads}
PLAIN, EXTENDED = (table.replace(NONE, "") for table in (LOCKING[0], SINGLE[0]))
NUMBERS = st.text("0123456789", min_size=1, max_size=15)
CONCATS = st.none() | st.sampled_from([8, 16]).flatmap(
    lambda bits: st.tuples(st.just(bits), st.integers(0, 2**bits - 1), st.integers(2, 255), st.integers(1, 2))
)
SEVEN_BIT = st.builds(
    Sample,
    number=NUMBERS,
    dcs=st.sampled_from([0x00, 0x10, 0x11, 0x13, 0x40, 0x80, 0x94, 0xC0, 0xD8, 0xF0, 0xF1]),
    text=st.text(PLAIN + EXTENDED, max_size=70),
    concat=CONCATS,
)
SIXTEEN_BIT = st.builds(
    Sample, number=NUMBERS, dcs=st.sampled_from([0x08, 0x18, 0xE0]), text=st.text(max_size=30), concat=CONCATS
)
EIGHT_BIT = st.builds(
    Sample,
    number=NUMBERS,
    dcs=st.sampled_from([0x04, 0x14, 0x44, 0xF5]),
    text=st.binary(max_size=120),
    concat=CONCATS,
)


def our_reading(sample: Sample) -> Reading:
    deliver = find_deliver(SMSC + sample.tpdu, len(sample.tpdu))
    stripped = strip_user_data(deliver)
    digits = deliver.oa.digits.hex()
    number = "".join(digits[place + 1] + digits[place] for place in range(0, len(digits), 2))
    text: str | bytes | None = decode_text(
        [TextPart(deliver.dcs, stripped.udl, deliver.udhi, stripped.ud)]
    ).text
    if text is None:
        text = stripped.ud[len(sample.header) :]
    concat = stripped.concat
    parts = (concat.bits, concat.reference, concat.total, concat.part) if concat else None
    return Reading(number[: deliver.oa.length], text, parts)


def differences(ours: Reading, theirs: Reading) -> set[str]:
    if theirs.failed:
        return {"failed"}
    return {name for name in ("number", "text", "concat") if getattr(ours, name) != getattr(theirs, name)}


def excused(decoder: str, sample: Sample) -> set[str]:
    known = [fault.touches for fault in FAULTS if fault.decoder == decoder and fault.applies(sample)]
    return set().union(*known)


@given(SEVEN_BIT | SIXTEEN_BIT | EIGHT_BIT)
@settings(max_examples=300)
@example(Sample("525512345678", 0, ""))
@example(Sample("525512345678", 0, "@" * 8))
@example(Sample("525512345678", 0, "x" * 160))
def test_we_read_what_was_written(sample: Sample) -> None:
    assert our_reading(sample) == Reading(sample.number, sample.text, sample.concat)


@pytest.mark.parametrize("decoder", sorted(READERS))
@given(sample=SEVEN_BIT | SIXTEEN_BIT | EIGHT_BIT)
@settings(max_examples=500, derandomize=True)  # theirs may have faults not met yet
def test_we_differ_only_where_a_fault_is_known(decoder: str, sample: Sample) -> None:
    theirs = READERS[decoder](sample)
    assert differences(our_reading(sample), theirs) <= excused(decoder, sample)


@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS if fault.decoder in READERS], ids=lambda f: f.reason
)
def test_each_known_fault_is_still_there(fault: Fault) -> None:
    assert fault.applies(fault.example)
    theirs = READERS[fault.decoder](fault.example)
    found = differences(our_reading(fault.example), theirs)
    assert found
    assert found <= fault.touches


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed here")
@pytest.mark.skipif(shutil.which("text2pcap") is None, reason="text2pcap is not installed here")
def test_tshark_reads_the_same(tmp_path: Path) -> None:
    chance = random.Random(23040)
    samples = []
    for number in range(200):
        bits = chance.choice([0, 8, 16])
        concat = (bits, chance.randrange(2**bits), chance.randint(2, 9), 1) if bits else None
        printable = [character for character in PLAIN + EXTENDED if character.isprintable()]
        text = "".join(chance.choices(printable, k=chance.randint(1, 60)))
        samples.append(Sample(f"52656{number:07}", 0x00, text, concat))
    for sample, theirs in zip(samples, tshark_reads(samples, tmp_path), strict=True):
        ours = our_reading(sample)
        assert (theirs.number, theirs.text) == (ours.number, ours.text)
        assert (theirs.concat or (0,))[1:] == (ours.concat or (0,))[1:]
