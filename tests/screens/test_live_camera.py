"""A camera that sees nothing, said in the real window by the whole station; only Picamera2 is a stand-in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.screens.programs import run

pytestmark = pytest.mark.slow(30)  # a whole program, and what takes seconds to be noticed
SPOILED = ("freezes", "black", "dies")
SLOW_S = 7.0


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("station")
    seen = run("camera_rig", str(folder))
    assert "error" not in seen, seen
    return seen


def test_says_nothing_of_a_camera_that_sees(seen: dict[str, Any]) -> None:
    assert seen["at_first"] is False


@pytest.mark.parametrize("spoiled", SPOILED)
def test_the_home_screen_says_that_the_camera_sees_nothing(seen: dict[str, Any], spoiled: str) -> None:
    """After two seconds and a look, and what a busy machine adds; the exact limit is tested on a clock of its own."""
    assert 0 < seen["lost_after_s"][spoiled] < 3.0 + SLOW_S


@pytest.mark.parametrize("spoiled", SPOILED)
def test_and_no_more_when_it_sees_again(seen: dict[str, Any], spoiled: str) -> None:
    assert spoiled in seen["back"]


def test_says_what_helps_while_a_card_is_a_smear_and_not_once_it_is_read(seen: dict[str, Any]) -> None:
    assert seen["hint_after_s"] > 1.0
    assert seen["hint_stays"] is False
