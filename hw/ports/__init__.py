"""Finding serial ports: by USB path and interface, never by what a device says its name is."""

from hw.ports.claims import Claims
from hw.ports.listing import PortRow, list_ports
from hw.ports.places import SYSTEM, Places
from hw.ports.probe import ProbeResult, probe
from hw.ports.specs import SpecError, candidates, clashes, parse, resolve
from hw.ports.sysfs import SerialPort, serial_ports

__all__ = [
    "SYSTEM",
    "Claims",
    "Places",
    "PortRow",
    "ProbeResult",
    "SerialPort",
    "SpecError",
    "candidates",
    "clashes",
    "list_ports",
    "parse",
    "probe",
    "resolve",
    "serial_ports",
]
