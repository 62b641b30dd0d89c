"""Slips, open and sealed, and the manifest."""

from __future__ import annotations

from dataclasses import replace

from tests.support.vectors import Vector, describe, seal_with
from tests.vectors.make.common import (
    HOUR,
    LINE,
    MONDAY,
    OTHER_CHAIN,
    OTHER_LINE,
    Scenarios,
    flipped,
    octets,
    sealing_key,
)
from wire.manifest import NO_CHAIN, ClockState, Manifest, encode_manifest
from wire.slip import Flag, Kind, Origin, Slip, encode_slip

WORDS = "Vi la camioneta blanca"


def packed(text: str) -> bytes:
    """Return ASCII letters ``text`` in septets, the first in the lowest bits. TS 23.038 §6.1.2.1."""
    bits = sum(ord(c) << 7 * i for i, c in enumerate(text))
    return bits.to_bytes((7 * len(text) + 7) // 8, "little")


SMS = Slip(
    kind=Kind.SMS,
    flags=Flag.COUNTED,
    origin=Origin.SUBSCRIBER,
    epoch=3,
    line=LINE,
    tip=octets("tip", 16),
    message=octets("message", 16),
    conversation=octets("conversation", 16),
    received=MONDAY + 9 * HOUR,
    period=HOUR,
    udl=len(WORDS),
    data=packed(WORDS),
)
COVER = Slip(kind=Kind.COVER, epoch=3, line=LINE, received=MONDAY + 9 * HOUR, period=HOUR)
MANIFEST = Manifest(
    real=1,
    backlog=0,
    lowest_epoch=3,
    cut=1,
    before=NO_CHAIN,
    clock=ClockState.GOOD,
    salt=octets("salt 1"),
    software="tipline 0.1.0",
)
CANARY = replace(SMS, kind=Kind.CANARY, flags=Flag(0), tip=octets("canary tip", 16))
UNPARSED = replace(
    SMS, kind=Kind.UNPARSED, origin=Origin.NONE, tip=octets("unparsed tip", 16), udl=0, data=packed(WORDS * 3)
)


def manifest_slip(manifest: Manifest) -> Slip:
    """Return the slip that carries ``manifest``."""
    return replace(COVER, kind=Kind.MANIFEST, data=encode_manifest(manifest))


def slips() -> Scenarios:
    """Yield the vectors of open slips."""
    accepted = {
        "cover": (COVER, "a cover slip: nothing but where and when"),
        "sms": (SMS, "one message of 22 characters in the GSM 7-bit alphabet"),
        "sms-part": (
            replace(
                SMS,
                flags=Flag.UDHI | Flag.COUNTED,
                dcs=8,
                udl=24,
                data=bytes.fromhex("0500032a0301") + "Balacera".encode("utf-16-be") + bytes.fromhex("d83d"),
            ),
            "part 1 of 3 in UCS-2, a surrogate pair cut in two: not the slip's business",
        ),
        "sms-empty": (replace(SMS, udl=0, data=b""), "a message without text is a message"),
        "sms-later-part": (
            replace(SMS, flags=Flag.UDHI),
            "not counted: another part of its message came before",
        ),
        "sms-after-loss": (
            replace(SMS, flags=Flag.COUNTED | Flag.AFTER_LOSS),
            "the first after a power loss",
        ),
        "sms-multimedia": (
            replace(
                SMS,
                flags=Flag.UDHI | Flag.COUNTED | Flag.MULTIMEDIA,
                origin=Origin.NETWORK,
                dcs=4,
                udl=7,
                data=bytes.fromhex("0605040b8423f0"),
            ),
            "a multimedia notification: the body was dropped, the ports stand",
        ),
        "sms-length-contradicts": (
            replace(SMS, udl=160),
            "TP-UDL says more than there is: taken all the same, a slip is not a place to lose a message",
        ),
        "sms-greatest": (
            replace(
                SMS,
                flags=Flag(15),
                origin=Origin.ALPHANUMERIC,
                epoch=2**32 - 1,
                received=253402300799,
                period=2**32 - 1,
                pid=255,
                dcs=255,
                udl=255,
                data=bytes([255]) * 164,
            ),
            "every field at its greatest",
        ),
        "canary": (CANARY, "the box's own test message"),
        "unparsed": (UNPARSED, "a PDU that could not be parsed, from its octet 36 on"),
        "manifest": (manifest_slip(MANIFEST), "a manifest"),
    }
    for name, (slip, comment) in accepted.items():
        yield name, Vector(format="slip", comment=comment, body=encode_slip(slip), values=describe(slip))
    for name, (body, kind, where, comment) in _refused_slips().items():
        yield name, Vector(format="slip", comment=comment, body=body, expect=kind, where=where)


def _refused_slips() -> dict[str, tuple[bytes, str, str, str]]:
    sms, cover, unparsed = encode_slip(SMS), encode_slip(COVER), encode_slip(UNPARSED)
    canary, manifest = encode_slip(CANARY), encode_slip(manifest_slip(MANIFEST))
    form, value, length = "not-canonical", "bad-value", "wrong-length"
    cases = {
        "nothing": (b"", length, "slip", "no octets at all"),
        "short": (sms[:-1], length, "slip", "255 octets"),
        "long": (sms + b"\0", length, "slip", "257 octets"),
        "version-0": (_at(sms, 0, "00"), "unknown-version", "version", "no such version"),
        "version-2": (_at(sms, 0, "02"), "unknown-version", "version", "a version to come"),
        "kind-5": (_at(sms, 1, "05"), form, "kind", "the first kind that is not one"),
        "kind-255": (_at(sms, 1, "ff"), form, "kind", "the last kind that is not one"),
        "flag-bit-6": (_at(sms, 2, "0052"), form, "flags", "a reserved bit"),
        "flag-bit-15": (_at(sms, 2, "8012"), form, "flags", "the highest reserved bit"),
        "epoch-0": (_at(sms, 4, "00000000"), value, "epoch", "epochs are counted from 1"),
        "received-year-10000": (_at(sms, 64, "0000003afff44180"), value, "received", "10000-01-01T00:00:00Z"),
        "received-greatest": (_at(sms, 64, "ff" * 8), value, "received", "no clock shows this"),
        "period-0": (_at(sms, 72, "00000000"), value, "period", "a period has a length"),
        "length-165": (_at(sms, 79, "a5"), form, "length", "more data than there is room"),
        "length-255": (_at(sms, 79, "ff"), form, "length", "far more data than there is room"),
        "length-too-small": (
            _at(sms, 79, "13"),
            form,
            "length",
            "the last octet of the data is behind its end",
        ),
        "data-behind-length": (
            _at(sms, 243, "01"),
            form,
            "length",
            "the last octet of the field is not zero",
        ),
        "fill-first": (_at(sms, 244, "01"), form, "fill", "the first octet of the fill is not zero"),
        "fill-last": (_at(sms, 255, "80"), form, "fill", "the last octet of the fill is not zero"),
        "sms-no-tip": (_at(sms, 16, "00" * 16), form, "tip", "without a tip id there is no commitment"),
        "canary-no-tip": (_at(canary, 16, "00" * 16), form, "tip", "a canary is a message too"),
        "unparsed-no-tip": (_at(unparsed, 16, "00" * 16), form, "tip", "so is what could not be parsed"),
        "canary-counted": (_at(canary, 2, "0012"), form, "flags", "a canary is no tip"),
        "unparsed-udhi": (_at(unparsed, 2, "0003"), form, "flags", "nothing is known of its header"),
        "unparsed-dcs": (_at(unparsed, 77, "08"), form, "kind", "nothing is known of its TP-DCS"),
        "manifest-counted": (_at(manifest, 2, "0002"), form, "flags", "a manifest is no tip"),
        "manifest-tip": (_at(manifest, 16, "01"), form, "kind", "a manifest has no tip id"),
        "cover-counted": (_at(cover, 2, "0002"), form, "flags", "a cover slip is no tip"),
        "cover-after-loss": (_at(cover, 2, "0004"), form, "flags", "nor does a loss concern it"),
        "cover-origin": (_at(cover, 2, "0010"), form, "kind", "nobody sent it"),
        "cover-tip": (_at(cover, 31, "01"), form, "kind", "a cover slip can carry nothing: tip id"),
        "cover-message": (_at(cover, 32, "01"), form, "kind", "a cover slip can carry nothing: message id"),
        "cover-conversation": (
            _at(cover, 63, "01"),
            form,
            "kind",
            "a cover slip can carry nothing: conversation id",
        ),
        "cover-pid": (_at(cover, 76, "01"), form, "kind", "a cover slip can carry nothing: TP-PID"),
        "cover-dcs": (_at(cover, 77, "01"), form, "kind", "a cover slip can carry nothing: TP-DCS"),
        "cover-udl": (_at(cover, 78, "01"), form, "kind", "a cover slip can carry nothing: TP-UDL"),
        "cover-data": (_at(cover, 79, "0141"), form, "data", "a cover slip can carry nothing: data"),
        "cover-zero-data": (_at(cover, 79, "01"), form, "data", "not even a zero that is called data"),
    }
    return {f"refused-{name}": case for name, case in cases.items()}


def _at(slip: bytes, offset: int, hexadecimal: str) -> bytes:
    put = bytes.fromhex(hexadecimal)
    return slip[:offset] + put + slip[offset + len(put) :]


def manifests() -> Scenarios:
    """Yield the vectors of manifests, the data of a slip of that kind."""
    accepted = {
        "good": (MANIFEST, "one message, nothing waiting, a good clock"),
        "behind": (replace(MANIFEST, clock=ClockState.BEHIND, real=0), "the clock lies behind the last cut"),
        "jumped": (
            replace(MANIFEST, clock=ClockState.JUMPED, real=63, backlog=70_000, software=""),
            "the clock jumped; more waits than fits; no software named",
        ),
        "new-chain": (
            replace(MANIFEST, cut=152, before=OTHER_CHAIN),
            "in another chain than the line's first: 151 cuts were before, or more of them in this chain",
        ),
        "greatest": (
            replace(
                MANIFEST,
                real=2**32 - 1,
                backlog=2**32 - 1,
                lowest_epoch=2**32 - 1,
                cut=2**32 - 1,
                before=b"\xff" * 16,
                software="~" * 32,
            ),
            "every field at its greatest",
        ),
    }
    for name, (manifest, comment) in accepted.items():
        body = encode_manifest(manifest)
        yield name, Vector(format="manifest", comment=comment, body=body, values=describe(manifest))
    good = encode_manifest(MANIFEST)
    form = "not-canonical"
    refused = {
        "short": (good[:-1], "wrong-length", "manifest", "96 octets"),
        "long": (good + b"\0", "wrong-length", "manifest", "98 octets"),
        "nothing": (b"", "wrong-length", "manifest", "no octets at all"),
        "lowest-epoch-0": (
            _at(good, 8, "00000000"),
            "bad-value",
            "lowest epoch",
            "epochs are counted from 1",
        ),
        "cut-0": (_at(good, 12, "00000000"), "bad-value", "cut", "cuts are counted from 1"),
        "before-first-cut": (
            _at(good, 16, "01"),
            "bad-value",
            "before",
            "a chain before the first cut of all",
        ),
        "clock-3": (_at(good, 32, "03"), form, "clock", "the first state that is not one"),
        "software-control": (_at(good, 66, "1b"), form, "software", "an escape for the reader's terminal"),
        "software-not-ascii": (_at(good, 66, "e9"), form, "software", "not ASCII"),
        "software-zero-inside": (_at(good, 66, "00"), form, "software", "a zero octet before the end"),
    }
    for name, (body, kind, where, comment) in refused.items():
        yield (
            f"refused-{name}",
            Vector(format="manifest", comment=comment, body=body, expect=kind, where=where),
        )


EPOCH_3, EPOCH_4 = sealing_key("epoch 3"), sealing_key("epoch 4")


def sealed(slip: bytes, name: str) -> bytes:
    """Return ``slip`` sealed to the key of epoch 3 with an ephemeral key called ``name``."""
    return seal_with(octets(f"ephemeral {name}"), bytes(EPOCH_3.public_key), slip)


def sealed_slips() -> Scenarios:
    """Yield the vectors of sealed slips."""
    good = sealed(encode_slip(SMS), "sms")
    given = (("secret", bytes(EPOCH_3).hex()), ("line", LINE.hex()))
    for name, slip in {"sms": SMS, "cover": COVER, "manifest": manifest_slip(MANIFEST)}.items():
        body = sealed(encode_slip(slip), name)
        comment = f"a sealed {name} slip opens to the slip in slip/{name}"
        yield name, Vector(format="sealed", comment=comment, body=body, given=given, values=describe(slip))
    closed, box = "does-not-open", "sealed slip"
    short, odd = sealed(encode_slip(SMS)[:-1], "sms"), sealed(encode_slip(SMS)[:-1] + b"\1", "sms")
    elsewhere = sealed(encode_slip(replace(SMS, line=OTHER_LINE)), "sms")
    refused = {
        "nothing": (b"", "wrong-length", box, "no octets at all"),
        "short": (good[:-1], "wrong-length", box, "303 octets"),
        "long": (good + b"\0", "wrong-length", box, "305 octets"),
        "slip-short": (short, "wrong-length", box, "sealed whole, but 255 octets are no slip"),
        "ephemeral-changed": (flipped(good, 0), closed, box, "a bit of the ephemeral key"),
        "ephemeral-small-order": (bytes(32) + good[32:], closed, box, "an ephemeral key of small order"),
        "tag-changed": (flipped(good, 32), closed, box, "a bit of the tag"),
        "slip-changed": (flipped(good, 48), closed, box, "a bit of the first octet that is enciphered"),
        "end-changed": (flipped(good, -1, 7), closed, box, "a bit of the last octet"),
        "zeros": (bytes(304), closed, box, "nothing but zeros"),
        "not-canonical": (odd, "not-canonical", "fill", "it opens, but what is in it is no slip"),
        "other-line": (elsewhere, "unknown-line", "line", "a slip of another line than the batch"),
    }
    for name, (body, kind, where, comment) in refused.items():
        yield (
            f"refused-{name}",
            Vector(format="sealed", comment=comment, body=body, expect=kind, where=where, given=given),
        )
    later = (("secret", bytes(EPOCH_4).hex()), ("line", LINE.hex()))
    comment = "the secret of the epoch after it"
    yield (
        "refused-other-epoch",
        Vector(format="sealed", comment=comment, body=good, expect=closed, where=box, given=later),
    )
    odd_epoch = replace(SMS, epoch=4)
    comment = (
        "it opens with the secret of epoch 3 and says epoch 4: the key decides, and no message is lost for it"
    )
    yield (
        "says-other-epoch",
        Vector(
            format="sealed",
            comment=comment,
            body=sealed(encode_slip(odd_epoch), "sms"),
            given=given,
            values=describe(odd_epoch),
        ),
    )
