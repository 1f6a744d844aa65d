from __future__ import annotations

import logging
import os
import socket
from pathlib import Path

import pytest

from devices.host.systemd_notify import SystemdWatchdog


@pytest.mark.parametrize("abstract", [False, True], ids=["path", "abstract"])
def test_tells_the_service_manager(tmp_path: Path, abstract: bool) -> None:
    address = f"@tram-xanh-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + address[1:] if abstract else address)
        manager.settimeout(20)
        watchdog = SystemdWatchdog(address)
        watchdog.ready()
        watchdog.alive()
        watchdog.alive()
        assert [manager.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]


@pytest.mark.parametrize("address", [None, ""])
def test_tells_nobody_when_nobody_asked(address: str | None, caplog: pytest.LogCaptureFixture) -> None:
    watchdog = SystemdWatchdog(address)
    watchdog.ready()
    watchdog.alive()
    assert not caplog.records


def test_goes_on_after_one_line_in_the_log_when_nobody_listens(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    watchdog = SystemdWatchdog(str(tmp_path / "nobody"))
    watchdog.ready()
    watchdog.alive()
    assert len(caplog.records) == 1


def test_never_waits_for_a_service_manager_that_does_not_read(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        watchdog = SystemdWatchdog(address)
        for _ in range(5_000):  # far more than a datagram queue holds: a blocking send would stand here for ever
            watchdog.alive()
        assert manager.recv(100) == b"WATCHDOG=1"


class Hours:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_says_that_it_was_well_after_a_minute_of_beats(tmp_path: Path) -> None:
    clock = Hours()
    watchdog = SystemdWatchdog(None, tmp_path, clock)
    watchdog.ready()
    for _ in range(60):
        watchdog.alive()
        assert not (tmp_path / "well").exists()
        clock.now += 1
    watchdog.alive()
    assert (tmp_path / "well").exists()


def test_the_minute_counts_from_the_first_beat_not_from_the_start(tmp_path: Path) -> None:
    clock = Hours()
    watchdog = SystemdWatchdog(None, tmp_path, clock)
    clock.now += 3600
    watchdog.alive()
    assert not (tmp_path / "well").exists()


def test_what_is_told_to_end_was_well(tmp_path: Path) -> None:
    SystemdWatchdog(None, tmp_path).was_well()
    assert (tmp_path / "well").exists()


def test_says_it_once_so_that_the_chooser_may_take_it_away(tmp_path: Path) -> None:
    clock = Hours()
    watchdog = SystemdWatchdog(None, tmp_path, clock)
    watchdog.was_well()
    (tmp_path / "well").unlink()
    clock.now += 3600
    watchdog.alive()
    assert list(tmp_path.iterdir()) == []


def test_goes_on_where_there_is_no_chooser_or_its_folder_is_gone(tmp_path: Path) -> None:
    SystemdWatchdog(None, None).was_well()
    SystemdWatchdog(None, tmp_path / "gone").was_well()
