"""docs/ tells of every command, option, behaviour, exit code, format and make target; if not, this fails."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Any

import pytest

from tests.support.house import ROOT, commands, in_code, module_or_skip, page, pages, sections, sources

PROGRAMS = [
    ("gateway.cli", "tipline-gateway", "operating.md"),
    ("hw.virtual.cli", "tipline-modem", "virtual-modem.md"),
    ("workstation.cli", "tipline-workstation", "workstation-reference.md"),
    ("portal.cli", "tipline-portal", "portal.md"),
]


def _word(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){re.escape(text)}(?![\w-])")


@pytest.mark.parametrize(("module", "program", "name"), PROGRAMS)
def test_every_command_is_told_with_its_options(module: str, program: str, name: str) -> None:
    """An option has to stand, as code, in a section that names its command as code."""
    shown = commands(module_or_skip(module))
    told = [in_code(section) for section in sections(page(name))]
    missing = []
    for command in shown:
        word = command.path[-1] if command.path else program
        near = [text for text in told if _word(word).search(text)]
        if not near:
            missing.append(word)
        missing += [
            f"{word} {option}"
            for option in command.options
            if not any(_word(option).search(text) for text in near)
        ]
    assert not missing, f"docs/{name} does not tell of: {', '.join(missing)}"


@pytest.mark.parametrize(("module", "program", "name"), PROGRAMS)
def test_every_command_has_help_with_an_example(module: str, program: str, name: str) -> None:
    lacking = [
        " ".join((program, *command.path))
        for command in commands(module_or_skip(module))
        if "Example" not in f"{command.command.help}{command.command.epilog}" or program not in _help(command)
    ]
    assert not lacking


def _help(command: Any) -> str:
    return f"{command.command.help}{command.command.epilog}"


def test_every_behaviour_of_the_virtual_modem_is_told() -> None:
    options = module_or_skip("hw.virtual.settings").OPTIONS
    code = in_code(page("virtual-modem.md"))
    assert not [option for option in options if not _word(option).search(code)]


def _codes(module: str) -> dict[str, int]:
    """Return the exit codes that a module defines: members of an IntEnum, EXIT_ and SOME_ constants, exit_code."""
    found: dict[str, int] = {}
    for name, value in vars(module_or_skip(module)).items():
        if isinstance(value, type) and issubclass(value, IntEnum) and value.__module__ == module:
            found |= {member.name: int(member) for member in value}
        elif isinstance(value, int) and name.startswith(("EXIT_", "SOME_")):
            found[name] = value
        elif isinstance(value, type) and isinstance(code := getattr(value, "exit_code", None), int):
            found[name] = code
    return found


@pytest.mark.parametrize(
    ("modules", "name"),
    [
        (("gateway.faults",), "operating.md"),
        (("hw.virtual.cli",), "virtual-modem.md"),
        (("workstation.cli.reading", "workstation.problems"), "workstation-reference.md"),
        (("portal.problems",), "portal.md"),
    ],
)
def test_every_exit_code_is_told(modules: tuple[str, ...], name: str) -> None:
    """As a row of a table that begins with the code, or in a paragraph that says ``exit code``."""
    codes = {f"{module}.{key}": code for module in modules for key, code in _codes(module).items()}
    assert codes
    text = page(name)
    missing = [f"{code} ({key})" for key, code in codes.items() if not _tells_code(text, code)]
    assert not missing, f"docs/{name} does not tell of exit codes {', '.join(missing)}"


def _tells_code(text: str, code: int) -> bool:
    if re.search(rf"^\|\s*`?{code}`?\s*\|", text, re.MULTILINE):
        return True
    told = [part for part in text.split("\n\n") if "exit code" in part.lower()]
    return any(re.search(rf"(?:codes?|[:;,])\s+`?{code}\b", part) for part in told)


def test_every_format_is_told_by_its_magic() -> None:
    """A magic is the text ``tipline-<format> <version>`` that a file of ours begins with."""
    magics = set()
    for path in sources():
        text = path.read_text(encoding="utf-8")
        magics |= set(re.findall(r"""["'](tipline-[a-z]+ \d+)(?:["']|\\)""", text))
    assert {"tipline-batch 1", "tipline-keysheet 1", "tipline-ledger 1", "tipline-identity 1"} <= magics
    told = "\n".join(in_code(path.read_text(encoding="utf-8")) for path in pages() if path.exists())
    assert not sorted(magic for magic in magics if magic not in told)


def test_every_refusal_is_told() -> None:
    text = in_code(page("formats.md"))
    kinds = [str(kind.value) for kind in module_or_skip("wire.refusal").Refusal]
    assert not [kind for kind in kinds if not _word(kind).search(text)]


def _targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def test_every_make_target_is_told_and_every_told_one_is_there() -> None:
    told = set()
    for path in pages():
        told |= set(
            re.findall(r"(?:^|\s)make ([a-z-]+)", in_code(path.read_text(encoding="utf-8")), re.MULTILINE)
        )
    assert {"run", "test", "check", "bench", "lock", "clean", "format", "help"} <= _targets()
    assert told == _targets()


def test_no_page_is_named_in_the_source_that_is_not_there() -> None:
    named = set()
    for path in sources():
        named |= set(re.findall(r"docs/[\w/-]+\.md", path.read_text(encoding="utf-8")))
    assert not sorted(name for name in named if not (ROOT / name).is_file())
