"""Wall clocks that jump, boots in any year, who vouches coming and going: nobody is late who is not, and everything is
dated right in the end. With the wall clock believed, each of the jumps shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.host.clock import HostClock
from tests.faults.clock_world import BUILD_MS, DAY_MS, BelievingClock, Unlooked, World

YEAR_MS = 365 * DAY_MS

DURATIONS = st.one_of(st.integers(0, 5_000), st.integers(0, 4 * 3_600_000), st.integers(0, 40 * DAY_MS))
WALLS = st.sampled_from([0, BUILD_MS - 3 * YEAR_MS, BUILD_MS, BUILD_MS + 30 * DAY_MS, BUILD_MS + 14 * YEAR_MS])
JUMPS = st.one_of(st.integers(-1_900, 1_900), st.sampled_from([-3 * YEAR_MS, -DAY_MS, 30 * DAY_MS, YEAR_MS]))
WHAT = st.one_of(
    st.tuples(st.just("lend")),
    st.tuples(st.just("lend")),
    st.tuples(st.just("passes"), DURATIONS),
    st.tuples(st.just("jumps"), JUMPS),
    st.tuples(st.just("jumps_to"), WALLS),
    st.tuples(st.just("boot"), DURATIONS, WALLS),
    st.tuples(st.just("restart")),
    st.tuples(st.just("time_sync")),
    st.tuples(st.just("centre"), st.integers(-1_000, 1_000)),
    st.tuples(st.just("chores"), st.integers(0, 3), st.integers(1, 3)),
)


def play(world: World, story: list[tuple[object, ...]]) -> None:
    for name, *values in story:
        getattr(world, str(name))(*values)
        world.look()
    world.settle()


def tried(story: list[tuple[object, ...]], battery: bool) -> None:
    with TemporaryDirectory() as folder, World.on(Path(folder), battery=battery) as world:
        play(world, story)


STORIES = st.lists(WHAT, min_size=3, max_size=25)


@given(STORIES, st.booleans())
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_is_right_whenever_it_is_sure_whatever_the_clocks_do(story: list[tuple[object, ...]], battery: bool) -> None:
    tried(story, battery)


@pytest.mark.slow(30)
@given(STORIES, st.booleans())
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_is_right_in_many_more_stories(story: list[tuple[object, ...]], battery: bool) -> None:
    tried(story, battery)


def woke_up_in_1970(world: World) -> None:
    world.lend()
    world.boot(off_ms=DAY_MS, wall_ms=0)
    world.lend()
    world.look()


def fell_back_three_years(world: World) -> None:
    world.time_sync()
    world.passes(3_000)
    world.jumps(-3 * YEAR_MS)
    world.lend()


def leapt_ahead_thirty_days(world: World) -> None:
    world.time_sync()
    world.passes(3_000)
    world.lend()
    world.jumps(30 * DAY_MS)
    world.look()


def leapt_in_the_middle_of_a_loan(world: World) -> None:
    world.centre()
    world.look()
    world.jumps(30 * DAY_MS)
    world.lend()
    world.jumps(-30 * DAY_MS)
    world.look()


STORIES_AND_LIES = {
    woke_up_in_1970: "the due date is not the right one",
    fell_back_three_years: "the due date is not the right one",
    leapt_ahead_thirty_days: "are called overdue",
    leapt_in_the_middle_of_a_loan: "the due date is not the right one",
}
"""Jumps, and what a station that believes the wall clock then says of a reader's books."""


def told(folder: Path, story: Callable[[World], None], clock: type[HostClock], kind: type[World] = World) -> None:
    with kind.on(folder / "station", clock) as world:
        story(world)
        world.settle()


@pytest.mark.parametrize("story", STORIES_AND_LIES)
def test_is_not_moved_by_a_jump(tmp_path: Path, story: Callable[[World], None]) -> None:
    told(tmp_path, story, HostClock)


@pytest.mark.parametrize("story", STORIES_AND_LIES)
def test_control_is_sure_of_a_wrong_time_when_it_believes_the_wall_clock(
    tmp_path: Path, story: Callable[[World], None]
) -> None:
    with pytest.raises(AssertionError, match="it is sure of a wrong time"):
        told(tmp_path, story, BelievingClock)


@pytest.mark.parametrize(("story", "lie"), STORIES_AND_LIES.items())
def test_control_tells_a_reader_what_is_wrong_when_it_believes_the_wall_clock(
    tmp_path: Path, story: Callable[[World], None], lie: str
) -> None:
    with pytest.raises(AssertionError, match=lie):
        told(tmp_path, story, BelievingClock, Unlooked)
