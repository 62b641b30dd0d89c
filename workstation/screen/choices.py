"""What can be chosen in the forms: statuses, categories, districts, units and persons, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from disclosure.vocabulary import StatusClass, categories, statuses
from workstation.book.actions_status import NEVER_BY_HAND, by_hand, is_closed
from workstation.book.districts import districts
from workstation.screen.here import book, language


def _(message: str) -> str:
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


CLASSES = {
    StatusClass.OPEN: _("Open"),
    StatusClass.ACTED: _("Acted on"),
    StatusClass.CLOSED: _("Closed"),
    StatusClass.SILENT: _("No response"),
}
PRIORITIES = (_("none"), _("raised"), _("high"), _("urgent"))
SIGNS = {StatusClass.OPEN: "●", StatusClass.ACTED: "✔", StatusClass.CLOSED: "■", StatusClass.SILENT: "▲"}
"""Before a status's name, so that its class is not told by colour alone."""

Option = tuple[str, str]
"""Code and name."""
Group = tuple[str, list[Option]]


@dataclass(frozen=True, slots=True)
class Choices:
    """All of them."""

    statuses: list[Group]
    """Those that a person may set."""
    all_statuses: list[Group]
    closings: list[Option]
    """Those that end a tip: the reasons for closing."""
    categories: list[Group]
    districts: list[Option]
    priorities: list[Option]
    units: list[str]
    persons: list[str]


def choices() -> Choices:
    """Return what can be chosen now."""
    there = language()
    return Choices(
        statuses=_status_groups(tuple(by_hand())),
        all_statuses=_status_groups(tuple(code for code in statuses() if code != "received")),
        closings=[
            (code, there.status(code)) for code in by_hand() if is_closed(code) and code not in NEVER_BY_HAND
        ],
        categories=_category_groups(),
        districts=[(one.code, district_name(one.es, one.en)) for one in districts(book())],
        priorities=[(str(number), there.text(name)) for number, name in enumerate(PRIORITIES)],
        units=_in_use("unit"),
        persons=_in_use("person"),
    )


def district_name(es: str, en: str) -> str:
    """Return the name in the reader's language."""
    return es if language().code == "es" else en


def _status_groups(codes: tuple[str, ...]) -> list[Group]:
    there = language()
    found: dict[StatusClass, list[Option]] = {}
    for code in codes:
        found.setdefault(statuses()[code].status_class, []).append((code, there.status(code)))
    return [(there.text(CLASSES[one]), options) for one, options in found.items()]


def _category_groups() -> list[Group]:
    there = language()
    found: dict[str, list[Option]] = {}
    for code in categories():
        found.setdefault(there.group(code), []).append((code, there.category(code)))
    return list(found.items())


_MOST_NAMES = 200


def _in_use(column: str) -> list[str]:
    """Return the units or persons that tips have, for typing ahead; by steps over the index, not over all tips."""
    names: list[str] = []
    query = f"SELECT min({column}) FROM tips WHERE {column} > ?"  # noqa: S608 - our own names
    last = ""
    while len(names) < _MOST_NAMES:
        (found,) = book().connection.execute(query, (last,)).fetchone()
        if found is None:
            break
        names.append(found)
        last = found
    return names
