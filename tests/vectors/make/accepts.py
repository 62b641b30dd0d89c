"""Whether one key sheet may follow another."""

from __future__ import annotations

from dataclasses import replace

from tests.support.vectors import Vector
from tests.vectors.make.common import (
    MONDAY,
    OTHER_LINE,
    Scenarios,
)
from tests.vectors.make.sheets import AUTHORITY, NEXT, SHEET, THIRD, epoch, key_hash, sheet_file


def accepts() -> Scenarios:
    """Yield the vectors of a sheet that is to follow another."""
    during_3 = MONDAY + 3600
    later = replace(SHEET, serial=8, date=MONDAY)
    rotated = replace(later, authority=bytes(NEXT.verify_key), next_authority=key_hash(THIRD))
    new_4 = (epoch(3), epoch(4, "another epoch 4"), epoch(5))
    accepted = {
        "same-again": (SHEET, AUTHORITY, during_3, "the sheet that is there already"),
        "later": (replace(later, epochs=(*SHEET.epochs, epoch(6))), AUTHORITY, during_3, "a week more"),
        "next-authority": (rotated, NEXT, during_3, "by the authority that was announced"),
        "future-replaced": (
            replace(later, epochs=new_4),
            AUTHORITY,
            during_3,
            "an epoch to come has another key",
        ),
        "future-dropped": (
            replace(later, epochs=(epoch(3),)),
            AUTHORITY,
            during_3,
            "epochs to come are gone",
        ),
        "renamed": (replace(later, name="Policía"), AUTHORITY, during_3, "another name for the same line"),
    }
    for name, (sheet, key, now, comment) in accepted.items():
        yield name, Vector(format="accept", comment=comment, body=sheet_file(sheet, key), given=_at(now))
    given = (("now", str(during_3)), ("used", "0"))
    yield (
        "first",
        Vector(format="accept", comment="there is none before it", body=sheet_file(SHEET), given=given),
    )
    moved = (replace(epoch(3), ends=epoch(3).ends + 3600), replace(epoch(4), begins=epoch(4).begins + 3600))
    epochs = "epochs-changed"
    refused = {
        "other-line": (
            replace(later, line=OTHER_LINE),
            AUTHORITY,
            during_3,
            0,
            "unknown-line",
            "line",
            "another line",
        ),
        "other-authority": (
            replace(later, authority=bytes(THIRD.verify_key)),
            THIRD,
            during_3,
            0,
            "unknown-authority",
            "authority",
            "by an authority that was never announced",
        ),
        "older": (
            replace(SHEET, serial=6),
            AUTHORITY,
            during_3,
            0,
            "older-serial",
            "serial",
            "an older sheet",
        ),
        "same-serial": (
            replace(SHEET, name="Policía"),
            AUTHORITY,
            during_3,
            0,
            "older-serial",
            "serial",
            "the same serial on another sheet",
        ),
        "next-authority-older": (
            replace(rotated, serial=7),
            NEXT,
            during_3,
            0,
            "older-serial",
            "serial",
            "the announced authority, but no higher serial",
        ),
        "begun-key": (
            replace(later, epochs=(epoch(3, "another epoch 3"), epoch(4), epoch(5))),
            AUTHORITY,
            MONDAY,
            0,
            epochs,
            "epoch",
            "the first second of an epoch, and another key for it",
        ),
        "begun-end": (
            replace(later, epochs=moved),
            AUTHORITY,
            during_3,
            0,
            epochs,
            "epoch",
            "its end was moved",
        ),
        "begun-dropped": (
            replace(later, epochs=(epoch(5), epoch(6))),
            AUTHORITY,
            during_3,
            0,
            epochs,
            "epoch",
            "the epoch in use is gone",
        ),
        "used-key": (
            replace(later, epochs=new_4),
            AUTHORITY,
            during_3,
            4,
            epochs,
            "epoch",
            "the clock says that epoch 4 is to come, but the box has sealed to it",
        ),
    }
    for name, (sheet, key, now, used, kind, where, comment) in refused.items():
        body = sheet_file(sheet, key)
        yield (
            f"refused-{name}",
            Vector(
                format="accept", comment=comment, body=body, expect=kind, where=where, given=_at(now, used)
            ),
        )


def _at(now: int, used: int = 0) -> tuple[tuple[str, str], ...]:
    return ("current", "keysheet/sheet"), ("now", str(now)), ("used", str(used))
