"""shares, restore, rekey: what custodians keep, and what it is worth."""

from __future__ import annotations

import json
import re
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from shamir_mnemonic import combine_mnemonics, generate_mnemonics
from shamir_mnemonic.share import Share
from shamir_mnemonic.wordlist import WORDLIST

from tests.support.people import bare, secret, sheet
from tests.support.terminal import terminal
from tests.support.workstation import OFFICER, WATCHER, Station
from workstation.home import load_keyring
from workstation.keys.keyring import is_key_of
from workstation.keys.words import SHARE_WORDS, shares_of

TWO_OF_THREE = ("--custodians", 3, "--threshold", 2)
SAME = (*TWO_OF_THREE, "--civil-custodians", 3, "--civil-threshold", 2)
BOTH = (*TWO_OF_THREE, "--civil-custodians", 2, "--civil-threshold", 2)


@pytest.fixture
def two(tmp_path: Path) -> Station:
    (tmp_path / "two").mkdir()
    return Station.make_two_person(tmp_path / "two")


def _pages(station: Station, *words: object) -> list[str]:
    """Return the printed sheets."""
    return station.run("shares", "make", *words).stdout.split("\f")


def _write(folder: Path, *texts: str) -> list[str]:
    """Return the words for ``restore`` that name a file for each of ``texts``."""
    words = []
    for number, text in enumerate(texts):
        path = folder / f"words-{number}"
        path.write_text(text)
        words += ["--words-file", str(path)]
    return words


def _contents(home: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}


def test_a_sheet_says_what_it_is_and_what_to_do(two: Station) -> None:
    pages = _pages(two, *BOTH)
    assert len(pages) == 5
    for page, title in zip(
        pages, ("1 of 3 of police", "2 of 3", "3 of 3", "1 of 2 of civil", "2 of 2"), strict=True
    ):
        assert f"share {title}" in page
        assert "two-person" in page and "line   police" in page and "lock it away" in page
        (share,) = shares_of(page)
        assert len(share.split()) == SHARE_WORDS and set(share.split()) <= set(WORDLIST)
        assert max(len(line) for line in page.splitlines()) <= 76
        assert len(page.splitlines()) <= 50
    sets = {re.search(r"set    ([0-9a-f]{4}), made \d{4}-\d\d-\d\d", page) for page in pages}
    assert len({found[1] for found in sets if found}) == 1


def test_sheets_are_written_to_a_disk_only_when_asked_and_never_into_the_home(
    two: Station, tmp_path: Path
) -> None:
    before = _contents(two.home)
    _pages(two, *BOTH)
    assert _contents(two.home) == before
    for inside in (two.home / "sheets", two.home / "epochs" / ".." / "sheets"):
        assert "in the home" in two.run("shares", "make", *BOTH, "--output", inside, code=2).output
    result = two.run("shares", "make", *BOTH, "--output", tmp_path / "sheets")
    assert "TIPLINE" not in result.output
    assert stat.S_IMODE((tmp_path / "sheets").stat().st_mode) == 0o600
    assert len((tmp_path / "sheets").read_text().split("\f")) == 5
    assert _contents(two.home) == before


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "--custodians"),
        (("--custodians", 3), "--threshold"),
        (("--custodians", 3, "--threshold", 1), "one custodian only"),
        (("--custodians", 2, "--threshold", 3), "1 to 2"),
        (("--custodians", 17, "--threshold", 3), "17"),
        (BOTH, "one group"),
    ],
)
def test_figures_that_cannot_be_are_refused(station: Station, words: tuple[object, ...], why: str) -> None:
    assert why in station.run("shares", "make", *words, code=2).output


def test_a_two_person_home_wants_custodians_of_both(two: Station) -> None:
    assert "--civil-custodians" in two.run("shares", "make", *TWO_OF_THREE, code=2).output


def test_a_drill_proves_the_shares_and_changes_nothing(station: Station, tmp_path: Path) -> None:
    pages = _pages(station, *TWO_OF_THREE)
    before = _contents(station.home)
    output = bare("--home", station.home, "restore", "--drill", *_write(tmp_path, pages[2], pages[0])).output
    assert "Nothing was changed" in output
    assert _contents(station.home) == before


def test_all_sheets_in_one_file_are_taken_as_they_were_printed(two: Station, tmp_path: Path) -> None:
    two.run("restore", "--drill", *_write(tmp_path, "\f".join(_pages(two, *BOTH))))


def test_words_may_stand_one_under_the_other_in_capitals_or_as_four_letters(
    station: Station, tmp_path: Path
) -> None:
    shares = [share for page in _pages(station, *TWO_OF_THREE)[:2] for share in shares_of(page)]
    under = "\n".join(shares[0].upper().split())
    short = ", ".join(word[:4] for word in shares[1].split())
    station.run("restore", "--drill", *_write(tmp_path, under, short))


def test_words_read_across_the_rows_of_a_sheet_are_put_in_order(station: Station, tmp_path: Path) -> None:
    pages = _pages(station, *TWO_OF_THREE)[:2]
    across = [re.findall(r"\b\d+\. ([a-z]+)", page) for page in pages]
    down = [share.split() for page in pages for share in shares_of(page)]
    assert across[0] != down[0] and sorted(across[0]) == sorted(down[0])
    station.run("restore", "--drill", *_write(tmp_path, *map(" ".join, across)))


def test_any_two_words_that_changed_places_are_named(station: Station, tmp_path: Path) -> None:
    words = shares_of(_pages(station, *TWO_OF_THREE)[0])[0].split()
    other = next(at for at in (19, 20, 21) if words[at] != words[4])
    words[other], words[4] = words[4], words[other]
    result = station.run("restore", "--drill", *_write(tmp_path, " ".join(words)), code=14)
    assert result.stderr.splitlines()[1:] == [f"Words 5 and {other + 1} may have changed places."]


def test_the_shares_of_one_organisation_prove_nothing(two: Station, tmp_path: Path) -> None:
    pages = _pages(two, *BOTH)
    result = two.run("restore", "--drill", *_write(tmp_path, *pages[:3]), code=14)
    assert "no share of civil" in result.output
    result = two.run("restore", "--drill", *_write(tmp_path, *pages[:4]), code=14)
    assert "2 shares of civil are needed, these are 1" in result.output


@pytest.mark.parametrize("first", [0, 3])
def test_one_organisation_restores_nothing_also_with_sheets_it_rewrote(
    two: Station, tmp_path: Path, first: int
) -> None:
    """All its sheets, said to be of a set with one group, or joined by sheets it made up for the other group."""
    own = [Share.from_mnemonic(share) for page in _pages(two, *SAME) for share in shares_of(page)]
    own = own[first : first + 3]
    ring = load_keyring(two.home)
    single = [replace(share, group_index=0, group_threshold=1, group_count=1).mnemonic() for share in own[:2]]
    assert not is_key_of(ring, combine_mnemonics(single))
    assert "another key" in two.run("restore", "--drill", *_write(tmp_path, *single), code=14).output
    made_up = generate_mnemonics(2, [(2, 3), (2, 3)], bytes(32))[1 - own[0].group_index]
    forged = [
        replace(Share.from_mnemonic(words), identifier=own[0].identifier).mnemonic() for words in made_up[:2]
    ]
    both = [*(share.mnemonic() for share in own[:2]), *forged]
    assert "another key" in two.run("restore", "--drill", *_write(tmp_path, *both), code=14).output


def test_shares_of_another_home_are_told(station: Station, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    pages = _pages(Station.make(tmp_path / "other"), *TWO_OF_THREE)
    result = station.run("restore", "--drill", *_write(tmp_path, *pages), code=14)
    assert "another key" in result.output


def _numbered(text: str, place: int, word: str) -> str:
    return re.sub(rf"\b{place}\. +[a-z]+", f"{place}. {word}", text)


def test_a_word_that_is_not_in_the_list_is_named_by_its_place_with_the_nearest(
    station: Station, tmp_path: Path
) -> None:
    pages = _pages(station, *TWO_OF_THREE)
    spoilt = _numbered(pages[0], 7, "academi")
    result = station.run("restore", "--drill", *_write(tmp_path, spoilt, pages[1]), code=14)
    assert "word 7 is not in the list" in result.output and "Is it academic" in result.output
    _tells_no_share(result.output, pages)


def test_a_word_that_was_misread_for_another_is_found(station: Station, tmp_path: Path) -> None:
    pages = _pages(station, *TWO_OF_THREE)
    right = shares_of(pages[0])[0].split()[19]
    spoilt = _numbered(pages[0], 20, "zero" if right != "zero" else "acid")
    result = station.run("restore", "--drill", *_write(tmp_path, spoilt, pages[1]), code=14)
    assert result.stderr.splitlines()[1:] == ["Look at word 20 again."]
    _tells_no_share(result.output, pages)


def test_words_that_changed_places_are_found(station: Station, tmp_path: Path) -> None:
    pages = _pages(station, *TWO_OF_THREE)
    words = shares_of(pages[0])[0].split()
    words[10], words[11] = words[11], words[10]
    result = station.run("restore", "--drill", *_write(tmp_path, " ".join(words), pages[1]), code=14)
    assert "Words 11 and 12" in result.output or words[10] == words[11]
    result = station.run("restore", "--drill", *_write(tmp_path, " ".join(words[:-1]), pages[1]), code=14)
    assert "33 words, these are 32" in result.output
    _tells_no_share(result.output, pages)


@pytest.mark.parametrize("text", ["", "\n \n", "1234", "\x1b[2J\x00", "é" * 50])
def test_a_file_without_words_is_told(station: Station, tmp_path: Path, text: str) -> None:
    assert "error:" in station.run("restore", "--drill", *_write(tmp_path, text), code=14).output


def _tells_no_share(output: str, pages: list[str]) -> None:
    for share in shares_of("\f".join(pages)):
        words = share.split()
        assert not any(" ".join(words[at : at + 2]) in output for at in range(len(words) - 1))


def test_restored_with_all_passphrases_lost(two: Station, tmp_path: Path) -> None:
    pages = _pages(two, *BOTH)
    vault = two.open().vault
    new = [secret(tmp_path, words, words) for words in ("police again", "civil again")]
    files = [word for file in new for word in ("--new-passphrase-file", str(file))]
    words = ("restore", *_write(tmp_path, *pages[1:]), *files, "--police", "Ana", "--civil", "Beto")
    assert "--yes" in two.run(*words, code=10).output
    two.run(*words, "--yes")
    restored = Station(two.home, new[0], (new[1],))
    assert (restored.open().users, restored.open().vault) == (("Ana", "Beto"), vault)
    assert "passphrase is wrong" in sheet(two, code=7)
    assert "nobody of" in sheet(Station(two.home, new[0]), code=18)
    restored.run("restore", "--drill", *_write(tmp_path, *pages[1:]))


def test_after_a_restore_an_old_share_of_a_user_is_worth_nothing(two: Station, tmp_path: Path) -> None:
    """The key is split anew: an old slot, put back with an editor, does not go with a new one."""
    old = (two.home / "keyring").read_text()
    pages = _pages(two, *BOTH)
    new = [secret(tmp_path, words, words) for words in ("police again", "civil again")]
    files = [word for file in new for word in ("--new-passphrase-file", str(file))]
    two.run("restore", *_write(tmp_path, *pages), *files, "--yes")
    file = json.loads((two.home / "keyring").read_text())
    file["users"][0] = json.loads(old)["users"][0]
    (two.home / "keyring").write_text(json.dumps(file))
    assert "do not belong together" in sheet(Station(two.home, two.passphrase_file, (new[1],)), code=11)


def test_rekey_makes_old_shares_and_slots_worthless(two: Station, tmp_path: Path) -> None:
    extra = secret(tmp_path, "third")
    two.run("users", "add", "third", "--organisation", "civil", "--new-passphrase-file", extra)
    pages = _pages(two, *BOTH)
    vault, old = two.open().vault, (two.home / "keyring").read_bytes()
    assert "--leave-out" in two.run("rekey", "--yes", code=2).output
    assert "--yes" in two.run("rekey", "--leave-out", "third", code=10).output
    assert (two.home / "keyring").read_bytes() == old
    assert "worthless" in two.run("rekey", "--leave-out", "third", "--yes").output
    assert two.open().vault == vault
    assert "another key" in two.run("restore", "--drill", *_write(tmp_path, *pages), code=14).output
    assert "passphrase is wrong" in sheet(Station(two.home, two.passphrase_file, (extra,)), code=7)
    two.run("restore", "--drill", *_write(tmp_path, *_pages(two, *BOTH)))


def test_rekey_leaves_nobody_of_an_organisation_out(two: Station) -> None:
    assert "nobody of civil" in two.run("rekey", "--leave-out", "watcher", "--yes", code=1).output
    two.run("rekey", "--leave-out", "nobody", "--yes", code=19)


def test_what_an_old_copy_still_opens_is_what_the_documents_say(two: Station, tmp_path: Path) -> None:
    """docs/key-ceremony.md: a copy of the keyring from before a rekey opens with the passphrases of that day."""
    copy = tmp_path / "copy"
    shutil.copytree(two.home, copy)
    two.run("rekey", "--yes")
    old = Station(copy, two.passphrase_file, two.more_files)
    assert old.open().vault == two.open().vault


def test_older_sets_of_the_same_key_stay_good(station: Station, tmp_path: Path) -> None:
    first, second = _pages(station, *TWO_OF_THREE), _pages(station, *TWO_OF_THREE)
    station.run("restore", "--drill", *_write(tmp_path, *first[:2]))
    station.run("restore", "--drill", *_write(tmp_path, *second[:2]))
    mixed = station.run("restore", "--drill", *_write(tmp_path, first[0], second[1]), code=14)
    assert "different sets" in mixed.output


def test_no_words_stand_in_the_home(two: Station) -> None:
    pages = _pages(two, *BOTH)
    octets = b"".join(_contents(two.home).values())
    for share in shares_of("\f".join(pages)):
        assert share.encode() not in octets
    assert OFFICER.passphrase not in octets and WATCHER.passphrase not in octets


def test_a_wrong_passphrase_is_told_before_anything_is_asked(two: Station) -> None:
    with terminal("--home", two.home, "rekey") as term:
        term.answer("Passphrase of officer:", "battery staple")
        term.answer("Passphrase of watcher:", "purple mnokey")
        assert term.close() == 7 and "Go on?" not in term.shown
