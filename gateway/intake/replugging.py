"""Asking the privileged helper (``hw.replug``) to plug a modem in again, where systemd gave a folder for that."""

from __future__ import annotations

import logging
import os
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from gateway.fields import MODEM_FIELD
from hw.ports.claims import Claims
from hw.replug import request
from hw.serial_port import OPEN_SECONDS, in_thread

FOLDER = "RUNTIME_DIRECTORY"
"""Set by RuntimeDirectory= of the unit; without it there is no helper. systemd.exec(5)."""
_log = logging.getLogger(__name__)


def replugger(claims: Claims, at: int) -> Callable[[], Awaitable[None]] | None:
    """Return what asks for the modem of the port configured as ``at``; None where nobody would hear it."""
    folder = os.environ.get(FOLDER)
    return partial(_ask, claims, at, Path(folder)) if folder else None


async def _ask(claims: Claims, at: int, folder: Path) -> None:
    name = claims.names[at]
    try:
        path = await in_thread(partial(claims.usb_path, at), OPEN_SECONDS)
        if path is None:
            return
        request(folder, path)
    except (OSError, TimeoutError) as error:
        _log.warning(
            "modem %s: no re-plug: %s", name, error.strerror or "it took too long", extra={MODEM_FIELD: name}
        )
    else:
        _log.warning(
            "modem %s: the helper is asked to plug USB %s in again", name, path, extra={MODEM_FIELD: name}
        )
