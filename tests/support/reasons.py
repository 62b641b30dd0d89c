"""Every sentence with which another room tells the screen why something is not done: what has to have a translation.

They are read from the source: what is given to a Problem or a Refused where it is raised, what is called by a name that
such words have, and everything in the modules whose words are shown as they are. A value in a sentence is ``{}``.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support.house import ROOT

_LOADED = """
import json, sys, workstation.screen.server
print(json.dumps(sorted(name for name in sys.modules if name.split(".")[0] in ("workstation", "wire", "disclosure"))))
"""
NAMES = frozenset(
    {
        "reason",
        "words",
        "way_out",
        "what",
        "fault",
        "name",
        "hint",
        "told",
        "room",
        "waiting",
        "two_people",
        "_clocks",
        "_ended",
    }
)
"""Of variables that hold a sentence, or a piece of one, before it is raised, yielded or returned."""
SHOWN = frozenset(
    {
        "workstation.batches.chain",
        "workstation.batches.walk",
        "workstation.book.actions_status",
        "workstation.bulletin.ledgers",
        "workstation.bulletin.making",
        "workstation.epochs.chains",
        "workstation.epochs.review",
        "workstation.machine.clock",
        "workstation.machine.disk",
        "workstation.machine.network",
        "workstation.machine.program",
        "workstation.machine.swap",
    }
)
"""Every sentence in these."""
SHOWN_FUNCTIONS = frozenset({"batch_warnings", "_contradiction", "problem_in", "problem_of", "_jobs"})
"""And in functions of these names, in any module."""
ELSEWHERE = frozenset({"disclosure.vocabulary", "workstation.bulletin.showing"})
"""Our own data, and the preview in a terminal: no page says these."""
BUGS = frozenset({"ValueError", "TypeError", "RuntimeError", "AssertionError", "NotImplementedError"})
_SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|BEGIN|ORDER BY)\b")
_NOT_A_SENTENCE = re.compile(r"tipline-[a-z]+ \d|(\.\w+ )+\.\w+|--set \{\}=warn")
_WORD = re.compile(r"[a-z]{2}")


@cache
def sentences() -> dict[str, str]:
    """Return all of them, and of each a place where it stands."""
    command = [sys.executable, "-c", _LOADED]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, str] = {}
    for name in json.loads(done.stdout):
        if not name.startswith("workstation.screen") and name not in ELSEWHERE:
            for sentence, line in _of(name):
                found.setdefault(sentence, f"{name}:{line}")
    return found


def _of(name: str) -> Iterator[tuple[str, int]]:
    path = ROOT / Path(name.replace(".", "/"))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = [tree] if name in SHOWN else list(_told(tree))
    quiet = {id(one) for node in ast.walk(tree) for one in _quiet(node)}
    for node in nodes:
        for text, line in _strings(node, quiet):
            if _is_sentence(text):
                yield text, line


def _is_sentence(text: str) -> bool:
    words = _WORD.search(text) is not None and " " in text.strip()
    return words and not _SQL.search(text) and not _NOT_A_SENTENCE.fullmatch(text)


def _told(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield where words for a person are: raised, kept under a name for them, or in a function that gives them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            yield node.exc
        if isinstance(node, ast.FunctionDef) and node.name in SHOWN_FUNCTIONS:
            yield from node.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(one, ast.Name) and one.id.lower() in NAMES for one in targets):
                yield node.value
        if isinstance(node, ast.keyword) and node.arg in NAMES:
            yield node.value
        if isinstance(node, ast.Call) and _called(node) in ("Refused", "needs_two", "two"):
            yield node


def _called(node: ast.Call) -> str:
    return str(getattr(node.func, "id", "") or getattr(node.func, "attr", ""))


def _quiet(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what nobody reads: docstrings, faults of ours, the pieces of a sentence that is read whole."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and _called(node.exc) in BUGS:
        yield from ast.walk(node)
    if isinstance(node, ast.JoinedStr):
        for value in node.values:
            yield value if isinstance(value, ast.Constant) else getattr(value, "format_spec", None) or value
    if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
        yield from ast.walk(node.format_spec)


def _strings(node: ast.AST, quiet: set[int]) -> Iterator[tuple[str, int]]:
    for one in ast.walk(node):
        if id(one) in quiet:
            continue
        if isinstance(one, ast.JoinedStr):
            yield (
                "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in one.values),
                one.lineno,
            )
        elif isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value, one.lineno


OF_OTHERS = frozenset(
    {
        "Device or resource busy", "Disk quota exceeded", "File name too long", "Input/output error", "Is a directory",
        "No space left on device", "No such device", "No such file or directory", "Not a directory",
        "Permission denied", "Read-only file system", "Structure needs cleaning", "Too many open files",
        "[Errno {}] {}", "[Errno {}] {}: {}", "attempt to write a readonly database",
        "database disk image is malformed", "database is locked", "database or disk is full", "disk I/O error",
        "file is not a database", "unable to open database file",
    }
)  # fmt: skip
"""Sentences of the system and of SQLite, with which ours end."""
COMPOSED = frozenset({"{} to {}, or {}"})
"""Two of ours, put together."""
