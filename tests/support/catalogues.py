"""Every message of the screen, as its source says it: what the catalogues have to have."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_dir

from tests.support.house import ROOT

SCREEN = ROOT / "workstation" / "screen"
KEYWORDS = {"_": None, "ngettext": (1, 2), "text": None, "texts": (1, 2)}
_METHODS = [("**.py", "python"), ("**.html", "jinja2")]
_OPTIONS = {"**.html": {"trimmed": "true", "newstyle_gettext": "true"}}

Message = str | tuple[str, ...]


def messages() -> Iterator[tuple[Message, str]]:
    """Yield each message, or its forms by number, and where it stands."""
    found = extract_from_dir(SCREEN, _METHODS, _OPTIONS, keywords=KEYWORDS)
    for file, line, message, _comments, _context in found:
        if message:
            yield message, f"{Path(file)}:{line}"
    for words in problems():
        yield words, "a problem's docstring"


_PROBLEMS = """
import json, workstation.screen.server
from workstation.problems import Problem
def walk(kind):
    return [kind.__doc__ or "", *(words for one in kind.__subclasses__() for words in walk(one))]
print(json.dumps(walk(Problem)))
"""


def problems() -> list[str]:
    """Return what a page says first of each problem that the screen's own modules know: its docstring."""
    command = [sys.executable, "-c", _PROBLEMS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [words.strip() for words in json.loads(done.stdout) if words]
