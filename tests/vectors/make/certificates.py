"""Certificates, and whether one may follow another."""

from __future__ import annotations

from dataclasses import replace

from tests.support.vectors import Vector, describe
from tests.vectors.make.common import (
    BOX_ID,
    CHAIN,
    LINE,
    MONDAY,
    OTHER_BOX,
    OTHER_LINE,
    OTHER_PUBLIC,
    WEEK,
    Lines,
    Scenarios,
    changed,
    lines_of,
    octets,
    other_digit,
    signed,
    without,
)
from tests.vectors.make.sheets import AUTHORITY, NEXT
from wire.certificate import MAGIC, Certificate, write_certificate
from wire.endings import (
    BoxRetired,
    EndedEpoch,
    EpochsEnded,
    How,
    Matter,
    Missing,
    Passed,
    Position,
    Store,
    TipsEnded,
)
from wire.hashing import NO_HASH
from wire.identity import box_id

OTHER_ID = box_id(OTHER_PUBLIC)
FIRST_ID, LAST_ID = sorted((BOX_ID, OTHER_ID))
FORM = "not-canonical"


def _ended(number: int) -> EndedEpoch:
    return EndedEpoch(number, MONDAY + (number - 3) * WEEK, MONDAY + (number - 2) * WEEK)


def _position(box: bytes, lowest: int = 5) -> Position:
    return Position(box, CHAIN, 340, 700, lowest, octets("header"))


DESTROYED = EpochsEnded(
    how=How.DESTROYED,
    store=Store.MEDIUM,
    epochs=(_ended(3), _ended(4)),
    boxes=(_position(FIRST_ID),),
    retired=(LAST_ID,),
    passed=(),
    by=(),
)
PASSED = replace(
    DESTROYED,
    how=How.DELETED,
    store=Store.HOME,
    boxes=(),
    passed=(Passed(FIRST_ID, Missing.GAP), Passed(FIRST_ID, Missing.IN_USE)),
    by=("María Ñ", "O’Brien"),
)
RETIRED = BoxRetired(box=LAST_ID, by=("ana", "luis"))
TIPS = TipsEnded(days=365, closed_before=MONDAY - 52 * WEEK, tips=1204, held=3, by=("ana",))


def _certificate(matter: Matter, serial: int = 1, previous: bytes = NO_HASH) -> Certificate:
    return Certificate(
        line=LINE,
        authority=bytes(AUTHORITY.verify_key),
        serial=serial,
        previous=previous,
        date=MONDAY + 4 * WEEK,
        matter=matter,
    )


FIRST = write_certificate(_certificate(RETIRED), AUTHORITY)
SECOND = _certificate(DESTROYED, 2, FIRST.hash)


def certificates() -> Scenarios:
    """Yield the vectors of certificates by themselves."""
    accepted = {
        "retired": (_certificate(RETIRED), "the first of a line: two people retired a box"),
        "destroyed": (SECOND, "the second: two epochs, one box and one retired"),
        "deleted": (_certificate(PASSED), "key in the home; two people passed over what was missing"),
        "tips": (_certificate(TIPS), "tips destroyed by rule"),
        "tpm": (_certificate(replace(DESTROYED, store=Store.TPM)), "the key was in a TPM"),
    }
    for name, (certificate, comment) in accepted.items():
        body = write_certificate(certificate, AUTHORITY).octets
        yield name, Vector(format="certificate", comment=comment, body=body, values=describe(certificate))
    for name, (body, kind, where, comment) in (_outer() | _inner()).items():
        vector = Vector(format="certificate", comment=comment, body=body, expect=kind, where=where)
        yield f"refused-{name}", vector


def _outer() -> dict[str, tuple[bytes, str, str, str]]:
    good = FIRST.octets
    lines = lines_of(good)

    def with_lines(changed_lines: Lines) -> bytes:
        return signed(MAGIC, changed_lines, AUTHORITY)

    return {
        "nothing": (b"", "not-this-format", "first line", "no octets at all"),
        "version-2": (
            signed("tipline-certificate 2", lines, AUTHORITY),
            "unknown-version",
            "first line",
            "to come",
        ),
        "signature-changed": (other_digit(good), "bad-signature", "signature", "another last digit"),
        "signed-by-other": (signed(MAGIC, lines, OTHER_BOX), "bad-signature", "signature", "by another key"),
        "more": (good + b"more\n", "wrong-length", "file", "a line behind the signature"),
        "serial-0": (with_lines(changed(lines, "serial", "0")), "bad-value", "serial", "counted from 1"),
        "first-with-previous": (
            with_lines(changed(lines, "previous", "11" * 32)),
            "bad-value",
            "previous",
            "the first, and one before it",
        ),
        "second-without-previous": (
            with_lines(changed(lines, "serial", "2")),
            "bad-value",
            "previous",
            "the second, and none before it",
        ),
        "kind-other": (with_lines(changed(lines, "kind", "cats")), "bad-value", "kind", "no such kind"),
        "line-short": (with_lines(changed(lines, "line", "00")), FORM, "line", "one octet"),
        "one-person": (with_lines(lines[:-1]), "bad-value", "by", "one person retired a box"),
        "same-person": (with_lines((*lines[:-1], lines[-2])), FORM, "by", "one person twice"),
        "no-box": (with_lines(without(lines, "box")), FORM, "box", "which box?"),
        "person-hidden": (
            with_lines(changed(lines, "by", "an\u200ba")),
            FORM,
            "by",
            "a name with an invisible character",
        ),
        "line-more": (with_lines((*lines, ("x", "y"))), FORM, "text", "a field that is not known"),
    }


def _inner() -> dict[str, tuple[bytes, str, str, str]]:
    lines = lines_of(write_certificate(SECOND, AUTHORITY).octets)
    passed = lines_of(write_certificate(_certificate(PASSED), AUTHORITY).octets)

    def with_value(
        name: str, value: str, kind: str, comment: str, nth: int = 0
    ) -> tuple[bytes, str, str, str]:
        return signed(MAGIC, changed(lines, name, value, nth=nth), AUTHORITY), kind, name, comment

    box = dict(lines)["box"]
    epoch = dict(lines)["epoch"]
    return {
        "how-other": with_value("how", "burnt", "bad-value", "no such word"),
        "how-deleted": with_value("how", "deleted", "bad-value", "deleted, though the key was on a medium"),
        "destroyed-at-home": (
            signed(MAGIC, changed(passed, "how", "destroyed"), AUTHORITY),
            "bad-value",
            "how",
            "destroyed, though the key lay beside it",
        ),
        "store-other": with_value("store", "cloud", "bad-value", "no such place"),
        "no-epoch": (
            signed(MAGIC, without(lines, "epoch"), AUTHORITY),
            "bad-value",
            "epoch",
            "nothing ended",
        ),
        "epoch-twice": with_value("epoch", epoch, FORM, "one epoch twice"),
        "epoch-0": with_value("epoch", "0" + epoch[1:], "bad-value", "epochs are counted from 1"),
        "epoch-parts": with_value("epoch", epoch + " 1", FORM, "a part more"),
        "epoch-backwards": with_value(
            "epoch", f"3 {epoch.split(' ')[2]} {epoch.split(' ')[1]}", "bad-value", "it ends before it begins"
        ),
        "lowest-not-above": with_value(
            "box", box.replace(" 5 ", " 4 "), "bad-value", "a slip may still come"
        ),
        "cut-below": with_value(
            "box", box.replace(" 700 ", " 300 "), "bad-value", "below its place in the chain"
        ),
        "box-parts": with_value("box", box[:-65], FORM, "a part less"),
        "box-and-retired": (
            signed(MAGIC, changed(lines, "retired", FIRST_ID.hex()), AUTHORITY),
            "bad-value",
            "box",
            "one box in two ways",
        ),
        "passed-over-what": (
            signed(MAGIC, changed(passed, "passed-over", f"{FIRST_ID.hex()} rain"), AUTHORITY),
            "bad-value",
            "passed-over",
            "no such word",
        ),
        "passed-over-unsorted": (
            signed(MAGIC, changed(passed, "passed-over", f"{FIRST_ID.hex()} nothing-came"), AUTHORITY),
            FORM,
            "passed-over",
            "not in order",
        ),
        "passed-over-alone": (
            signed(MAGIC, passed[:-1], AUTHORITY),
            "bad-value",
            "by",
            "one person passed over what was missing",
        ),
        "by-for-nothing": (
            signed(MAGIC, (*lines, *passed[-2:]), AUTHORITY),
            "bad-value",
            "by",
            "two people passed over nothing",
        ),
    }


def rows() -> Scenarios:
    """Yield the vectors of a certificate behind another."""
    given = (("previous", "certificate/retired"),)
    third = write_certificate(replace(SECOND, serial=3), AUTHORITY)
    scenarios = {
        "next": (SECOND, AUTHORITY, "", "", "the second behind the first"),
        "next-authority": (
            replace(SECOND, authority=bytes(NEXT.verify_key)),
            NEXT,
            "",
            "",
            "by another authority: who that may be is not asked here",
        ),
        "refused-gap": (
            replace(SECOND, serial=3),
            AUTHORITY,
            "bad-value",
            "serial",
            "one is missing between",
        ),
        "refused-same": (
            _certificate(TIPS),
            AUTHORITY,
            "contradiction",
            "serial",
            "two first ones",
        ),
        "refused-other-previous": (
            replace(SECOND, previous=third.hash),
            AUTHORITY,
            "contradiction",
            "previous",
            "it names another one before it",
        ),
        "refused-other-line": (
            replace(SECOND, line=OTHER_LINE),
            AUTHORITY,
            "unknown-line",
            "line",
            "another line",
        ),
    }
    for name, (certificate, key, kind, where, comment) in scenarios.items():
        body = write_certificate(certificate, key).octets
        expect = {"expect": kind, "where": where} if kind else {}
        yield name, Vector(format="certificate-row", comment=comment, body=body, given=given, **expect)
