"""The bundle of the workstation: the same octets twice, nothing run before it is verified, no network needed."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from tests.support.house import ROOT
from tests.support.mounts import mounted, needs_root
from tests.support.wheels import wheels_of
from tests.vectors.make.common import GROUP_ORDER, NEUTRAL, neutral_signature

KEY = SigningKey(bytes(range(32)))
DATE = 1_790_000_000
LIMIT = 300.0


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ed25519 = _load(ROOT / "requirements" / "installer" / "ed25519.py")


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    """requirements/workstation_bundle.py."""
    path = sys.path[:]
    try:
        return _load(ROOT / "requirements" / "workstation_bundle.py")
    finally:
        sys.path[:] = path


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheels_of("workstation", tmp_path_factory.mktemp("wheels") / "of the libraries")


SOURCE = (
    "LICENSE",
    "README.md",
    "pyproject.toml",
    "docs",
    "requirements",
    "wire",
    "disclosure",
    "workstation",
)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the source, in which nobody works meanwhile."""
    folder = tmp_path_factory.mktemp("source")
    for name in SOURCE:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


def _make(folder: Path, source: Path, wheels: Path) -> Path:
    key = folder / "key"
    key.write_text(bytes(KEY).hex())
    command = [sys.executable, str(source / "requirements" / "workstation_bundle.py")]
    environment = os.environ | {
        "SOURCE_DATE_EPOCH": str(DATE),
        "PYTHONPATH": str(source),
        "TMPDIR": str(folder),
    }
    words = ["--key", str(key), "--out", str(folder), "--wheels", str(wheels)]
    subprocess.run([*command, *words], env=environment, check=True, capture_output=True)
    (made,) = folder.glob("*.tar.gz")
    return made


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, source: Path, wheels: Path) -> Path:
    return _make(tmp_path_factory.mktemp("bundle"), source, wheels)


@pytest.fixture(scope="module")
def unpacked(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    (inside,) = folder.iterdir()
    return inside


@pytest.fixture(scope="module")
def fingerprint(builder: ModuleType) -> str:
    said: str = builder.manifest.fingerprint(bytes(KEY.verify_key))
    return said


def _install(
    bundle: Path, *words: object, code: int = 0, alone: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run the installer of ``bundle``; ``alone`` in an empty network namespace, where the machine lets us."""
    command = ["sh", str(bundle / "install.sh"), *map(str, words)]
    if alone and shutil.which("unshare"):
        inside = ["unshare", "--net", "--map-root-user"]
        if subprocess.run([*inside, "true"], check=False, capture_output=True).returncode == 0:
            command = [*inside, *command]
    environment = {"PATH": os.environ["PATH"], "PYTHON": sys.executable, "HOME": "/nonexistent"}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=LIMIT
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def _resigned(builder: ModuleType, unpacked: Path, to: Path, *, date: int, key: SigningKey = KEY) -> Path:
    """Return a bundle of the same files that says another date, or is signed by another key."""
    names = [p.relative_to(unpacked).as_posix() for p in unpacked.rglob("*") if p.is_file()]
    files = {name: (unpacked / name).read_bytes() for name in names}
    for name in ("MANIFEST", "MANIFEST.sig", "release.pem"):
        del files[name]
    files |= builder._signed(files, key, date)
    to.write_bytes(builder.pack(files, "bundle", date))
    return to


@pytest.mark.slow
def test_the_same_source_gives_the_same_archive(
    archive: Path, source: Path, wheels: Path, tmp_path: Path
) -> None:
    for path in source.rglob("*"):
        os.utime(path, (1, 1), follow_symlinks=False)
    again = _make(tmp_path, source, wheels)
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(archive.read_bytes()).digest()


def test_the_archive_says_what_is_in_it_and_names_nobody(archive: Path, unpacked: Path) -> None:
    with tarfile.open(archive) as opened:
        entries = opened.getmembers()
    assert [entry.name for entry in entries] == sorted(entry.name for entry in entries)
    assert {(e.uid, e.gid, e.uname, e.gname, e.mtime) for e in entries} == {(0, 0, "", "", DATE)}
    text = (unpacked / "MANIFEST").read_text()
    assert "built 2026-09-21T14:13:20Z\n" in text and "name tipline-workstation\n" in text
    for path in unpacked.rglob("*"):
        if path.is_file() and path.name not in ("MANIFEST", "MANIFEST.sig", "release.pem"):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            assert f"file {digest} {path.relative_to(unpacked).as_posix()}\n" in text


def test_openssl_says_the_same_of_the_signature(unpacked: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl")
    words = "pkeyutl -verify -rawin -pubin -inkey release.pem -in MANIFEST -sigfile MANIFEST.sig"
    done = subprocess.run(
        [openssl, *words.split()], cwd=unpacked, capture_output=True, text=True, check=False
    )
    assert "Verified Successfully" in done.stdout


def test_without_a_word_for_the_key_nothing_is_installed_and_its_fingerprint_is_shown(
    unpacked: Path, fingerprint: str, tmp_path: Path
) -> None:
    said = _install(unpacked, "--prefix", tmp_path / "p", code=2).stderr
    assert fingerprint in said and not (tmp_path / "p").exists()
    assert "are good" in _install(unpacked, "--verify", "--key-fingerprint", fingerprint.upper()).stdout


def _turn(path: Path) -> None:
    octets = bytearray(path.read_bytes())
    octets[len(octets) // 2] ^= 1
    path.write_bytes(octets)


SPOILED: dict[str, Callable[[Path], object]] = {
    "a wheel changed": lambda f: _turn(next(f.glob("wheels/click-*"))),
    "a wheel missing": lambda f: next(f.glob("wheels/click-*")).unlink(),
    "a wheel more": lambda f: (f / "wheels" / "evil-1-py3-none-any.whl").write_bytes(b"x"),
    "the installer changed": lambda f: (f / "install.sh").write_bytes(
        (f / "install.sh").read_bytes() + b"\n"
    ),
    "the manifest changed": lambda f: _turn(f / "MANIFEST"),
    "the signature changed": lambda f: _turn(f / "MANIFEST.sig"),
    "the signature short": lambda f: (f / "MANIFEST.sig").write_bytes(b""),
    "the key changed": lambda f: _turn(f / "release.pem"),
    "no manifest": lambda f: (f / "MANIFEST").unlink(),
    "a link": lambda f: (f / "link").symlink_to("/etc/passwd"),
}


@pytest.mark.parametrize("what", SPOILED)
def test_a_bundle_that_is_not_as_it_was_signed_is_refused_and_nothing_written(
    unpacked: Path, fingerprint: str, tmp_path: Path, what: str
) -> None:
    bad = tmp_path / "bad"
    shutil.copytree(unpacked, bad, copy_function=os.link)
    for path in bad.rglob("*"):  # what is changed must not be shared with the good one
        if path.is_file() and (path.parent == bad or path.name.startswith("click-")):
            octets = path.read_bytes()
            path.unlink()
            path.write_bytes(octets)
    SPOILED[what](bad)
    words = ("--from", bad, "--prefix", tmp_path / "p", "--key-fingerprint", fingerprint)
    said = _install(unpacked, *words, code=3).stderr
    assert "Nothing of it was run" in said and not (tmp_path / "p").exists()


def test_a_bundle_signed_by_another_key_is_refused(
    builder: ModuleType, unpacked: Path, fingerprint: str, tmp_path: Path
) -> None:
    other = _resigned(builder, unpacked, tmp_path / "other.tar.gz", date=DATE, key=SigningKey.generate())
    words = ("--from", other, "--prefix", tmp_path / "p", "--key-fingerprint", fingerprint)
    assert "signed by another key" in _install(unpacked, *words, code=3).stderr


@pytest.mark.slow
def test_it_is_installed_without_network_updated_in_place_and_taken_back(
    builder: ModuleType, unpacked: Path, fingerprint: str, tmp_path: Path
) -> None:
    prefix = tmp_path / "prefix"
    program = prefix / "bin" / "tipline-workstation"
    said = _install(unpacked, "--prefix", prefix, "--key-fingerprint", fingerprint, alone=True).stdout
    assert str(program) in said and _built(program, tmp_path) == "2026-09-21"
    first = (prefix / "current").resolve()
    assert "no version before" in _install(unpacked, "--prefix", prefix, "--rollback", code=5).stderr
    evil = _resigned(
        builder, unpacked, tmp_path / "evil.tar.gz", date=DATE + 86400, key=SigningKey.generate()
    )
    assert "another key than what is installed" in _install(first, "--from", evil, code=3).stderr
    old = _resigned(builder, unpacked, tmp_path / "old.tar.gz", date=DATE - 86400)
    assert "older than what is installed" in _install(first, "--from", old, code=3).stderr
    new = _resigned(builder, unpacked, tmp_path / "new.tar.gz", date=DATE + 86400)
    _killed(first, new, prefix)
    assert (prefix / "current").resolve() == first and _built(program, tmp_path) == "2026-09-21"
    _install(first, "--from", new, alone=True)
    second = (prefix / "current").resolve()
    assert second != first and (prefix / "previous").resolve() == first
    assert "in use again" in _install(second, "--rollback").stdout
    assert (prefix / "current").resolve() == first and _built(program, tmp_path) == "2026-09-21"
    _install(first, "--rollback")
    assert (prefix / "current").resolve() == second


def _built(program: Path, folder: Path) -> str:
    """Return the date that the installed program gives; its wheel is the same in all bundles here."""
    home = folder / "home"
    if not home.exists():
        (folder / "pass").write_text("correct horse battery\n")
        (folder / "pass").chmod(0o600)
        words = ["--home", str(home), "--passphrase-file", str(folder / "pass"), "init"]
        subprocess.run([program, *words], check=True, capture_output=True)
    done = subprocess.run([program, "--home", str(home), "check"], check=True, capture_output=True, text=True)
    return done.stdout.partition("built ")[2].partition(",")[0]


def _killed(installer: Path, bundle: Path, prefix: Path) -> None:
    """Begin an update and kill it once the new version's folder is there."""
    before = set((prefix / "versions").iterdir())
    command = ["sh", str(installer / "install.sh"), "--from", str(bundle)]
    environment = {"PATH": os.environ["PATH"], "PYTHON": sys.executable}
    with subprocess.Popen(
        command, env=environment, start_new_session=True, stdout=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + LIMIT
        while set((prefix / "versions").iterdir()) == before and time.monotonic() < deadline:
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
    assert set((prefix / "versions").iterdir()) != before


@needs_root
def test_on_a_full_disk_nothing_is_installed(unpacked: Path, fingerprint: str, tmp_path: Path) -> None:
    with mounted(tmp_path, "4M"):
        said = _install(
            unpacked, "--prefix", tmp_path / "p", "--key-fingerprint", fingerprint, code=12
        ).stderr
        assert "No space" in said and not (tmp_path / "p" / "current").exists()


def _nacl_says(signature: bytes, message: bytes, key: bytes) -> bool:
    try:
        VerifyKey(key).verify(message, signature)
    except (BadSignatureError, ValueError):
        return False
    return True


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=80), st.integers(0, 64 * 8 - 1), st.booleans())
def test_its_ed25519_says_what_libsodium_says(seed: bytes, message: bytes, bit: int, turn: bool) -> None:
    key = SigningKey(seed)
    signature = bytearray(key.sign(message).signature)
    if turn:
        signature[bit // 8] ^= 1 << bit % 8
    public = bytes(key.verify_key)
    assert ed25519.is_good(bytes(signature), message, public) is not turn
    assert _nacl_says(bytes(signature), message, public) is not turn


@given(st.binary(min_size=64, max_size=64), st.binary(max_size=8), st.binary(min_size=32, max_size=32))
def test_of_any_octets_it_says_what_libsodium_says(signature: bytes, message: bytes, key: bytes) -> None:
    assert ed25519.is_good(signature, message, key) == _nacl_says(signature, message, key)


def _order_eight() -> bytes:
    return bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s, k: (s[:32] + (int.from_bytes(s[32:], "little") + GROUP_ORDER).to_bytes(32, "little"), k),
        lambda s, k: (neutral_signature(b"message", KEY), k),
        lambda s, k: (NEUTRAL + bytes(32), NEUTRAL),
        lambda s, k: (NEUTRAL + bytes(32), _order_eight()),
        lambda s, k: (_order_eight() + s[32:], k),
        lambda s, k: (s, (2**255 - 18).to_bytes(32, "little")),
        lambda s, k: (s[:63], k),
        lambda s, k: (s, k[:31]),
        lambda s, k: (bytes(64), bytes(32)),
    ],
)
def test_second_ways_to_write_a_signature_and_points_of_small_order_are_refused(
    spoil: Callable[[bytes, bytes], tuple[bytes, bytes]],
) -> None:
    good = KEY.sign(b"message").signature
    assert ed25519.is_good(good, b"message", bytes(KEY.verify_key))
    signature, key = spoil(good, bytes(KEY.verify_key))
    assert not ed25519.is_good(signature, b"message", key)
    if len(signature) == 64 and len(key) == 32:
        assert not _nacl_says(signature, b"message", key)


def test_it_passes_the_first_vectors_of_the_standard() -> None:
    """RFC 8032 §7.1, tests 1 and 2."""
    for key, message, signature in (
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
    ):
        assert ed25519.is_good(bytes.fromhex(signature), bytes.fromhex(message), bytes.fromhex(key))
