"""The commands as they are typed: exit codes, words, a kill in the middle, a server that is on loopback only."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from portal.generator.city import City, make_city
from portal.problems import BadSettings
from portal.settings import LineSettings, Pins, SiteFile, read_settings
from tests.support.house import ROOT, in_code, page, sections
from tests.support.portal_city import HONEST, built, first, impostor, octets_of
from wire.authority import read_authority

PATIENCE = 120.0
PORTAL = str(Path(sys.executable).with_name("tipline-portal"))


def portal(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PORTAL, *map(str, words)], capture_output=True, text=True, check=False, timeout=PATIENCE
    )


def inputs(city: City) -> tuple[object, ...]:
    return ("--ledgers", city.ledgers, "--bulletins", city.bulletins)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Three months: its pages are drawn in seconds."""
    return make_city(
        replace(HONEST, tips=200, months=3, districts=2, audits=False),
        tmp_path_factory.mktemp("tiny") / "city",
    )


@pytest.fixture(scope="module")
def drawn(tiny: City, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A site built by the command with its real pages, and what the command said."""
    output = tmp_path_factory.mktemp("drawn") / "public"
    done = portal("build", *inputs(tiny), "--output", output, "--site", tiny.site)
    assert done.returncode == 0, done.stderr
    return output, done.stdout


def test_a_build_says_what_it_took_and_whose_keys_are_to_be_compared(drawn: tuple[Path, str]) -> None:
    output, said = drawn
    assert re.search(r"release 1 \(new\)", said)
    assert said.count("box ") >= 1 and said.count("authority ") == 2
    assert re.search(r"([0-9a-f]{4} ){7}[0-9a-f]{4}", said)
    assert (output / "index.html").is_file() and (output / "es/index.html").is_file()


def test_built_once_more_it_is_the_same_to_the_octet_and_the_charts_are_taken_from_the_cache(
    drawn: tuple[Path, str], tiny: City
) -> None:
    output = drawn[0]
    there = octets_of(output)
    done = portal("build", *inputs(tiny), "--output", output, "--site", tiny.site, "--json")
    assert (done.returncode, json.loads(done.stdout)["new"]) == (0, False)
    assert octets_of(output) == there
    assert output.with_name(".public.tipline-cache").is_dir()


def test_a_refused_file_is_named_and_the_rest_is_built(tiny: City, tmp_path: Path) -> None:
    city = City(Path(shutil.copytree(tiny.folder, tmp_path / "city")))
    name = "red\x1b[31m.ledger"
    (city.ledgers / name).write_bytes(first(city.ledgers, "ledger").read_bytes() + b"x")
    done = portal("build", *inputs(city), "--output", tmp_path / "public")
    assert done.returncode == 3
    assert "refused: red<U+001B>[31m.ledger: wrong-length" in done.stdout
    assert "\x1b" not in done.stdout
    assert (tmp_path / "public/index.html").is_file()
    for path in (tmp_path / "public").rglob("*.html"):
        assert "\x1b" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("build",), 2, "Missing option"),
        (
            ("build", "--ledgers", "{nowhere}", "--bulletins", "{here}", "--output", "{out}"),
            2,
            "does not exist",
        ),
        (
            ("build", "--ledgers", "{here}", "--bulletins", "{here}", "--output", "{out}"),
            10,
            "Nothing to build",
        ),
        (("verify", "--ledgers", "{here}", "--bulletins", "{here}"), 10, "Nothing to build"),
        (("preview", "--output", "{nowhere}"), 2, "does not exist"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_exit_code(
    words: tuple[str, ...], code: int, said: str, tmp_path: Path
) -> None:
    places = {"here": tmp_path, "nowhere": tmp_path / "nowhere", "out": tmp_path / "out"}
    done = portal(*(word.format(**places) for word in words))
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("title = 5", "title"),
        ("tittle = {}", "tittle"),
        ('address = "javascript:alert(1)"', "address"),
        ("not toml", "site.toml"),
        ('[lines.x]\nid = "../../etc"', "lines"),
        ('[lines."../x"]\nid = "0000000000000000"', "lines"),
        ("languages = []", "languages"),
        ("x" * (1 << 19), "octets"),
    ],
)
def test_settings_that_cannot_be_used_are_said_with_the_path(text: str, word: str, tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(text)
    with pytest.raises(BadSettings, match=word):
        read_settings(path)


def test_with_settings_that_cannot_be_used_nothing_is_built(tiny: City, tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text("title = 5")
    done = portal("build", *inputs(tiny), "--output", tmp_path / "out", "--site", tmp_path / "site.toml")
    assert (done.returncode, "title" in done.stderr) == (9, True), done.stderr
    assert not (tmp_path / "out").exists()


def test_another_key_is_refused_until_its_fingerprint_is_accepted(tiny: City, tmp_path: Path) -> None:
    city = City(Path(shutil.copytree(tiny.folder, tmp_path / "city")))
    built(city, tmp_path / "public")
    path = first(city.bulletins, "authority")
    path.with_name("new.authority").write_bytes(impostor(read_authority(path.read_bytes()).line))
    done = portal("verify", *inputs(city), "--site", tmp_path / "public/releases/1", "--language", "en")
    assert re.search(r"REFUSED new\.authority: .+ \(unknown-authority: ", done.stdout)
    assert done.returncode == 3


def test_killed_in_the_middle_the_old_site_is_whole_and_the_next_build_goes_on(
    tiny: City, tmp_path: Path
) -> None:
    output = tmp_path / "public"
    words = [PORTAL, "build", *map(str, inputs(tiny)), "--output", str(output)]
    built(tiny, output)
    there = octets_of(output)
    new = output.with_name(".public.tipline-new")
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: (new / "es").is_dir() or process.poll() is not None)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert octets_of(output) == there
    done = portal(*words[1:])
    assert done.returncode == 0, done.stderr
    assert not new.exists()
    assert (output / "es/index.html").is_file()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@contextmanager
def serving(folder: Path) -> Iterator[int]:
    """Serve ``folder`` by the command; yield its port."""
    process = subprocess.Popen(
        [PORTAL, "preview", "--output", str(folder), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        found = re.match(r"http://127\.0\.0\.1:(\d+)/", process.stdout.readline())
        assert found is not None
        yield int(found[1])
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
        assert process.stdout is not None
        process.stdout.close()


def test_the_preview_listens_on_loopback_only_and_lists_no_folder(drawn: tuple[Path, str]) -> None:
    with serving(drawn[0]) as port:
        for path, status, kind in (
            ("/es/index.html", 200, "text/html; charset=utf-8"),
            ("/data/months.csv", 200, "text/csv; charset=utf-8"),
            ("/data/", 404, None),
            ("/../city/site.toml", 404, None),
        ):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            connection.close()
            assert answer.status == status, path
            assert kind is None or answer.headers["Content-Type"] == kind
        assert _listening(port) == {"0100007F"}


def _listening(port: int) -> set[str]:
    """Return the addresses on which somebody listens at ``port``. proc(5), /proc/net/tcp."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    places = [row[1].split(":") for row in rows if row[3] == "0A"]
    everywhere = Path("/proc/net/tcp6").read_text()
    assert f":{port:04X} " not in everywhere
    return {address for address, found in places if int(found, 16) == port}


def told(heading: str) -> set[str]:
    """Return what stands as code in the section of docs/portal.md with this heading."""
    (found,) = (text for text in sections(page("portal.md")) if re.match(rf"#+ {heading}\n", text))
    return set(in_code(found).split("\n"))


def test_the_page_tells_of_every_key_of_json(faulty_city: City, tmp_path: Path) -> None:
    built(faulty_city, tmp_path / "public")
    more = ("--headers", faulty_city.headers, "--audit", faulty_city.audits, "--earlier", faulty_city.earlier)
    found = json.loads(
        portal("verify", *inputs(faulty_city), *more, "--site", tmp_path / "public", "--json").stdout
    )
    assert found["audits"] and found["releases"] and found["faults"]
    assert _keys(found) - told("`verify --json`") == set()
    attacked = json.loads(portal("attack", *inputs(faulty_city), "--json").stdout)
    assert _keys(attacked) - told("`attack`") == set()


def test_the_page_tells_of_every_key_of_a_builds_json(drawn: tuple[Path, str], tiny: City) -> None:
    found = json.loads(
        portal("build", *inputs(tiny), "--output", drawn[0], "--site", tiny.site, "--json").stdout
    )
    assert _keys(found) - told("`build --json`") == set()


def _keys(found: object) -> set[str]:
    if isinstance(found, list):
        return {key for one in found for key in _keys(one)}
    if isinstance(found, dict):
        return {*found, *(key for one in found.values() for key in _keys(one))}
    return set()


def test_the_page_tells_of_every_key_of_site_toml() -> None:
    keys = {*SiteFile.__struct_fields__, *LineSettings.__struct_fields__, *Pins.__struct_fields__}
    assert keys - told("`site.toml`") == set()
    assert ROOT.is_dir()


def test_make_site_makes_a_city_whose_faults_are_found(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "portal.generator",
            "--tips",
            "300",
            "--months",
            "6",
            "--folder",
            str(tmp_path),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE * 3,
    )
    assert done.returncode == 0, done.stderr
    assert "tipline-portal preview" in done.stdout
    assert portal("verify", *inputs(City(tmp_path / "city"))).returncode == 4
    again = subprocess.run(
        [sys.executable, "-m", "portal.generator", "--folder", str(tmp_path / "city")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (again.returncode, "not made by this command" in again.stderr) == (2, True)
