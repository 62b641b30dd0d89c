"""Profiles: each file is valid, each AT port of the design's list is known, and none claims what is not shown."""

from __future__ import annotations

import re

import pytest

from hw.profiles import UsbInterface, at_interface, for_modem, profiles


@pytest.mark.parametrize(
    ("vendor", "product", "interface", "protocol", "name"),
    [
        ("2c7c", "0125", "02", "ff/00/00", "quectel"),
        ("1e0e", "9001", "02", "ff/ff/ff", "simcom"),
        ("1199", "9071", "03", "ff/00/00", "sierra"),
        ("1199", "9091", "03", "ff/00/00", "sierra"),
        ("1bc7", "1003", "00", "ff/ff/ff", "telit"),
        ("19d2", "0001", "00", "ff/ff/ff", "zte"),
        ("1e2d", "0061", "02", "02/02/01", "cinterion"),
        ("12d1", "1506", "00", "ff/02/02", "huawei"),
        ("12d1", "1001", "01", "ff/01/02", "huawei"),
    ],
)
def test_the_at_port_of_a_known_stick_is_known(
    vendor: str, product: str, interface: str, protocol: str, name: str
) -> None:
    found = at_interface(UsbInterface(vendor, product, interface, protocol))
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    ("vendor", "product", "interface", "protocol"),
    [
        ("2c7c", "0125", "03", "ff/00/00"),
        ("12d1", "1506", "00", "ff/02/01"),
        ("0403", "6001", "00", "ff/ff/ff"),
    ],
)
def test_another_port_of_a_stick_is_not_taken_for_its_at_port(
    vendor: str, product: str, interface: str, protocol: str
) -> None:
    assert at_interface(UsbInterface(vendor, product, interface, protocol)) is None


@pytest.mark.parametrize(
    ("maker", "model", "name"),
    [
        ("huawei", "E173", "huawei"),
        ("Quectel", "EC25", "quectel"),
        ("SIMCOM INCORPORATED", "SIMCOM_SIM7600E-H", "simcom"),
        ("SIMCOM_Ltd", "SIMCOM_SIM800L", "simcom"),
        ("Sierra Wireless, Incorporated", "MC7455", "sierra"),
        ("Telit", "HE910", "telit"),
        ("ZTE INCORPORATED", "MF190", "zte"),
        ("Cinterion", "BGS2-W", "cinterion"),
        ("somebody", "something", "generic"),
        (None, None, "generic"),
    ],
)
def test_a_modem_is_matched_by_what_it_says_of_itself(
    maker: str | None, model: str | None, name: str
) -> None:
    assert for_modem(maker, model).name == name


@pytest.mark.parametrize("profile", profiles(), ids=lambda profile: profile.name)
def test_a_profile_can_be_used_and_gives_its_reasons(profile: object) -> None:
    found = next(each for each in profiles() if each is profile)
    assert found.cnmi_modes
    assert found.memories
    assert all(quirk.reason for quirk in found.quirks)
    for counter in found.pin_counters:
        assert re.compile(counter.pattern).groups == 1


@pytest.mark.parametrize("profile", profiles(), ids=lambda profile: profile.name)
def test_no_profile_deletes_by_flag_or_leaves_pdu_mode(profile: object) -> None:
    found = next(each for each in profiles() if each is profile)
    commands = [
        *found.setup,
        *found.clear_calls,
        *found.hang_up,
        *(each.command for each in found.pin_counters),
    ]
    assert not any("CMGD" in command or "CMGF" in command or "CNMA" in command for command in commands)
