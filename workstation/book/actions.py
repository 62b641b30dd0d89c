"""The door to everything that can be done in the case book. docs/workstation-reference.md, "What can be done".

Each function is one action: all of it or nothing, in one transaction with its rows in the log.
"""

from __future__ import annotations

from workstation.book.actions_triage import (
    PRIORITIES,
    Changes,
    assign,
    change,
    set_category,
    set_district,
    set_priority,
    set_status,
)
from workstation.book.deeds import MOST_AT_ONCE, Done
from workstation.book.districts import District, districts, read_districts, set_districts
from workstation.book.holds import hold, unhold
from workstation.book.log import Actor
from workstation.book.merging import link, links, master, merge, parts_of, settle_offer, unlink
from workstation.book.notes import Note, add_note, notes
from workstation.book.saved import SavedFilter, remove_filter, save_filter, saved_filters
from workstation.book.settings import SETTINGS, all_settings, change_setting, setting, silence_days
from workstation.book.undo import newest, undo, undo_newest

__all__ = [
    "MOST_AT_ONCE",
    "PRIORITIES",
    "SETTINGS",
    "Actor",
    "Changes",
    "District",
    "Done",
    "Note",
    "SavedFilter",
    "add_note",
    "all_settings",
    "assign",
    "change",
    "change_setting",
    "districts",
    "hold",
    "link",
    "links",
    "master",
    "merge",
    "newest",
    "notes",
    "parts_of",
    "read_districts",
    "remove_filter",
    "save_filter",
    "saved_filters",
    "set_category",
    "set_district",
    "set_districts",
    "set_priority",
    "set_status",
    "setting",
    "settle_offer",
    "silence_days",
    "undo",
    "undo_newest",
    "unhold",
    "unlink",
]
