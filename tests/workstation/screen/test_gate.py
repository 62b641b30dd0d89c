"""Who may speak to the screen, asked octet by octet: names, origins, tokens, cookies, and what every answer carries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlencode

import pytest

from tests.support.screens import City, served
from workstation.screen.gate import HEADERS, Gate
from workstation.screen.server import Server


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    return City(tmp_path_factory.mktemp("gate"))


@pytest.fixture(scope="module")
def screen(city: City) -> Iterator[Server]:
    with served(city) as server:
        yield server


@dataclass
class Asker:
    """Somebody who sends requests by hand."""

    gate: Gate
    cookie: str = ""

    def ask(self, path: str, *, body: dict[str, str] | None = None, **headers: str) -> HTTPResponse:
        """Return the answer; header names are written with underscores."""
        connection = HTTPConnection("127.0.0.1", self.gate.port, timeout=60)
        sent = {"Host": self.gate.host, **({"Cookie": self.cookie} if self.cookie else {})}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        form = None if body is None else urlencode(body)
        if form is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request("GET" if form is None else "POST", path, form, sent)
        answer = connection.getresponse()
        answer.text = answer.read().decode()  # type: ignore[attr-defined]  # kept beside it
        connection.close()
        return answer

    def come_in(self) -> None:
        """Use the link."""
        answer = self.ask(self.gate.new_link().removeprefix(f"http://{self.gate.host}"))
        assert answer.status == 303
        self.cookie = str(answer.headers["Set-Cookie"]).partition(";")[0]

    @property
    def token(self) -> str:
        session = self.gate.session(self.cookie.partition("=")[2])
        assert session is not None
        return session.token


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
        assert answer.headers["Set-Cookie"] is None or "Strict" in str(answer.headers["Set-Cookie"])


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
    assert "Zanahoria" not in answer.text  # type: ignore[attr-defined]  # see ask
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
    assert "Zanahoria" not in answer.text  # type: ignore[attr-defined]  # see ask


@pytest.mark.parametrize(
    "path", ["/tips/9999999999999999999", "/tips/0", "/tips/-1", "/tips/1'", "/plots/../x.svg"]
)
def test_an_address_that_means_nothing_is_a_page_that_is_not_there(asker: Asker, path: str) -> None:
    assert asker.ask(path).status == 404


def test_a_request_that_is_too_large_is_refused(asker: Asker) -> None:
    ours = f"http://{asker.gate.host}"
    answer = asker.ask("/acts", body={"note": "x" * (3 << 20), "token": asker.token}, Origin=ours)
    assert answer.status == 413
