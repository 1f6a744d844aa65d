"""A blank machine without a network or camera: the enrolment code comes on a USB stick."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.host.usb_stick import NewSticks
from kiosk.bootstrap.enrolling import code_on_stick
from kiosk.domain.enrolment_code import FILE_NAME
from tests.provisioning.root_rig import FakeMachine, serving


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[FakeMachine]:
    with serving(FakeMachine(tmp_path)) as machine:
        yield machine


def test_a_code_is_read_from_a_stick_that_is_mounted_for_that_alone(machine: FakeMachine) -> None:
    machine.disk()
    machine.stick.mkdir()
    (machine.stick / FILE_NAME).write_text("TXE1:ABC", "utf-8-sig")
    assert code_on_stick("sda1", machine.socket) == "TXE1:ABC"
    assert "--options=ro,nosuid,nodev,noexec" in machine.asked.read_text()
    assert (machine.stick / FILE_NAME).exists(), "it is only read"


@pytest.mark.parametrize("what", ["no file", "a disk that is no stick", "no such stick", "no helper"])
def test_nothing_is_read_from(machine: FakeMachine, what: str) -> None:
    if what != "no such stick":
        machine.disk(bus="ata1/host0" if what == "a disk that is no stick" else "usb1/1-1/1-1:1.0/host0")
    machine.stick.mkdir()
    if what != "no file":
        (machine.stick / FILE_NAME).write_text("TXE1:ABC")
    at = machine.folder / "nobody" if what == "no helper" else machine.socket
    assert code_on_stick("sda1", at) is None


def test_each_stick_is_told_once_until_it_is_pulled_out(tmp_path: Path) -> None:
    for name in ("sda", "mmcblk0p1"):
        (tmp_path / name).touch()
    sticks = NewSticks(tmp_path)
    assert sticks.look() == []
    (tmp_path / "sda1").touch()
    assert sticks.look() == ["sda1"]
    assert sticks.look() == []
    (tmp_path / "sda1").unlink()
    assert sticks.look() == []
    (tmp_path / "sda1").touch()
    assert sticks.look() == ["sda1"]
    assert NewSticks(tmp_path / "gone").look() == []
