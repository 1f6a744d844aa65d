"""The window's real program with a camera, and with readers who change how it looks: frames and memory."""

from __future__ import annotations

from typing import Any

import pytest

from tests.screens.programs import run

pytestmark = pytest.mark.slow  # a whole program
MOST_GROWTH_MB = 6


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    return run("live_rig")


def test_makes_no_frame_while_nothing_is_fed_or_the_scene_is_still(seen: dict[str, Any]) -> None:
    assert (seen["idle"], seen["still_scene"]) == (0, 0)


@pytest.mark.parametrize("moment", ["first_picture", "something_moves", "large_picture"])
def test_makes_a_frame_for_each_new_picture(seen: dict[str, Any], moment: str) -> None:
    """The control of the test above: frames are counted when there are some."""
    assert 1 <= seen[moment] <= 2


def test_makes_no_frame_for_a_picture_that_no_page_shows(seen: dict[str, Any]) -> None:
    assert seen["page_without_it"] == 0


def test_fifty_changes_of_the_look_leave_nothing_behind(seen: dict[str, Any]) -> None:
    assert seen["rss_after_mb"] - seen["rss_before_mb"] < MOST_GROWTH_MB
