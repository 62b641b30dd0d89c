"""A case book for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.book import KEY, Shelf
from workstation.book.connection import NAME, Book


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with Book.open(tmp_path / NAME, KEY) as book:
        yield Shelf(book)
