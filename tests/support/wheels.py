"""Wheels of what is installed beside the tests: so a bundle can be made and tried without an index."""

from __future__ import annotations

import re
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

from tests.support.house import ROOT

_LEFT = {"INSTALLER", "REQUESTED", "direct_url.json", "RECORD.jws", "RECORD.p7s"}
_DATE = (1980, 1, 1, 0, 0, 0)


def locked(role: str) -> list[str]:
    """Return the names of the libraries in requirements/``role``.lock."""
    text = (ROOT / "requirements" / f"{role}.lock").read_text(encoding="utf-8")
    return re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)


_OF_THE_PAGES = "blinker flask itsdangerous jinja2 markupsafe waitress werkzeug babel"
_OF_THE_CHARTS = (
    "altair attrs jsonschema jsonschema-specifications narwhals referencing rpds-py vl-convert-python"
)
OF_THE_SCREEN = frozenset((*_OF_THE_PAGES.split(), *_OF_THE_CHARTS.split()))
"""130 of 165 MB, and most of the files: only the screen, its charts and languages need them."""


def wheels_of(role: str, folder: Path) -> Path:
    """Return ``folder`` once it has a wheel of each library of ``role`` but those of the screen, as installed here."""
    folder.mkdir()
    for name in locked(role):
        if name not in OF_THE_SCREEN:
            _wheel(distribution(name), folder)
    return folder


def _wheel(found: Distribution, folder: Path) -> None:
    tags = re.findall(r"^Tag: (\S+)", found.read_text("WHEEL") or "", re.MULTILINE)
    parts = [sorted({tag.split("-")[at] for tag in tags}) for at in range(3)]
    name = re.sub(r"[-_.]+", "_", found.metadata["Name"]).lower()
    path = folder / f"{name}-{found.version}-{'-'.join('.'.join(part) for part in parts)}.whl"
    with zipfile.ZipFile(path, "w", compression=zipfile.ZIP_STORED) as archive:
        for file in sorted(found.files or (), key=str):
            inside = ".." not in file.parts and "__pycache__" not in file.parts and file.name not in _LEFT
            if inside and (located := Path(str(file.locate()))).is_file():
                octets = _record(located) if file.name == "RECORD" else located.read_bytes()
                archive.writestr(zipfile.ZipInfo(str(file), _DATE), octets)


def _record(path: Path) -> bytes:
    """Return the list of files without those that came by installing."""
    lines = path.read_text().splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("..") and "__pycache__" not in line]
    return "".join(line for line in kept if line.split(",")[0].rpartition("/")[2] not in _LEFT).encode()
