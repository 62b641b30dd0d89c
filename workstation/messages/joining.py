"""A message from its slips. Pure, and independent of the order in which they came. TS 23.040 §9.2.3.24.1."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import msgspec

from wire.dcs import Coding, coding
from wire.errors import UdhError
from wire.hashing import blake2b_256
from wire.slip import Flag, Kind, Origin, Slip
from wire.text import TextPart, decode_text, mask_digits
from wire.udh import Concat, Element, concatenation, header_octets, parse_udh, ports

PRINT_OCTETS = 16
AGAIN = "\n[…{part}/{total} again…] "
"""Stands before a part that came twice with different content: both are shown."""

_UDHI, _AFTER_LOSS, _MULTIMEDIA = int(Flag.UDHI), int(Flag.AFTER_LOSS), int(Flag.MULTIMEDIA)
"""Plain numbers: to ask a Flag takes ten times as long, and a message is asked ten times."""
_ORIGINS = {Origin.NETWORK: "network", Origin.ALPHANUMERIC: "alphanumeric", Origin.NONE: "no-sender"}


class Tip(msgspec.Struct, frozen=True, array_like=True, kw_only=True, gc=False):
    """One message, as far as it is here."""

    tip: bytes
    """Message id."""
    conversation: bytes
    received: int
    """Start of the earliest period in which a part of it came, Unix seconds."""
    period: int
    """Length of that period, seconds."""
    text: str | None
    parts: int
    parts_missing: tuple[int, ...]
    flags: tuple[str, ...]
    """Sorted."""
    data: bytes | None
    reference: tuple[int, int, int] | None = None
    """Concatenation reference, total and bits; None for a message of one part."""
    perhaps: tuple[bytes, ...] = ()
    """Messages that this one may repeat or complete: offered, not proven."""

    def __repr__(self) -> str:
        return f"Tip(parts={self.parts}, flags={self.flags})"


def concat_of(slip: Slip) -> Concat | None:
    """Return which part of a longer message ``slip`` is, None where it stands alone."""
    if slip.kind is not Kind.SMS:
        return None
    concat = concatenation(_elements(slip))
    return concat if concat is not None and concat.total > 1 else None


def content_print(slip: Slip) -> bytes:
    """Return 16 octets that are equal for slips of equal content."""
    head = bytes((slip.kind, int(slip.flags) & _UDHI, slip.pid, slip.dcs, slip.udl))
    return blake2b_256(head + slip.data)[:PRINT_OCTETS]


def join(slips: Sequence[Slip]) -> Tip:
    """Return the message that ``slips``, at least one and all of one message id, make.

    A part that is there twice counts once; with another content the later one is shown behind the text.
    """
    ordered = sorted(slips, key=_place) if len(slips) > 1 else slips
    first = ordered[0]
    total, places, others = _places(ordered)
    text, flags = _read(places)
    flags.update(*map(_flags, ordered))
    for part, slip in others:
        flags.add("conflicting-part")
        again, marks = _read([slip])
        flags |= marks
        text = (text or "") + AGAIN.format(part=part, total=total) + (again or "")
    concat = concat_of(first)
    return Tip(
        tip=first.message,
        conversation=first.conversation,
        received=first.received,
        period=first.period,
        text=mask_digits(text) if text is not None and "network" in flags else text,
        parts=total,
        parts_missing=tuple(number for number, slip in enumerate(places, start=1) if slip is None),
        flags=tuple(sorted(flags)),
        data=_data([slip for slip in (*places, *(slip for _, slip in others)) if slip is not None]),
        reference=(concat.reference, concat.total, concat.bits) if concat else None,
    )


def _place(slip: Slip) -> tuple[object, ...]:
    """Return what orders slips in the same way each time, whatever else they say."""
    return (slip.received, slip.tip, slip.data, slip.kind, slip.flags, slip.pid, slip.dcs, slip.udl)


def _places(ordered: Sequence[Slip]) -> tuple[int, list[Slip | None], list[tuple[int, Slip]]]:
    """Return the number of parts, the slip of each, and slips whose part was there already with another content."""
    concats = [concat_of(slip) for slip in ordered]
    if concats == [None]:
        return 1, [ordered[0]], []
    total = max(concat.total if concat else 1 for concat in concats)
    places: list[Slip | None] = [None] * total
    others: dict[tuple[int, bytes], tuple[int, Slip]] = {}
    for slip, concat in zip(ordered, concats, strict=True):
        part = concat.part if concat else 1
        there = places[part - 1]
        if there is None:
            places[part - 1] = slip
        elif content_print(there) != content_print(slip):
            others.setdefault((part, content_print(slip)), (part, slip))
    return total, places, list(others.values())


def _read(places: Sequence[Slip | None]) -> tuple[str | None, set[str]]:
    if any(slip is not None and slip.kind is Kind.UNPARSED for slip in places):
        return None, set()
    decoded = decode_text([None if slip is None else _text_part(slip) for slip in places])
    return decoded.text, {mark.value for mark in decoded.marks}


def _text_part(slip: Slip) -> TextPart:
    return TextPart(slip.dcs, slip.udl, bool(int(slip.flags) & _UDHI), slip.data)


def _flags(slip: Slip) -> frozenset[str]:
    flags = _flags_of(
        slip.kind, slip.origin, int(slip.flags) & (_AFTER_LOSS | _MULTIMEDIA), slip.pid, slip.dcs
    )
    if slip.kind is Kind.SMS and ports(_elements(slip)) is not None:
        return flags | {"ports"}
    return flags


@lru_cache(4096)
def _flags_of(kind: Kind, origin: Origin, bits: int, pid: int, dcs: int) -> frozenset[str]:
    """Return what fields of few values say: most messages are alike in all of them."""
    flags = set()
    if origin in _ORIGINS and kind is Kind.SMS:
        flags.add(_ORIGINS[origin])
    if kind is Kind.UNPARSED:
        flags.add("unparsed")
    if bits & _AFTER_LOSS:
        flags.add("after-loss")
    if bits & _MULTIMEDIA:
        flags.add("multimedia")
    if kind is Kind.SMS:
        flags |= _dcs_flags(dcs)
        if pid == 0x40:
            flags.add("silent")  # short message type 0, TS 23.040 §9.2.3.9: phones show nothing
    return frozenset(flags)


def _dcs_flags(dcs: int) -> set[str]:
    """Return what TP-DCS says beside the alphabet. TS 23.038 §4."""
    group = dcs >> 4
    if group in (0xC, 0xD, 0xE):
        return {"message-waiting"}
    has_class = group == 0xF or (group < 0x8 and group & 0b1)
    return {"class-0"} if has_class and not dcs & 0b11 else set()


def _data(slips: Sequence[Slip]) -> bytes | None:
    """Return what is not text, part by part, without the headers; None where all is text."""
    octets = b"".join([_body(slip) for slip in slips if not _is_text(slip)])
    return octets or None


def _is_text(slip: Slip) -> bool:
    return slip.kind is Kind.SMS and coding(slip.dcs) in (Coding.GSM7, Coding.UCS2)


def _body(slip: Slip) -> bytes:
    return slip.data[header_octets(slip.data) :] if int(slip.flags) & _UDHI else slip.data


def _elements(slip: Slip) -> Sequence[Element]:
    if not int(slip.flags) & _UDHI:
        return ()
    try:
        return parse_udh(slip.data)
    except UdhError:
        return ()
