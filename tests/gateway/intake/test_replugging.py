"""Intake asks for a modem to be plugged in again where somebody may hear it, and is held up by nothing there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.intake.replugging import FOLDER, replugger
from hw.ports.claims import Claims
from hw.replug import take
from tests.support.usb import Bus, Face


@pytest.fixture
def claims(tmp_path: Path) -> Claims:
    bus = Bus(tmp_path / "bus")
    bus.plug("1-1.2", "2c7c:0125", Face(2, "ttyUSB0"))
    return Claims(["usb:1-1.2:1.2", "usb:9-9"], places=bus.places)


def test_without_a_folder_from_the_service_manager_nobody_is_asked(
    claims: Claims, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(FOLDER, raising=False)
    assert replugger(claims, 0) is None


def test_the_usb_path_of_the_modem_is_left_in_the_folder(
    claims: Claims, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "run").mkdir()
    monkeypatch.setenv(FOLDER, str(tmp_path / "run"))
    for at in (0, 1):  # the second is not there, and nothing is known of it
        ask = replugger(claims, at)
        assert ask is not None
        asyncio.run(ask())
    assert take(tmp_path / "run") == ["1-1.2"]
    assert "plug USB 1-1.2 in again" in caplog.text


def test_a_folder_that_is_gone_is_said_and_raises_nothing(
    claims: Claims, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path / "nowhere"))
    ask = replugger(claims, 0)
    assert ask is not None
    asyncio.run(ask())
    assert "no re-plug: No such file or directory" in caplog.text
