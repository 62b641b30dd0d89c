"""The pages of the public site: HTML from the model, in each language; no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from jinja2 import Environment

from portal.charts.drawing import Drawer
from portal.languages import Language
from portal.pages import authorities, front, method, months, notices, slices, texts, trends
from portal.pages.feed import feed
from portal.pages.pages import POLICY, Page, Workshop, environment, relative
from portal.pages.words import Speech
from portal.release.model import Site

STATIC = Path(__file__).parent.parent / "static"
_MAKERS: tuple[Callable[[Workshop], Iterator[Page]], ...] = (
    front.pages,
    months.pages,
    slices.pages,
    authorities.pages,
    trends.pages,
    method.pages,
    notices.pages,
    texts.pages,
)
MENU = ("index", "months", "trends", "safely", "verify")
EVERYTHING = (
    "index",
    "safely",
    "months",
    "categories",
    "districts",
    "authorities",
    "trends",
    "notices",
    "method",
    "vocabulary",
    "data",
    "verify",
    "changes",
)


def render(
    model: Site, folder: Path, *, languages: Sequence[Language], cache: Path | None = None
) -> tuple[str, ...]:
    """Return the paths of all pages that were written into ``folder``, an existing one, from its top.

    The first of ``languages`` is the one of the front door. ``cache`` keeps charts from one build to the next. The same
    model gives the same octets. Raises BadCatalogue where a text is missing, OSError.
    """
    drawer, templates = Drawer(cache), environment()
    written = [
        _put(folder, f"static/{name.name}", name.read_text(encoding="utf-8"))
        for name in sorted(STATIC.iterdir())
    ]
    for language in languages:
        speech = Speech(language, model)
        for path, text in _of_language(Workshop(speech, drawer), templates, languages):
            written.append(_put(folder, f"{language.code}/{path}", text))
    written.append(_put(folder, "index.html", _root(templates, model, languages)))
    return tuple(written)


def _of_language(
    shop: Workshop, templates: Environment, languages: Sequence[Language]
) -> Iterator[tuple[str, str]]:
    """Yield each page of one language, and the feed."""
    speech = shop.speech
    common = {
        "site": speech.site,
        "speech": speech,
        "language": speech.language,
        "languages": languages,
        "policy": POLICY,
        "t": speech.text,
        "count": speech.language.count,
        "name": speech.of(speech.site.settings.title),
        "menu": _menu(speech, MENU),
        "everything": _menu(speech, EVERYTHING),
    }
    for maker in _MAKERS:
        for page in maker(shop):
            values = common | dict(page.values) | {"page": page} | _addresses(speech.language.code, page.path)
            yield page.path, templates.get_template(page.template).render(values)
    yield "feed.xml", templates.get_template("feed.xml").render(common | feed(speech))


def _menu(speech: Speech, names: Sequence[str]) -> list[tuple[str, str]]:
    return [(f"{name}.html", str(speech.text(f"nav.{name}"))) for name in names]


def _addresses(code: str, path: str) -> dict[str, Callable[[str], str]]:
    """Return how the page at ``path`` names others: ``here`` in its language (from the top with a slash), ``top``."""
    source = f"{code}/{path}"

    def top(target: str) -> str:
        return relative(source, target)

    def here(target: str) -> str:
        return top(target[1:]) if target.startswith("/") else top(f"{code}/{target}")

    return {"top": top, "here": here}


def _root(templates: Environment, model: Site, languages: Sequence[Language]) -> str:
    first = languages[0]
    name = Speech(first, model).of(model.settings.title)
    return templates.get_template("root.html").render(
        first=first, languages=languages, name=name, policy=POLICY
    )


def _put(folder: Path, path: str, text: str) -> str:
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8", newline="\n")
    return path
