"""Pulling, against the simulated centre."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from central_link.simulated import SimulatedCentral
from kiosk.ports.central import ChangePage, TitleRecord
from kiosk.ports.chunks import LARGEST_CHUNK, LONGEST_HOLD_S, Chunks
from kiosk.ports.errors import CursorLost, StoreBroken, Unreachable
from kiosk.sync.changes import PAGE, Changes
from tests.sync.memory_store import MemoryStore


def titles(first: int, count: int) -> list[TitleRecord]:
    return [
        TitleRecord(f"00000000-0000-0000-0000-{number:012}", "Dế Mèn phiêu lưu ký", "Tô Hoài", None, "895.9223", "A1")
        for number in range(first, first + count)
    ]


class Time:
    """Passes only where it is said to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Reading:
    """A store, a centre with `count` changes, and the puller between them."""

    def __init__(self, count: int = 0) -> None:
        self.time = Time()
        self.store = MemoryStore()
        self.central = SimulatedCentral()
        self.titles = titles(0, count)
        self.central.publish(*self.titles)
        self.stop = threading.Event()
        self.changes = Changes(self.central, self.store, self.time)

    def pull(self) -> ChangePage:
        return self.changes.pull(0.0, self.stop)[0]

    def each_change_costs(self, seconds: float) -> list[int]:
        """Gives the list of chunk sizes, as they come."""
        sizes: list[int] = []

        def applying(count: int) -> None:
            sizes.append(count)
            self.time.now += count * seconds

        self.store.applying = applying
        return sizes


def test_applies_page_after_page_and_goes_on_where_it_stopped() -> None:
    reading = Reading(count=PAGE + 10)
    assert reading.pull().more
    assert not reading.pull().more
    more = titles(5_000, 3)
    reading.central.publish(*more)
    assert reading.pull().changes == tuple(more)
    assert reading.store.tables.changes == reading.titles + more


def test_goes_on_from_the_cursor_in_the_store_after_a_restart() -> None:
    reading = Reading(count=10)
    reading.pull()
    reading.central.publish(*titles(100, 2))
    again = Changes(reading.central, reading.store, reading.time)
    page, after = again.pull(0.0, reading.stop)
    assert len(page.changes) == 2
    assert after


def test_keeps_the_cursor_of_a_page_back_until_its_last_chunk() -> None:
    reading = Reading(count=200)
    cursors: list[str] = []
    reading.store.applying = lambda _: cursors.append(reading.store.tables.cursor)
    reading.pull()
    assert len(cursors) > 2
    assert set(cursors) == {""}
    assert reading.store.tables.cursor


def test_applies_the_page_again_when_the_store_breaks_in_the_middle() -> None:
    reading = Reading(count=200)

    def break_at_the_second(_: int) -> None:
        if reading.store.tables.changes:
            reading.store.applying = lambda _: None
            raise StoreBroken("power")

    reading.store.applying = break_at_the_second
    with pytest.raises(StoreBroken):
        reading.pull()
    assert reading.store.tables.changes
    assert reading.store.tables.cursor == ""
    reading.pull()
    assert reading.store.tables.changes[-200:] == reading.titles


def test_leaves_the_cursor_when_told_to_stop_in_the_middle() -> None:
    reading = Reading(count=200)
    reading.store.applying = lambda _: reading.stop.set()
    reading.pull()
    assert 0 < len(reading.store.tables.changes) < 200
    assert reading.store.tables.cursor == ""


@pytest.mark.parametrize("cost_ms", [0.01, 0.1, 0.5, 2.0, 9.0])
def test_holds_the_store_for_20_ms_at_most_once_the_cost_is_known(cost_ms: float) -> None:
    reading = Reading(count=PAGE)
    sizes = reading.each_change_costs(cost_ms / 1000)
    reading.pull()
    assert sum(sizes) == PAGE
    assert max(sizes[1:]) * cost_ms / 1000 <= LONGEST_HOLD_S
    assert max(sizes) <= LARGEST_CHUNK


def test_grows_to_the_largest_chunk_when_changes_are_cheap() -> None:
    reading = Reading(count=PAGE)
    sizes = reading.each_change_costs(0.00001)
    reading.pull()
    assert sizes[-2] == LARGEST_CHUNK


def test_shrinks_at_once_when_the_disk_becomes_slow() -> None:
    chunks = Chunks()
    for _ in range(5):
        chunks.took(chunks.size, 0.000_1 * chunks.size, 0.001)
    before = chunks.size
    chunks.took(before, 0.002 * before, 0.001)
    assert chunks.size * 0.002 <= LONGEST_HOLD_S


def test_does_not_shrink_to_single_changes_when_only_the_commit_is_slow() -> None:
    chunks = Chunks()
    for _ in range(20):
        chunks.took(chunks.size, 0.000_05 * chunks.size, 0.030)
    assert chunks.size >= 25


def test_an_empty_page_says_nothing_about_the_cost() -> None:
    chunks = Chunks()
    before = chunks.size
    chunks.took(0, 0.5, 0.5)
    assert chunks.size == before


def _forgets(central: SimulatedCentral) -> None:
    central.forget_cursors()


def _goes_offline(central: SimulatedCentral) -> None:
    central.set_online(False)


@pytest.mark.parametrize(("happens", "error"), [(_forgets, CursorLost), (_goes_offline, Unreachable)])
def test_changes_nothing_here_when_no_page_comes(
    happens: Callable[[SimulatedCentral], None], error: type[Exception]
) -> None:
    reading = Reading(count=5)
    reading.pull()
    before = (reading.store.tables.cursor, reading.store.commits)
    happens(reading.central)
    with pytest.raises(error):
        reading.pull()
    assert (reading.store.tables.cursor, reading.store.commits) == before


def test_commits_nothing_when_nothing_is_new() -> None:
    reading = Reading(count=5)
    reading.pull()
    before = reading.store.commits
    reading.pull()
    assert reading.store.commits == before
