"""Makes the one archive that a workstation is installed from: ``make workstation-bundle``.

From the same source, wheels, key and date it is the same octets, whoever makes it: names sorted, one date, no owner.
The date is SOURCE_DATE_EPOCH, else that of the last commit. The key (``--key FILE``: 64 hexadecimal digits) is a
throw-away one unless given; ``--make-key FILE`` makes one to keep.
"""

from __future__ import annotations

import argparse
import gzip
import io
import os
import platform
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

from nacl.signing import SigningKey

ROOT = Path(__file__).resolve().parent.parent
INSTALLER = ROOT / "requirements" / "installer"
sys.path.insert(0, str(INSTALLER))
import manifest  # noqa: E402 - the installer's own, which lies beside it

from wire.hashing import fingerprint  # noqa: E402 - as above
from wire.signed import time_text  # noqa: E402 - as above

NAME = "tipline-workstation"


def main() -> None:
    """Run the command of the command line."""
    asked = _arguments()
    if asked.make_key is not None:
        _make_key(asked.make_key)
        return
    date = _date()
    key = _key(asked.key)
    with tempfile.TemporaryDirectory() as folder:
        files = _files(Path(folder), asked.wheels, date)
    files |= _signed(files, key, date)
    target = asked.out / f"{NAME}-{_version()}.tar.gz"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(pack(files, f"{NAME}-{_version()}", date))
    sys.stdout.write(f"{target}: {len(files)} files, {target.stat().st_size} octets, {time_text(date)}\n")
    kind = "release key" if asked.key else "throw-away key, for trying only (--key FILE for your own)"
    sys.stdout.write(f"{kind}: {fingerprint(bytes(key.verify_key))}\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make workstation-bundle ARGS=...", description=__doc__)
    parser.add_argument("--key", type=Path, metavar="FILE", help="the release key")
    parser.add_argument(
        "--make-key", type=Path, metavar="FILE", help="make a release key there, and nothing else"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "dist", metavar="DIR")
    parser.add_argument(
        "--wheels", type=Path, metavar="DIR", help="wheels of the libraries, instead of the index's"
    )
    return parser.parse_args()


def pack(files: dict[str, bytes], folder: str, date: int) -> bytes:
    """Return the archive of ``files`` in ``folder``, the same octets for the same files and date."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", filename="", mtime=date, compresslevel=6) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name in sorted(files):
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size, entry.mtime = len(files[name]), date
            entry.mode = 0o755 if name.endswith(".sh") else 0o644
            archive.addfile(entry, io.BytesIO(files[name]))
    return packed.getvalue()


def _files(folder: Path, wheels: Path | None, date: int) -> dict[str, bytes]:
    """Return everything but manifest, signature and key."""
    command = ["sh", str(ROOT / "requirements" / "bundle.sh"), "workstation", *(["--own"] if wheels else [])]
    environment = os.environ | {"OUT": str(folder), "SOURCE_DATE_EPOCH": str(date), "PYTHON": sys.executable}
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
    found = [*(folder / "workstation").glob("*.whl"), *(wheels.glob("*.whl") if wheels else ())]
    if not any(path.name.startswith("pip-") for path in found):
        raise SystemExit(
            "there is no wheel of pip among them: sqlite-utils asks for it, and a fresh Debian has none"
        )
    files = {f"wheels/{path.name}": path.read_bytes() for path in found}
    files |= {path.name: path.read_bytes() for path in INSTALLER.iterdir() if path.suffix in (".py", ".sh")}
    for path in (ROOT / "LICENSE", ROOT / "requirements" / "workstation.lock", ROOT / "docs" / "install.md"):
        files[path.name] = path.read_bytes()
    return files


def _signed(files: dict[str, bytes], key: SigningKey, date: int) -> dict[str, bytes]:
    facts = {
        "name": NAME,
        "version": _version(),
        "built": time_text(date),
        "source": _source(),
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "machine": platform.machine(),
    }
    octets = manifest.write(facts, files)
    signature = key.sign(octets).signature
    pem = manifest.pem_of(bytes(key.verify_key))
    return {manifest.MANIFEST: octets, manifest.SIGNATURE: signature, manifest.KEY: pem}


def _source() -> str:
    """Return the commit, and whether the source is another one than that."""
    commit = _git("rev-parse", "HEAD")
    changed = "-changed" if _git("status", "--porcelain", "--untracked-files=no") else ""
    return f"{commit}{changed}" if commit else "unknown"


def _version() -> str:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(settings["project"]["version"])


def _date() -> int:
    return int(os.environ.get("SOURCE_DATE_EPOCH") or _git("log", "-1", "--format=%ct") or "315532800")


def _git(*words: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - asks about this folder only
            ["git", "-C", str(ROOT), *words],  # noqa: S607 - wherever git is
            check=False,
            capture_output=True,
            text=True,
        )
    except FileNotFoundError:
        return ""
    return done.stdout.strip()


def _key(file: Path | None) -> SigningKey:
    if file is None:
        return SigningKey.generate()
    try:
        return SigningKey(bytes.fromhex(file.read_text().strip()))
    except ValueError:
        raise SystemExit(f"{file} is not a release key: 64 hexadecimal digits") from None


def _make_key(file: Path) -> None:
    key = SigningKey.generate()
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as opened:
        opened.write(f"{bytes(key).hex()}\n")
    sys.stdout.write(
        f"{file}: fingerprint {fingerprint(bytes(key.verify_key))}. Keep it where no network is.\n"
    )


if __name__ == "__main__":
    main()
