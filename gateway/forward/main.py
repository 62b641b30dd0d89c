"""The forwarder as a process: the lock, the signals, the end."""

from __future__ import annotations

import asyncio
import logging
import signal

from gateway.config import Config
from gateway.faults import Exit
from gateway.forward.forwarder import Service, forward
from gateway.forward.lock import locked


def run(config: Config, service: Service) -> int:
    """Send until SIGTERM or SIGINT; return the exit code. Raises BusyError and StorageError.

    The interpreter waits at its end for a file operation that hangs; whoever ends us has to have a last word (the
    unit's TimeoutStopSec).
    """
    # Its lines name servers and users; ours say what matters.
    logging.getLogger("asyncssh").setLevel(logging.ERROR)
    with locked(config.forward):
        asyncio.run(_until_signal(config, service))
    return Exit.OK


async def _until_signal(config: Config, service: Service) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await forward(config, stop, service)
