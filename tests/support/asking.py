"""Somebody who sends requests to a screen by hand, octet by octet as they want them."""

from __future__ import annotations

from dataclasses import dataclass, field
from http.client import HTTPConnection
from urllib.parse import urlencode

from werkzeug.datastructures import Headers

from workstation.screen.gate import Gate


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Headers
    text: str = field(repr=False)


@dataclass
class Asker:
    """A browser's worth of cookie, and nothing of its care."""

    gate: Gate
    cookie: str = ""

    def ask(self, path: str, *, body: dict[str, str] | bytes | None = None, **headers: str) -> Answer:
        """Return the answer to GET, or with a ``body`` to POST; header names are written with underscores."""
        connection = HTTPConnection("127.0.0.1", self.gate.port, timeout=60)
        sent = {"Host": self.gate.host, **({"Cookie": self.cookie} if self.cookie else {})}
        if isinstance(body, dict):
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        form = urlencode(body) if isinstance(body, dict) else body
        connection.request("GET" if form is None else "POST", path, form, sent)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return Answer(answer.status, Headers(answer.getheaders()), text)

    def change(self, path: str, /, **form: str) -> Answer:
        """Return the answer to a form of ours that is sent from a page of ours."""
        body = {**form, "token": self.token}
        return self.ask(path, body=body, Origin=f"http://{self.gate.host}", Sec_Fetch_Site="same-origin")

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
