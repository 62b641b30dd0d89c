"""Coming in, unlocking, locking, and the language."""

from __future__ import annotations

from pathlib import Path

from flask import (
    Blueprint,
    Response,
    abort,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from workstation.home import Home, load_keyring, open_home
from workstation.keys.people import Credential, Organisation
from workstation.machine.examination import MachineRefused
from workstation.problems import NoPassphrase, NoSuchUser, SecondPersonNeeded, WrongPassphrase
from workstation.screen.asking import is_own
from workstation.screen.care import look_over
from workstation.screen.desk import TooSoon
from workstation.screen.gate import Notice, Session
from workstation.screen.here import book, close_book, language, screen, visit
from workstation.screen.preferences import keep
from workstation.screen.telling import fault as fault_of

page = Blueprint("entry", __name__)


@page.get("/")
def index() -> AnyResponse:
    """Lead to the inbox."""
    return redirect(url_for("inbox.show"), 303)


@page.get("/open")
def come_in() -> AnyResponse:
    """Take the link that works once, and give the session's cookie."""
    session = screen().gate.redeem(request.args.get("token", ""))
    if session is None:
        abort(403)
    return _with_cookie(redirect(url_for("entry.index"), 303), session)


def _with_cookie(response: AnyResponse, session: Session) -> AnyResponse:
    name = screen().gate.cookie_name
    response.set_cookie(name, session.cookie, httponly=True, samesite="Strict", path="/")
    return response


@page.get("/unlock")
def unlock() -> str | AnyResponse:
    """Ask for the passphrases."""
    if visit().home is not None:
        return redirect(url_for("entry.index"), 303)
    return _ask()


def _ask(fault: str = "") -> str:
    ring = load_keyring(Path(screen().path))
    groups: list[tuple[str, list[str]]] = [("", [slot.name for slot in ring.users])]
    if not ring.single:
        groups = [
            (one, [slot.name for slot in ring.users if slot.organisation is one]) for one in Organisation
        ]
    desk, job = screen().desk, screen().job
    running = job is not None and not job.done
    return render_template(
        "unlock.html",
        groups=groups,
        fault=fault,
        by_itself=desk.by_itself,
        running=running,
        path=screen().path,
    )


@page.post("/unlock")
def unlocking() -> AnyResponse | tuple[str, int]:
    """Open the home with what was typed."""
    credentials = tuple(_credentials())
    try:
        screen().desk.unlock(lambda: _open(credentials))
    except TooSoon as soon:
        fault = language().text("Too many wrong passphrases: wait %(n)s s, then try again.", n=soon.seconds)
    except (WrongPassphrase, NoSuchUser):
        fault = language().text(
            "The passphrase is not right. Look at the keyboard's layout and at Caps Lock."
        )
    except NoPassphrase:
        fault = language().text("Type a passphrase.")
    except SecondPersonNeeded:
        fault = language().text("Two people open this home: one of the police and one of civil society.")
    except MachineRefused as refused:
        fault = fault_of(refused)
    else:
        screen().gate.renew(visit().session)
        _tell_of_attempts(screen().desk.before)
        return _with_cookie(redirect(url_for("entry.index"), 303), visit().session)
    return _ask(fault), 403


def _tell_of_attempts(number: int) -> None:
    """Let the next page say that somebody tried before; a slip of one's own fingers is recognised as such."""
    if number:
        said = language().texts(
            "%(num)s wrong passphrase was typed before this one.",
            "%(num)s wrong passphrases were typed before this one.",
            number,
        )
        visit().session.notice = Notice(said, is_fault=True)


def _open(credentials: tuple[Credential, ...]) -> Home:
    """Return the home, once the machine was looked at. Raises what opening raises, and MachineRefused."""
    opened = open_home(Path(screen().path), credentials)
    screen().machine = look_over(opened, now=screen().now())
    return opened


def _credentials() -> list[Credential]:
    typed = zip(request.form.getlist("passphrase"), request.form.getlist("name"), strict=False)
    return [Credential(word.encode(), name or None) for word, name in typed if word]


@page.post("/lock")
def lock() -> AnyResponse:
    """Forget the home; an import that runs is ended behind the batches that it has."""
    if (job := screen().job) is not None:
        job.stop()
    close_book()
    visit().home = None
    screen().desk.lock()
    screen().gate.renew(visit().session)
    response = _with_cookie(redirect(url_for("entry.unlock"), 303), visit().session)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@page.get("/state")
def state() -> Response:
    """Say whether the desk is locked; asking is no sign that somebody is there."""
    return jsonify(locked=visit().home is None)


@page.post("/awake")
def awake() -> AnyResponse:
    """Note that somebody moves the mouse or types."""
    return make_response("", 204)


@page.post("/language")
def choose_language() -> AnyResponse:
    """Change the language; once it is known who is there, it is kept for them."""
    code = request.form.get("language", "")
    if code not in screen().languages:
        abort(404)
    here = visit()
    here.session.language = code
    if here.home is None:
        here.session.chose_locked = True
    else:
        keep(here.session, book(), here.home.users)
    back = request.form.get("back", "/")
    return redirect(back if is_own(back) else "/", 303)
