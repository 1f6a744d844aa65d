"""What is written onto a stick is there whole or not at all, whenever it is pulled out; and it says which."""

from __future__ import annotations

import argparse
import csv
import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from devices.host import usb_stick
from devices.host.usb_stick import write_on_stick
from kiosk.domain.operations import OperationKind
from kiosk.i18n import Translator
from kiosk.ports.store import ToCheck
from local_store import open_store
from provisioning import usb_stick as command
from tests.faults.station_on_a_disk import SmallDisk
from tests.local_store.shelf import CATALOGUE, write_operation
from tests.local_store.test_restoring import killed_at
from tests.provisioning.root_rig import FakeMachine, serving
from tests.provisioning.test_store_commands import Machine

OLD, NEW = b"old" * 9_000, b"new" * 90_000


def pulled_out_at_every_step(folder: Path, write: Callable[[Path, bytes], None]) -> list[str]:
    """What is there afterwards, for each step before which it was pulled out: "old", "new", or how much of it."""
    found = []
    for step in range(1, 50):
        path = folder / f"step{step}.csv"
        path.write_bytes(OLD)
        was_pulled = killed_at(step, lambda path=path: write(path, NEW))  # type: ignore[misc]
        there = path.read_bytes()
        found.append({OLD: "old", NEW: "new"}.get(there, f"{len(there)} bytes"))
        if not was_pulled:
            return found
    raise AssertionError("it never came to its end")


def in_two_steps(path: Path, content: bytes) -> None:
    """As a plain writer does."""
    with path.open("wb", buffering=0) as file:
        file.write(content[: len(content) // 2])
        os.fsync(file.fileno())
        file.write(content[len(content) // 2 :])
        os.fsync(file.fileno())


def test_is_the_old_file_or_the_new_one_whenever_it_is_pulled_out(tmp_path: Path) -> None:
    found = pulled_out_at_every_step(tmp_path, write_on_stick)
    assert set(found) == {"old", "new"}
    assert found == sorted(found, reverse=True)


def test_control_leaves_half_a_file_without_another_name(tmp_path: Path) -> None:
    assert set(pulled_out_at_every_step(tmp_path, in_two_steps)) - {"old", "new"}


def test_leaves_the_old_file_on_a_full_stick(tmp_path: Path) -> None:
    disk = SmallDisk(tmp_path / "stick", 1)
    try:
        path = disk.seen / "table.csv"
        path.write_bytes(OLD)
        disk.fill()
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
            write_on_stick(path, NEW)
        assert path.read_bytes() == OLD
        disk.clear()
        write_on_stick(path, NEW)
        assert {one.name: one.read_bytes() for one in disk.seen.iterdir()} == {"table.csv": NEW}
    finally:
        disk.close()


def test_says_so_when_the_stick_gives_back_something_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = usb_stick.make_private
    monkeypatch.setattr(usb_stick, "make_private", lambda path, content: write(path, content[:-1]))
    with pytest.raises(OSError, match="reads otherwise"):
        write_on_stick(tmp_path / "table.csv", NEW)


# the command


@pytest.fixture
def station(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Machine:
    machine = Machine(tmp_path / "station", tmp_path / "no", capsys)
    store = open_store(machine.store)
    with store.unit_of_work() as work:
        work.apply(CATALOGUE, "1")
        operation = write_operation(work, OperationKind.CHECK_IN, barcode="=1+1")
        work.put_on_list(ToCheck.UNKNOWN_ITEM, operation.id, "=1+1")
        work.commit()
    store.close()
    return machine


def written(station: Machine, socket: Path) -> int:
    options = argparse.Namespace(config=station.config, language="vi")
    return command.stick_list(options, Translator("vi"), at=socket)


def test_writes_the_list_onto_the_only_stick_and_unmounts_it(
    station: Machine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(FakeMachine(tmp_path / "m")) as machine:
        machine.disk()
        assert written(station, machine.socket) == 0
    assert "Rút USB được rồi" in capsys.readouterr().out
    (table,) = machine.stick.iterdir()
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [["Chuyện gì", "Mã vạch", "Số thứ tự"], ["unknown_item", "'=1+1", "1"]]


def test_says_why_it_could_not(station: Machine, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert written(station, tmp_path / "none") == 1
    assert "chưa cài" in capsys.readouterr().err
    with serving(FakeMachine(tmp_path / "m")) as machine:
        assert written(station, machine.socket) == 1
        assert "Chưa thấy USB" in capsys.readouterr().err
        machine.disk()
        (machine.folder / "bin/mount").write_text("#!/bin/sh\nexit 0\n")  # it was pulled out at once: nothing is there
        assert written(station, machine.socket) == 1
        assert "bảng nào ghi dở" in capsys.readouterr().err
