"""``build``: the site, from signed files."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from portal.cli.common import FILE, folders, inputs
from portal.console import progress, visible
from portal.problems import EXIT_CHANGED_PAST, EXIT_REFUSED

if TYPE_CHECKING:
    from portal.release.publish import Built, Order

_YOUNG = 200_000
"""New objects after which cycles are looked for, instead of 700: half a million stay to the end of a build, and to look
at them again and again took a twentieth of its time. What it costs is 10 MB at the most."""


@click.command
@inputs
@click.option("--output", type=click.Path(path_type=Path), required=True, metavar="DIR", help="The site.")
@click.option("--site", "settings_path", type=FILE, metavar="FILE", help="How the site is called: site.toml.")
@click.option(
    "--accept",
    multiple=True,
    metavar="FINGERPRINT",
    help="Believe this key although earlier releases were made without it. May be repeated.",
)
@click.option("--own", type=FILE, metavar="FILE", help="Own tips for the attacker, JSON.")
@click.option(
    "--cache", type=click.Path(path_type=Path), metavar="DIR", help="Keep charts there for the next build."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def build(
    *,
    ledgers: Path,
    bulletins: Path,
    identities: Path | None,
    output: Path,
    settings_path: Path | None,
    accept: tuple[str, ...],
    own: Path | None,
    cache: Path | None,
    as_json: bool,
) -> None:
    """Build the site from signed ledgers and bulletins, and from nothing else.

    What does not verify is refused by name, and the rest is built (exit code 3). A ledger or bulletin that an earlier
    release had stays as it was; another one in its place is shown as a contradiction (exit code 4).

    \b
    Example:
      tipline-portal build --ledgers ledgers --bulletins bulletins --output public --site site.toml
    """
    from portal.charts.artist import at_work

    gc.set_threshold(_YOUNG)
    with at_work():  # it gets ready while the rest of the program is loaded
        built, order = _built(
            (ledgers, bulletins, identities), output, settings_path, accepted=accept, own=own, cache=cache
        )
    _say(built, order, as_json=as_json)
    raise SystemExit(_code(built))


def _built(
    places: tuple[Path, Path, Path | None],
    output: Path,
    settings_path: Path | None,
    *,
    accepted: tuple[str, ...],
    own: Path | None,
    cache: Path | None,
) -> tuple[Built, Order]:
    """Return what was built, of ``places``: ledgers, bulletins, identities."""
    from portal.attacking import read_own
    from portal.release.publish import Order
    from portal.release.publish import build as build_site
    from portal.settings import read_settings

    settings = read_settings(settings_path)
    base = settings_path.parent if settings_path else Path()
    named = places[2] or (base / settings.identities if settings.identities else None)
    order = Order(
        folders=folders(*places[:2], named),
        output=output,
        settings=settings,
        accepted=accepted,
        own=read_own(own) if own else (),
        catalogues=base / settings.catalogues if settings.catalogues else None,
        cache=cache or _beside(output),
    )
    with progress() as step:
        return build_site(order, step=step), order


def _beside(output: Path) -> Path:
    """Return the folder for charts that a site has when none is named."""
    place = output.absolute()
    return place.with_name(f".{place.name}.tipline-cache")


def _code(built: Built) -> int:
    if any(one.contradiction for one in built.site.notices):
        return EXIT_CHANGED_PAST
    return EXIT_REFUSED if built.site.refused else 0


def _say(built: Built, order: Order, *, as_json: bool) -> None:
    click.echo(json.dumps(_as_json(built, order), indent=1) if as_json else "\n".join(_lines(built, order)))


def _as_json(built: Built, order: Order) -> dict[str, object]:
    from portal.verify.report import notice_json

    site = built.site
    return {
        "output": str(order.output),
        "release": site.release.number,
        "new": built.new,
        "hash": site.release.hash,
        "received": sum(one.received for one in site.months),
        "opened": sum(one.opened for one in site.months),
        "ledgers": len(built.gathered.ledgers),
        "bulletins": len(built.gathered.bulletins),
        "boxes": [{"box": one.id, "fingerprint": one.fingerprint} for one in site.boxes],
        "authorities": [
            {"name": one.name, "fingerprint": one.fingerprint, "bulletins": one.bulletin_fingerprint}
            for one in site.authorities
        ],
        "refused": [{"file": one.name, "kind": one.kind, "reason": one.reason} for one in site.refused],
        "gaps": [notice_json(one) for one in site.notices if not one.contradiction],
        "contradictions": [notice_json(one) for one in site.notices if one.contradiction],
        "passed_over": built.gathered.passed_over,
    }


def _lines(built: Built, order: Order) -> Iterator[str]:
    from portal.verify.words import told

    site = built.site
    state = "new" if built.new else "nothing new, as before"
    yield f"release {site.release.number} ({state}) in {order.output}"
    received, opened = (sum(one.received for one in site.months), sum(one.opened for one in site.months))
    yield (
        f"{len(built.gathered.ledgers)} ledgers, {len(built.gathered.bulletins)} bulletins: "
        f"{received} received, {opened} proven to have been opened"
    )
    if site.release.number == 1 and built.new:
        yield "compare these fingerprints with those whose keys they are; from now on no other key is believed:"
    for box in site.boxes:
        yield f"  box {box.id}: {box.fingerprint}"
    for one in site.authorities:
        yield f"  authority {visible(one.name)}: {one.fingerprint}, bulletins {one.bulletin_fingerprint}"
    for refused in site.refused:
        yield f"refused: {visible(refused.name)}: {refused.kind}: {visible(refused.reason)}"
    for notice in site.notices:
        label = "contradiction" if notice.contradiction else "gap"
        yield f"{label}: {visible(told(notice, site, language='en'))}"
