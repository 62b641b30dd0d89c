"""The verifier finds, to the tip, what was left unopened, what was struck out, and what was published otherwise."""

from __future__ import annotations

import json
import shutil
import string
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from nacl.signing import SigningKey

from portal.cli import cli
from portal.generator.city import City, make_city
from portal.release.model import Kind
from portal.verify.run import Question, Verified, verify
from portal.verify.words import texts
from tests.support.portal_city import FAULTY, HONEST, built, first, plain_page, signed_again
from tests.vectors.make.common import other_digit
from wire.hashing import blake2b_256, hashes_in
from wire.identity import write_identity


def asked(city: City, **more: Any) -> Verified:
    made = Question(folders=(city.ledgers, city.bulletins), draw=plain_page)
    return verify(replace(made, **more))


def with_audits(city: City) -> dict[str, Any]:
    return {"headers": city.headers, "audits": (city.audits,)}


def command(city: City, *words: str) -> Result:
    return CliRunner().invoke(
        cli, ["verify", "--ledgers", str(city.ledgers), "--bulletins", str(city.bulletins), *words]
    )


def lost(city: City) -> int:
    """Return how many tips of the planted month were never opened, by the plan."""
    month = next(one for one in asked(city).site.months if one.month == "2025-04" and one.received > 50)
    return month.received * FAULTY.unopened_share // 1000


def test_in_an_honest_city_all_holds(honest_city: City, tmp_path: Path) -> None:
    built(honest_city, tmp_path / "site")
    found = asked(honest_city, **with_audits(honest_city), sites=(tmp_path / "site",))
    assert found.exit_code == 0
    assert found.audits is not None and len(found.audits) == 16
    assert not found.site.notices and not found.faults and not found.refused


def test_tips_that_were_never_opened_are_counted_by_month_since_when(faulty_city: City) -> None:
    found = asked(faulty_city)
    never = {one.month: (one.never_opened, one.never_opened_since) for one in found.never_opened}
    assert never["2025-04"] == (lost(faulty_city), "2025-05-09")
    assert lost(faulty_city) > 3


def test_totals_that_say_more_than_the_proofs_are_found_to_the_tip(faulty_city: City) -> None:
    (notice,) = asked(faulty_city).totals
    assert (notice.kind, notice.month, notice.count) == (Kind.TOTAL_OPENED, "2025-04", lost(faulty_city))


def test_what_was_struck_out_of_a_ledger_is_found_to_the_tip_without_any_audit(faulty_city: City) -> None:
    found = asked(faulty_city)
    assert found.exit_code == 4
    assert {(one.kind, one.month, one.count) for one in found.changed} == {
        (Kind.DIGEST_UNKNOWN, "2025-06", FAULTY.struck),
        (Kind.LEDGER_OTHER, "2025-06", FAULTY.struck),
    }


def test_with_headers_and_audit_file_what_was_struck_out_is_found_to_the_tip(faulty_city: City) -> None:
    audits = asked(faulty_city, **with_audits(faulty_city)).audits
    assert audits is not None
    broken = {one.month: (one.kind, one.struck, one.put_in) for one in audits if not one.holds}
    assert broken == {
        "2025-06": ("contradiction", FAULTY.struck, None),
        "2025-07": ("contradiction", None, None),
    }


def test_with_a_copy_downloaded_earlier_what_was_struck_out_is_found_to_the_tip(faulty_city: City) -> None:
    found = asked(faulty_city, earlier=(faulty_city.earlier,))
    (fault,) = found.faults
    assert (fault.name, fault.values["count"], fault.values["put"]) == ("earlier.struck", FAULTY.struck, 0)


def test_a_box_that_rewrites_every_later_ledger_too_is_found_by_bulletins_and_by_headers(
    tmp_path: Path,
) -> None:
    """The chain of ledgers is whole then, and only what others kept tells."""
    city = make_city(replace(FAULTY, struck_month=FAULTY.months - 1, audits=True), tmp_path / "city")
    found = asked(city, **with_audits(city))
    assert not found.changed  # the last ledger: no later one and no bulletin names it
    assert found.audits is not None
    assert [(one.month, one.struck) for one in found.audits if not one.holds] == [("2025-08", FAULTY.struck)]
    assert found.exit_code == 4


def test_without_the_last_header_an_audit_says_what_is_missing(honest: City) -> None:
    for path in sorted(honest.headers.iterdir()):
        path.unlink()
    found = asked(honest, **with_audits(honest))
    assert found.audits is not None
    assert {one.kind for one in found.audits} == {"missing-header"}
    assert found.exit_code == 6


def test_headers_and_audits_that_do_not_verify_are_refused_by_name(honest: City) -> None:
    header = first(honest.headers, "batch")
    header.write_bytes(other_digit(header.read_bytes()))
    path = first(honest.audits, "audit")
    path.write_bytes(path.read_bytes()[:-1])
    (honest.audits / "zero.audit").symlink_to("/dev/zero")
    found = asked(honest, headers=honest.headers, audits=(honest.audits, honest.audits / "zero.audit"))
    assert {one.name for one in found.refused} == {header.name, path.name, "zero.audit"}


def test_a_gap_is_a_gap_and_no_accusation(honest: City) -> None:
    sorted(honest.ledgers.glob("*.ledger"))[2].unlink()
    found = asked(honest)
    assert found.exit_code == 6
    assert [(one.kind, one.month) for one in found.site.notices] == [(Kind.LEDGER_MISSING, "2025-03")]


def test_a_bulletin_that_is_missing_is_a_gap(honest: City) -> None:
    first(honest.bulletins, "bulletin").unlink()
    found = asked(honest)
    assert {one.kind for one in found.site.notices} == {Kind.BULLETIN_MISSING, Kind.NOT_ANSWERED}
    assert found.exit_code == 6
    assert not found.never_opened  # the missing one may have proven what is not proven here


def test_what_does_not_verify_comes_before_gaps(honest: City) -> None:
    path = first(honest.ledgers, "ledger")
    path.write_bytes(path.read_bytes() + b"x")
    assert asked(honest).exit_code == 3


def test_a_bulletin_that_says_that_more_came_than_the_boxes_counted_is_found(honest: City) -> None:
    path = max(honest.bulletins.glob("*.bulletin"))
    for line in HONEST.lines:
        key = SigningKey(HONEST.octets(f"bulletin {line.name}", 32))
        if bytes(key.verify_key).hex().encode() in path.read_bytes():
            path.write_bytes(signed_again(path.read_bytes(), key, b"total 2025-02 ", b"total 2025-02 1"))
    found = asked(honest)
    assert {(one.kind, one.month) for one in found.totals} == {(Kind.TOTAL_RECEIVED, "2025-02")}
    assert found.exit_code == 5


def test_a_site_that_was_changed_is_found(honest_city: City, tmp_path: Path) -> None:
    site = tmp_path / "site"
    built(honest_city, site)
    assert asked(honest_city, sites=(site,)).exit_code == 0
    table = site / "releases/1/data/months.csv"
    good = table.read_bytes()
    table.unlink()  # it has two names: the other one is to stay as it is
    table.write_bytes(good.replace(b",full,", b",part,", 1))
    found = asked(honest_city, sites=(site,))
    assert [(one.name, one.values["name"]) for one in found.faults] == [
        ("release.file-changed", "data/months.csv")
    ]
    table.unlink()
    assert [one.name for one in asked(honest_city, sites=(site,)).faults] == ["release.file-missing"]
    assert asked(honest_city, sites=(site,)).exit_code == 4


def test_figures_that_do_not_follow_from_the_files_are_found_though_the_record_fits(
    honest_city: City, tmp_path: Path
) -> None:
    """The publisher itself wrote other figures, and a record that fits them."""
    site = tmp_path / "site"
    built(honest_city, site)
    release = tmp_path / "release"
    shutil.copytree(site / "releases/1", release)
    rewrite(release, "data/months.csv", b",full,", b",none,")
    found = asked(honest_city, sites=(release,))
    assert [(one.name, one.values["name"]) for one in found.faults] == [
        ("release.figures", "data/months.csv")
    ]


def rewrite(release: Path, name: str, old: bytes, new: bytes) -> None:
    before = (release / name).read_bytes()
    after = before.replace(old, new, 1)
    assert after != before
    (release / name).write_bytes(after)
    record = (release / "release.json").read_bytes()
    hashes = [blake2b_256(octets).hex().encode() for octets in (before, after)]
    assert hashes[0] in record
    (release / "release.json").write_bytes(record.replace(*hashes))


def test_two_releases_that_differ_in_what_never_changes_are_found(honest: City, tmp_path: Path) -> None:
    site = tmp_path / "site"
    late = max(honest.bulletins.glob("*.bulletin"), key=lambda path: path.stem[-7:])
    octets = late.read_bytes()
    late.unlink()
    built(honest, site)
    shutil.copytree(site / "releases/1", tmp_path / "kept")
    late.write_bytes(octets)
    built(honest, site)
    assert asked(honest, sites=(site, tmp_path / "kept")).exit_code == 0
    rewrite(tmp_path / "kept", "data/counts-2025.csv", b",30,category,", b",31,category,")
    found = asked(honest, sites=(tmp_path / "kept", site))
    names = {one.name for one in found.faults}
    assert "release.two" in names
    assert found.exit_code == 4


def test_a_release_that_rested_on_a_ledger_that_is_gone_or_another_one_is_found(
    faulty: City, tmp_path: Path
) -> None:
    changed = first(faulty.earlier, "ledger")
    now = (faulty.ledgers / changed.name).read_bytes()
    shutil.copy(changed, faulty.ledgers)
    built(faulty, tmp_path / "site")
    (faulty.ledgers / changed.name).write_bytes(now)
    found = asked(faulty, sites=(tmp_path / "site",))
    assert [(one.name, one.values["name"]) for one in found.faults] == [
        ("release.source-other", changed.name)
    ]
    (faulty.ledgers / changed.name).unlink()
    found = asked(faulty, sites=(tmp_path / "site",))
    assert [one.name for one in found.faults] == ["release.source-gone"]


def test_beside_a_release_no_other_keys_are_believed(honest: City, tmp_path: Path) -> None:
    built(honest, tmp_path / "site")
    (honest.ledgers / "stranger.identity").write_bytes(write_identity(SigningKey(bytes(32)), 0).octets)
    assert asked(honest).exit_code == 0
    found = asked(honest, sites=(tmp_path / "site",))
    assert [one.name for one in found.refused] == ["stranger.identity"]


def test_a_folder_that_is_no_release_is_said_to_be_none(honest_city: City, tmp_path: Path) -> None:
    (tmp_path / "release.json").write_text('{"format": "tipline-release 1", "files": "../../etc"}')
    found = asked(honest_city, sites=(tmp_path,))
    assert [one.name for one in found.faults] == ["release.unreadable"]
    assert found.exit_code == 3


def test_a_record_that_names_files_elsewhere_is_not_followed(honest_city: City, tmp_path: Path) -> None:
    site = tmp_path / "site"
    built(honest_city, site)
    record = site / "releases/1/release.json"
    octets = record.read_bytes().replace(b'"data/months.csv"', b'"../../../../etc/hostname"')
    record.unlink()
    record.write_bytes(octets)
    found = asked(honest_city, sites=(site,))
    assert "../../../../etc/hostname" in {str(one.values.get("name")) for one in found.faults}


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_report_says_it_in_words_and_as_a_file(faulty_city: City, tmp_path: Path, language: str) -> None:
    report = tmp_path / "report.txt"
    words = ["--headers", str(faulty_city.headers), "--audit", str(faulty_city.audits)]
    done = command(faulty_city, *words, "--language", language, "--report", str(report))
    assert done.exit_code == 4
    assert report.read_text(encoding="utf-8") == done.stdout
    said = texts(language)
    assert said["verdict.4"] in done.stdout
    assert said["audit.struck"].format(name="x", count=7)[1:] in done.stdout
    month = {"es": "abril de 2025", "en": "April 2025"}[language]
    assert f"{month}: {lost(faulty_city)} " in done.stdout


def test_both_languages_have_the_same_texts_with_the_same_places() -> None:
    spanish, english = texts("es"), texts("en")
    assert spanish.keys() == english.keys()
    places = {name: sorted(_places(text)) for name, text in spanish.items()}
    assert places == {name: sorted(_places(text)) for name, text in english.items()}


def _places(text: str) -> list[str]:
    return [name for _, name, _, _ in string.Formatter().parse(text) if name]


def test_for_scripts_everything_stands_in_one_object(faulty_city: City) -> None:
    found = json.loads(command(faulty_city, "--json").stdout)
    assert (found["holds"], found["exit_code"]) == (False, 4)
    assert {one["kind"] for one in found["contradictions"]} == {
        "digest-unknown",
        "ledger-other",
        "total-opened",
    }
    assert found["received"] == sum(one["received"] for one in found["months"]) == FAULTY.tips - FAULTY.struck


def test_proofs_of_tips_that_no_box_counted_are_found(honest: City) -> None:
    """Somebody at the police made up tips: a bulletin lists digests that belong to no commitment."""
    path = max(honest.bulletins.glob("*.bulletin"))
    octets = path.read_bytes()
    body = octets[octets.index(b"\nsignature ") + 140 :]
    made_up = b"".join(sorted(hashes_in(body))[:-3]) + b"".join(bytes([255] * 31 + [at]) for at in range(3))
    for line in HONEST.lines:
        key = SigningKey(HONEST.octets(f"bulletin {line.name}", 32))
        if bytes(key.verify_key).hex().encode() in octets:
            hashes = [blake2b_256(one).hex().encode() for one in (body, made_up)]
            path.write_bytes(signed_again(octets, key, *hashes)[: -len(body)] + made_up)
    found = asked(honest)
    assert {(one.kind, one.count) for one in found.changed} == {(Kind.DIGEST_UNKNOWN, 3)}
