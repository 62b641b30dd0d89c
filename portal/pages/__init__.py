"""The pages of the public site: HTML from the model, in each language; no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from jinja2 import Environment

from portal.charts import artist
from portal.charts.drawing import Drawer
from portal.forking import beside
from portal.languages import BadCatalogue, Language
from portal.pages import authorities, front, method, months, notices, slices, texts, trends
from portal.pages.feed import feed
from portal.pages.pages import POLICY, Page, Workshop, environment, relative
from portal.pages.words import Speech
from portal.release.model import Site

STATIC = Path(__file__).parent.parent / "static"
Maker = Callable[[Workshop], Iterator[Page]]
_MAKERS: tuple[Maker, ...] = (
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
    site = _Site(model, folder, tuple(languages), Drawer(cache), environment())
    written = [
        _put(folder, f"static/{name.name}", name.read_text(encoding="utf-8"))
        for name in sorted(STATIC.iterdir())
    ]
    written.append(_put(folder, "index.html", _root(site.templates, model, languages)))
    return (*written, *_all_languages(site))


@dataclass(frozen=True, slots=True)
class _Site:
    """What the pages of all languages are made with."""

    model: Site
    folder: Path
    languages: tuple[Language, ...]
    drawer: Drawer
    templates: Environment


def _all_languages(site: _Site) -> list[str]:
    """Return the paths of the pages in all languages, written: every second language in a process beside this one.

    Each finds the charts that the other has drawn in the folder where they are kept, and since the one begins with the
    last pages and the other with the first, they share the drawing too. Without such a folder all is done here.
    """
    ours = site.languages if site.drawer.folder is None else site.languages[::2]
    others = [language for language in site.languages if language not in ours]
    if not others:
        return _written(site, ours, _MAKERS)
    for name in site.templates.list_templates():
        site.templates.get_template(name)  # compiled once for both
    with beside(lambda: _packed(site, others)) as of_others:
        written = _written(site, ours, _MAKERS)
        return [*written, *_unpacked(of_others())]


def _packed(site: _Site, languages: Sequence[Language]) -> bytes:
    artist.in_helper()
    try:
        return msgspec.json.encode((_written(site, languages, _MAKERS[::-1]), ""))
    except BadCatalogue as error:
        return msgspec.json.encode(([], str(error)))


def _unpacked(octets: bytes) -> list[str]:
    written, missing = msgspec.json.decode(octets, type=tuple[list[str], str])
    if missing:
        raise BadCatalogue(missing)
    return written


def _written(site: _Site, languages: Iterable[Language], makers: Iterable[Maker]) -> list[str]:
    written = []
    for language in languages:
        shop = Workshop(Speech(language, site.model), site.drawer)
        for path, text in _of_language(shop, site.templates, site.languages, makers):
            written.append(_put(site.folder, f"{language.code}/{path}", text))
    return written


def _of_language(
    shop: Workshop, templates: Environment, languages: Sequence[Language], makers: Iterable[Maker]
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
    for maker in makers:
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
