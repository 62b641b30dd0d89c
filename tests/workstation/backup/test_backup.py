"""A backup is one encrypted file; from it, and a passphrase, the home comes back on another machine."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.ended_epochs import THEN, opened
from tests.support.mounts import mounted, needs_root
from tests.support.workstation import ANALYST, OPENS, PASSPHRASE, Box, Station
from workstation.backup import stream
from workstation.backup.making import make_backup
from workstation.backup.reading import restore_backup, verify_backup
from workstation.bars import Advance, Bar
from workstation.book.connection import NAME, Book
from workstation.home import Home, open_home
from workstation.keys.people import Credential
from workstation.problems import HomeExists, NotTaken, WrongPassphrase

SECRET = "Zanahoria 4711 quebradiza"


def _no_bar(total: int) -> AbstractContextManager[Advance]:
    return nullcontext(lambda: None)


def _ask(_: object) -> tuple[Credential, ...]:
    return OPENS


@pytest.fixture
def home(station: Station, box: Box, stick: Path) -> Home:
    """A home with a batch, a case book, a certificate's folder, a policy and rubbish."""
    box.cut(stick, box.text("in the batch"))
    station.take(stick)
    made = opened(station)
    _note(made, SECRET)
    for folder, name in (
        ("ledgers", "a.ledger"),
        ("ledgers/quarantined", "b.ledger"),
        ("certificates", "c.kept"),
    ):
        (made.path / folder).mkdir(exist_ok=True)
        (made.path / folder / name).write_bytes(name.encode())
    (made.path / "machine.toml").write_text('network = "warn"\n')
    (made.path / ".keyring.12345678").write_bytes(b"left by a killed run")
    (made.path / "link").symlink_to("/etc/passwd")
    return made


def _note(home: Home, text: str) -> None:
    with Book.open(home.path / NAME, home.vault.book) as book, book.write():
        book.connection.execute("INSERT OR REPLACE INTO filters VALUES ('one', ?, 'analyst')", (text,))


def _noted(home: Home) -> str:
    with Book.open(home.path / NAME, home.vault.book) as book:
        (text,) = book.connection.execute("SELECT query FROM filters WHERE name = 'one'").fetchone()
    return str(text)


def _backup(home: Home, folder: Path, *, now: int = THEN) -> Path:
    path = folder / "one.backup"
    make_backup(home, path, _no_bar, now=now)
    return path


def test_what_comes_back_is_the_home_without_its_secrets_of_epochs(home: Home, tmp_path: Path) -> None:
    path = _backup(home, tmp_path)
    found, again = restore_backup(path, tmp_path / "elsewhere" / "home", _ask, _no_bar)
    assert again.path == tmp_path / "elsewhere" / "home" and again.vault == home.vault
    assert again.sheet == home.sheet and again.boxes.keys() == home.boxes.keys()
    assert _noted(again) == SECRET
    with sqlite3.connect(again.batches) as one, sqlite3.connect(home.batches) as other:
        asked = "SELECT header_hash, octets FROM batches"
        assert one.execute(asked).fetchall() == other.execute(asked).fetchall() != []
    one.close()
    other.close()
    assert again.epoch_keys() == () and home.epoch_keys() != ()
    for name in ("ledgers/a.ledger", "ledgers/quarantined/b.ledger", "certificates/c.kept", "machine.toml"):
        assert (again.path / name).read_bytes() == (home.path / name).read_bytes()
    assert not (again.path / ".keyring.12345678").exists() and not (again.path / "link").exists()
    assert dict(found.files).keys() >= {"keyring", "keysheet", "batches.db", NAME}


def test_nothing_of_it_is_in_clear_but_the_keyring_and_whose_it_is(home: Home, tmp_path: Path) -> None:
    octets = _backup(home, tmp_path).read_bytes()
    epochs = [path.read_bytes() for path in (home.path / "epochs").iterdir()]
    wanted = [SECRET.encode(), b"CREATE TABLE", b"a.ledger", b"batches.db", *epochs]
    wanted += [getattr(home.vault, name) for name in ("authority", "book", "records", "epochs")]
    assert epochs and not any(one in octets or one.hex().encode() in octets for one in wanted)
    assert (
        octets.startswith(b"tipline-backup 1\n")
        and oct((tmp_path / "one.backup").stat().st_mode)[-3:] == "600"
    )


def test_nothing_of_it_was_in_clear_while_it_was_made(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Path] = []
    real = os.open

    def watched(path: Any, flags: int, *more: Any, **named: Any) -> int:
        handle = real(path, flags, *more, **named)
        if flags & os.O_CREAT:
            seen.append(Path(str(path)))
        return handle

    monkeypatch.setattr(os, "open", watched)
    _backup(home, tmp_path)
    assert [path.parent for path in seen] == [tmp_path] and seen[0].name.startswith(".one.backup.")


def test_it_is_one_moment_though_the_case_book_is_written_to_meanwhile(home: Home, tmp_path: Path) -> None:
    def writing(total: int) -> AbstractContextManager[Advance]:
        _note(home, "written while the backup was made")
        return nullcontext(lambda: None)

    make_backup(home, tmp_path / "one.backup", writing, now=THEN)
    assert _noted(home) == "written while the backup was made"
    _, again = restore_backup(tmp_path / "one.backup", tmp_path / "again", _ask, _no_bar)
    assert _noted(again) == SECRET


def test_while_it_is_copied_nobody_carries_the_log_over_into_the_database(home: Home, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from workstation.book.connection import Book\n"
        "with Book.open(Path(sys.argv[1]), bytes.fromhex(sys.argv[2])) as book:\n"
        "    for number in range(200):\n"
        "        with book.write():\n"
        "            book.connection.execute('INSERT INTO filters VALUES (?, ?, ?)', (str(number), 'x' * 20000, 'a'))\n"
        "    book.connection.execute('PRAGMA wal_checkpoint(PASSIVE)')\n"
    )
    path = home.path / NAME

    def writing(total: int) -> AbstractContextManager[Advance]:
        subprocess.run([sys.executable, "-c", program, str(path), home.vault.book.hex()], check=True)
        return nullcontext(lambda: None)

    size = path.stat().st_size
    make_backup(home, tmp_path / "one.backup", writing, now=THEN)
    assert path.stat().st_size >= size
    _, again = restore_backup(tmp_path / "one.backup", tmp_path / "again", _ask, _no_bar)
    for where, count in ((again, 1), (home, 201)):
        with Book.open(where.path / NAME, home.vault.book) as book:
            assert book.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert book.connection.execute("SELECT count(*) FROM filters").fetchone() == (count,)


def test_a_home_without_a_case_book_is_backed_up_too(station: Station, tmp_path: Path) -> None:
    made = opened(station)
    (made.path / NAME).unlink(missing_ok=True)
    _, again = restore_backup(_backup(made, tmp_path), tmp_path / "again", _ask, _no_bar)
    assert not (again.path / NAME).exists() and again.sheet == made.sheet


@pytest.mark.parametrize("now", [0, 1, 253402300799])
def test_a_wrong_clock_harms_nothing(home: Home, tmp_path: Path, now: int) -> None:
    found, again = restore_backup(_backup(home, tmp_path, now=now), tmp_path / "again", _ask, _no_bar)
    assert _noted(again) == SECRET and found.header.date.endswith("Z")


def test_a_wrong_passphrase_opens_nothing_and_makes_nothing(home: Home, tmp_path: Path) -> None:
    path = _backup(home, tmp_path)
    with pytest.raises(WrongPassphrase):
        restore_backup(path, tmp_path / "again", lambda _: (Credential(b"wrong"),), _no_bar)
    assert not (tmp_path / "again").exists()


def test_what_is_there_is_never_overwritten(home: Home, tmp_path: Path) -> None:
    path = _backup(home, tmp_path)
    with pytest.raises(HomeExists):
        restore_backup(path, home.path, _ask, _no_bar)
    assert _noted(open_home(home.path, OPENS)) == SECRET


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of several chunks."""
    folder = tmp_path_factory.mktemp("made")
    station = Station.make(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream, "CHUNK", 4096)
        return _backup(opened(station), folder)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_file_that_was_changed_cut_off_or_put_together_anew_is_refused(
    made: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    octets = made.read_bytes()
    begin = octets.index(b"\n", 20) + 1
    at = data.draw(st.integers(0, len(octets) - 1))
    what = data.draw(st.sampled_from(["bit", "cut", "more", "swap"]))
    if what == "bit":
        changed = octets[:at] + bytes([octets[at] ^ 1 << data.draw(st.integers(0, 7))]) + octets[at + 1 :]
    elif what == "cut":
        changed = octets[:at]
    elif what == "more":
        changed = octets + octets[-1:]
    else:
        first, second, third = (begin + 24 + n * (4096 + 17) for n in range(3))
        changed = octets[:first] + octets[second:third] + octets[first:second] + octets[third:]
    folder = tmp_path_factory.mktemp("changed")
    (folder / "x").write_bytes(changed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream, "CHUNK", 4096)
        for act in (
            lambda: verify_backup(folder / "x", _ask, _no_bar),
            lambda: restore_backup(folder / "x", folder / "again", _ask, _no_bar),
        ):
            with pytest.raises((NotTaken, WrongPassphrase)):
                act()
    assert not (folder / "again").exists()


def test_a_backup_of_another_line_s_keys_does_not_open(made: Path, tmp_path: Path) -> None:
    """A thief of the file who has an own home cannot put an own keyring in front."""
    other = Station.make(tmp_path)
    octets = made.read_bytes()
    own = _backup(opened(other), tmp_path).read_bytes()
    ends = [text.index(b"\n", 20) + 1 for text in (own, octets)]
    (tmp_path / "x").write_bytes(own[: ends[0]] + octets[ends[1] :])
    with pytest.raises(NotTaken):
        verify_backup(tmp_path / "x", _ask, _no_bar)


@needs_root
def test_a_full_disk_leaves_the_backup_of_before(home: Home, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    with mounted(small, "1M"):
        (small / "one.backup").write_bytes(b"of before")
        (small / "filler").write_bytes(bytes(900_000))
        with pytest.raises(OSError, match="No space"):
            _backup(home, small)
        assert (small / "one.backup").read_bytes() == b"of before"
        assert {path.name for path in small.iterdir()} == {"one.backup", "filler"}


@needs_root
def test_a_restore_on_a_full_disk_leaves_nothing(home: Home, station: Station, tmp_path: Path) -> None:
    path = _backup(home, tmp_path)
    small = tmp_path / "small"
    small.mkdir()
    with mounted(small, "128k"):
        result = Station(small / "home", station.passphrase_file).run("restore-backup", path, code=12)
        assert "Traceback" not in result.output
        assert list(small.iterdir()) == []


def _killed(act: Callable[[Bar], object], step: int) -> bool:
    """Do ``act`` in a process that is killed at its ``step``th chunk or synced file; return whether it came to that."""
    pid = os.fork()
    if pid == 0:
        left = [step]
        real = os.fsync

        def reach(*arguments: Any) -> None:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            if arguments:
                real(*arguments)

        setattr(os, "fsync", reach)  # noqa: B010  a module's function is not assigned to
        act(lambda _: nullcontext(reach))
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(pid, 0)[1])


def test_killed_at_any_step_a_backup_leaves_the_one_of_before_and_the_next_clears_up(
    home: Home, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    path = _backup(home, folder)
    before, step = path.read_bytes(), 0
    while True:
        step += 1
        killed = _killed(lambda bar: make_backup(home, path, bar, now=THEN), step)
        assert path.read_bytes() == before or verify_backup(path, _ask, _no_bar)
        if not killed:
            break
    assert step > 2
    _backup(home, folder)
    assert list(folder.iterdir()) == [path]


def test_killed_at_any_step_a_restore_leaves_nothing_and_the_next_one_works(
    home: Home, tmp_path: Path
) -> None:
    path, folder, step = _backup(home, tmp_path), tmp_path / "out", 0
    folder.mkdir()
    while True:
        step += 1
        killed = _killed(lambda bar: restore_backup(path, folder / "again", _ask, bar), step)
        if not killed:
            break
        assert not (folder / "again").exists() or _noted(open_home(folder / "again", OPENS)) == SECRET
        if (folder / "again").exists():
            (folder / "again").rename(folder / f"{step}")
    assert step > 8 and _noted(open_home(folder / "again", OPENS)) == SECRET


def test_the_procedure_on_another_machine(station: Station, home: Home, tmp_path: Path) -> None:
    """The real commands: another path, an open umask, nothing of the old home at hand."""
    path = tmp_path / "stick of backups" / "one.backup"
    path.parent.mkdir()
    assert "in no backup" in station.run("backup", "--output", path).stdout
    home.path.rename(tmp_path / "burnt")
    other = Station(tmp_path / "other machine" / "tipline", station.passphrase_file)
    command = [sys.executable, "-c", "from workstation.cli import main\nmain()"]
    for words, said in (
        (["backup", "--verify", path], "every octet of it verifies"),
        (["restore-backup", path], "restored:"),
        (["keysheet", "--output", tmp_path / "sheet"], "fingerprint"),
        (["tips"], ""),
    ):
        done = subprocess.run(
            [*command, *other.arguments(*words)], capture_output=True, text=True, check=True, umask=0
        )
        assert said in done.stdout and PASSPHRASE not in done.stdout + done.stderr
    assert all(not found.stat().st_mode & 0o077 for found in other.home.rglob("*"))
    assert (tmp_path / "sheet").read_bytes() == home.sheet_octets


def test_the_commands_refuse_with_their_codes(station: Station, home: Home, tmp_path: Path) -> None:
    station.run("backup", code=2)
    station.run("backup", "--output", tmp_path / "a", "--verify", tmp_path / "b", code=2)
    station.run("backup", "--output", tmp_path / "no folder" / "a", code=12)
    (tmp_path / "a").write_bytes(b"tipline-backup 2\n")
    for name, words in (("a", "of another version"), ("keysheet", "not a backup")):
        (tmp_path / "keysheet").write_bytes(home.sheet_octets)
        assert words in station.run("backup", "--verify", tmp_path / name, code=3).stderr
    path = _backup(home, tmp_path)
    station.run("restore-backup", path, code=6)
    wrong = tmp_path / "wrong"
    wrong.write_bytes(b"wrong\n")
    wrong.chmod(0o600)
    Station(tmp_path / "x", wrong).run("restore-backup", path, code=7)
    path.write_bytes(path.read_bytes()[:-1])
    Station(tmp_path / "x", station.passphrase_file).run("restore-backup", path, code=3)
    assert ANALYST.name not in path.read_text(errors="replace")[-100:] and not (tmp_path / "x").exists()
