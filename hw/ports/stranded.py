"""Modems that have no serial port, and what to do about it: told from the interfaces they show."""

from __future__ import annotations

from functools import cache

from hw.ports.places import SYSTEM, Places
from hw.ports.sysfs import Interface, UsbDevice, serial_ports, usb_devices
from hw.profiles import profiles

ROUTER_DRIVERS = frozenset(("cdc_ether", "rndis_host", "cdc_ncm", "huawei_cdc_ncm"))
PACKET_DRIVERS = frozenset(("cdc_mbim", "qmi_wwan"))
STORAGE, VENDOR_SPECIFIC = "08/", "ff/"

HILINK = (
    "a HiLink stick: a small router behind {net}, with no AT port, so it cannot be used. Take it out, since it "
    "also gives this box a network, and use a stick with modem firmware"
)
CD_ROM = (
    "still shows itself as a CD-ROM: install usb-modeswitch and plug it in again; "
    "if it then becomes a HiLink stick it cannot be used"
)
PACKETS = (
    "shows a data connection ({net}) and no AT port: switch its USB composition to one with serial ports, "
    "with its maker's tool, or use another modem"
)
NO_DRIVER = (
    "its ports have no driver: as root, modprobe option, then "
    "echo {vendor} {product} > /sys/bus/usb-serial/drivers/option1/new_id"
)


def stranded(places: Places = SYSTEM) -> list[tuple[UsbDevice, str]]:
    """Return the devices of modem makers that have no serial port, each with a sentence and the way out."""
    reachable = {port.path for port in serial_ports(places)}
    devices = [device for device in usb_devices(places) if device.path not in reachable]
    told = [(device, _why(device)) for device in devices if device.vendor in modem_vendors()]
    return [(device, why) for device, why in told if why is not None]


@cache
def modem_vendors() -> frozenset[str]:
    """Return the USB vendors that a profile names; other makers' network adapters are nobody's business here."""
    return frozenset(usb.vendor for profile in profiles() for usb in profile.usb)


def _why(device: UsbDevice) -> str | None:
    """Return the sentence for ``device``, or None where nothing says that it is a modem."""
    interfaces = device.interfaces
    nets = ", ".join(net for interface in interfaces for net in interface.nets) or "a network interface"
    if _any_driver(interfaces, ROUTER_DRIVERS):
        return HILINK.format(net=nets)
    if _any_driver(interfaces, PACKET_DRIVERS):
        return PACKETS.format(net=nets)
    if interfaces and all(interface.protocol.startswith(STORAGE) for interface in interfaces):
        return CD_ROM
    if any(
        interface.protocol.startswith(VENDOR_SPECIFIC) and not interface.driver for interface in interfaces
    ):
        return NO_DRIVER.format(vendor=device.vendor, product=device.product_id)
    return None


def _any_driver(interfaces: tuple[Interface, ...], drivers: frozenset[str]) -> bool:
    return any(interface.driver in drivers for interface in interfaces)
