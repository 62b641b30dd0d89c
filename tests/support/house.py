"""What the checks of the house share: where things are, the commands of a program, the pages of docs/."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("wire", "hw", "gateway", "disclosure", "workstation", "portal")


def sources(*rooms: str) -> list[Path]:
    """Return the Python files of ``rooms``, all of ours without any."""
    return [path for room in rooms or ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


@cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a source file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def name_of(path: Path) -> str:
    """Return ``path`` as seen from the top of the project."""
    return path.relative_to(ROOT).as_posix()


def module_or_skip(name: str) -> Any:
    """Return the module; skip while it is not written, and only then."""
    try:
        found = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        found = None
    if found is None:
        pytest.skip(f"{name} is not written yet")
    return importlib.import_module(name)


def page(name: str) -> str:
    """Return the text of docs/``name``; fails when it is missing."""
    path = ROOT / "docs" / name
    assert path.is_file(), f"docs/{name} is missing"
    return path.read_text(encoding="utf-8")


def pages() -> list[Path]:
    """Return README.md and all pages of docs/."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def sections(text: str) -> list[str]:
    """Return ``text`` cut before each heading that is not in a code block."""
    found, fenced = [""], False
    for line in text.splitlines(keepends=True):
        fenced ^= line.lstrip().startswith("```")
        if line.startswith("#") and not fenced:
            found.append("")
        found[-1] += line
    return found


def in_code(text: str) -> str:
    """Return what stands as code in ``text``: spans and blocks."""
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    rest = re.sub(r"^```[^\n]*\n.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", rest)])


@dataclass(frozen=True, slots=True)
class Shown:
    """One command as its help shows it."""

    path: tuple[str, ...]
    """The words after the program's name; empty for the program itself."""
    command: click.Command

    @property
    def options(self) -> list[str]:
        """The long options, without --help."""
        return [
            max(param.opts, key=len)
            for param in self.command.params
            if isinstance(param, click.Option) and not param.hidden
        ]


def commands(module: Any) -> list[Shown]:
    """Return every command of the click program in ``module``."""
    found = [value for value in vars(module).values() if isinstance(value, click.Command)]
    programs = [value for value in found if isinstance(value, click.Group)] or found
    inner = {
        id(sub) for group in programs if isinstance(group, click.Group) for sub in group.commands.values()
    }
    (program,) = [value for value in programs if id(value) not in inner]
    return list(_walk((), program))


def _walk(path: tuple[str, ...], command: click.Command) -> Iterator[Shown]:
    if command.hidden:
        return
    yield Shown(path, command)
    if isinstance(command, click.Group):
        for name, sub in command.commands.items():
            yield from _walk((*path, name), sub)
