"""What lies in the folders is taken whole or refused by name, kind and reason; the rest is taken all the same."""

from __future__ import annotations

import os
import shutil

from nacl.signing import SigningKey

from portal.console import visible
from portal.generator.city import City
from portal.reading.keys import Pins, plain
from portal.reading.taking import Taken, take
from portal.release.chains import ledger_chain
from portal.release.model import Kind
from tests.support.portal_city import BOX, first, impostor, signed_again
from wire.authority import read_authority
from wire.hashing import fingerprint
from wire.identity import write_identity

NOTHING_PINNED = Pins()


def taken(city: City) -> Taken:
    return take([city.ledgers, city.bulletins], NOTHING_PINNED)


def test_everything_that_verifies_is_taken(honest_city: City) -> None:
    found = taken(honest_city)
    assert (len(found.ledgers), len(found.bulletins), found.refused) == (16, 14, [])
    assert (len(found.keys.boxes), len(found.keys.authorities)) == (1, 2)


def test_a_ledger_with_any_kind_of_fault_is_refused_and_the_rest_taken(honest: City) -> None:
    path = first(honest.ledgers, "ledger")
    good = path.read_bytes()
    signature = good.index(b"\nsignature ") + 20
    turned = bytes([good[signature] ^ 1])
    stranger = SigningKey(bytes(32))
    for octets, kind in (
        (b"tipline-ledger 2" + good[16:], "unknown-version"),
        (b"tipline-leper 1" + good[16:], "not-this-format"),
        (good[:signature] + turned + good[signature + 1 :], "bad-signature"),
        (good + b"x", "wrong-length"),
        (good[:-1], "wrong-length"),
        (good[:-1] + bytes([good[-1] ^ 1]), "wrong-body"),
        (signed_again(good, stranger, b"minutes 4", b"minutes 3"), "bad-signature"),
        (signed_again(good, BOX, b"serial 1", b"serial 01"), "not-canonical"),
        (signed_again(good, BOX, b"month 2025-01", b"month 9999-12"), "bad-value"),
        (b"", "not-this-format"),
        (os.urandom(4096), "not-this-format"),
    ):
        path.write_bytes(octets)
        found = taken(honest)
        assert [(one.name, one.kind) for one in found.refused] == [(path.name, kind)]
        assert (len(found.ledgers), len(found.bulletins)) == (15, 14)


def test_a_bulletin_with_any_kind_of_fault_is_refused(honest: City) -> None:
    path = first(honest.bulletins, "bulletin")
    good = path.read_bytes()
    for octets, kind in (
        (good[:-32], "wrong-length"),
        (good[:-1] + bytes([good[-1] ^ 1]), "wrong-body"),
        (signed_again(good, BOX, b"serial 1", b"serial 2"), "bad-signature"),
        (good.replace(b"authority ", b"authority 00", 1), "not-canonical"),
    ):
        path.write_bytes(octets)
        (refused,) = taken(honest).refused
        assert (refused.name, refused.kind) == (path.name, kind)


def test_a_file_of_a_box_or_authority_without_identity_is_refused(honest: City) -> None:
    (honest.ledgers / "box.identity").unlink()
    (honest.bulletins / "conduct.authority").unlink()
    found = taken(honest)
    assert {one.kind for one in found.refused} == {"unknown-box", "unknown-line"}
    assert (len(found.ledgers), len(found.bulletins)) == (0, 7)


def test_another_key_than_the_pinned_one_is_refused(honest: City) -> None:
    stranger = SigningKey(bytes(32))
    (honest.ledgers / "other.identity").write_bytes(write_identity(stranger, 0).octets)
    pins = Pins(frozenset({plain(fingerprint(bytes(BOX.verify_key)))}))
    found = take([honest.ledgers, honest.bulletins], pins)
    assert [(one.name, one.kind) for one in found.refused] == [("other.identity", "unknown-box")]
    assert len(found.ledgers) == 16


def test_of_two_keys_for_one_line_none_is_believed_unless_one_is_pinned(honest: City) -> None:
    mine = read_authority((honest.bulletins / "police.authority").read_bytes())
    (honest.bulletins / "impostor.authority").write_bytes(impostor(mine.line))
    found = taken(honest)
    refused = {(one.name, one.kind) for one in found.refused}
    assert {("impostor.authority", "contradiction"), ("police.authority", "contradiction")} <= refused
    assert mine.line not in found.keys.authorities
    for pinned in (mine.authority, mine.bulletin):
        pins = Pins(authorities=frozenset({plain(fingerprint(pinned))}))
        again = take([honest.ledgers, honest.bulletins], pins)
        assert [one.bulletin for one in again.keys.authorities[mine.line]] == [mine.bulletin]


def test_what_is_no_regular_file_is_never_read(honest: City) -> None:
    (honest.ledgers / "zero.ledger").symlink_to("/dev/zero")
    (honest.ledgers / "nowhere.ledger").symlink_to(honest.folder / "nowhere")
    os.mkfifo(honest.ledgers / "pipe.ledger")
    (honest.ledgers / "folder.ledger").mkdir()
    (honest.ledgers / "zero").symlink_to("/dev/zero")
    found = taken(honest)
    assert {(one.name, one.kind) for one in found.refused} == {
        ("zero.ledger", "unreadable"),
        ("pipe.ledger", "unreadable"),
        ("nowhere.ledger", "unreadable"),
    }
    assert (len(found.ledgers), found.passed_over) == (16, 1)


def test_a_huge_file_is_read_no_further_than_its_header_says(honest: City) -> None:
    path = first(honest.ledgers, "ledger")
    with path.open("r+b") as file:
        file.truncate(1 << 42)  # sparse: four terabytes that take no room
    (refused,) = taken(honest).refused
    assert (refused.name, refused.kind) == (path.name, "wrong-length")
    for name, octets in (("a.identity", b"tipline-identity 1\n"), ("b.authority", b"tipline-authority 1\n")):
        with (honest.ledgers / name).open("wb") as file:
            file.write(octets)
            file.truncate(1 << 42)
    assert {one.name for one in taken(honest).refused} == {path.name, "a.identity", "b.authority"}


def test_a_file_is_known_by_its_content_whatever_its_name(honest: City) -> None:
    for number, path in enumerate(sorted(honest.ledgers.iterdir())):
        path.rename(honest.ledgers / f"{number} of them.txt")
    assert len(taken(honest).ledgers) == 16


def test_the_same_file_twice_is_taken_once(honest: City) -> None:
    path = first(honest.ledgers, "ledger")
    shutil.copy(path, honest.bulletins / "copy.ledger")
    assert len(taken(honest).ledgers) == 16


def test_other_files_are_passed_over_and_hidden_ones_not_looked_at(honest: City) -> None:
    (honest.ledgers / "readme.txt").write_text("hello")
    (honest.ledgers / ".hidden.ledger").write_text("hello")
    found = taken(honest)
    assert (found.refused, found.passed_over) == ([], 1)


def test_names_that_a_terminal_acts_on_or_no_text_are_reported_as_escapes(honest: City) -> None:
    for name in (b"bad\xff.ledger", b"red\x1b[31m.ledger", "gnp\u202egpj.ledger".encode()):
        (honest.ledgers / os.fsdecode(name)).write_bytes(b"hello")
    names = {one.name for one in taken(honest).refused}
    assert "bad\\xff.ledger" in names
    assert {visible(name) for name in names} == {
        "bad\\xff.ledger",
        "red<U+001B>[31m.ledger",
        "gnp<U+202E>gpj.ledger",
    }


def test_nothing_is_taken_with_a_month_before_the_one_it_follows(honest: City) -> None:
    """The box signed it, so it is taken; that it cannot follow the one before is shown."""
    second = sorted(honest.ledgers.glob("*.ledger"))[1]
    second.write_bytes(signed_again(second.read_bytes(), BOX, b"month 2025-02", b"month 2024-12"))
    notices = list(ledger_chain(taken(honest).ledgers))
    assert (Kind.LEDGER_OTHER, "2025-01") in {(one.kind, one.month) for one in notices}
