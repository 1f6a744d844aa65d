"""Room kept on a real disk."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from devices.host.spare_room import NAME, FileOfRoom

SIZE = 1_000_000


def test_keeps_real_blocks_and_gives_them_back(tmp_path: Path) -> None:
    room = FileOfRoom(tmp_path, SIZE)
    assert room.keep()
    found = (tmp_path / NAME).stat()
    assert found.st_blocks * 512 >= SIZE
    assert stat.S_IMODE(found.st_mode) == 0o600
    assert room.give_back()
    assert not room.is_kept()
    assert not room.give_back()
    assert room.keep()


@pytest.mark.parametrize("left", [b"", b"half" * 1_000])
def test_makes_it_anew_when_it_was_left_half_made_or_of_another_size(tmp_path: Path, left: bytes) -> None:
    (tmp_path / NAME).write_bytes(left)
    assert not FileOfRoom(tmp_path, SIZE).is_kept()
    assert FileOfRoom(tmp_path, SIZE).keep()
    assert (tmp_path / NAME).stat().st_size == SIZE


def test_makes_none_when_there_is_little_more_room_than_for_it(tmp_path: Path) -> None:
    found = os.statvfs(tmp_path)
    room = FileOfRoom(tmp_path, int(found.f_bavail * found.f_frsize * 0.6))
    assert not room.keep()
    assert not (tmp_path / NAME).exists()


def test_keeps_none_where_none_is_wanted_or_there_is_no_folder(tmp_path: Path) -> None:
    assert not FileOfRoom(tmp_path, 0).keep()
    nowhere = FileOfRoom(tmp_path / "nowhere", SIZE)
    assert (nowhere.free(), nowhere.keep(), nowhere.give_back()) == (None, False, False)
