"""Who may speak to the screen: one browser of this machine, by a link that works once. docs/decisions/0027.

A page of another origin, or a name that was made to lead here (DNS rebinding), gets nothing: the name in Host has to
be ours, a change has to come from a page of ours and carry that session's token, and the cookie is never sent along
from elsewhere.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from hmac import compare_digest
from threading import Lock

from werkzeug.datastructures import Headers

ADDRESS = "127.0.0.1"
_TOKEN_OCTETS = 32
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",  # the page asks whether it is locked by now
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), usb=(), serial=()",
    "X-Frame-Options": "DENY",
}
"""On every answer. No page is kept by the browser, so that Back shows nothing of a tip once it is locked."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence about what was done, already in the reader's language; nothing of a tip's text."""

    text: str
    undo: tuple[int, ...] = ()
    """Rows of the log that can be undone."""
    is_fault: bool = False


@dataclass(slots=True)
class Session:
    """What the screen knows of the one browser it speaks to."""

    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(_TOKEN_OCTETS), repr=False)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(_TOKEN_OCTETS), repr=False)
    """Stands in every form of ours."""
    language: str = "es"
    knows: bool = False
    """Whether the first hint was read."""
    shortcuts: bool = True
    chose_locked: bool = False
    """Whether the language was chosen before it was known who is there."""
    settled: int | None = None
    """The turn of the desk for which it has what its people chose before."""
    notice: Notice | None = None
    """What the next page says of the last action."""


@dataclass(slots=True)
class Gate:
    """The link that works once, and the session that it gave."""

    port: int
    _link: str | None = field(default=None, repr=False)
    _session: Session | None = field(default=None, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def host(self) -> str:
        """The only name under which the screen answers."""
        return f"{ADDRESS}:{self.port}"

    @property
    def cookie_name(self) -> str:
        """Return the name of the cookie; cookies know no ports, so that the port is in it."""
        return f"tipline-{self.port}"

    def new_link(self) -> str:
        """Return a URL that opens a session, once; the one before it is worth nothing any more."""
        with self._lock:
            self._link = secrets.token_urlsafe(_TOKEN_OCTETS)
            return f"http://{self.host}/open?token={self._link}"

    def redeem(self, token: str) -> Session | None:
        """Return a new session if ``token`` is the link's, and the link was not used; an earlier session ends."""
        with self._lock:
            if self._link is None or not _same(self._link, token):
                return None
            self._link = None
            self._session = Session()
            return self._session

    def session(self, cookie: str | None) -> Session | None:
        """Return the session whose cookie this is."""
        session = self._session
        return session if session is not None and cookie and _same(session.cookie, cookie) else None

    def renew(self, session: Session) -> None:
        """Give ``session`` another cookie and token: what an earlier page holds is worth nothing any more.

        What the next page would have said of the last action is for who did it, who may be another by now.
        """
        session.cookie = secrets.token_urlsafe(_TOKEN_OCTETS)
        session.token = secrets.token_urlsafe(_TOKEN_OCTETS)
        session.notice = None

    def has_token(self, session: Session, token: str) -> bool:
        """Return whether ``token`` is the one in the forms of ``session``."""
        return _same(session.token, token)

    def is_ours(self, headers: Headers) -> bool:
        """Return whether a request that changes something came from a page of ours.

        With ``no-referrer`` a browser writes "null" for Origin, also from our own pages; then Sec-Fetch-Site says it.
        """
        origin, site = headers.get("Origin"), headers.get("Sec-Fetch-Site")
        if site is not None and site != "same-origin":
            return False
        return origin == f"http://{self.host}" or (origin in (None, "null") and site == "same-origin")


def _same(one: str, other: str) -> bool:
    return compare_digest(one.encode(), other.encode())
