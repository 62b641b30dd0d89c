"""The news feed (Atom, RFC 4287): an entry for each release."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from portal.pages.texts import told
from portal.pages.words import Speech
from portal.release.model import Release
from wire.hashing import blake2b_256

ENTRIES = 24
"""Two years of months."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the feed."""

    title: str
    id: str
    updated: str
    path: str
    summary: str


def feed(speech: Speech) -> dict[str, object]:
    """Return what the template of the feed needs."""
    address = speech.site.settings.address
    base = f"{address.rstrip('/')}/{speech.language.code}/" if address else ""
    return {
        "base": base,
        "id": _name(speech, "feed"),
        "entries": [_entry(speech, one) for one in speech.site.releases[:ENTRIES]],
    }


def _entry(speech: Speech, release: Release) -> Entry:
    texts = [str(text) for text in told(speech, release).texts]
    return Entry(
        title=str(speech.text("feed.entry", number=release.number, day=speech.day(release.made))),
        id=_name(speech, f"release {release.number}"),
        updated=release.made,
        path=f"changes.html#release-{release.number}",
        summary=" ".join(texts),
    )


def _name(speech: Speech, what: str) -> str:
    """Return a name that stays the same wherever the site stands: from the keys that it is pinned to."""
    site = speech.site
    keys = [
        *(one.fingerprint for one in site.boxes[:1]),
        *(one.bulletin_fingerprint for one in site.authorities[:1]),
    ]
    whole = "\n".join([speech.language.code, *keys, *(line.id for line in site.lines[:1]), what])
    return UUID(bytes=blake2b_256(whole.encode())[:16], version=5).urn
