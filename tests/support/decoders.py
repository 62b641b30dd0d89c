"""Other people's decoders behind one face, and what is known to be wrong with them."""

from __future__ import annotations

import io
import json
import logging
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import gammu
from gsmmodem.exceptions import EncodingError
from gsmmodem.pdu import decodeSmsPdu
from smspdudecoder.fields import SMSDeliver

from tests.support.tpdus import semi_octets, smsc_address
from wire.septets import encode_septets, fill_bits, pack_septets, unpack_septets

SMSC = smsc_address("52551234567")
SENDER = "525512345678"


@dataclass(frozen=True)
class Sample:
    """A message and what it says; ``concat`` is bits, reference, total, part."""

    number: str
    dcs: int
    text: str | bytes
    concat: tuple[int, int, int, int] | None = None

    @property
    def header(self) -> bytes:
        if self.concat is None:
            return b""
        bits, reference, total, part = self.concat
        data = reference.to_bytes(bits // 8, "big") + bytes((total, part))
        return bytes((len(data) + 2, 0x00 if bits == 8 else 0x08, len(data))) + data

    @property
    def septets(self) -> bytes:
        return encode_septets(self.text) if isinstance(self.text, str) and not self.is_16_bit else b""

    @property
    def is_16_bit(self) -> bool:
        return self.dcs in (0x08, 0x18, 0x48, 0xE0)

    @property
    def tpdu(self) -> bytes:
        header = self.header
        if isinstance(self.text, bytes):
            ud = header + self.text
            udl = len(ud)
        elif self.is_16_bit:
            ud = header + self.text.encode("utf-16-be")
            udl = len(ud)
        else:
            fill = fill_bits(len(header))
            ud = header + pack_septets(self.septets, fill=fill)
            udl = (len(header) * 8 + fill) // 7 + len(self.septets)
        address = bytes((len(self.number), 0x91)) + semi_octets(self.number)
        first = 0x44 if header else 0x04
        return (
            bytes((first,))
            + address
            + bytes((0, self.dcs))
            + semi_octets("26112112345600")
            + bytes((udl,))
            + ud
        )


@dataclass(frozen=True)
class Reading:
    """What a decoder made of a sample. ``failed`` names the exception's class where it gave up."""

    number: str | None = None
    text: str | bytes | None = None
    concat: tuple[int, int, int, int] | None = None
    failed: str | None = None


logging.getLogger("smspdudecoder").setLevel(logging.ERROR)  # it warns of what it then reads well


def gammu_reads(sample: Sample) -> Reading:
    try:
        found = gammu.DecodePDU(SMSC + sample.tpdu)
    except (gammu.GSMError, UnicodeError) as error:
        return Reading(failed=type(error).__name__)
    header = found["UDH"]
    concat = None
    if header["AllParts"] > 0:
        bits, reference = (8, header["ID8bit"]) if header["ID8bit"] >= 0 else (16, header["ID16bit"])
        concat = (bits, reference, header["AllParts"], header["PartNumber"])
    return Reading(found["Number"].lstrip("+"), found["Text"], concat)


def smspdudecoder_reads(sample: Sample) -> Reading:
    try:
        found = SMSDeliver.decode(io.StringIO((SMSC + sample.tpdu).hex().upper()))
    except (ValueError, KeyError, IndexError) as error:
        return Reading(failed=type(error).__name__)
    data = found["user_data"]
    concat = None
    for element in (data["header"] or {}).get("elements", []):
        said = element["data"]
        bits = 8 if element["iei"] == 0 else 16
        concat = (bits, said["reference"], said["parts_count"], said["part_number"])
    return Reading(found["sender"]["number"], data["data"], concat)


def gsmmodem_reads(sample: Sample) -> Reading:
    try:
        found = decodeSmsPdu((SMSC + sample.tpdu).hex().upper())
    except (EncodingError, StopIteration, ValueError, IndexError) as error:
        return Reading(failed=type(error).__name__)
    concat = None
    for element in found.get("udh", []):
        bits = 8 if element.id == 0 else 16
        concat = (bits, element.reference, element.parts, element.number)
    text = found["text"]
    if isinstance(sample.text, bytes):  # it gives 8-bit data as a string of octets
        text = text.encode("latin-1", "replace")
    return Reading(found["number"].lstrip("+"), text, concat)


def tshark_reads(samples: list[Sample], folder: Path) -> list[Reading]:
    """Return what tshark makes of all samples, in one run. It shows no 8-bit data."""
    dump = folder / "samples.txt"
    dump.write_text("".join(f"0000 {sample.tpdu.hex(' ')}\n\n" for sample in samples))
    capture = folder / "samples.pcap"
    tshark = shutil.which("tshark") or "tshark"
    text2pcap = shutil.which("text2pcap") or "text2pcap"
    subprocess.run([text2pcap, "-q", "-l", "147", dump, capture], check=True, capture_output=True)
    table = 'uat:user_dlts:"User 0 (DLT=147)","gsm_sms","0","","0",""'
    fields = ["sms_text", "tp-oa", "udh.mm.msg_id", "udh.mm.msg_parts", "udh.mm.msg_part"]
    asked = [word for field in fields for word in ("-e", f"gsm_sms.{field}")]
    options = ["-o", table, "-o", "gsm_sms.reassemble:FALSE", "-T", "json", *asked]
    done = subprocess.run([tshark, "-r", capture, *options], check=True, capture_output=True, text=True)
    return [_tshark_reading(packet["_source"]["layers"]) for packet in json.loads(done.stdout)]


def _tshark_reading(layers: dict[str, list[str]]) -> Reading:
    concat = None
    if "gsm_sms.udh.mm.msg_id" in layers:
        reference = layers["gsm_sms.udh.mm.msg_id"][0]
        parts, part = (int(layers[f"gsm_sms.udh.mm.{name}"][0]) for name in ("msg_parts", "msg_part"))
        concat = (0, int(reference, 0), parts, part)
    return Reading(layers["gsm_sms.tp-oa"][0], "".join(layers.get("gsm_sms.sms_text", [])), concat)


@dataclass(frozen=True)
class Fault:
    """A thing a decoder is known to get wrong: what it touches, when, and one sample that shows it."""

    decoder: str
    touches: frozenset[str]
    reason: str
    applies: Callable[[Sample], bool]
    example: Sample


def _says(sample: Sample, characters: str) -> bool:
    return isinstance(sample.text, str) and any(character in sample.text for character in characters)


def _beyond_16_bits(sample: Sample) -> bool:
    return isinstance(sample.text, str) and any(ord(character) > 0xFFFF for character in sample.text)


def _looks_escaped(sample: Sample) -> bool:
    header = sample.header
    fill = fill_bits(len(header))
    octets = header + pack_septets(sample.septets, fill=fill)
    return 0x1B in unpack_septets(octets, (len(header) * 8 + fill) // 7 + len(sample.septets))


TEXT, FAILED = frozenset({"text"}), frozenset({"failed"})

FAULTS = [
    Fault(
        "gammu",
        TEXT,
        "stale characters after text with GSM extension characters",
        lambda sample: 0x1B in sample.septets,
        Sample(SENDER, 0, "Hola {€} x"),
    ),
    Fault(
        "gammu",
        TEXT,
        "U+0001 and the tilde are its own marks inside 16-bit text: shown as others, doubled",
        lambda sample: sample.is_16_bit and _says(sample, "~\x01"),
        Sample(SENDER, 8, "~0"),
    ),
    Fault(
        "gammu",
        TEXT,
        "reserved coding groups are taken for data; the standard says the default alphabet",
        lambda sample: 0x80 <= sample.dcs < 0xC0,
        Sample(SENDER, 0x80, "hola"),
    ),
    Fault(
        "gsmmodem",
        TEXT,
        "characters beyond 16 bits come as two lone surrogates",
        lambda sample: sample.is_16_bit and _beyond_16_bits(sample),
        Sample(SENDER, 8, "🙂"),
    ),
    Fault(
        "gsmmodem",
        TEXT,
        "the first character behind a 16-bit reference is lost",
        lambda sample: bool(sample.septets) and sample.concat is not None and sample.concat[0] == 16,
        Sample(SENDER, 0, "parte", (16, 0xBBAA, 2, 1)),
    ),
    Fault(
        "gsmmodem",
        FAILED,
        "and where there is no first character it gives up",
        lambda sample: sample.text == "" and sample.concat is not None and sample.concat[0] == 16,
        Sample(SENDER, 0, "", (16, 0xBBAA, 2, 1)),
    ),
    Fault(
        "smspdudecoder",
        TEXT,
        "it counts an escape, or header bits that look like one, as no character: an @ too many or one lost",
        lambda sample: bool(sample.septets) and _looks_escaped(sample),
        Sample(SENDER, 0, "hola {"),
    ),
    Fault(
        "gsmmodem",
        TEXT,
        "an @ at the end of text with GSM extension characters may be taken for fill",
        lambda sample: 0x1B in sample.septets and _says(sample, "@"),
        Sample(SENDER, 0, "0000000000000{@"),
    ),
    Fault(
        "gsmmodem",
        TEXT,
        "the section sign is read as a backtick, the page break not at all",
        lambda sample: bool(sample.septets) and _says(sample, "§\f"),
        Sample(SENDER, 0, "§ 14"),
    ),
    Fault(
        "gsmmodem",
        TEXT | FAILED,
        "data in the groups 01xx and 1111 is taken for the default alphabet",
        lambda sample: isinstance(sample.text, bytes) and sample.dcs >= 0x40,
        Sample(SENDER, 0xF5, b"\x00\x01x"),
    ),
    Fault(
        "gsmmodem",
        TEXT | FAILED,
        "waiting messages in UCS-2 (1110) are taken for the default alphabet",
        lambda sample: sample.dcs >> 4 == 0xE,
        Sample(SENDER, 0xE0, "hola"),
    ),
    Fault(
        "smspdudecoder",
        TEXT | FAILED,
        "in the groups 1000 to 1110 the character set is read from bits that mean something else there",
        lambda sample: 0x80 <= sample.dcs < 0xF0,
        Sample(SENDER, 0xD8, "h"),
    ),
]
