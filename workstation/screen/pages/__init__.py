"""The pages, a module for each subject."""

from workstation.screen.pages import (
    acts,
    bulletin,
    dashboard,
    entry,
    help,
    imports,
    inbox,
    printing,
    records,
    settings,
    tip,
)

PAGES = (
    entry.page,
    inbox.page,
    tip.page,
    acts.page,
    imports.page,
    dashboard.page,
    bulletin.page,
    printing.page,
    records.page,
    settings.page,
    help.page,
)
