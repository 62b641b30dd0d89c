"""Certificates of destruction are counted, read to whoever checks, and compared with what bulletins say of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey

from portal.generator.city import City, line_id
from portal.verify.report import Report, as_json
from portal.verify.run import Question, Verified, verify
from tests.support.portal_city import HONEST
from wire.certificate import Certificate, file_name, write_certificate
from wire.endings import BoxRetired, EndedEpoch, EpochsEnded, How, Position, Store, TipsEnded
from wire.hashing import NO_HASH
from wire.signed import SignedText

STRANGER = SigningKey(bytes(31) + b"3")
MATTERS = (
    BoxRetired(box=bytes(8), by=("Ana", "Luis")),
    TipsEnded(days=365, closed_before=0, tips=12, held=1, by=("Ana",)),
    EpochsEnded(
        how=How.DESTROYED,
        store=Store.MEDIUM,
        epochs=(EndedEpoch(1, 0, 604800),),
        boxes=(Position(bytes(8), bytes(16), 1, 1, 2, bytes(32)),),
        retired=(),
        passed=(),
        by=(),
    ),
)


def asked(city: City, folder: Path) -> Verified:
    return verify(Question(folders=(city.ledgers, city.bulletins), certificates=folder))


def busiest(city: City) -> tuple[bytes, int]:
    """Return the line whose bulletins count most certificates, and that count."""
    found = verify(Question(folders=(city.ledgers, city.bulletins))).gathered.bulletins
    newest = max(found, key=lambda one: (one.bulletin.certificates, one.bulletin.line))
    return newest.bulletin.line, newest.bulletin.certificates


def put_row(folder: Path, line: bytes, count: int, key: SigningKey = STRANGER) -> list[SignedText]:
    folder.mkdir(exist_ok=True)
    row: list[SignedText] = []
    for serial in range(1, count + 1):
        one = Certificate(
            line=line,
            authority=bytes(key.verify_key),
            serial=serial,
            previous=row[-1].hash if row else NO_HASH,
            date=serial * 86400,
            matter=MATTERS[serial % len(MATTERS)],
        )
        row.append(write_certificate(one, key))
        (folder / file_name(one)).write_bytes(row[-1].octets)
    return row


def of(found: Verified, line: bytes) -> tuple[int, int, str]:
    (one,) = [one for one in found.certified or () if one.line == line.hex()]
    return len(one.row), one.missing, one.kind


def test_certificates_that_bulletins_count_and_nobody_gives_are_missing(
    honest_city: City, tmp_path: Path
) -> None:
    line, said = busiest(honest_city)
    found = asked(honest_city, tmp_path)
    assert said > 1
    assert (of(found, line), found.exit_code) == ((0, said, ""), 6)
    put_row(tmp_path, line, said)
    sorted(tmp_path.iterdir())[0].unlink()
    assert of(asked(honest_city, tmp_path), line)[1] == 1


def test_a_row_of_somebody_elses_key_is_refused_and_read_all_the_same(
    honest_city: City, tmp_path: Path
) -> None:
    line, said = busiest(honest_city)
    put_row(tmp_path, line, max(said, 3))
    found = asked(honest_city, tmp_path)
    assert of(found, line) == (max(said, 3), 0, "unknown-authority")
    assert found.exit_code == 3
    report = "\n".join(Report(found, "en").lines())
    assert "keys destroyed, of epochs 1" in report
    assert "texts of 12 closed tips destroyed" in report
    assert "was retired, by Ana, Luis" in report


def test_a_whole_row_of_the_authority_holds(honest_city: City, tmp_path: Path) -> None:
    lines = {line_id(HONEST, one): one.name for one in HONEST.lines}
    found = verify(Question(folders=(honest_city.ledgers, honest_city.bulletins))).gathered.bulletins
    for line, name in lines.items():
        said = max(one.bulletin.certificates for one in found if one.bulletin.line == line)
        put_row(tmp_path, line, said, SigningKey(HONEST.octets(f"authority {name}", 32)))
    assert asked(honest_city, tmp_path).exit_code == 0


def test_two_certificates_of_one_number_are_a_contradiction(honest_city: City, tmp_path: Path) -> None:
    line, said = busiest(honest_city)
    put_row(tmp_path / "one", line, max(said, 3))
    put_row(tmp_path / "two", line, 1, SigningKey(bytes(31) + b"4"))
    found = asked(honest_city, tmp_path)
    assert (of(found, line)[2], found.exit_code) == ("contradiction", 4)


@pytest.mark.parametrize("octets", [b"", b"tipline-certificate 1\nline 00\n", b"\xff" * 300])
def test_what_is_no_certificate_is_refused_by_name(honest_city: City, tmp_path: Path, octets: bytes) -> None:
    (tmp_path / "a.certificate").write_bytes(octets)
    found = asked(honest_city, tmp_path)
    assert [one.name for one in found.refused] == ["a.certificate"]
    assert found.exit_code == 3


def test_a_script_gets_the_row(honest_city: City, tmp_path: Path) -> None:
    line, count = busiest(honest_city)
    row = put_row(tmp_path, line, count)
    said: Any = as_json(asked(honest_city, tmp_path))
    (one,) = [one for one in said["certificates"] if one["line"] == line.hex()]
    assert [entry["hash"] for entry in one["row"]] == [text.hash.hex() for text in row]
