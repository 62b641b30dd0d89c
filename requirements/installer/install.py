"""Installs, updates and takes back the workstation, without network, with Python's standard library alone.

Below the prefix (/opt/tipline for root, else ~/.local/tipline) each version has a folder of its own in ``versions``;
``current`` is a link to one of them and ``previous`` to the one before. An update makes a new folder and moves the link
in one step, so that a kill, a full disk or a bundle that does not work leaves what was there. The release key is kept
as ``release.pem``: from then on nothing is installed that another key signed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import manifest
from manifest import KEY, MANIFEST, SIGNATURE, Manifest, NotGood

PROGRAM = "tipline-workstation"
LIMIT = 1 << 30
"""Octets of one file of a bundle; the largest has about 40 MB."""
INSTALLED = "installed"
"""Marks a version that was installed to its end."""
NOT_GOOD, NOT_HERE, NOTHING, FAILED = 3, 4, 5, 12


class Stop(Exception):
    """Nothing is installed; what was there stays."""

    def __init__(self, code: int, words: str, way_out: str = "") -> None:
        super().__init__(words)
        self.code, self.way_out = code, way_out


def main() -> None:
    """Run the command of the command line."""
    asked = _arguments()
    try:
        _run(asked)
    except NotGood as bad:
        _end(NOT_GOOD, str(bad), "Nothing of it was run. Do not use it, and ask where it comes from.")
    except Stop as stop:
        _end(stop.code, str(stop), stop.way_out)
    except (OSError, subprocess.CalledProcessError) as error:
        _end(FAILED, str(error), "What was installed before is as it was.")


def _run(asked: argparse.Namespace) -> None:
    os.umask(0o022)
    prefix: Path = asked.prefix
    if asked.rollback:
        _rollback(prefix)
    elif asked.verify:
        found, _ = _read(asked.source, prefix, asked)
        _say(
            f"{PROGRAM} {found.version}, built {found.built}: the signature and all {len(found.files)} files are good"
        )
    else:
        _install(prefix, asked)


def _arguments() -> argparse.Namespace:
    here = Path(__file__).resolve().parent
    home = Path("/opt/tipline") if os.geteuid() == 0 else Path.home() / ".local" / "tipline"
    if (here / INSTALLED).is_file():  # the installer of an installed version, which takes the next bundle
        home = here.parent.parent
    parser = argparse.ArgumentParser(
        prog="install.sh",
        description="Install the workstation on a machine without network, update it, or take an update back.",
        epilog="Exit codes: 0 done, 2 wrong usage, 3 signature, key or a file is not good, 4 not for this machine,"
        " 5 there is nothing to go back to, 12 reading or writing failed.",
    )
    parser.add_argument("--prefix", type=Path, default=home, metavar="DIR", help=f"where to [{home}]")
    parser.add_argument(
        "--from", dest="source", type=Path, default=here, metavar="ARCHIVE", help="another bundle"
    )
    parser.add_argument("--key-fingerprint", metavar="F", help="of the release key, as it was read to you")
    parser.add_argument("--new-key", action="store_true", help="take another release key than that of before")
    parser.add_argument(
        "--older", action="store_true", help="also a version that is older than the installed one"
    )
    parser.add_argument("--verify", action="store_true", help="only say whether it is good")
    parser.add_argument("--rollback", action="store_true", help="go back to the version before")
    return parser.parse_args()


def _install(prefix: Path, asked: argparse.Namespace) -> None:
    found, files = _read(asked.source, prefix, asked)
    _fits(found)
    current = _version_at(prefix / "current")
    if current is not None and found.built < current.built and not asked.older:
        raise Stop(
            NOT_GOOD, f"{found.built} is older than what is installed", "Give --older if it is meant so."
        )
    target = prefix / "versions" / found.id
    if not (target / INSTALLED).is_file():
        _build(target, found, files)
    _durable(prefix / KEY, files[KEY])
    if current is None or current.id != found.id:
        if current is not None:
            _link(prefix / "previous", f"versions/{current.id}")
        _link(prefix / "current", f"versions/{found.id}")
    (prefix / "bin").mkdir(exist_ok=True)
    _link(prefix / "bin" / PROGRAM, f"../current/program/bin/{PROGRAM}")
    _say(f"{PROGRAM} {found.version}, built {found.built}, is installed: {prefix / 'bin' / PROGRAM}")
    _tidy(prefix)


def _rollback(prefix: Path) -> None:
    before, now = _version_at(prefix / "previous"), _version_at(prefix / "current")
    if before is None or now is None:
        raise Stop(NOTHING, "there is no version before this one")
    _link(prefix / "current", f"versions/{before.id}")
    _link(prefix / "previous", f"versions/{now.id}")
    _say(f"{PROGRAM} {before.version}, built {before.built}, is in use again")


def _read(source: Path, prefix: Path, asked: argparse.Namespace) -> tuple[Manifest, dict[str, bytes]]:
    """Return manifest and files of the bundle, verified: nothing of it was run, nothing was written."""
    if (source / INSTALLED).is_file():
        raise Stop(2, "this version is installed already", "Give the next bundle: --from ARCHIVE")
    files = dict(_in_folder(source) if source.is_dir() else _in_archive(source))
    if not {MANIFEST, SIGNATURE, KEY} <= files.keys():
        raise NotGood(f"{source} is not a bundle")
    key = manifest.key_in(files[KEY])
    _expected(key, prefix, asked)
    found = manifest.read(files[MANIFEST], files[SIGNATURE], key)
    there = files.keys() - {MANIFEST, SIGNATURE, KEY}
    for name in sorted(found.files.keys() | there):
        if name not in there or hashlib.sha256(files[name]).hexdigest() != found.files.get(name):
            raise NotGood(f"{name} is missing, was changed, or is not in MANIFEST")
    return found, files


def _expected(key: bytes, prefix: Path, asked: argparse.Namespace) -> None:
    """Return if ``key`` is the one that was read aloud, or that of the version before."""
    said, kept = asked.key_fingerprint, prefix / KEY
    if said is not None and not manifest.same_fingerprint(said, key):
        raise NotGood(f"it is signed by another key, {manifest.fingerprint(key)}")
    if kept.is_file() and not (asked.new_key and said):
        if manifest.key_in(kept.read_bytes()) != key:
            raise NotGood(
                "it is signed by another key than what is installed (--new-key, with --key-fingerprint F)"
            )
    elif said is None:
        raise Stop(
            2,
            f"the release key has the fingerprint {manifest.fingerprint(key)}",
            "Compare it with what its holder says, by another way than this medium, and give it: --key-fingerprint F",
        )


def _in_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise NotGood(f"{path} is no regular file")
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path.read_bytes()


def _in_archive(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(path, "r:gz") as archive:
            for entry in archive:
                file = archive.extractfile(entry) if entry.isreg() and entry.size <= LIMIT else None
                if file is None and not entry.isdir():
                    raise NotGood(f"{entry.name!r} is no regular file")
                if file is not None:
                    yield entry.name.partition("/")[2], file.read()
    except (tarfile.TarError, EOFError) as error:
        raise NotGood(f"{path} is not an archive: {error}") from None


def _fits(found: Manifest) -> None:
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    if found.python != python or found.machine != platform.machine():
        wanted, here = f"Python {found.python} on {found.machine}", f"Python {python} on {platform.machine()}"
        raise Stop(
            NOT_HERE,
            f"this bundle is for {wanted}, and here is {here}",
            "PYTHON=python3.x names another one.",
        )


def _build(target: Path, found: Manifest, files: dict[str, bytes]) -> None:
    """Return once the version is installed at ``target``; one that a kill left there is made anew."""
    if target.exists():
        shutil.rmtree(target)
    (target / "wheels").mkdir(parents=True)
    for name, octets in files.items():
        (target / name).parent.mkdir(exist_ok=True)
        (target / name).write_bytes(octets)
    (target / "install.sh").chmod(0o755)
    wheels = sorted(str(target / name) for name in found.files if name.endswith(".whl"))
    pip = next(wheel for wheel in wheels if Path(wheel).name.startswith("pip-"))
    program = target / "program"
    _call(sys.executable, "-I", "-m", "venv", "--without-pip", str(program))
    python = str(program / "bin" / "python")
    _say("installing, about half a minute")
    _call(python, "-I", f"{pip}/pip", "install", "--no-index", "--no-deps", "--no-cache-dir", "-qq", *wheels)
    _call(str(program / "bin" / PROGRAM), "--help")
    shutil.rmtree(target / "wheels")
    _sync(target)
    _durable(target / INSTALLED, f"{found.built}\n".encode())


def _call(*command: str) -> None:
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C.UTF-8",
        "PIP_CONFIG_FILE": os.devnull,
    }
    done = subprocess.run(  # noqa: S603 - programs of this bundle and of this Python, after they were verified
        command, env=environment, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise Stop(
            FAILED, f"{Path(command[0]).name} failed: {' / '.join(last)}", "What was installed is as it was."
        )


def _version_at(link: Path) -> Manifest | None:
    """Return the version that ``link`` leads to, None if there is none that was installed to its end."""
    folder = link.resolve()
    if not link.is_symlink() or not (folder / INSTALLED).is_file():
        return None
    octets, key = (folder / MANIFEST).read_bytes(), manifest.key_in((folder / KEY).read_bytes())
    return manifest.read(octets, (folder / SIGNATURE).read_bytes(), key)


def _tidy(prefix: Path) -> None:
    """Remove the versions that neither ``current`` nor ``previous`` leads to."""
    kept = {(prefix / name).resolve() for name in ("current", "previous")}
    for folder in (prefix / "versions").iterdir():
        if folder.resolve() not in kept:
            shutil.rmtree(folder)


def _link(link: Path, to: str) -> None:
    """Return once ``link`` leads to ``to``; at each moment before it leads to where it led."""
    new = link.with_name(f".{link.name}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(to)
    new.replace(link)
    _sync_folder(link.parent)


def _durable(path: Path, octets: bytes) -> None:
    new = path.with_name(f".{path.name}.new")
    with new.open("wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    _sync_folder(path.parent)


def _sync(folder: Path) -> None:
    """Return once everything below ``folder`` is on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.sync()
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")


def _end(code: int, words: str, way_out: str) -> None:
    sys.stderr.write("".join(f"{line}\n" for line in (f"error: {words}", way_out) if line))
    raise SystemExit(code)


if __name__ == "__main__":
    main()
