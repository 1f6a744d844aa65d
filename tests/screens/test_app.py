"""The window's real program, in a process of its own and without a display."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.screens.programs import run

pytestmark = pytest.mark.slow  # whole programs


@pytest.fixture(scope="module")
def locked() -> dict[str, Any]:
    return run("app_rig", "1024x600", "fullscreen")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out") / "pictures"
    seen = run("app_rig", "800x480", "window", str(folder))
    assert seen["asked"]["close_refused"] is False  # a window on a desktop may be closed
    return folder


def test_importing_the_app_imports_no_kivy(locked: dict[str, Any]) -> None:
    assert locked["kivy_before_run"] is False


def test_the_first_frame_is_told_on_the_thread_that_runs_the_app(locked: dict[str, Any]) -> None:
    assert locked["first_frame_thread"] is True


def test_home_makes_no_frame_while_nothing_happens(locked: dict[str, Any]) -> None:
    assert locked["idle_flips"] == 0


def test_a_page_with_a_ring_makes_about_one_frame_a_second(locked: dict[str, Any]) -> None:
    """The control of the test above: frames are counted when there are some."""
    assert 1 <= locked["borrow_flips"] <= 3


def test_the_beat_goes_on_while_nothing_is_drawn(locked: dict[str, Any]) -> None:
    assert locked["beats"] >= 3


def test_every_state_that_stays_is_told_as_painted(locked: dict[str, Any]) -> None:
    assert locked["painted"][:5] == [0, 1, 2, 3, 5]


def test_the_last_of_a_thousand_states_from_three_threads_is_shown(locked: dict[str, Any]) -> None:
    assert locked["last_painted"] == locked["last_shown"]


def test_states_that_nobody_could_see_do_not_pile_up(locked: dict[str, Any]) -> None:
    assert locked["times_painted"] < 500


@pytest.mark.parametrize("way_out", ["close_refused", "escape", "f1", "ctrl_c", "f4"])
def test_no_way_out_when_the_window_fills_the_screen(locked: dict[str, Any], way_out: str) -> None:
    assert locked["asked"][way_out] is True


def test_no_settings_panel_comes_up(locked: dict[str, Any]) -> None:
    assert locked["asked"]["children"] == 1


def test_nothing_is_said_on_standard_error(locked: dict[str, Any]) -> None:
    assert locked["stderr"] == ""


def test_each_page_is_pictured_by_name_and_language(pictures: Path) -> None:
    found = {path.name for path in pictures.iterdir()}
    assert {"home-vi.png", "home-en.png", "borrow-vi.png", "idle-vi.png", "resting-vi.png"} <= found


def test_a_picture_shows_the_page_upright_and_in_its_size(pictures: Path) -> None:
    with Image.open(pictures / "home-vi.png") as picture:
        assert picture.size == (800, 480)
        teal, amber = picture.getpixel((60, 350)), picture.getpixel((430, 350))
        assert teal == (11, 93, 102)
        assert amber == (245, 184, 61)


def test_two_pictures_never_show_the_same(pictures: Path) -> None:
    contents = [path.read_bytes() for path in pictures.iterdir()]
    assert len(contents) == len(set(contents))
