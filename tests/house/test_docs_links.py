"""Links in docs/ lead somewhere, and the threat model claims nothing that no test holds."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.support.house import ROOT, name_of, page, pages, tree

_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
_TEST = re.compile(r"`?(tests/[\w/.-]+\.py)(?:::(?:(\w+)::)?(\w+))?`?")
_CLAIM = re.compile(r"^(?:#{2,5} +|\| *|[-*] +)\**([A-Z]{1,2}\d{1,2})\b", re.MULTILINE)


def _prose(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def _anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as the usual renderers make them."""
    found = set()
    for heading in re.findall(r"^#+ +(.+?)\s*$", _prose(path), re.MULTILINE):
        words = re.sub(r"[^\w\- ]", "", heading.lower())
        found.add(words.replace(" ", "-"))
    return found


@pytest.mark.parametrize("path", pages(), ids=name_of)
def test_every_link_inside_the_project_leads_somewhere(path: Path) -> None:
    broken = []
    for target in _LINK.findall(_prose(path)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        if not there.exists() or (anchor and there.suffix == ".md" and anchor not in _anchors(there)):
            broken.append(target)
    assert not broken


def _has(path: Path, test: str | None) -> bool:
    if not path.is_file():
        return False
    if test is None:
        return True
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return any(isinstance(node, functions) and node.name == test for node in ast.walk(tree(path)))


@pytest.mark.parametrize("path", pages(), ids=name_of)
def test_every_test_that_a_page_names_is_there(path: Path) -> None:
    named = _TEST.findall(path.read_text(encoding="utf-8"))
    missing = [
        "::".join(filter(None, (file, group, test)))
        for file, group, test in named
        if not _has(ROOT / file, test or None) or not _has(ROOT / file, group or None)
    ]
    assert not missing


def test_every_claim_of_the_threat_model_names_a_test_or_says_not_yet() -> None:
    """A claim is a heading, list item or table row that begins with a letter and a number: N1, A2."""
    text = page("threat-model.md")
    starts = [*_CLAIM.finditer(text)]
    ends = [*(start.start() for start in starts[1:]), len(text)]
    claims = {start[1]: text[start.start() : end] for start, end in zip(starts, ends, strict=True)}
    assert {f"N{number}" for number in range(1, 12)} <= claims.keys()
    empty = [
        name for name, claim in claims.items() if not _TEST.search(claim) and "not yet" not in claim.lower()
    ]
    assert not empty, f"neither a test nor 'not yet': {', '.join(empty)}"
