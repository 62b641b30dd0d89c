"""An empty spool."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.spool.schema import open_spool
from tests.support.committing import SPOOL


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    open_spool(tmp_path / SPOOL, make=True).close()
    return tmp_path / SPOOL
