"""Pages drawn in a process of their own: one in which no chart was drawn yet, so that it may be split in two."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from portal.languages import FOLDER, chosen
from portal.pages import render
from tests.support.portal_sites import a_site

PATIENCE = 300.0


def rendered_apart(
    folder: Path,
    cache: Path,
    *,
    months: int = 14,
    codes: Sequence[str] = ("es", "en"),
    catalogues: Path = FOLDER,
) -> tuple[str, ...]:
    """Return the paths of the pages of ``a_site``, written into ``folder``. Raises what render raises."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_rendered, folder, cache, months, tuple(codes), catalogues).result(PATIENCE)


def _rendered(
    folder: Path, cache: Path, months: int, codes: tuple[str, ...], catalogues: Path
) -> tuple[str, ...]:
    assert len(os.listdir("/proc/self/task")) == 1  # else nothing is drawn beside this process
    return render(a_site(months=months), folder, languages=chosen(codes, catalogues), cache=cache)
