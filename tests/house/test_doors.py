"""One door for each dangerous thing: what only some files may do, and what none may. The rooms' imports are in
pyproject.toml."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.house import ROOMS, ROOT, name_of, sources, tree


@dataclass(frozen=True, slots=True)
class Door:
    """Something that only ``allowed`` files (or folders, with a slash at the end) may do."""

    what: str
    finds: Callable[[ast.AST], bool]
    allowed: tuple[str, ...]
    why: str
    sample: str
    """Source that has it: the finder is tried on this, so that it cannot go blind."""

    def lets(self, path: Path) -> bool:
        name = name_of(path)
        return any(name == door or (door.endswith("/") and name.startswith(door)) for door in self.allowed)


def _named(*names: str) -> Callable[[ast.AST], bool]:
    """Find a use of one of ``names``: bare, as an attribute, or imported."""

    def finds(node: ast.AST) -> bool:
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                return name in names
        return False

    return finds


def _module(*names: str) -> Callable[[ast.AST], bool]:
    """Find an import of one of the modules ``names`` or of something in it."""

    def finds(node: ast.AST) -> bool:
        match node:
            case ast.Import(names=aliases):
                return any(alias.name.split(".")[0] in names for alias in aliases)
            case ast.ImportFrom(module=str(module), level=0):
                return module.split(".")[0] in names
        return False

    return finds


def _text(pattern: str) -> Callable[[ast.AST], bool]:
    """Find a text or octets with ``pattern`` in it; docstrings are no texts (see ``_nodes``)."""
    compiled = re.compile(pattern)

    def finds(node: ast.AST) -> bool:
        match node:
            case ast.Constant(value=str(text)):
                return bool(compiled.search(text))
            case ast.Constant(value=bytes(octets)):
                return bool(compiled.search(octets.decode("latin-1")))
        return False

    return finds


def _renames(node: ast.AST) -> bool:
    """Find a rename of a file. ``replace`` of a text has two arguments, that of a date only named ones."""
    match node:
        case ast.Call(func=ast.Attribute(attr="rename" | "renames" | "link" | "posix_rename")):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(id="os"), attr="replace")):
            return True
        case ast.Call(func=ast.Attribute(attr="replace"), args=[_], keywords=[]):
            return True
    return False


DOORS = [
    Door(
        "sealing",
        _named("crypto_box_seal", "SealedBox"),
        ("gateway/sealing.py",),
        "one function seals, so that one test tells what leaves it",
        "from nacl.bindings import crypto_box_seal",
    ),
    Door(
        "opening what is sealed",
        _named("crypto_box_seal_open"),
        ("workstation/batches/opening.py",),
        "the box cannot open, and the workstation does it at one place",
        "nacl.bindings.crypto_box_seal_open(a, b, c)",
    ),
    Door(
        "keys that open (X25519 secrets)",
        _named("crypto_box_keypair", "PrivateKey", "crypto_box_seed_keypair"),
        ("workstation/",),
        "no secret police key on the box (N4)",
        "from nacl.public import PrivateKey",
    ),
    Door(
        "renaming a file",
        _renames,
        (
            "gateway/durable.py",
            "gateway/forward/sftp.py",
            "hw/virtual/port.py",
            "portal/files.py",
            "workstation/files.py",
            "workstation/home.py",
        ),
        "temporary name, fsync, rename, fsync of the folder: forgetting one of them loses a file in a power cut",
        "temporary.replace(path)",
    ),
    Door(
        "deleting a message (+CMGD)",
        _text(r"\+CMGD ?="),
        ("hw/at/commands.py",),
        "only an index, never a delete flag (N9)",
        "b'AT+CMGD=1,4'",
    ),
    Door(
        "text mode",
        _text(r"\+CMGF ?= ?1"),
        ("hw/virtual/",),
        "in text mode a sender can write a line that is exactly OK (N9)",
        "'AT+CMGF=1'",
    ),
    Door(
        "asking for a caller's number",
        _text(r"\+CLIP ?= ?1|\+CRC ?= ?1|\+CLCC|\+CPBR ?=[^?]"),
        ("hw/virtual/",),
        "calls are counted, not recorded (N10)",
        "'AT+CLIP=1'",
    ),
    Door(
        "a serial port",
        _module("serial", "serial_asyncio_fast", "serial_asyncio"),
        ("hw/serial_port.py",),
        "opened exclusively, DTR left alone, closed in a thread",
        "import serial.tools.list_ports",
    ),
    Door(
        "python-gsmmodem-new",
        _module("gsmmodem"),
        ("gateway/canary.py",),
        "it encodes what the box sends; it never reads what was received",
        "from gsmmodem.pdu import encodeSmsSubmitPdu",
    ),
    Door(
        "SSH",
        _module("asyncssh"),
        ("gateway/forward/sftp.py", "gateway/forward/ssh_keys.py"),
        "only the forwarder has the network",
        "import asyncssh",
    ),
    Door(
        "a socket",
        _named("socketpair", "create_connection", "open_connection", "create_server", "start_server"),
        ("workstation/screen/server.py",),
        "what listens or connects does it on AF_UNIX, by asyncssh in the forwarder, or on 127.0.0.1 for the screen",
        "asyncio.open_connection('example.org', 80)",
    ),
    Door(
        "a web server",
        _module("waitress"),
        ("workstation/screen/server.py",),
        "one listener, on 127.0.0.1 (N5)",
        "import waitress",
    ),
    Door(
        "opening a browser",
        _module("webbrowser"),
        ("workstation/screen/server.py",),
        "it is given the link that works once, and nothing else",
        "import webbrowser",
    ),
    Door(
        "pages",
        _module("flask", "werkzeug"),
        ("workstation/screen/",),
        "nothing else of the workstation knows of a browser, and no other command loads a server",
        "from flask import request",
    ),
    Door(
        "the network by sockets",
        _named("AF_INET", "AF_INET6", "AF_PACKET"),
        (),
        "as above",
        "socket.socket(socket.AF_INET)",
    ),
    Door(
        "sockets at all",
        _module("socket", "socketserver"),
        ("gateway/intake/control.py", "hw/virtual/"),
        "the control sockets of intake and of the virtual modem",
        "from socket import socket",
    ),
    Door(
        "a web server of the standard library",
        _named("HTTPServer", "ThreadingHTTPServer", "WSGIServer", "make_server"),
        ("portal/serving.py",),
        "the portal shows a built site on loopback, for looking at it; whatever else listens has a door of its own",
        "from http.server import ThreadingHTTPServer",
    ),
    Door(
        "starting a process",
        _named(
            "fork", "forkpty", "Popen", "system", "posix_spawn", "execve", "execv", "create_subprocess_exec"
        ),
        ("gateway/keeper.py", "portal/forking.py", "workstation/batches/forks.py"),
        "the keeper starts intake and forwarder; the workstation opens, and the portal attacks, on another core",
        "subprocess.Popen(['true'])",
    ),
    Door(
        "programs of others",
        _module("subprocess"),
        ("demo/", "workstation/epochs/tpm.py"),
        "tpm2-tools speak to the TPM; nothing else is done by a program that is not in the bundle",
        "import subprocess",
    ),
    Door(
        "memory without a file",
        _named("memfd_create"),
        ("gateway/memory/store.py", "workstation/epochs/tpm.py"),
        "what the box knows of senders is in one memfd; tpm2-tools read secrets from one, not from a command line",
        "os.memfd_create('x')",
    ),
    Door(
        "shared memory with a name",
        _module("shelve", "dbm", "pickle", "marshal"),
        (),
        "formats of ours are specified in docs/formats.md",
        "import pickle",
    ),
    Door(
        "a temporary file",
        _module("tempfile"),
        ("portal/verify/scratch.py",),  # the verifier draws public pages again and throws them away
        "a file of the box has its place, and only sealed octets in it (N2)",
        "import tempfile",
    ),
]


def _docstrings(module: ast.Module) -> set[int]:
    """Return the ids of texts that stand as a statement: docstrings and the words under a field."""
    return {
        id(node.value)
        for node in ast.walk(module)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def _nodes(path: Path) -> Iterator[ast.AST]:
    words = _docstrings(tree(path))
    return (node for node in ast.walk(tree(path)) if id(node) not in words)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.what)
def test_nothing_dangerous_happens_but_at_its_door(door: Door) -> None:
    found = [
        f"{name_of(path)}:{getattr(node, 'lineno', 0)}"
        for path in sources()
        if not door.lets(path)
        for node in _nodes(path)
        if door.finds(node)
    ]
    assert not found, f"{door.what}: only in {door.allowed or 'no file'}, because {door.why}"


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.what)
def test_every_finder_sees_what_it_looks_for(door: Door) -> None:
    assert any(door.finds(node) for node in ast.walk(ast.parse(door.sample)))


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.what)
def test_every_door_is_there(door: Door) -> None:
    assert not [name for name in door.allowed if not (ROOT / name).exists()]


def test_the_delete_command_has_an_index_and_no_flag() -> None:
    """N9: AT+CMGD=<index>, and nothing after it."""
    path = ROOT / "hw" / "at" / "commands.py"
    texts = [node.value for node in _nodes(path) if _text(r"\+CMGD")(node) and isinstance(node, ast.Constant)]
    assert texts == [b"AT+CMGD=%d"]


_PERSONAL = {
    "sender",
    "originator",
    "origin_address",
    "oa",
    "tp_oa",
    "smsc",
    "tpdu",
    "ud",
    "user_data",
    "data",
}
_SECRET = {"secret", "passphrase", "pin", "nonce"}


def test_what_could_identify_a_person_or_open_a_tip_is_not_in_a_repr() -> None:
    found = []
    for path in sources("wire", "hw", "gateway", "workstation"):
        if name_of(path).startswith("hw/virtual/"):
            continue  # its senders and texts are made up
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef) and any(
                "dataclass" in ast.unparse(d) for d in node.decorator_list
            ):
                found += [f"{name_of(path)}: {node.name}.{name}" for name in _shown(node)]
    assert not found, "field(repr=False) is missing"


def _shown(node: ast.ClassDef) -> Iterator[str]:
    if any("repr=False" in ast.unparse(d) for d in node.decorator_list):
        return
    for field in node.body:
        match field:
            case ast.AnnAssign(target=ast.Name(id=name), value=value) if name in _PERSONAL | _SECRET:
                if value is None or "repr=False" not in ast.unparse(value):
                    yield name


def test_no_module_is_over_400_lines_and_no_function_over_40() -> None:
    """Docstrings, decorators and arguments not counted."""
    long = [name_of(path) for path in sources() if len(path.read_text(encoding="utf-8").splitlines()) > 400]
    for path in sources():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _length(node) > 40:
                long.append(f"{name_of(path)}: {node.name} ({_length(node)})")
    assert not long


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1


def test_every_room_is_typed() -> None:
    assert not [room for room in ROOMS if not (ROOT / room / "py.typed").is_file()]
