"""A build: the same files give the same octets, releases never change, the past is not rewritten."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from nacl.signing import SigningKey

from portal.files import whole
from portal.generator.city import City
from portal.languages import Language
from portal.pages import render
from portal.problems import BadSettings, Busy, NothingToShow, NotOurs
from portal.release.model import Change, Kind, Site
from portal.release.publish import build
from portal.settings import SiteFile, read_settings
from tests.support.mounts import mounted, needs_root
from tests.support.portal_city import (
    BOX,
    HONEST,
    built,
    first,
    impostor,
    octets_of,
    order,
    plain_page,
    signed_again,
)
from wire.authority import read_authority
from wire.hashing import fingerprint


def newest(folder: Path, ending: str) -> Path:
    return max(folder.glob(f"*.{ending}"), key=lambda path: path.stem[-7:])


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_same_files_give_the_same_octets(honest_city: City, tmp_path: Path) -> None:
    built(honest_city, tmp_path / "one")
    built(honest_city, tmp_path / "two")
    assert octets_of(tmp_path / "one") == octets_of(tmp_path / "two")


@pytest.mark.parametrize("missing", ["ledger", "bulletin"])
def test_before_the_first_bulletin_or_ledger_is_here_all_pages_are_drawn_too(
    honest: City, tmp_path: Path, missing: str
) -> None:
    for path in honest.folder.rglob(f"*.{missing}"):
        path.unlink()
    site = built(honest, tmp_path / "site", draw=render).site
    assert site.authorities
    pages = {path.name for path in (tmp_path / "site" / "es" / "authorities").iterdir()}
    assert pages == {f"{one.slug}.html" for one in site.authorities}


def test_a_build_without_anything_new_changes_no_octet(honest_city: City, tmp_path: Path) -> None:
    before = built(honest_city, tmp_path / "site")
    there = octets_of(tmp_path / "site")
    again = built(honest_city, tmp_path / "site")
    assert (before.new, again.new, again.site.release.number) == (True, False, 1)
    assert octets_of(tmp_path / "site") == there
    assert again.site == before.site


def test_a_new_month_is_a_new_release_and_the_old_one_stays(honest: City, tmp_path: Path) -> None:
    late = [newest(honest.ledgers, "ledger"), newest(honest.bulletins, "bulletin")]
    away = tmp_path / "away"
    away.mkdir()
    held = [Path(shutil.move(path, away)) for path in late]
    built(honest, tmp_path / "site")
    old = octets_of(tmp_path / "site")
    for path, target in zip(held, late, strict=True):
        shutil.move(path, target)
    again = built(honest, tmp_path / "site")
    now = octets_of(tmp_path / "site")
    assert again.new and again.site.release.number == 2
    assert {name: now[name] for name in old if name.startswith(("releases/1/", "files/"))} == {
        name: octets for name, octets in old.items() if name.startswith(("releases/1/", "files/"))
    }
    assert {one.kind for one in again.site.release.changes} >= {"ledger", "bulletin"}
    ledgers = [one for one in again.site.release.changes if one.kind == "ledger"]
    assert ledgers == [Change(kind="ledger", line=late[0].stem.split("-")[1], periods=("2025-08",), count=1)]
    assert {row["first_release"] for row in rows(tmp_path / "site/data/sources.csv")} == {"1", "2"}
    assert rows(tmp_path / "site/data/releases.csv")[0]["release"] == "2"


def test_the_newest_data_stand_at_their_own_address_too(honest_city: City, tmp_path: Path) -> None:
    site = tmp_path / "site"
    downloads = built(honest_city, site).site.downloads
    assert {one.path for one in downloads} == {f"data/{path.name}" for path in (site / "data").iterdir()}
    assert octets_of(site / "data") == octets_of(site / "releases/1/data")


def test_a_ledger_that_was_replaced_is_shown_as_a_contradiction_and_the_published_one_stays(
    honest: City, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    built(honest, site)
    path = newest(honest.ledgers, "ledger")
    published = path.read_bytes()
    path.write_bytes(signed_again(published, BOX, b"canaries ", b"canaries 1"))
    again = built(honest, site)
    (notice,) = [one for one in again.site.notices if one.contradiction]
    assert (notice.kind, notice.month, notice.count) == (Kind.LEDGER_REPLACED, "2025-08", 0)
    assert (site / "files/ledgers" / path.name).read_bytes() == published
    assert again.site.release.changes == (
        Change(kind="contradiction", line=notice.line, periods=("2025-08",), count=1),
    )


def test_a_ledger_and_a_bulletin_that_were_withdrawn_are_shown_and_still_count(
    honest: City, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    before = built(honest, site).site
    first(honest.ledgers, "ledger").unlink()
    first(honest.bulletins, "bulletin").unlink()
    again = built(honest, site).site
    assert [one.kind for one in again.notices] == [Kind.BULLETIN_WITHDRAWN, Kind.LEDGER_WITHDRAWN]
    assert [(m.received, m.opened) for m in again.months] == [(m.received, m.opened) for m in before.months]


def test_a_bulletin_that_was_replaced_does_not_replace_what_it_said(honest: City, tmp_path: Path) -> None:
    site = tmp_path / "site"
    before = built(honest, site).site
    path = newest(honest.bulletins, "bulletin")
    for line in HONEST.lines:
        key = SigningKey(HONEST.octets(f"bulletin {line.name}", 32))
        if bytes(key.verify_key) == read_authority_of(honest, path):
            path.write_bytes(signed_again(path.read_bytes(), key, b"certificates ", b"certificates 9"))
    again = built(honest, site).site
    assert [one.kind for one in again.notices] == [Kind.BULLETIN_REPLACED]
    assert again.bulletins == before.bulletins


def read_authority_of(city: City, bulletin: Path) -> bytes:
    """Return the bulletin key of the line that a bulletin is of."""
    said = [read_authority(path.read_bytes()) for path in city.bulletins.glob("*.authority")]
    return next(one.bulletin for one in said if bulletin.name.startswith(one.line.hex()))


def test_keys_are_pinned_by_the_first_release(honest: City, tmp_path: Path) -> None:
    site = tmp_path / "site"
    before = built(honest, site).site
    path = honest.bulletins / "police.authority"
    mine = path.read_bytes()
    other = impostor(read_authority(mine).line)
    path.write_bytes(other)
    again = built(honest, site).site
    assert [(one.name, one.kind) for one in again.refused] == [("police.authority", "unknown-authority")]
    assert [one.bulletin_fingerprint for one in again.authorities] == [
        one.bulletin_fingerprint for one in before.authorities
    ]
    accepted = built(honest, site, accepted=(fingerprint(read_authority(other).bulletin).upper(),)).site
    assert not accepted.refused
    assert {one.name for one in accepted.sources if one.kind == "authority"} > {
        one.name for one in before.sources if one.kind == "authority"
    }


def test_keys_that_site_toml_names_are_the_only_ones_from_the_beginning(honest: City, tmp_path: Path) -> None:
    settings = read_settings(honest.site)
    named = replace_pins(settings, boxes=("0000 0000 0000 0000 0000 0000 0000 0000",))
    with pytest.raises(NothingToShow) as stopped:
        built(honest, tmp_path / "site", settings=replace_pins(named, authorities=named.pins.boxes))
    assert "unknown-box" in str(stopped.value)
    right = replace_pins(settings, boxes=(fingerprint(bytes(BOX.verify_key)).replace(" ", "-").upper(),))
    assert built(honest, tmp_path / "site", settings=right).site.boxes


def replace_pins(settings: SiteFile, **pins: tuple[str, ...]) -> SiteFile:
    return msgspec.structs.replace(settings, pins=msgspec.structs.replace(settings.pins, **pins))


def test_a_folder_that_is_no_site_is_left_alone(honest_city: City, tmp_path: Path) -> None:
    output = tmp_path / "letters"
    output.mkdir()
    (output / "dear.txt").write_text("mother")
    with pytest.raises(NotOurs):
        built(honest_city, output)
    assert octets_of(output) == {"dear.txt": b"mother"}


def test_a_release_that_was_changed_afterwards_is_noticed_before_anything_is_built_on_it(
    honest: City, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    late = newest(honest.ledgers, "ledger")
    octets = late.read_bytes()
    late.unlink()
    built(honest, site)
    late.write_bytes(octets)
    built(honest, site)
    record = site / "releases/1/release.json"
    record.write_bytes(record.read_bytes().replace(b'"count": 1', b'"count": 2', 1))
    with pytest.raises(NotOurs, match="a release was changed"):
        built(honest, site)


def test_a_failure_in_the_middle_leaves_the_old_site_whole(honest_city: City, tmp_path: Path) -> None:
    def fails(model: Site, folder: Path, *, languages: Sequence[Language], cache: Path | None = None) -> None:
        plain_page(model, folder, languages=languages)
        raise OSError("the lamp fell over")

    site = tmp_path / "site"
    with pytest.raises(OSError, match="lamp"):
        built(honest_city, site, draw=fails)
    assert not site.exists()
    built(honest_city, site)
    there = octets_of(site)
    with pytest.raises(OSError, match="lamp"):
        built(honest_city, site, draw=fails)
    assert octets_of(site) == there
    assert {path.name for path in tmp_path.iterdir()} == {"site", ".site.tipline-lock"}


def test_nothing_to_build_from_is_said_with_what_was_refused(honest: City, tmp_path: Path) -> None:
    (honest.ledgers / "box.identity").unlink()
    shutil.rmtree(honest.bulletins)
    honest.bulletins.mkdir()
    with pytest.raises(NothingToShow, match="unknown-box"):
        built(honest, tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_two_builds_do_not_work_on_one_folder(honest_city: City, tmp_path: Path) -> None:
    with pytest.raises(Busy), whole(tmp_path / "site"):
        built(honest_city, tmp_path / "site")


@needs_root
def test_a_full_disk_leaves_the_old_site_whole_and_says_so(honest: City, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounted(disk, "3M"):
        built(honest, disk / "site")
        there = octets_of(disk / "site")
        late = newest(honest.ledgers, "ledger")
        late.write_bytes(signed_again(late.read_bytes(), BOX, b"canaries ", b"canaries 1"))
        (disk / "full").write_bytes(bytes(1 << 20))
        with pytest.raises(OSError, match="No space left"):
            built(honest, disk / "site", draw=_much)
        assert octets_of(disk / "site") == there
        assert {path.name for path in disk.iterdir()} == {"site", "full", ".site.tipline-lock"}


def _much(model: Site, folder: Path, *, languages: Sequence[Language], cache: Path | None = None) -> None:
    (folder / "index.html").write_bytes(bytes(3 << 20))


def test_a_language_without_catalogue_stops_the_build_before_anything_is_read(
    honest_city: City, tmp_path: Path
) -> None:
    settings = msgspec.structs.replace(read_settings(honest_city.site), languages=("es", "tlh"))
    with pytest.raises(BadSettings, match="languages"):
        built(honest_city, tmp_path / "site", settings=settings)


def test_a_site_is_built_of_ledgers_alone(honest: City, tmp_path: Path) -> None:
    for path in honest.bulletins.iterdir():
        path.unlink()
    site = build(replace(order(honest, tmp_path / "site"), settings=SiteFile())).site
    assert sum(one.opened for one in site.months) == 0
    assert {one.answer for one in site.months} == {"none"}
    assert len(site.lines) == 2
