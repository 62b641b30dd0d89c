"""A USB bus in a folder: sysfs, /dev, /proc and the rest, laid out as Linux 6.1 lays them out."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from hw.ports.places import Places


@dataclass(frozen=True, slots=True)
class Face:
    """One interface of a device to be plugged in."""

    number: int
    tty: str | None = None
    protocol: str = "ff/ff/ff"
    driver: str | None = "option"
    net: str | None = None
    port: int = 0
    """Of an adapter with several ports on one interface."""


class Bus:
    """What ``places`` shows; plug and unplug at will."""

    def __init__(self, root: Path) -> None:
        self.places = Places(*(root / name for name in ("sys", "dev", "proc", "locks", "udev")))
        for folder in (self.places.dev, self.places.proc, self.places.locks, self.places.udev):
            folder.mkdir(parents=True)
        self.classes = self.places.sysfs / "class" / "tty"
        self.devices = self.places.sysfs / "bus" / "usb" / "devices"
        self.classes.mkdir(parents=True)
        self.devices.mkdir(parents=True)
        self._pluggings = 1

    def plug(
        self, path: str, usb_id: str, *faces: Face, maker: str = "Maker", product: str = "Stick"
    ) -> Path:
        """Plug a device in; return its folder."""
        self._pluggings += 1
        folder = self._folder(path)
        vendor, product_id = usb_id.split(":")
        _write(
            folder,
            idVendor=vendor,
            idProduct=product_id,
            manufacturer=maker,
            product=product,
            devnum=str(self._pluggings),
            dev=f"189:{self._pluggings}",
            serial="0123456789ABCDEF",
        )
        (self.devices / path).symlink_to(folder)
        for face in faces:
            self._face(folder, path, face)
        return folder

    def unplug(self, path: str) -> None:
        """Pull a device out: its entries are gone, and its device files."""
        folder = self._folder(path)
        for entry in list(self.classes.iterdir()):
            if folder in entry.resolve().parents:
                (self.places.dev / entry.name).unlink(missing_ok=True)
                entry.unlink()
        (self.devices / path).unlink()
        shutil.rmtree(folder)

    def wire(self, tty: str, terminal: Path) -> None:
        """Have ``tty`` lead to a pseudo-terminal, or a link to one."""
        (self.places.dev / tty).unlink(missing_ok=True)
        (self.places.dev / tty).symlink_to(terminal)

    def process(self, pid: int, name: str, *files: Path) -> None:
        """Start a process that has ``files`` open."""
        folder = self.places.proc / str(pid)
        (folder / "fd").mkdir(parents=True)
        (folder / "comm").write_text(f"{name}\n")
        for number, file in enumerate(files):
            (folder / "fd" / str(number)).symlink_to(file)

    def _folder(self, path: str) -> Path:
        bus, _, ports = path.partition("-")
        folder = self.places.sysfs / "devices" / "pci0000:00" / "0000:00:14.0" / f"usb{bus}"
        steps = ports.split(".")
        for end in range(1, len(steps)):
            folder = folder / f"{bus}-{'.'.join(steps[:end])}"
            _write(folder, idVendor="05e3", idProduct="0608")
            _write(folder / f"{folder.name}:1.0", bInterfaceNumber="00", bInterfaceClass="09")
        return folder / path

    def _face(self, folder: Path, path: str, face: Face) -> None:
        interface = folder / f"{path}:1.{face.number}"
        names = ("bInterfaceClass", "bInterfaceSubClass", "bInterfaceProtocol")
        classes = dict(zip(names, face.protocol.split("/"), strict=True))
        _write(interface, bInterfaceNumber=f"{face.number:02x}", **classes)
        if face.driver:
            driver = self.places.sysfs / "bus" / "usb" / "drivers" / face.driver
            driver.mkdir(parents=True, exist_ok=True)
            if not (interface / "driver").is_symlink():
                (interface / "driver").symlink_to(driver)
        if face.net:
            (interface / "net" / face.net).mkdir(parents=True)
        if face.tty:
            self._tty(interface, face.tty, face.port)

    def _tty(self, interface: Path, name: str, port: int) -> None:
        serial = name.startswith("ttyUSB")
        holder = interface / name if serial else interface
        place = holder / "tty" / name
        minor = "".join(filter(str.isdigit, name))
        _write(place, dev=f"{188 if serial else 166}:{minor}")
        (place / "device").symlink_to(f"../../../{holder.name}")
        if serial:
            _write(holder, port_number=str(port))
        (self.classes / name).symlink_to(place)
        (self.places.dev / name).touch()


def _write(folder: Path, **attributes: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in attributes.items():
        (folder / name).write_text(f"{value}\n")
