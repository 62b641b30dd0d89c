"""Batches: a chain of three that the audit vectors use too, and what is wrong with others."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.support.vectors import Vector, describe
from tests.vectors.make.common import (
    BOX,
    BOX_ID,
    BOX_PUBLIC,
    CHAIN,
    GROUP_ORDER,
    HOUR,
    LINE,
    MONDAY,
    OTHER_BOX,
    OTHER_CHAIN,
    Scenarios,
    changed,
    flipped,
    lines_of,
    neutral_signature,
    octets,
    other_digit,
    signed,
    signed_octets,
    value_of,
    without,
)
from tests.vectors.make.slips import COVER, MANIFEST, SMS, manifest_slip, sealed
from wire.batch import MAGIC, BatchHeader, write_batch
from wire.commitment import commitment, digest, next_head
from wire.hashing import NO_HASH, blake2b_256
from wire.slip import SEALED_OCTETS, Slip, encode_slip

BODY = 3 * SEALED_OCTETS


@dataclass(frozen=True, slots=True)
class Cut:
    """A batch with what its head was made of."""

    header: BatchHeader
    hash: bytes
    octets: bytes
    salt: bytes
    commitments: tuple[bytes, ...]


DECEMBER, JANUARY = MONDAY + 29 * 24 * HOUR, MONDAY + 60 * 24 * HOUR
"""2026-12-01T00:00:00Z and 2027-01-01T00:00:00Z."""


def cuts() -> tuple[Cut, ...]:
    """Return six batches in a chain: of November with one message, none, two; of December none, one; of January."""
    second, third, fourth = (
        replace(SMS, tip=octets(f"tip {n}", 16), message=octets(f"message {n}", 16)) for n in (2, 3, 4)
    )
    made = [_cut(None, (SMS,))]
    later: tuple[tuple[int | None, tuple[Slip, ...]], ...] = (
        (None, ()),
        (None, (second, third)),
        (DECEMBER, ()),
        (DECEMBER + HOUR, (fourth,)),
        (JANUARY, ()),
    )
    for period, messages in later:
        made.append(_cut(made[-1], messages, period=period))
    return tuple(made)


def omitted() -> Cut:
    """Return the first batch of another chain, of November, which no ledger of the vectors names."""
    return _cut(None, (), chain=OTHER_CHAIN)


def other_second() -> tuple[BatchHeader, bytes]:
    """Return a second batch of that chain, which the box should never have signed beside the first one."""
    second = cuts()[1]
    header = replace(second.header, period=second.header.period + HOUR)
    return header, write_batch(header, second.octets[-BODY:], BOX)[1]


def _cut(
    before: Cut | None, messages: tuple[Slip, ...], *, period: int | None = None, chain: bytes = CHAIN
) -> Cut:
    sequence = before.header.sequence + 1 if before else 1
    salt = octets(f"salt {sequence}")
    commitments = tuple(sorted(commitment(digest(slip.tip, encode_slip(slip))) for slip in messages))
    manifest = manifest_slip(replace(MANIFEST, real=len(messages), cut=sequence, salt=salt))
    slips = (*messages, manifest, COVER, COVER)[:3]
    body = b"".join(sealed(encode_slip(slip), f"batch {sequence} slot {n}") for n, slip in enumerate(slips))
    header = BatchHeader(
        box=BOX_ID,
        chain=chain,
        line=LINE,
        sequence=sequence,
        previous=before.hash if before else NO_HASH,
        epoch=3,
        slots=3,
        period=MONDAY + (8 + sequence) * HOUR if period is None else period,
        commitments=next_head(before.header.commitments if before else NO_HASH, salt, commitments),
        body=blake2b_256(body),
    )
    text, whole = write_batch(header, body, BOX)
    return Cut(header, text.hash, whole, salt, commitments)


GIVEN = (("box", f"{BOX_ID.hex()} {BOX_PUBLIC.hex()}"),)


def batches() -> Scenarios:
    """Yield the vectors of batches."""
    comments = (
        "the first of a chain, one message",
        "the second, no message",
        "the third, two messages",
        "the fourth, no message: the first of December",
        "the fifth, one message",
        "the sixth, no message: the first of January",
    )
    for n, (cut, comment) in enumerate(zip(cuts(), comments, strict=True), 1):
        values = describe(cut.header)
        yield (
            f"batch-{n}",
            Vector(format="batch", comment=comment, body=cut.octets, given=GIVEN, values=values),
        )
    comment = "good by itself; together with batch-2 a contradiction"
    header, body = other_second()
    yield "other-2", Vector(format="batch", comment=comment, body=body, given=GIVEN, values=describe(header))
    other = omitted()
    comment, values = "the first of another chain, which no ledger names", describe(other.header)
    yield "omitted", Vector(format="batch", comment=comment, body=other.octets, given=GIVEN, values=values)
    for cases in (_outside(), _fields(), _bodies()):
        for name, (body, kind, where, comment) in cases.items():
            yield (
                f"refused-{name}",
                Vector(format="batch", comment=comment, body=body, expect=kind, where=where, given=GIVEN),
            )


_Cases = dict[str, tuple[bytes, str, str, str]]


def _outside() -> _Cases:
    """Return what is wrong before a field is read: first line, signature, box."""
    second = cuts()[1]
    head, body = second.octets[:-BODY], second.octets[-BODY:]
    lines, form = lines_of(second.octets[:-BODY]), "not-canonical"
    text, _, signature = head[:-1].rpartition(b"\nsignature ")
    scalar = int.from_bytes(bytes.fromhex(signature[64:].decode()), "little") + GROUP_ORDER
    malleable = head[:-65] + scalar.to_bytes(32, "little").hex().encode() + b"\n"
    neutral = text + b"\nsignature " + neutral_signature(text + b"\n", BOX).hex().encode() + b"\n"
    shouting = head[:-129] + signature.upper() + b"\n"
    by_other = signed(MAGIC, lines, OTHER_BOX) + body
    of_other = signed(MAGIC, changed(lines, "box", octets("nobody", 8).hex()), OTHER_BOX) + body
    no_box = signed(MAGIC, without(lines, "box"), BOX) + body
    long = signed(MAGIC, (*lines, ("more", "x" * 1024)), BOX) + body
    as_ledger = signed("tipline-ledger 1", lines, BOX) + body
    return {
        "nothing": (b"", "not-this-format", "first line", "no octets at all"),
        "other-format": (as_ledger, "not-this-format", "first line", "a well signed text of another format"),
        "other-case": (b"T" + head[1:] + body, "not-this-format", "first line", "a capital letter"),
        "mark": (
            b"\xef\xbb\xbf" + head + body,
            "not-this-format",
            "first line",
            "a byte order mark in front",
        ),
        "crlf": (
            head.replace(b"\n", b"\r\n") + body,
            "not-this-format",
            "first line",
            "line ends of another system",
        ),
        "version-2": (
            signed("tipline-batch 2", lines, BOX) + body,
            "unknown-version",
            "first line",
            "a version to come",
        ),
        "magic-alone": (b"tipline-batch 1\n", form, "signature", "the first line and no more"),
        "magic-cut": (b"tipline-batch 1", form, "signature", "the first line, not ended"),
        "no-signature": (text + b"\n" + body, form, "signature", "the signature line left out"),
        "signature-short": (head[:-2] + b"\n" + body, form, "signature", "127 digits"),
        "signature-upper-case": (shouting + body, form, "signature", "the right octets written another way"),
        "header-long": (long, form, "signature", "the signature stands behind octet 1024"),
        "signature-changed": (other_digit(head) + body, "bad-signature", "signature", "another last digit"),
        "signature-malleable": (
            malleable + body,
            "bad-signature",
            "signature",
            "S + L in place of S: the same to a careless reader",
        ),
        "signature-neutral-r": (
            neutral + body,
            "bad-signature",
            "signature",
            "R of small order: the box could make a second signature of one header, and say later that it was not so",
        ),
        "field-changed": (
            head.replace(b"slots 3\n", b"slots 4\n") + body,
            "bad-signature",
            "signature",
            "a field changed after signing",
        ),
        "other-boxs-key": (
            by_other,
            "bad-signature",
            "signature",
            "signed by another box in this one's name",
        ),
        "unknown-box": (of_other, "unknown-box", "box", "well signed by a box that nobody trusts"),
        "no-box": (no_box, form, "box", "no box named"),
        "box-shouting": (
            signed(MAGIC, changed(lines, "box", BOX_ID.hex().upper()), BOX) + body,
            form,
            "box",
            "capital digits",
        ),
    }


def _fields() -> _Cases:
    """Return headers with a good signature that say what no header may say."""
    first, second = cuts()[:2]
    lines, body = lines_of(second.octets[:-BODY]), second.octets[-BODY:]
    form, value = "not-canonical", "bad-value"
    other_values = {
        "chain-short": ("chain", CHAIN.hex()[:-2], form, "15 octets"),
        "line-name": ("line", "police", form, "a name where an id has to be"),
        "line-long": ("line", LINE.hex() + "00", form, "9 octets"),
        "sequence-0": ("sequence", "0000000000", value, "counted from 1"),
        "sequence-plain": ("sequence", "2", form, "not in ten digits: the header would grow with the number"),
        "sequence-plus": ("sequence", "+000000002", form, "another way to write 2"),
        "sequence-space": ("sequence", " 0000000002", form, "two spaces"),
        "sequence-space-behind": ("sequence", "0000000002 ", form, "a space at the end of a line"),
        "sequence-digits": ("sequence", "000000000٢", form, "a digit, but not one of the ten"),
        "sequence-eleven-digits": ("sequence", "10000000000", form, "a file name has ten"),
        "sequence-huge": ("sequence", "9" * 300, form, "more digits than any number here has"),
        "previous-none": ("previous", NO_HASH.hex(), value, "no hash before the second batch"),
        "previous-odd": ("previous", "0" * 63, form, "an odd number of digits"),
        "epoch-0": ("epoch", "0000000000", value, "counted from 1"),
        "epoch-plain": ("epoch", "3", form, "not in ten digits"),
        "epoch-too-great": ("epoch", str(2**32), value, "a slip has four octets for it"),
        "slots-1": ("slots", "1", value, "a manifest alone"),
        "slots-65537": ("slots", "65537", value, "more than a batch may have"),
        "period-lower-case": ("period", "2026-11-02t10:00:00z", form, "another way to write the time"),
        "period-offset": ("period", "2026-11-02T10:00:00+00:00", form, "another way to write UTC"),
        "period-fraction": ("period", "2026-11-02T10:00:00.0Z", form, "whole seconds only"),
        "period-no-date": ("period", "2026-02-30T10:00:00Z", value, "there is no such day"),
        "period-hour-24": ("period", "2026-11-02T24:00:00Z", value, "another way to write midnight"),
        "period-leap-second": ("period", "2016-12-31T23:59:60Z", value, "Unix seconds have none"),
        "period-1969": ("period", "1969-12-31T23:59:59Z", value, "before the first second"),
        "commitments-empty": ("commitments", "", form, "nothing where a hash has to be"),
        "body-hash-0x": ("body", "0x" + value_of(lines, "body")[2:], form, "not a plain hexadecimal number"),
    }
    cases = {
        name: (signed(MAGIC, changed(lines, field, text), BOX) + body, kind, field, comment)
        for name, (field, text, kind, comment) in other_values.items()
    }
    head = f"{MAGIC}\n" + "".join(f"{name} {text}\n" for name, text in lines)
    tabbed = head.replace("slots 3", "slots\t3").encode()
    not_utf8 = head.encode().replace(b"slots 3", b"slots 3\xff")
    order = (*lines[:6], lines[7], lines[6], *lines[8:])
    more = changed(lines_of(first.octets[:-BODY]), "previous", octets("before").hex())
    return cases | {
        "previous-of-first": (
            signed(MAGIC, more, BOX) + body,
            value,
            "previous",
            "something before the first",
        ),
        "missing-field": (signed(MAGIC, without(lines, "epoch"), BOX) + body, form, "epoch", "no epoch"),
        "other-order": (signed(MAGIC, order, BOX) + body, form, "slots", "two lines have changed places"),
        "field-twice": (signed(MAGIC, (*lines, lines[-1]), BOX) + body, form, "text", "the last line twice"),
        "unknown-field": (
            signed(MAGIC, (*lines, ("note", "x")), BOX) + body,
            form,
            "text",
            "a line of its own",
        ),
        "empty-line": (
            signed_octets(head.encode() + b"\n", BOX) + body,
            form,
            "text",
            "an empty line at the end",
        ),
        "tab": (signed_octets(tabbed, BOX) + body, form, "slots", "a tab where a space has to be"),
        "not-utf8": (signed_octets(not_utf8, BOX) + body, form, "text", "an octet that is not UTF-8"),
    }


def _bodies() -> _Cases:
    """Return batches whose header is good and whose body is not its body."""
    second = cuts()[1].octets
    slots, length, wrong = second[-BODY:], "wrong-length", "wrong-body"
    head = second[:-BODY]
    swapped = slots[SEALED_OCTETS : 2 * SEALED_OCTETS] + slots[:SEALED_OCTETS] + slots[2 * SEALED_OCTETS :]
    first_body = cuts()[0].octets[-BODY:]
    return {
        "body-missing": (head, length, "body", "the header alone, as an auditor keeps it"),
        "body-short": (second[:-1], length, "body", "the last octet cut off"),
        "body-long": (second + b"\n", length, "body", "a line feed behind the last octet"),
        "body-slip-less": (second[:-SEALED_OCTETS], length, "body", "a slip less"),
        "body-slip-more": (second + slots[:SEALED_OCTETS], length, "body", "a slip more"),
        "body-first-bit": (head + flipped(slots, 0), wrong, "body", "a bit of the first octet"),
        "body-last-bit": (flipped(second, -1, 7), wrong, "body", "a bit of the last octet"),
        "body-order": (head + swapped, wrong, "body", "two slips have changed places"),
        "body-of-other": (head + first_body, wrong, "body", "the body of the batch before"),
        "body-zeros": (head + bytes(len(slots)), wrong, "body", "as a file that was never flushed"),
    }
