"""Who may speak to the screen, asked octet by octet: names, origins, tokens, cookies, and what every answer carries."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.support.asking import Asker
from tests.support.screens import City, served
from tests.support.workstation import NOW
from workstation.machine.examination import Examination
from workstation.machine.network import network
from workstation.machine.policy import Policy
from workstation.screen.gate import HEADERS
from workstation.screen.server import Server


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    return City(tmp_path_factory.mktemp("gate"))


@pytest.fixture(scope="module")
def screen(city: City) -> Iterator[Server]:
    with served(city) as server:
        yield server


@pytest.fixture
def asker(screen: Server) -> Asker:
    found = Asker(screen.parts.gate)
    found.come_in()
    return found


def test_without_the_link_nothing_is_shown(screen: Server) -> None:
    stranger = Asker(screen.parts.gate)
    for path in ("/", "/inbox", "/log", "/unlock", "/help", "/plots/units.svg", "/import/progress"):
        assert stranger.ask(path).status == 403
    assert stranger.ask("/open?token=" + "x" * 43).status == 403


def test_the_link_works_once(screen: Server) -> None:
    path = screen.parts.gate.new_link().removeprefix(f"http://{screen.parts.gate.host}")
    assert Asker(screen.parts.gate).ask(path).status == 303
    assert Asker(screen.parts.gate).ask(path).status == 403


def test_a_new_link_ends_the_earlier_one_and_its_use_the_earlier_session(asker: Asker) -> None:
    old = asker.gate.new_link().removeprefix(f"http://{asker.gate.host}")
    other = Asker(asker.gate)
    other.come_in()
    assert asker.ask(old).status == 403
    assert asker.ask("/inbox").status == 403
    assert other.ask("/inbox").status == 200


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(screen: Server) -> None:
    path = screen.parts.gate.new_link().removeprefix(f"http://{screen.parts.gate.host}")
    cookie = str(Asker(screen.parts.gate).ask(path).headers["Set-Cookie"])
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost:{port}", "127.0.0.1", "127.0.0.1:1", "[::1]:{port}", ""]
)
def test_another_name_gets_nothing(asker: Asker, host: str) -> None:
    """DNS rebinding: a name of somebody else's that leads to 127.0.0.1."""
    answer = asker.ask("/inbox", Host=host.format(port=asker.gate.port))
    assert answer.status in (400, 421)


def test_a_change_needs_the_token_of_the_session(asker: Asker) -> None:
    ours = {"Origin": f"http://{asker.gate.host}", "Sec_Fetch_Site": "same-origin"}
    assert asker.ask("/settings/shortcuts", body={"shortcuts": "off"}, **ours).status == 400
    assert asker.ask("/settings/shortcuts", body={"shortcuts": "off", "token": "x"}, **ours).status == 400
    assert (
        asker.ask("/settings/shortcuts", body={"shortcuts": "on", "token": asker.token}, **ours).status == 303
    )


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://{host}"}, 303),
        ({"Origin": "http://{host}", "Sec_Fetch_Site": "same-origin"}, 303),
        ({"Origin": "null", "Sec_Fetch_Site": "same-origin"}, 303),
        ({"Origin": "null"}, 400),
        ({"Origin": "http://evil.example"}, 400),
        ({"Origin": "http://evil.example", "Sec_Fetch_Site": "same-origin"}, 400),
        ({"Origin": "http://127.0.0.1:1"}, 400),
        ({"Origin": "http://{host}", "Sec_Fetch_Site": "same-site"}, 400),
        ({"Origin": "http://{host}", "Sec_Fetch_Site": "cross-site"}, 400),
        ({"Sec_Fetch_Site": "none"}, 400),
        ({}, 400),
    ],
)
def test_a_change_has_to_come_from_a_page_of_ours(asker: Asker, headers: dict[str, str], status: int) -> None:
    sent = {name: value.format(host=asker.gate.host) for name, value in headers.items()}
    body = {"shortcuts": "on", "token": asker.token}
    assert asker.ask("/settings/shortcuts", body=body, **sent).status == status


def test_every_answer_carries_the_headers(asker: Asker) -> None:
    stranger = Asker(asker.gate)
    answers = [
        asker.ask(path) for path in ("/inbox", "/nothing", "/static/keys.js", "/state", "/plots/units.svg")
    ]
    answers += [stranger.ask("/inbox"), stranger.ask("/", Host="evil.example"), asker.ask("/lock", body={})]
    for answer in answers:
        assert {name: answer.headers[name] for name in HEADERS} == dict(HEADERS)
        assert "Server" not in answer.headers
        assert answer.headers.get("Set-Cookie") is None or "Strict" in str(answer.headers["Set-Cookie"])


def test_the_policy_allows_nothing_from_elsewhere_and_nothing_inline() -> None:
    policy = dict(part.split(" ", 1) for part in HEADERS["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert {value for name, value in policy.items() if name.endswith("-src") and name != "default-src"} == {
        "'self'"
    }
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


def test_going_back_leads_nowhere_else(asker: Asker) -> None:
    ours = {"Origin": f"http://{asker.gate.host}"}
    for back in (
        "//evil.example/",
        "http://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "\t//evil.example",
    ):
        body = {"language": "en", "back": back, "token": asker.token}
        assert asker.ask("/language", body=body, **ours).headers["Location"] == "/"
        acted = asker.ask("/acts", body={"back": back, "token": asker.token}, **ours)
        assert str(acted.headers["Location"]).startswith("/inbox")


def test_a_fault_of_ours_says_where_and_nothing_of_a_tip(
    asker: Asker, screen: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("Zanahoria 4711")

    monkeypatch.setattr("workstation.screen.pages.inbox.page_of", fails)
    answer = asker.ask("/inbox")
    assert answer.status == 500
    assert "Zanahoria" not in answer.text
    told = capsys.readouterr().err
    assert "RuntimeError" in told
    assert "inbox.py" in told
    assert "Zanahoria" not in told


def test_what_was_begun_before_the_lock_is_not_answered_behind_it(
    asker: Asker, screen: Server, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locks(*_: object, **__: object) -> str:
        screen.parts.desk.lock()
        return "Zanahoria 4711"

    monkeypatch.setattr("workstation.screen.pages.help.render_template", locks)
    answer = asker.ask("/help")
    screen.parts.desk.unlock(city.home)
    assert (answer.status, answer.headers["Location"]) == (303, "/unlock")
    assert "Zanahoria" not in answer.text


@pytest.mark.parametrize(
    "path", ["/tips/9999999999999999999", "/tips/0", "/tips/-1", "/tips/1'", "/plots/../x.svg"]
)
def test_an_address_that_means_nothing_is_a_page_that_is_not_there(asker: Asker, path: str) -> None:
    assert asker.ask(path).status == 404


def test_a_request_that_is_too_large_is_refused(asker: Asker) -> None:
    ours = f"http://{asker.gate.host}"
    answer = asker.ask("/acts", body={"note": "x" * (3 << 20), "token": asker.token}, Origin=ours)
    assert answer.status == 413


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2f..%2fapp.py",
        "/static//etc/passwd",
        "/static/%2fetc/passwd",
        "/static/..\\app.py",
        "/static/keys.js%00.css",
        "/static/",
    ],
)
def test_no_path_leads_out_of_the_folder_of_static_files(asker: Asker, path: str) -> None:
    answer = asker.ask(path)
    if answer.status == 308:  # two slashes become one
        answer = asker.ask(answer.headers["Location"].removeprefix(f"http://{asker.gate.host}"))
    assert answer.status == 404


def test_another_origin_is_given_no_leave_to_ask(asker: Asker) -> None:
    """What a browser asks before a request of another origin gets no answer that would let it read one."""
    connection = HTTPConnection("127.0.0.1", asker.gate.port, timeout=60)
    asked = {"Host": asker.gate.host, "Cookie": asker.cookie, "Origin": "http://evil.example"}
    for method in ("OPTIONS", "GET", "TRACE", "PUT", "DELETE", "PATCH"):
        connection.request(method, "/inbox", headers={**asked, "Access-Control-Request-Method": "POST"})
        answer = connection.getresponse()
        answer.read()
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    connection.close()


def test_two_names_in_one_request_are_not_one_of_ours(asker: Asker) -> None:
    raw = (
        f"GET http://evil.example/inbox HTTP/1.1\r\nHost: evil.example\r\nHost: {asker.gate.host}\r\n"
        f"Cookie: {asker.cookie}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", asker.gate.port), timeout=60) as line:
        line.sendall(raw.encode())
        said = b"".join(iter(lambda: line.recv(65536), b""))
    assert said.split()[1] in (b"400", b"421")


def test_what_an_earlier_page_holds_is_worth_nothing_behind_a_lock(
    asker: Asker, screen: Server, city: City
) -> None:
    cookie, token = asker.cookie, asker.token
    locked = asker.change("/lock")
    assert (locked.status, locked.headers["Clear-Site-Data"]) == (303, '"cache"')
    screen.parts.desk.unlock(city.home)
    ours = {"Origin": f"http://{asker.gate.host}"}
    assert asker.ask("/inbox").status == 403
    asker.cookie = str(locked.headers["Set-Cookie"]).partition(";")[0]
    assert asker.cookie != cookie
    assert asker.ask("/settings/shortcuts", body={"shortcuts": "off", "token": token}, **ours).status == 400


def test_a_page_that_is_older_than_the_book_changes_nothing_by_mistake(asker: Asker, city: City) -> None:
    """Two tabs: each says what the other has done already."""
    asker.change("/language", language="es")
    city.cut(*city.slips("Hay una camioneta", NOW), period=NOW)
    city.take()
    once = asker.change("/acts", do="close", closing="unconfirmed", tip="1", back="/inbox")
    assert once.status == 303
    asker.ask("/inbox")
    asker.change("/acts", do="close", closing="unconfirmed", tip="1", back="/inbox")
    assert "Ya estaba así; no se cambió nada." in asker.ask("/inbox").text
    for _ in range(2):
        asker.change("/undo", log=newest(city))
    said = asker.ask("/inbox").text
    assert "El libro de casos no permite eso: " in said
    assert "ya se deshizo" in said or "no se puede deshacer" in said
    asker.change("/inbox/filters/remove", name="nobody saved it")
    assert "Eso no está en el libro de casos: filtro guardado nobody saved it." in asker.ask("/inbox").text


def newest(city: City) -> str:
    with city.book() as book:
        return str(book.connection.execute("SELECT max(id) FROM log").fetchone()[0])


def test_a_form_with_more_tips_than_there_can_be_is_refused_whole(asker: Asker) -> None:
    asker.change("/language", language="es")
    form = f"token={asker.token}&do=priority&priority=1" + "".join(f"&tip={one}" for one in range(1, 30_000))
    answer = asker.ask(
        "/acts", body=form.encode(), Origin=f"http://{asker.gate.host}",
        Content_Type="application/x-www-form-urlencoded",
    )  # fmt: skip
    assert answer.status == 303
    assert "denuncias a la vez" in asker.ask("/inbox").text


QUERIES = (
    "q=%00", "q=%FF", "q=%F0%9F%91%A8%E2%80%8D" + "%CC%81" * 500, "q=" + "%22" * 999, "q=" + "a+" * 900, "after=x",
    "from=9999999-1-1", "priority=9&status=<b>&order=%00",
)  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
def test_whatever_is_asked_for_gets_a_page(asker: Asker, query: str) -> None:
    assert asker.ask(f"/inbox?{query}").status == 200


@pytest.fixture
def warned(screen: Server, tmp_path: Path) -> Iterator[Server]:
    """A screen whose machine has a network and, for all that was found, is otherwise good."""
    flags = tmp_path / "sys/class/net/eth9/flags"
    flags.parent.mkdir(parents=True)
    flags.write_text("0x1003\n")
    before, screen.parts.machine = screen.parts.machine, Examination((network(tmp_path),), Policy())
    yield screen
    screen.parts.machine = before


def test_what_is_wrong_with_the_machine_stands_above_every_page_in_the_words_of_the_reader(
    asker: Asker, warned: Server
) -> None:
    asker.change("/language", language="es")
    for path in ("/inbox", "/import", "/overview", "/log", "/settings"):
        page = asker.ask(path).text
        assert "Esta máquina tiene red." in page
        assert "Hay interfaces de red encendidas: eth9." in page
    asker.change("/language", language="en")
    assert "Network interfaces are up: eth9." in asker.ask("/inbox").text


def test_a_key_sheet_that_runs_out_is_told_above_every_page(asker: Asker, screen: Server, city: City) -> None:
    asker.change("/language", language="en")
    assert "The key sheet runs out." not in asker.ask("/inbox").text
    before, end = screen.parts.now, city.home().sheet.epochs[-1].ends
    for now, said in ((end - 30 * 86400, "The key sheet runs out."), (end + 1, "The key sheet has run out.")):
        screen.parts.now = lambda now=now: now
        assert said in asker.ask("/inbox").text
    screen.parts.now = before
