"""The crossing to the UI thread, and where views go: without Kivy."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.domain.operations import OperationId
from kiosk.session.inputs import Button, Input, TakeOffTouched, Touched
from kiosk.session.states import State
from screens.bridge import Seen, UiBridge
from screens.navigator import PageName, on_top, page_of
from screens.pictures import MOST_OF_ONE, SETTLE_FLIPS, Pictures
from screens.png import png
from screens.view_models.views import Shown
from tests.screens import sample_views as views

PATIENCE_S = 10.0


class Screen:
    """A UI thread as small as can be: woken, it takes."""

    def __init__(self, bridge: UiBridge) -> None:
        self.taken: list[State] = []
        self._bridge = bridge
        self._awake = threading.Event()
        self._stop = False
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._stop:
            self._awake.wait(PATIENCE_S)
            self._awake.clear()
            state = self._bridge.take()
            if state is not None:
                self.taken.append(state)

    def __enter__(self) -> Screen:
        self._thread.start()
        self._bridge.attach(self._awake.set)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop = True
        self._awake.set()
        self._thread.join(PATIENCE_S)


class WakesOnlyOnce(UiBridge):
    """The protection off: the first state wakes the screen, and nobody ever again."""

    def take(self) -> State | None:
        return self._newest


def last_shown_and_taken(bridge: UiBridge) -> tuple[int, int]:
    order = threading.Lock()
    shown: list[int] = []

    def post(thread: int) -> None:
        for i in range(333):
            with order:
                bridge.show(State(visit=thread * 1_000 + i))
                shown.append(thread * 1_000 + i)

    with Screen(bridge) as screen:
        threads = [threading.Thread(target=post, args=(thread,)) for thread in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        settled = threading.Event()
        for _ in range(50):
            if screen.taken and screen.taken[-1].visit == shown[-1]:
                break
            settled.wait(0.01)
        return shown[-1], screen.taken[-1].visit


def test_ends_on_the_last_of_a_thousand_states_from_three_threads() -> None:
    shown, taken = last_shown_and_taken(UiBridge(lambda _: None, lambda: 0.0))
    assert taken == shown


@pytest.mark.parametrize(("bridge", "taken_last"), [(UiBridge, 2), (WakesOnlyOnce, 1)], ids=["real", "control"])
def test_wakes_the_screen_again_for_a_state_after_the_one_taken(bridge: type[UiBridge], taken_last: int) -> None:
    """The control shows what the test above would miss: a screen that is woken only once."""
    crossing = bridge(lambda _: None, lambda: 0.0)
    with Screen(crossing) as screen:
        crossing.show(State(visit=1))
        wait_until(lambda: bool(screen.taken), PATIENCE_S)
        crossing.show(State(visit=2))
        wait_until(lambda: screen.taken[-1].visit == 2, 0.5)
        assert screen.taken[-1].visit == taken_last


def wait_until(reached: Callable[[], bool], at_most_s: float) -> None:
    settled = threading.Event()
    for _ in range(int(at_most_s * 100)):
        if reached():
            return
        settled.wait(0.01)


def test_keeps_a_state_that_came_before_there_was_a_screen() -> None:
    bridge = UiBridge(lambda _: None, lambda: 0.0)
    bridge.show(State(visit=7))
    woken: list[bool] = []
    bridge.attach(lambda: woken.append(True))
    assert woken == [True]
    assert bridge.take() == State(visit=7)


def test_takes_each_state_once_and_only_the_newest() -> None:
    bridge = UiBridge(lambda _: None, lambda: 0.0)
    woken: list[bool] = []
    bridge.attach(lambda: woken.append(True))
    for visit in range(3):
        bridge.show(State(visit=visit))
    assert bridge.take() == State(visit=2)
    assert bridge.take() is None
    assert len(woken) == 1


def test_posts_touches_with_their_time() -> None:
    posted: list[Input] = []
    bridge = UiBridge(posted.append, lambda: 12.5)
    bridge.touched(Button.HELP)
    bridge.take_off_touched(OperationId("e", 3))
    assert posted == [Touched(Button.HELP, 12.5), TakeOffTouched(OperationId("e", 3), 12.5)]


GREY, WHITE = (2, 1, b"\x80\x80"), (2, 1, b"\xff\xff")


def eyes() -> tuple[UiBridge, list[bool]]:
    bridge, woken = UiBridge(lambda _: None, lambda: 0.0), []
    return bridge, woken


def test_a_picture_wakes_nobody_while_no_page_shows_it() -> None:
    bridge, woken = eyes()
    bridge.attach(lambda: woken.append(True))
    bridge.see(*GREY)
    bridge.watch(lambda: woken.append(True))
    assert woken == [True]  # the page that now shows it is told once of what is there already
    bridge.watch(None)
    bridge.see(*WHITE)
    assert woken == [True]


def test_pictures_that_nobody_could_have_seen_are_skipped() -> None:
    bridge, woken = eyes()
    bridge.watch(lambda: woken.append(True))
    for picture in (GREY, WHITE):
        bridge.see(*picture)
    assert (woken, bridge.look()) == ([True], Seen(*WHITE))
    bridge.see(*GREY)
    assert (woken, bridge.look()) == ([True, True], Seen(*GREY))


def test_a_still_scene_wakes_nobody() -> None:
    bridge, woken = eyes()
    bridge.watch(lambda: woken.append(True))
    for _ in range(3):
        bridge.see(*GREY)
        bridge.look()
    assert woken == [True]


def test_a_camera_that_is_gone_leaves_no_picture() -> None:
    bridge, woken = eyes()
    bridge.watch(lambda: woken.append(True))
    bridge.see(*GREY)
    bridge.look()
    bridge.see(0, 0, b"")
    assert (woken, bridge.look()) == ([True, True], None)


def test_remembers_when_a_code_was_read_though_later_pictures_hide_the_one_it_was_read_in() -> None:
    now = [5.0]
    bridge = UiBridge(lambda _: None, lambda: now[0])
    bridge.see(*GREY)
    assert bridge.look() == Seen(*GREY)
    bridge.see(*WHITE, read=True)
    now[0] = 6.0
    bridge.see(*GREY)
    assert bridge.look() == Seen(*GREY, read_at=5.0)
    bridge.see(0, 0, b"")
    bridge.see(*GREY)
    assert bridge.look() == Seen(*GREY)


def test_a_picture_of_another_size_than_it_says_is_refused() -> None:
    with pytest.raises(ValueError, match="3 bytes are not 2×1 px"):
        UiBridge(lambda _: None, lambda: 0.0).see(2, 1, b"abc")


@pytest.mark.parametrize(
    ("shown", "page", "top"),
    [
        (Shown(views.home()), PageName.HOME, PageName.HOME),
        (Shown(views.borrow(1)), PageName.BORROW, PageName.BORROW),
        (Shown(views.give_back(1)), PageName.GIVE_BACK, PageName.GIVE_BACK),
        (Shown(views.limit_reached()), PageName.ATTENTION, PageName.ATTENTION),
        (Shown(views.camera()), PageName.CAMERA, PageName.CAMERA),
        (Shown(views.resting()), PageName.RESTING, PageName.RESTING),
        (Shown(views.borrow(1), views.idle()), PageName.BORROW, PageName.IDLE),
    ],
)
def test_each_view_has_its_page(shown: Shown, page: PageName, top: PageName) -> None:
    assert (page_of(shown.page), on_top(shown)) == (page, top)


def test_views_bridge_and_navigator_need_no_kivy() -> None:
    code = "import sys, screens.navigator, screens.bridge, screens.app; sys.exit('kivy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=PATIENCE_S).returncode == 0


def test_a_picture_is_refused_when_its_size_is_not_what_it_says() -> None:
    assert png(2, 1, bytes(6)).startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="not 2×2 px"):
        png(2, 2, bytes(6))


def test_a_page_is_pictured_again_only_when_it_looks_different(tmp_path: Path) -> None:
    pictures = Pictures(tmp_path / "new")
    for shade in (1, 1, 2, *range(10, 30)):
        pictures.painted("home-vi")
        pictures.save(1, 1, bytes([shade] * 3))
    names = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert names == sorted(["home-vi.png", *(f"home-vi-{n}.png" for n in range(2, MOST_OF_ONE + 1))])


def test_a_page_is_pictured_after_it_has_stood_still(tmp_path: Path) -> None:
    pictures = Pictures(tmp_path)
    pictures.painted("home-vi")
    frames = [pictures.due() for _ in range(SETTLE_FLIPS + 2)]
    assert frames == [False] * SETTLE_FLIPS + [True, False]
