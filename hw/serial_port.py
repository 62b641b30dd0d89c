"""The one door to pyserial: a serial port opened exclusively, read without waiting, never able to block the loop.

Opening and closing can hang for as long as a modem does, so they run in a thread: one for each port, not in the
loop's pool, which a few hung modems would use up, and never a second one beside one that hangs.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import logging
import os
import termios
from collections.abc import Callable
from functools import partial
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
log = logging.getLogger(__name__)


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


_at_work: set[str] = set()
"""Devices that a thread opens or closes now, for those that do not share ``Errands``."""


def _alone(device: str, work: Callable[[], T]) -> T:
    """Return what ``work`` on ``device`` returns. Raises PortError where another thread hangs in it."""
    if device in _at_work:
        raise PortError("opening it hangs")
    _at_work.add(device)
    try:
        return work()
    finally:
        _at_work.discard(device)


def _keep(value: Any) -> None:
    """Do nothing: what came too late needs no tidying."""


class Errands:
    """The thread of one port: one errand at a time, so that a port that hangs for ever costs one thread."""

    def __init__(self) -> None:
        self._idle: asyncio.Event | None = None
        self._owed: list[Callable[[], object]] = []

    async def run(
        self, work: Callable[[], T], seconds: float, *, too_late: Callable[[T], object] = _keep
    ) -> T:
        """Return what ``work`` returns, from a thread. Raises TimeoutError and leaves it behind if it is late.

        ``too_late`` is given what it returned after all, when nobody waits any more. Raises PortError where the
        system gives no thread. Waits for an earlier errand, within the same time.
        """
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(seconds):
            while self._idle is not None:
                await self._idle.wait()
            idle = self._idle = asyncio.Event()
            done: asyncio.Future[T] = loop.create_future()
            self._start(partial(self._run, work, too_late, done, idle, loop))
            return await done

    def owe(self, work: Callable[[], object]) -> None:
        """Have ``work`` done at the beginning of the next errand."""
        self._owed.append(work)

    def _start(self, target: Callable[[], None]) -> None:
        try:
            Thread(target=target, name="serial port", daemon=True).start()
        except RuntimeError:
            self._free()
            raise PortError("the system gives no thread for it") from None

    def _free(self) -> None:
        idle, self._idle = self._idle, None
        if idle is not None:
            idle.set()

    def _run(
        self,
        work: Callable[[], T],
        too_late: Callable[[T], object],
        done: asyncio.Future[T],
        idle: asyncio.Event,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        """In the thread: what is owed, then ``work``, and what is to be done with what comes too late."""
        outcome: T | Exception
        self._pay()
        try:
            outcome = work()
        except Exception as error:  # noqa: BLE001  our bug: the one who waits gets it, the next errand is run
            outcome = error
        if done.done() and not isinstance(outcome, Exception):
            too_late(outcome)  # here, since closing can hang as well
        with contextlib.suppress(RuntimeError):  # the loop was closed while the modem hung: the process ends
            loop.call_soon_threadsafe(self._settle, outcome, too_late, done, done.done())

    def _pay(self) -> None:
        """In the thread: do what is owed; what fails of it is no fault of the errand that comes after it."""
        while self._owed:
            try:
                self._owed.pop()()
            except Exception as error:  # noqa: BLE001  our bug, or a device that is gone: nobody waits for it
                log.warning("what was owed to the port failed: %s", type(error).__name__)

    def _settle(
        self, outcome: T | Exception, too_late: Callable[[T], object], done: asyncio.Future[T], tidied: bool
    ) -> None:
        self._free()
        if isinstance(outcome, Exception):
            if not done.done():
                done.set_exception(outcome)
        elif not done.done():
            done.set_result(outcome)
        elif not tidied:
            self.owe(partial(too_late, outcome))


async def in_thread(work: Callable[[], T], seconds: float) -> T:
    """Return what ``work`` returns, as an errand of its own."""
    return await Errands().run(work, seconds)


class _Transport(serial_asyncio_fast.SerialTransport):
    """pyserial-asyncio-fast's transport, closing in the port's thread and quiet about a pulled cable."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, protocol: asyncio.Protocol, port: _Tty, errands: Errands
    ) -> None:
        super().__init__(loop, protocol, port)
        self._errands = errands

    def _fatal_error(self, exc: BaseException, message: str = "") -> None:
        self._abort(exc)

    async def _call_connection_lost(self, exc: BaseException | None, *, flush: bool) -> None:
        self._write_buffer.clear()
        close = partial(_alone, str(self._serial.port), self._serial.close)
        try:
            await self._errands.run(close, CLOSE_SECONDS)
        except (TimeoutError, PortError, serial.SerialException, OSError):
            self._errands.owe(self._serial.close)  # a second time does nothing
        self._protocol.connection_lost(exc if isinstance(exc, Exception) else None)


async def open_port(
    device: str, protocol: asyncio.Protocol, *, baud: int = 115200, errands: Errands | None = None
) -> asyncio.Transport:
    """Return a transport on ``device``, opened exclusively; ``abort()`` closes it without draining.

    ``errands`` is the thread of whoever opens the same port again and again.

    Raises PortError if it cannot be opened, or not within OPEN_SECONDS.
    """
    errands = errands or Errands()
    try:
        port = await errands.run(
            partial(_alone, device, lambda: _open(device, baud)), OPEN_SECONDS, too_late=_Tty.close
        )
    except TimeoutError:
        raise PortError("opening it hangs") from None
    loop = asyncio.get_running_loop()
    return _Transport(loop, protocol, port, errands)
