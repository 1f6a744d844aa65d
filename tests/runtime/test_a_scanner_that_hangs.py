"""A scanner's thread that stands still holds back the beat, so that the watchdog brings a whole station back."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk.bootstrap.kiosk import Kiosk
from kiosk.bootstrap.scanners import Scanners
from kiosk.config import load
from kiosk.runtime.watched import Watched
from tests.runtime.station import STATION
from tests.runtime.test_status import until

pytestmark = pytest.mark.slow

CAMERA = """
[[scanner]]
kind = "camera"
path = "pictures"
"""


class Hand:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_who_looks_comes_round_and_who_waits_does_not_hang() -> None:
    hand, stop = Hand(), threading.Event()
    watched = Watched(stop, hand)
    assert watched.silent_s(hand.now) == -math.inf, "who has not begun does not hang"
    watched.is_set()
    hand.now += 7
    assert watched.silent_s(hand.now) == 7
    waiting = threading.Thread(target=watched.wait)
    waiting.start()
    until(lambda: watched.silent_s(hand.now) < 0)
    stop.set()
    waiting.join()
    assert watched.silent_s(hand.now) == 0


@contextmanager
def standing_still(folder: Path, in_the_middle_of: str) -> Iterator[Kiosk]:
    """A station whose camera's thread stands still in a call that never comes back: "decode", once a picture was
    there, or "open", before any was."""
    (folder / "pictures").mkdir()
    file = folder / "kiosk.toml"
    file.write_text(STATION + CAMERA)
    kiosk = Kiosk(load(file), lambda _: None)
    (scanner,) = kiosk._scanners._scanners
    hangs, goes_on = threading.Event(), threading.Event()

    def stand() -> None:
        hangs.set()
        goes_on.wait()

    run = scanner.run

    def hanging(post, lost, stop) -> None:  # type: ignore[no-untyped-def]
        def seen(is_lost: bool) -> None:
            lost(is_lost)
            if not is_lost:
                stand()

        if in_the_middle_of == "open":
            stand()
        run(post, seen, stop)

    scanner.run = hanging  # type: ignore[method-assign]
    kiosk.start()
    try:
        assert hangs.wait(60)
        yield kiosk
    finally:
        goes_on.set()
        kiosk.stop()


@pytest.mark.parametrize(
    ("where", "watched", "is_fed"),
    [("decode", True, False), ("open", True, True), ("decode", False, True)],
    ids=["hangs", "only looks for its device", "control: nobody watches it"],
)
def test_the_beat_is_held_back_by_one_that_was_there(
    tmp_path: Path, where: str, watched: bool, is_fed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not watched:
        monkeypatch.setattr(Scanners, "one_hangs", lambda *_: False)
    monkeypatch.setattr("kiosk.bootstrap.kiosk._STALE_BEAT_S", 0.5)
    with standing_still(tmp_path, where) as kiosk:
        time.sleep(1.0)
        before = kiosk._beat_at

        def is_fed_now() -> bool:
            kiosk.beat()
            return kiosk._beat_at != before

        if is_fed:
            until(is_fed_now)
        else:
            for _ in range(10):
                assert not is_fed_now()
                time.sleep(0.02)
            answered = threading.Event()
            kiosk.store.ping(answered.set)
            assert answered.wait(20), "the store lives"
            assert kiosk._beat_at == before
