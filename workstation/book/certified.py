"""The certificate of a destruction of tips: signed by the authority, numbered with the others of the line."""

from __future__ import annotations

from nacl.signing import SigningKey

from wire.endings import TipsEnded
from workstation.book.connection import Book
from workstation.book.retention import Ended, last_ended
from workstation.epochs.certificates import Kept, Row
from workstation.epochs.destruction import renewal_of
from workstation.epochs.review import certificates_of
from workstation.home import Home, alone


def certify_last(home: Home, book: Book) -> Kept | None:
    """Return the certificate of the last destruction, written now if it is not there; None without a destruction.

    A run that was killed behind the destruction leaves none: the next one finds that out here.
    """
    ended = last_ended(book)
    if ended is None:
        return None
    with alone(home.path):
        renewal_of(home).settle()
        folder = certificates_of(home)
        row = folder.row()
        there = _found(row, ended)
        if there is not None:
            return there
        key = SigningKey(home.vault.authority)
        kept = row.following(_matter(ended), key, line=home.sheet.line, now=ended.at)
        folder.keep(*folder.file(kept))
    return kept


def is_certified(home: Home, book: Book) -> bool:
    """Return whether the last destruction has its certificate, or there was none."""
    ended = last_ended(book)
    return ended is None or _found(certificates_of(home).row(), ended) is not None


def _matter(ended: Ended) -> TipsEnded:
    return TipsEnded(
        days=ended.days,
        closed_before=ended.closed_before,
        tips=ended.tips,
        held=ended.held,
        by=tuple(sorted(set(ended.users))),
    )


def _found(row: Row, ended: Ended) -> Kept | None:
    matter = _matter(ended)
    same = (
        kept for kept in row.kept if kept.certificate.date == ended.at and kept.certificate.matter == matter
    )
    return next(same, None)
