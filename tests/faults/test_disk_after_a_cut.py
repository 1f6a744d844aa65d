"""The disk that loses its power, as benchmarks.power_cut.disk draws it: what is sure, and what may be."""

from __future__ import annotations

from random import Random

from benchmarks.power_cut.disk import SECTOR, Disk
from benchmarks.power_cut.recording import Event

DRAWS = 300
FILE, FOLDER = 7, 1


def create(began: int, name: str = "a", file: int = FILE) -> Event:
    return Event("create", began, file, 0, name, b"")


def write(began: int, at: int, data: bytes) -> Event:
    return Event("write", began, FILE, at, "", data)


def resize(began: int, size: int) -> Event:
    return Event("resize", began, FILE, size, "", b"")


def sync(began: int) -> Event:
    return Event("sync", began, FILE, 0, "a", b"")


def names_synced(began: int) -> Event:
    return Event("folder", began, FOLDER, 0, "", b"")


def draws(*events: Event) -> list[dict[str, bytes]]:
    disk = Disk()
    for event in events:
        disk.happens(event)
    return [disk.after_a_cut(Random(seed)) for seed in range(DRAWS)]


MADE = (create(0), write(1, 0, b"x" * SECTOR * 2), sync(2), names_synced(2))


def test_keeps_what_was_synced() -> None:
    assert all(image == {"a": b"x" * SECTOR * 2} for image in draws(*MADE))


def test_keeps_or_loses_each_sector_that_was_not_synced() -> None:
    found = {image["a"] for image in draws(*MADE, write(3, 0, b"y" * SECTOR * 2))}
    old, new = b"x" * SECTOR, b"y" * SECTOR
    assert found == {old + old, old + new, new + old, new + new}


def test_never_keeps_a_later_write_to_a_sector_without_the_earlier_one() -> None:
    found = {image["a"][:2] for image in draws(*MADE, write(3, 0, b"1"), write(4, 1, b"2"))}
    assert found == {b"xx", b"1x", b"12"}


def test_leaves_a_file_as_long_as_it_was_at_any_time_since_the_sync() -> None:
    found = {len(image["a"]) for image in draws(*MADE, resize(3, 0), write(4, 0, b"y" * SECTOR))}
    assert found == {0, SECTOR, SECTOR * 2}


def test_cuts_a_file_whole_or_not_at_all() -> None:
    old, new = b"x" * SECTOR * 2, b"y" * SECTOR
    found = {image["a"] for image in draws(*MADE, resize(3, 0), write(4, 0, new))}
    assert found == {old, b"", b"\0" * SECTOR, new}


def test_fills_what_was_never_written_with_zeros() -> None:
    found = {image["a"][SECTOR * 2 :] for image in draws(*MADE, write(3, SECTOR * 2, b"y" * SECTOR))}
    assert found == {b"", b"\0" * SECTOR, b"y" * SECTOR}


def test_vouches_only_for_what_was_written_before_the_sync_began() -> None:
    found = {image["a"] for image in draws(*MADE, write(3, 0, b"1"), write(5, 1, b"2"), sync(4))}
    assert {content[:2] for content in found} == {b"1x", b"12"}


def test_may_lose_a_name_until_its_folder_is_synced() -> None:
    renamed = Event("rename", 3, 0, 0, "a", b"b")
    assert {tuple(image) for image in draws(*MADE, renamed)} == {("a",), ("b",)}
    assert {tuple(image) for image in draws(*MADE, renamed, names_synced(4))} == {("b",)}
    removed = Event("unlink", 3, 0, 0, "a", b"")
    assert {tuple(image) for image in draws(*MADE, removed)} == {("a",), ()}
    assert {tuple(image) for image in draws(create(0))} == {("a",), ()}


def test_loses_what_is_in_a_folder_with_the_folder() -> None:
    made = Event("mkdir", 0, 0, 0, "data", b"")
    within = (made, create(1, "data/a"), sync(2), Event("folder", 2, FOLDER, 0, "data", b""))
    assert {tuple(image) for image in draws(*within)} == {("data/", "data/a"), ()}
    assert {tuple(image) for image in draws(*within, names_synced(3))} == {("data/", "data/a")}


def test_gives_a_number_to_another_file_once_it_is_free() -> None:
    again = (Event("unlink", 3, 0, 0, "a", b""), create(4, "b"), write(5, 0, b"new"), sync(6), names_synced(6))
    assert all(image == {"b": b"new"} for image in draws(*MADE, *again))
