"""The one door to pyserial: a serial port opened exclusively, read without waiting, never able to block the loop.

Opening, draining and closing can hang for as long as a modem does, so they run in threads of their own:
not in the loop's pool, which a few hung modems would use up.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import termios
from collections.abc import Callable
from threading import Thread
from typing import Any, TypeVar

import serial
import serial_asyncio_fast

READ_OCTETS = 4096
"""As much as the kernel's line discipline holds."""
OPEN_SECONDS = 15.0
CLOSE_SECONDS = 5.0
_PTY_MAJORS = range(136, 144)  # Linux admin-guide/devices: UNIX98 pty slaves

T = TypeVar("T")


class PortError(Exception):
    """The port cannot be opened or was lost. ``str`` says why, and never holds what was read."""


class _Tty(serial.Serial):
    """pyserial's port with the reads and writes the loop needs: one system call each."""

    def _open_fd(self) -> int:
        if self.fd is None:
            raise serial.PortNotOpenError()
        return self.fd

    def read(self, size: int = 1) -> bytes:
        """Return what is there, at most READ_OCTETS. Raises SerialException if the device is gone."""
        try:
            octets = os.read(self._open_fd(), max(size, READ_OCTETS))
        except BlockingIOError:
            return b""
        except OSError as error:
            raise serial.SerialException(f"read failed: {errno.errorcode.get(error.errno or 0)}") from None
        if not octets:
            raise serial.SerialException("hung up")
        return octets

    def write(self, b: Any, /) -> int:
        """Write what the kernel takes at once. Raises BlockingIOError where that is nothing."""
        try:
            return os.write(self._open_fd(), b)
        except BlockingIOError:
            raise
        except OSError as error:
            raise serial.SerialException(f"write failed: {errno.errorcode.get(error.errno or 0)}") from None

    def close(self) -> None:
        """Drop what waits to be written, then close: never drain, the modem may take nothing any more."""
        if self.is_open and self.fd is not None:
            with contextlib.suppress(termios.error, OSError):
                termios.tcflush(self.fd, termios.TCIOFLUSH)
            with contextlib.suppress(OSError):
                fcntl.ioctl(self.fd, termios.TIOCNXCL)
        super().close()


def _open(device: str, baud: int) -> _Tty:
    port = _Tty(None, baudrate=baud, timeout=0, write_timeout=0, exclusive=True)
    port.port = device
    try:
        port.open()
        _claim(port.fileno())
    except serial.SerialException as error:
        raise PortError(_why(error)) from None
    except (OSError, termios.error) as error:
        port.close()
        raise PortError(f"cannot be set up: {errno.errorcode.get(error.args[0], 'unknown')}") from None
    return port


def _claim(fd: int) -> None:
    """Shut others out, and leave DTR alone when the port is closed: a modem may hang up or reset on it."""
    if os.major(os.fstat(fd).st_rdev) not in _PTY_MAJORS:
        # On a pty the mark would outlive a killed process for as long as the other end stays open.
        fcntl.ioctl(fd, termios.TIOCEXCL)
    attributes = termios.tcgetattr(fd)
    attributes[2] &= ~termios.HUPCL
    termios.tcsetattr(fd, termios.TCSANOW, attributes)


def _why(error: serial.SerialException) -> str:
    number = error.errno
    if number is None:
        return "in use by another program" if "lock" in str(error) else "cannot be set up"
    return {
        errno.ENOENT: "not there",
        errno.EACCES: "not permitted: add this user to the group dialout",
        errno.EBUSY: "in use by another program",
        errno.EAGAIN: "in use by another program",  # the lock, as TIOCEXCL is EBUSY
    }.get(number, errno.errorcode.get(number, "cannot be opened"))


def _keep(value: Any) -> None:
    """Do nothing: what came too late needs no tidying."""


async def in_thread(work: Callable[[], T], seconds: float, *, too_late: Callable[[Any], None] = _keep) -> T:
    """Return what ``work`` returns, from a thread of its own. Raises TimeoutError and leaves it behind if late.

    ``too_late`` is given what it returned after all, when nobody waits any more.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(set_it: Callable[[Any], None], value: Any) -> None:
        if not done.done():
            set_it(value)
        elif set_it == done.set_result:
            too_late(value)

    def run() -> None:
        try:
            value = work()
        except (PortError, serial.SerialException, OSError) as error:
            outcome: tuple[Callable[[Any], None], Any] = (done.set_exception, error)
        else:
            outcome = (done.set_result, value)
        with contextlib.suppress(RuntimeError):  # the loop was closed while the modem hung: the process ends
            loop.call_soon_threadsafe(settle, *outcome)

    Thread(target=run, name="serial port", daemon=True).start()
    async with asyncio.timeout(seconds):
        return await done


class _Transport(serial_asyncio_fast.SerialTransport):
    """pyserial-asyncio-fast's transport, closing in a thread of its own and quiet about a pulled cable."""

    def _fatal_error(self, exc: BaseException, message: str = "") -> None:
        self._abort(exc)

    async def _call_connection_lost(self, exc: BaseException | None, *, flush: bool) -> None:
        self._write_buffer.clear()
        with contextlib.suppress(TimeoutError, serial.SerialException, OSError):
            await in_thread(self._serial.close, CLOSE_SECONDS)
        self._protocol.connection_lost(exc if isinstance(exc, Exception) else None)


async def open_port(device: str, protocol: asyncio.Protocol, *, baud: int = 115200) -> asyncio.Transport:
    """Return a transport on ``device``, opened exclusively; ``abort()`` closes it without draining.

    Raises PortError if it cannot be opened, or not within OPEN_SECONDS.
    """
    try:
        port = await in_thread(lambda: _open(device, baud), OPEN_SECONDS, too_late=_Tty.close)
    except TimeoutError:
        raise PortError("opening it hangs") from None
    loop = asyncio.get_running_loop()
    return _Transport(loop, protocol, port)
