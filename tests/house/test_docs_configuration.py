"""docs/configuration.md and config/example.toml tell of every key of the configuration."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from gateway.config import Config, Duration, load
from tests.support.house import ROOT, page

EXAMPLE = ROOT / "config" / "example.toml"


def _keys(kind: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (path of the key as in error messages, default) for every key of a table and those in it."""
    table = msgspec.inspect.type_info(kind)
    assert isinstance(table, msgspec.inspect.StructType)
    for field in table.fields:
        inner = [*_structs(field.type)]
        name = f"{path}{field.encode_name}"
        if not inner:
            yield name, field.default
        for held, many in inner:
            if held.tag_field:
                yield f"{name}[].{held.tag_field}", held.tag
            yield from _keys(held.cls, f"{name}[]." if many else f"{name}.")


def _structs(kind: Any, many: bool = False) -> Iterator[tuple[Any, bool]]:
    if isinstance(kind, msgspec.inspect.StructType):
        yield kind, many
    elif isinstance(kind, msgspec.inspect.VarTupleType):
        yield from _structs(kind.item_type, True)
    elif isinstance(kind, msgspec.inspect.UnionType):
        for one in kind.types:
            yield from _structs(one, many)
    elif isinstance(kind, msgspec.inspect.Metadata):
        yield from _structs(kind.type, many)


def _written(default: Any) -> str | None:
    """Return a default as it would be written in the file, None where there is none to write."""
    if isinstance(default, Duration):
        unit, seconds = next(
            (u, s) for u, s in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)) if default % s == 0
        )
        if unit == "d" and default == 86400:
            unit, seconds = "h", 3600
        return f'"{default // seconds}{unit}"'
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, str | int):
        return f'"{default}"' if isinstance(default, str) else str(default)
    return None


def test_the_page_tells_of_every_key_and_its_default() -> None:
    """In a table row that begins with the path of the key; the default is in the row, as code."""
    rows = dict(re.findall(r"^\| `([^`]+)` (\|.*)$", page("configuration.md"), re.MULTILINE))
    keys = dict(_keys(Config))
    assert len(keys) > 20
    assert keys.keys() - rows.keys() == set(), "keys that the page does not tell of"
    assert rows.keys() - keys.keys() == set(), "keys that the page tells of and nobody reads"
    wrong = {
        key: _written(default)
        for key, default in keys.items()
        if not key.endswith(".type") and _written(default) and f"`{_written(default)}`" not in rows[key]
    }
    assert not wrong, "defaults that the page does not tell"


def test_the_example_has_every_key() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    names = {key.rpartition(".")[2] for key, _ in _keys(Config)}
    assert not sorted(name for name in names if not re.search(rf"^#?{name} = ", text, re.MULTILINE))


def _on_this_machine(text: str, folder: Path) -> Path:
    """Return the file with the example in it, /etc/tipline being ``folder`` with the files that it names."""
    path = folder / "tipline.toml"
    path.write_text(text.replace("/etc/tipline/", f"{folder}/"), encoding="utf-8")
    for file in re.findall(r'"/etc/tipline/([^"]+)"', text):
        (folder / file).touch()
    return path


def test_the_example_is_a_configuration(tmp_path: Path) -> None:
    config = load(_on_this_machine(EXAMPLE.read_text(encoding="utf-8"), tmp_path))
    assert [line.name for line in config.line] == ["police", "misconduct"]
    assert config.state_dir == Path("/var/lib/tipline")
    assert config.outbox == Path("/var/spool/tipline")


def test_the_example_with_every_comment_taken_away_is_a_configuration(tmp_path: Path) -> None:
    text = re.sub(r"^#(\w+ = )", r"\1", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert text != EXAMPLE.read_text(encoding="utf-8")
    assert tomllib.loads(text)
    load(_on_this_machine(text, tmp_path))


def test_what_is_commented_out_in_the_example_is_the_default() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    keys = dict(_keys(Config))
    shown = {key: written for key, default in keys.items() if (written := _written(default))}
    for name, value in re.findall(r"^#(\w+) = (\S+)", text, re.MULTILINE):
        defaults = {written for key, written in shown.items() if key.rpartition(".")[2] == name}
        assert not defaults or value in defaults, name
