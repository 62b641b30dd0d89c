"""The intermediate results the driver reads, each named after its command. None where it cannot be read."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_DIGITS = 5
"""No number read here is above 65535."""


def number(field: bytes) -> int | None:
    """Return the unsigned number in ``field``, or None."""
    field = field.strip(b' "')
    return int(field) if field.isdigit() and len(field) <= MAX_DIGITS else None


def last_number(header: bytes) -> int | None:
    """Return <length>: the last field, whatever an alpha field before it holds. TS 27.005 §3.4.1, §4.1."""
    return number(header.rpartition(b",")[2])


def memory_and_index(rest: bytes) -> tuple[str, int | None]:
    """Return <mem> and <index> of +CMTI; some modems say -1 for "nowhere"."""
    memory, _, index = rest.partition(b",")
    name = memory.strip(b' "').decode("ascii", "replace")
    return (name if len(name) == 2 and name.isalpha() else ""), number(index)


@dataclass(frozen=True, slots=True)
class StoredHeader:
    """The header of a +CMGL (with index) or +CMGR entry in PDU mode."""

    index: int | None
    stat: int | None
    length: int | None


def cmgl_header(header: bytes) -> StoredHeader:
    """Return <index>,<stat>,[<alpha>],<length>. TS 27.005 §4.1."""
    fields = header.split(b",", 2)
    return StoredHeader(
        number(fields[0]), number(fields[1]) if len(fields) > 1 else None, last_number(header)
    )


def cmgr_header(header: bytes) -> StoredHeader:
    """Return <stat>,[<alpha>],<length>. TS 27.005 §4.2."""
    return StoredHeader(None, number(header.split(b",", 1)[0]), last_number(header))


@dataclass(frozen=True, slots=True)
class Fill:
    """How full a memory is."""

    used: int
    total: int


def cpms_fill(lines: tuple[bytes, ...]) -> Fill | None:
    """Return the fill of <mem1> from the answer to +CPMS= (bare counts) or +CPMS? (with names)."""
    fields = [field for field in (lines[0].split(b",") if lines else []) if number(field) is not None]
    if len(fields) < 2:
        return None
    used, total = number(fields[0]), number(fields[1])
    return None if used is None or total is None else Fill(used, total)


def csq_dbm(lines: tuple[bytes, ...]) -> int | None:
    """Return the signal in dBm, or None where <rssi> is 99, not known. TS 27.007 §8.5."""
    rssi = number(lines[0].split(b",")[0]) if lines else None
    if rssi is None or rssi == 99:
        return None
    if rssi <= 31:
        return 2 * rssi - 113
    return rssi - 216 if 100 <= rssi <= 191 else None  # the range of TD-SCDMA, which some modems use


def creg_stat(lines: tuple[bytes, ...]) -> int | None:
    """Return <stat> of an answer to +CREG?, +CGREG? or +CEREG?: <n>,<stat>[,...]. TS 27.007 §7.2."""
    for line in lines:
        fields = line.split(b",")
        if len(fields) >= 2 and number(fields[0]) is not None:
            return number(fields[1])
    return number(lines[0]) if lines else None


def crsm_data(lines: tuple[bytes, ...]) -> bytes | None:
    """Return the response of +CRSM, empty where it has none; None unless <sw1> says success. TS 27.007 §8.18."""
    fields = lines[0].split(b",", 2) if lines else []
    if len(fields) < 2 or number(fields[0]) not in (144, 145, 0x9F):
        return None
    text = fields[2].strip(b' "') if len(fields) > 2 else b""
    try:
        return bytes.fromhex(text.decode("ascii", "replace"))
    except ValueError:
        return None


def iccid(line: bytes) -> str | None:
    """Return the 18 to 20 digits of an ICCID as printed: without quotes, name and filler F. ITU-T E.118."""
    text = line.rpartition(b":")[2].strip(b' "').decode("ascii", "replace").upper().rstrip("F")
    return text if re.fullmatch("[0-9]{18,20}", text) else None


def iccid_from_file(octets: bytes) -> str | None:
    """Return the ICCID in EF-ICCID, nibbles swapped. TS 51.011 §10.1.1."""
    return iccid("".join(f"{octet & 15:X}{octet >> 4:X}" for octet in octets).encode("ascii"))


def cmgs_reference(lines: tuple[bytes, ...]) -> int | None:
    """Return <mr>. TS 27.005 §4.3."""
    return number(lines[0].split(b",")[0]) if lines else None


@dataclass(frozen=True, slots=True)
class Phonebook:
    """The selected telephone book or call list; counts are None where the modem does not tell."""

    name: str
    used: int | None
    total: int | None


def cpbs_state(lines: tuple[bytes, ...]) -> Phonebook | None:
    """Return <storage>[,<used>,<total>] of an answer to +CPBS?. TS 27.007 §8.11."""
    fields = lines[0].split(b",") if lines else []
    if not fields:
        return None
    counts = [number(field) for field in fields[1:3]]
    used, total = counts if len(counts) == 2 else (None, None)
    return Phonebook(fields[0].strip(b' "').decode("ascii", "replace"), used, total)


def cpbr_range(lines: tuple[bytes, ...]) -> tuple[int, int] | None:
    """Return the first and the last index of an answer to +CPBR=?: (1-20),... TS 27.007 §8.12."""
    match = re.match(rb" *\(?([0-9]{1,5})[-,]([0-9]{1,5})\)?", lines[0]) if lines else None
    return (int(match[1]), int(match[2])) if match else None


def words(lines: tuple[bytes, ...]) -> str | None:
    """Return the first line as an identification: make, model or revision. None for whatever may be a message."""
    text = _value(lines).replace(",", "")
    plain = re.fullmatch(r"[A-Za-z0-9_./ -]{1,32}", text) is not None
    return text if plain and not re.search("[0-9]{10}|^[0-9A-Fa-f]{20,}$", text) else None


def imei(lines: tuple[bytes, ...]) -> str | None:
    """Return the IMEI, with check digit or software version or without: 14 to 17 digits. TS 23.003 §6.2."""
    text = _value(lines)
    return text if re.fullmatch("[0-9]{14,17}", text) else None


def _value(lines: tuple[bytes, ...]) -> str:
    """Return the first line without quotes, spaces around it, and a name in front, as "Revision:"."""
    return lines[0].rpartition(b":")[2].strip(b' "').decode("ascii", "replace") if lines else ""


def register(lines: tuple[bytes, ...]) -> int | None:
    """Return the value of an S-register: the last line, three digits by the standard. V.250 §5.3.2."""
    return number(lines[-1]) if lines else None
