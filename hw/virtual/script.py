"""Scripted modems: a text file with options and replies. docs/virtual-modem.md is the specification."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from hw.virtual.answers import Lines, Raw
from hw.virtual.settings import OptionError, Settings

PERSONALITIES = Path(__file__).parent / "personalities"
MAX_DEPTH = 4
"""How many ``base`` lines may follow each other."""

_SIMPLE = {
    "r": "\r",
    "n": "\n",
    "t": "\t",
    "0": "\0",
    "s": " ",
    "\\": "\\",
    '"': '"',
    "z": "\x1a",
    "e": "\x1b",
}


class ScriptError(ValueError):
    """A scripted modem that cannot be read: file, line and what is wrong."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        super().__init__(f"{path}:{line}: {reason}")
        self.path, self.line, self.reason = path, line, reason


@dataclass(slots=True)
class _Scripted:
    """What one pattern answers, in turn; the last answer stays."""

    answers: list[Lines | Raw] = field(default_factory=list)
    used: int = 0


@dataclass(slots=True)
class Replies:
    """The scripted replies, by the command line without AT, upper case; a pattern may end in ``*``."""

    exact: dict[str, _Scripted] = field(default_factory=dict)
    prefixes: dict[str, _Scripted] = field(default_factory=dict)

    def add(self, pattern: str, answer: Lines | Raw) -> None:
        """Append an answer to a pattern's."""
        key = pattern.upper()
        table, key = (self.prefixes, key[:-1]) if key.endswith("*") else (self.exact, key)
        table.setdefault(key, _Scripted()).answers.append(answer)

    def forget(self, pattern: str) -> None:
        """Drop a pattern's answers."""
        self.exact.pop(pattern.upper(), None)
        self.prefixes.pop(pattern.upper().removesuffix("*"), None)

    def find(self, body: str) -> Lines | Raw | None:
        """Return the scripted answer to a command line, or None."""
        if not self.exact and not self.prefixes:
            return None
        key = body.strip().upper()
        scripted = self.exact.get(key)
        if scripted is None:
            matching = [prefix for prefix in self.prefixes if key.startswith(prefix)]
            if not matching:
                return None
            scripted = self.prefixes[max(matching, key=len)]
        answer = scripted.answers[min(scripted.used, len(scripted.answers) - 1)]
        scripted.used += 1
        return answer


@dataclass(slots=True)
class Script:
    """A scripted modem: settings and replies."""

    settings: Settings = field(default_factory=Settings)
    replies: Replies = field(default_factory=Replies)

    def copy(self) -> Script:
        """Return one for another modem: own settings, own turns of the replies."""
        own = Replies(_fresh(self.replies.exact), _fresh(self.replies.prefixes))
        return Script(replace(self.settings), own)


def _fresh(table: dict[str, _Scripted]) -> dict[str, _Scripted]:
    return {key: _Scripted(list(item.answers)) for key, item in table.items()}


def vendors() -> list[str]:
    """Return the names of the personalities that come with the program."""
    return sorted(path.stem for path in PERSONALITIES.glob("*.modem"))


def vendor_script(name: str) -> Script:
    """Return a personality. Raises OptionError: there is none of that name."""
    if name not in vendors():
        raise OptionError(f"no vendor {name!r}; there are: {', '.join(vendors())}")
    return read_script(PERSONALITIES / f"{name}.modem")


def read_script(path: Path, into: Script | None = None, *, depth: int = 0) -> Script:
    """Return the scripted modem of a file, laid over ``into``. Raises ScriptError."""
    script = into if into is not None else Script()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ScriptError(path, 0, "cannot be read") from error
    seen: set[str] = set()
    for number, line in enumerate(lines, start=1):
        try:
            _read_line(line, script, seen, depth)
        except ValueError as error:
            if isinstance(error, ScriptError):
                raise
            raise ScriptError(path, number, str(error)) from error
    return script


_REPLY = re.compile(r"^(?P<command>\S(?:.*?\S)?)\s+(?P<arrow>->|=>)(?:\s+(?P<reply>.*))?$")
_OPTION = re.compile(r"^(?P<name>[a-z][a-z0-9_]*)\s*=\s*(?P<value>.*)$")


def _read_line(line: str, script: Script, seen: set[str], depth: int) -> None:
    text = line.strip()
    if not text or text.startswith("//") or text == "#" or text.startswith("# "):
        return
    if (reply := _REPLY.match(text)) is not None:
        _read_reply(reply, script, seen)
    elif (option := _OPTION.match(text)) is not None:
        _read_option(option, script, depth)
    else:
        raise ValueError("neither an option (name = value), a reply (COMMAND -> lines), nor a comment (# …)")


def _read_reply(match: re.Match[str], script: Script, seen: set[str]) -> None:
    pattern = re.sub(r"^AT", "", match["command"], flags=re.IGNORECASE)
    if pattern.upper() not in seen:
        script.replies.forget(pattern)
        seen.add(pattern.upper())
    reply = unescape((match["reply"] or "").strip())
    if match["arrow"] == "=>":
        script.replies.add(pattern, Raw(reply.encode("latin-1")))
    else:
        script.replies.add(pattern, Lines(tuple(reply.split("\n")) if reply else ()))


def _read_option(match: re.Match[str], script: Script, depth: int) -> None:
    name, value = match["name"], match["value"].strip()
    if name == "base":
        if depth >= MAX_DEPTH:
            raise ValueError("base lines go in a circle")
        if value not in vendors():
            raise ValueError(f"no vendor {value!r}; there are: {', '.join(vendors())}")
        read_script(PERSONALITIES / f"{value}.modem", script, depth=depth + 1)
        return
    script.settings.set(name, unescape(value))


def unescape(text: str) -> str:
    r"""Return text with \r \n \t \s \0 \e \z \" \\ and \xHH replaced, one character an octet. Raises ValueError."""

    def one(match: re.Match[str]) -> str:
        word = match[1]
        if word[:1] == "x" and len(word) == 3:
            return chr(int(word[1:], 16))
        if word in _SIMPLE:
            return _SIMPLE[word]
        raise ValueError(f"unknown escape \\{word}")

    return re.sub(r"\\(x[0-9A-Fa-f]{2}|.?)", one, text)
