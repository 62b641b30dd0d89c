"""Ports known by USB path and interface."""

from __future__ import annotations

from pathlib import Path

import pytest

from hw.ports import SpecError, candidates, clashes, parse, resolve, serial_ports
from hw.ports.holders import holders
from hw.ports.sysfs import numeric
from tests.support.usb import Bus, Face


@pytest.fixture
def bus(tmp_path: Path) -> Bus:
    return Bus(tmp_path)


def faces(*numbers: int, first: int = 0, driver: str = "option") -> list[Face]:
    return [Face(number, f"ttyUSB{first + place}", driver=driver) for place, number in enumerate(numbers)]


HUAWEI = ("ff/02/01", "ff/02/03", "ff/02/02")
HUAWEI_OLDER = ("ff/01/01", "ff/01/03", "ff/01/02")


def huawei(first: int = 0, protocols: tuple[str, ...] = HUAWEI) -> list[Face]:
    return [Face(n, f"ttyUSB{first + n}", protocol=protocol) for n, protocol in enumerate(protocols)]


@pytest.mark.parametrize(
    ("usb_id", "numbers", "wanted"),
    [
        ("2c7c:0125", (0, 1, 2, 3), 2),
        ("1e0e:9001", (0, 1, 2, 3, 4), 2),
        ("1199:9071", (0, 2, 3), 3),
        ("1199:9091", (0, 2, 3), 3),
        ("1bc7:1003", (0, 1, 2), 0),
        ("19d2:0001", (0, 1, 2), 0),
        ("1e2d:0061", (0, 1, 2, 3), 2),
    ],
)
def test_each_vendors_at_interface_is_the_candidate(
    bus: Bus, usb_id: str, numbers: tuple[int, ...], wanted: int
) -> None:
    bus.plug("1-1.2", usb_id, *faces(*numbers))
    assert [port.name for port in candidates(bus.places)] == [f"usb:1-1.2:1.{wanted}"]
    assert resolve("usb:1-1.2", bus.places) == bus.places.dev / f"ttyUSB{numbers.index(wanted)}"


@pytest.mark.parametrize("protocols", [HUAWEI, HUAWEI_OLDER])
def test_huaweis_at_interface_is_found_by_its_protocol_whatever_its_number(
    bus: Bus, protocols: tuple[str, ...]
) -> None:
    bus.plug("2-4", "12d1:1506", *huawei(protocols=protocols))
    bus.plug("2-5", "12d1:1c05", *huawei(first=3, protocols=tuple(reversed(protocols))))
    assert [port.name for port in candidates(bus.places)] == ["usb:2-4:1.2", "usb:2-5:1.0"]


def test_what_sysfs_says_of_a_port_is_read(bus: Bus) -> None:
    bus.plug("1-1.2", "2C7C:0125", *faces(2, first=6), maker="Quectel", product="EG25-G")
    (port,) = serial_ports(bus.places)
    assert (port.name, port.path, port.modem) == ("usb:1-1.2:1.2", "1-1.2", "usb:1-1.2")
    assert port.device == bus.places.dev / "ttyUSB6"
    assert (port.usb.vendor, port.usb.product, port.usb.interface) == ("2c7c", "0125", "02")
    assert (port.usb.protocol, port.driver) == ("ff/ff/ff", "option")
    assert (port.manufacturer, port.product) == ("Quectel", "EG25-G")
    assert port.numbers == ("188:6", "189:2")


def test_an_interface_above_nine_keeps_its_decimal_name_and_its_hexadecimal_number(bus: Bus) -> None:
    bus.plug("1-3", "1bc7:1201", Face(10, "ttyUSB0"))
    (port,) = serial_ports(bus.places)
    assert (port.name, port.usb.interface) == ("usb:1-3:1.10", "0a")


def test_acm_ports_are_found_and_the_interface_for_at_commands_comes_first(bus: Bus) -> None:
    bus.plug(
        "1-2",
        "feed:0001",
        Face(0, "ttyACM0", protocol="02/02/ff", driver="cdc_acm"),
        Face(2, "ttyACM1", protocol="02/02/01", driver="cdc_acm"),
    )
    assert [port.name for port in candidates(bus.places)] == ["usb:1-2:1.2"]
    assert resolve("usb:1-2", bus.places) == bus.places.dev / "ttyACM1"


def test_two_equal_sticks_are_two_modems_each_at_its_own_place(bus: Bus) -> None:
    bus.plug("1-1.1", "12d1:1506", *huawei())
    bus.plug("1-1.2", "12d1:1506", *huawei(first=3))
    assert [port.name for port in candidates(bus.places)] == ["usb:1-1.1:1.2", "usb:1-1.2:1.2"]
    assert resolve("usb:1-1.1:1.2", bus.places) == bus.places.dev / "ttyUSB2"
    assert resolve("usb:1-1.2:1.2", bus.places) == bus.places.dev / "ttyUSB5"


def test_after_a_replug_the_same_name_means_another_device_file(bus: Bus) -> None:
    bus.plug("1-1.2", "2c7c:0125", *faces(0, 1, 2, 3))
    before = resolve("usb:1-1.2:1.2", bus.places)
    bus.unplug("1-1.2")
    assert resolve("usb:1-1.2:1.2", bus.places) is None
    bus.plug("1-1.2", "2c7c:0125", *faces(0, 1, 2, 3, first=4))
    assert before == bus.places.dev / "ttyUSB2"
    assert resolve("usb:1-1.2:1.2", bus.places) == bus.places.dev / "ttyUSB6"


def test_equal_sticks_that_come_back_in_another_order_keep_their_names(bus: Bus) -> None:
    for path, first in (("1-1.1", 0), ("1-1.2", 3)):
        bus.plug(path, "12d1:1506", *huawei(first))
    for path in ("1-1.1", "1-1.2"):
        bus.unplug(path)
    for path, first in (("1-1.1", 3), ("1-1.2", 0)):
        bus.plug(path, "12d1:1506", *huawei(first))
    assert resolve("usb:1-1.1:1.2", bus.places) == bus.places.dev / "ttyUSB5"
    assert resolve("usb:1-1.2:1.2", bus.places) == bus.places.dev / "ttyUSB2"


def test_a_path_is_taken_as_it_is_while_it_exists(bus: Bus, tmp_path: Path) -> None:
    link = tmp_path / "by-path"
    link.symlink_to(bus.places.dev / "ttyUSB0")
    assert resolve(str(link), bus.places) is None
    bus.plug("1-1", "2c7c:0125", *faces(2))
    assert resolve(str(link), bus.places) == link


def test_a_port_whose_device_file_is_missing_is_not_resolved(bus: Bus) -> None:
    bus.plug("1-1", "2c7c:0125", *faces(2))
    (bus.places.dev / "ttyUSB0").unlink()
    assert resolve("usb:1-1:1.2", bus.places) is None
    assert resolve("auto", bus.places) is None


def test_auto_prefers_a_modem_that_a_profile_names(bus: Bus) -> None:
    bus.plug("1-1", "2341:0043", Face(0, "ttyACM0", protocol="02/02/01", driver="cdc_acm"))
    bus.plug("1-2", "2c7c:0125", *faces(0, 1, 2, 3))
    assert resolve("auto", bus.places) == bus.places.dev / "ttyUSB2"


def test_sockets_are_sorted_by_number(bus: Bus) -> None:
    for place, path in enumerate(("1-1.10", "1-1.9", "1-2")):
        bus.plug(path, "2c7c:0125", *faces(2, first=place))
    assert [port.path for port in candidates(bus.places)] == ["1-1.9", "1-1.10", "1-2"]
    assert numeric("usb:1-1.10:1.2") == (1, 1, 10, 1, 2)


def test_an_adapter_has_a_modem_on_each_port(bus: Bus) -> None:
    bus.plug("1-1", "0403:6011", *faces(0, 1, driver="ftdi_sio"))
    bus.plug("1-2", "9710:7840", *[Face(0, f"ttyUSB{2 + n}", driver="mos7840", port=n) for n in range(2)])
    names = ["usb:1-1:1.0", "usb:1-1:1.1", "usb:1-2:1.0", "usb:1-2:1.0:1"]
    assert [port.name for port in candidates(bus.places)] == names
    assert resolve("usb:1-2:1.0:1", bus.places) == bus.places.dev / "ttyUSB3"


def test_ports_not_on_usb_and_half_gone_ones_are_left_out(bus: Bus) -> None:
    (bus.classes / "ttyUSB7").symlink_to(bus.places.sysfs / "devices" / "gone")
    platform = bus.places.sysfs / "devices" / "platform" / "tty" / "ttyACM3"
    platform.mkdir(parents=True)
    (bus.classes / "ttyACM3").symlink_to(platform)
    folder = bus.plug("1-1", "2c7c:0125", *faces(2))
    (folder / "idVendor").unlink()
    assert serial_ports(bus.places) == []


def test_no_sysfs_at_all_means_no_ports(tmp_path: Path) -> None:
    bus = Bus(tmp_path / "a")
    bus.classes.rmdir()
    assert serial_ports(bus.places) == [] == candidates(bus.places)


def test_what_a_device_says_of_itself_is_made_printable_and_cut(bus: Bus) -> None:
    bus.plug("1-1", "2c7c:0125", *faces(2), maker="\x1b[31mred\x07", product="x" * 5000)
    (port,) = serial_ports(bus.places)
    assert port.manufacturer == "[31mred"
    assert len(port.product) == 126


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ttyUSB0",
        "usb:",
        "usb:1",
        "usb:1-1.2:",
        "usb:1-1.2:1",
        "usb:1-1..2",
        "usb:1-1:1.2:",
        "Auto",
        "auto ",
    ],
)
def test_a_port_written_otherwise_is_refused_with_what_it_may_be(text: str) -> None:
    with pytest.raises(SpecError, match="auto"):
        parse(text)


def test_a_by_id_name_is_refused_because_equal_sticks_share_it() -> None:
    with pytest.raises(SpecError, match="share a name"):
        parse("/dev/serial/by-id/usb-HUAWEI_Mobile-if02-port0")


def test_two_names_of_one_modem_clash(bus: Bus) -> None:
    bus.plug("1-1", "2c7c:0125", *faces(0, 1, 2, 3))
    bus.plug("1-2", "2c7c:0125", *faces(0, 1, 2, 3, first=4))
    path = str(bus.places.dev / "ttyUSB3")
    specs = ["usb:1-1:1.2", "usb:1-2", path, "auto", "auto"]
    assert clashes(specs, bus.places) == [("usb:1-1:1.2", path)]


def test_two_ports_of_an_adapter_do_not_clash(bus: Bus) -> None:
    bus.plug("1-1", "0403:6011", *faces(0, 1, driver="ftdi_sio"))
    assert clashes(["usb:1-1:1.0", "usb:1-1:1.1"], bus.places) == []


def test_whoever_has_a_port_open_is_named(bus: Bus) -> None:
    bus.plug("1-1", "2c7c:0125", *faces(1, 2))
    one, other = (port.device for port in serial_ports(bus.places))
    bus.process(4711, "minicom", Path("/dev/null"), other)
    assert {device: str(holder) for device, holder in holders([one, other], bus.places).items()} == {
        other: "minicom (pid 4711)"
    }


def test_a_lock_file_counts_while_its_process_lives(bus: Bus) -> None:
    bus.plug("1-1", "2c7c:0125", *faces(1, 2))
    devices = [port.device for port in serial_ports(bus.places)]
    (bus.places.locks / "LCK..ttyUSB0").write_text("      4711\n")
    (bus.places.locks / "LCK..ttyUSB1").write_text("      4712 root\n")
    assert holders(devices, bus.places) == {}
    bus.process(4712, "cu")
    assert [str(holder) for holder in holders(devices, bus.places).values()] == ["cu (pid 4712)"]
