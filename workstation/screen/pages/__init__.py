"""The pages, a module for each subject."""

from workstation.screen.pages import acts, entry, help, inbox, printing, settings, tip

PAGES = (entry.page, inbox.page, tip.page, acts.page, printing.page, settings.page, help.page)
