"""USB devices and their serial ports, as sysfs shows them. Reads only; opens no device.

A port is known by where it is plugged in and by its interface, ``usb:1-1.2:1.2``, never by what it says of
itself: two equal sticks say the same, and share a name under /dev/serial/by-id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from hw.ports.places import SYSTEM, Places, text
from hw.profiles import UsbInterface

TTYS = ("ttyUSB*", "ttyACM*")
MODEM_DRIVERS = frozenset(("option", "sierra", "qcserial", "cdc_acm", "usbserial_generic", "ipw", ""))
"""Drivers of modems, whose ports are all one modem's. Any other is an adapter's, with a modem on each port."""


@dataclass(frozen=True, slots=True)
class SerialPort:
    """One serial port on USB."""

    name: str
    """``usb:1-1.2:1.2``, and ``usb:1-1.2:1.0:1`` for a further port on one interface of an adapter."""
    device: Path
    """The device file now. Another one after a re-plug."""
    path: str
    """The USB path: bus and the ports of the hubs, ``1-1.2``."""
    usb: UsbInterface
    manufacturer: str = ""
    product: str = ""
    driver: str = ""
    plugging: str = ""
    """What the kernel counts up each time something is plugged in: another value, another plugging."""
    numbers: tuple[str, ...] = ()
    """``major:minor`` of the port and of its USB device, by which udev files what it knows of them."""

    @property
    def modem(self) -> str:
        """What all ports of the same modem have in common."""
        return f"usb:{self.path}" if self.driver in MODEM_DRIVERS else self.name


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface of a USB device and what the kernel made of it."""

    protocol: str
    """``class/subclass/protocol``."""
    driver: str
    nets: tuple[str, ...]
    """Network interfaces on it."""


@dataclass(frozen=True, slots=True)
class UsbDevice:
    """One USB device, with or without serial ports."""

    path: str
    vendor: str
    product_id: str
    manufacturer: str
    product: str
    interfaces: tuple[Interface, ...]


def serial_ports(places: Places = SYSTEM) -> list[SerialPort]:
    """Return every serial port on USB, in the order of the sockets."""
    folder = places.sysfs / "class" / "tty"
    found = (_serial_port(entry, places) for pattern in TTYS for entry in _within(folder, pattern))
    return sorted((port for port in found if port is not None), key=lambda port: numeric(port.name))


def usb_devices(places: Places = SYSTEM) -> list[UsbDevice]:
    """Return every USB device, in the order of the sockets."""
    folder = places.sysfs / "bus" / "usb" / "devices"
    found = [_usb_device(entry) for entry in _within(folder, "*-*") if ":" not in entry.name]
    return sorted((device for device in found if device.vendor), key=lambda device: numeric(device.path))


def numeric(name: str) -> tuple[int, ...]:
    """Return the numbers in ``name``, for sorting: 1-1.10 comes after 1-1.9."""
    return tuple(int(digits) for digits in re.findall("[0-9]+", name))


def _serial_port(entry: Path, places: Places) -> SerialPort | None:
    """Return the port at ``entry`` of /sys/class/tty, or None where it is not on USB or was pulled out."""
    place = entry.resolve()
    interface = next((folder for folder in place.parents if (folder / "bInterfaceNumber").exists()), None)
    if interface is None:
        return None
    device = interface.parent
    usb = UsbInterface(
        text(device / "idVendor").lower(),
        text(device / "idProduct").lower(),
        text(interface / "bInterfaceNumber").lower(),
        _protocol(interface),
    )
    if not (usb.vendor and usb.product and usb.interface):
        return None
    further = text(place / "device" / "port_number")
    return SerialPort(
        name=f"usb:{interface.name}" + (f":{further}" if further not in ("", "0") else ""),
        device=places.dev / entry.name,
        path=device.name,
        usb=usb,
        manufacturer=text(device / "manufacturer"),
        product=text(device / "product"),
        driver=_driver(interface),
        plugging=text(device / "devnum"),
        numbers=tuple(filter(None, (text(place / "dev"), text(device / "dev")))),
    )


def _usb_device(entry: Path) -> UsbDevice:
    return UsbDevice(
        path=entry.name,
        vendor=text(entry / "idVendor").lower(),
        product_id=text(entry / "idProduct").lower(),
        manufacturer=text(entry / "manufacturer"),
        product=text(entry / "product"),
        interfaces=tuple(_interface(folder) for folder in _within(entry, f"{entry.name}:*")),
    )


def _interface(folder: Path) -> Interface:
    nets = tuple(net.name for net in _within(folder / "net", "*"))
    return Interface(_protocol(folder), _driver(folder), nets)


def _protocol(interface: Path) -> str:
    parts = ("bInterfaceClass", "bInterfaceSubClass", "bInterfaceProtocol")
    return "/".join(text(interface / part).lower() for part in parts)


def _driver(interface: Path) -> str:
    link = interface / "driver"
    return link.resolve().name if link.is_symlink() else ""


def _within(folder: Path, pattern: str) -> list[Path]:
    """Return the entries that fit, sorted; none where ``folder`` is not there (any more)."""
    try:
        return sorted(folder.glob(pattern), key=lambda entry: numeric(entry.name))
    except OSError:
        return []
