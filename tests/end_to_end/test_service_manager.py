"""What systemd hears of the box, and hands back to it: the test is the service manager. sd_notify(3)."""

from __future__ import annotations

import array
import os
import socket
from pathlib import Path

from tests.support.town import BIN, Town, town, until


class Manager:
    """The service manager's socket: the messages it got and the file descriptors it was given to keep."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))
        self._socket.setblocking(False)
        self.messages: list[str] = []
        self.kept: list[int] = []

    def hear(self) -> list[str]:
        """Return all messages so far."""
        while True:
            try:
                data, ancillary, _, _ = self._socket.recvmsg(4096, socket.CMSG_SPACE(64))
            except BlockingIOError:
                return self.messages
            self.messages += data.decode().split("\n")
            for level, kind, octets in ancillary:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    fds = array.array("i")
                    fds.frombytes(octets[: len(octets) - len(octets) % fds.itemsize])
                    self.kept += fds

    def close(self) -> None:
        """Give everything back."""
        self._socket.close()
        for fd in self.kept:
            os.close(fd)


def _start(box: Town, manager: Manager, memory: int | None = None) -> int:
    """Start intake as systemd does, with the kept memory if there is one; return its process id."""
    pid = os.fork()
    if pid == 0:
        environment = os.environ | {"NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": "600000"}
        if memory is not None:
            os.dup2(memory, 3)
            os.set_inheritable(3, True)
            environment |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1", "LISTEN_FDNAMES": "memory"}
        log = os.open(box.folder / "box.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        program = str(BIN / "tipline-gateway")
        os.execve(program, [program, "--config", str(box.config), "intake"], environment)
    return pid


def test_it_says_ready_status_heartbeat_and_stopping_and_has_its_memory_kept(tmp_path: Path) -> None:
    with town(tmp_path) as (box, network):
        manager = Manager(tmp_path)
        pid = _start(box, manager)
        until(lambda: "READY=1" in manager.hear(), "it is ready", box.log)
        heard = manager.hear()
        assert "FDSTORE=1" in heard and "FDNAME=memory" in heard
        assert len(manager.kept) == 1
        assert os.readlink(f"/proc/self/fd/{manager.kept[0]}").startswith("/memfd:")
        until(lambda: manager.hear().count("WATCHDOG=1") >= 4, "the heart beats", box.log)
        until(lambda: "STATUS=1 of 1 modems receiving" in manager.hear(), "it tells how it is", box.log)
        network.deliver("primera parte " + "x" * 200, sender="+5216561230001", order=[0])
        assert network.wait(timeout=60, count=1)
        os.kill(pid, 9)
        os.waitpid(pid, 0)

        pid = _start(box, manager, manager.kept[0])
        until(lambda: manager.hear().count("READY=1") == 2, "it is ready again", box.log)
        assert manager.hear().count("FDSTORE=1") == 1, "the memory it was handed is kept already"
        os.kill(pid, 15)
        assert os.waitpid(pid, 0)[1] == 0
        assert "STOPPING=1" in manager.hear()
        manager.close()


def test_ready_waits_for_each_port_to_be_tried_but_not_for_a_modem_that_is_not_there(tmp_path: Path) -> None:
    with town(tmp_path) as (box, network):
        network.request("unplug")
        manager = Manager(tmp_path)
        pid = _start(box, manager)
        until(lambda: "READY=1" in manager.hear(), "it is ready without its modem", box.log)
        until(lambda: "STATUS=0 of 1 modems receiving" in manager.hear(), "and says so", box.log)
        os.kill(pid, 15)
        assert os.waitpid(pid, 0)[1] == 0
        manager.close()
