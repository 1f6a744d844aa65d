"""When a station tells how it is: hourly, and soon when something changed."""

from __future__ import annotations

from typing import Any

from central_link.simulated import SimulatedCentral
from kiosk.ports.errors import Unreachable
from kiosk.sync.heartbeat import EVERY_S, LOOK_EVERY_S, TRY_AGAIN_S, Heartbeat, Report
from kiosk.upkeep.health import what_matters


class Centre(SimulatedCentral):
    """`told` counts. `knows` false: an older one, which answers 404."""

    def __init__(self) -> None:
        super().__init__()
        self.told = 0
        self.knows = True
        self.asked_in_vain = 0

    def tell_health(self, report: Report) -> None:
        if not self.knows:
            self.asked_in_vain += 1
            raise Unreachable("status 404")
        super().tell_health(report)
        self.told += 1


class Scene:
    def __init__(self) -> None:
        self.now = 1_000.0
        self.looks = 0
        self.report: dict[str, Any] = {"pending": 0, "staff_code": None, "devices": {"serial": "ready"}}
        self.centre = Centre()
        self.heartbeat = Heartbeat(self.centre, lambda: self.now, self.look, what_matters)

    def look(self) -> Report:
        self.looks += 1
        return dict(self.report)

    def after(self, seconds: float, step_s: float = 5.0) -> int:
        """The centre answers every few seconds meanwhile; how often it was told."""
        before, end = self.centre.told, self.now + seconds
        while self.now < end:
            self.now += step_s
            self.heartbeat.look_and_tell()
        return self.centre.told - before


def test_tells_at_once_and_then_hourly() -> None:
    scene = Scene()
    assert scene.after(60) == 1
    assert scene.after(EVERY_S - 120) == 0
    assert scene.after(180) == 1
    assert scene.looks <= (EVERY_S + 120) / LOOK_EVERY_S + 2, "the machine is not looked at all the time"


def test_tells_soon_what_matters_and_not_every_figure() -> None:
    scene = Scene()
    scene.after(60)
    scene.report["pending"] = 14
    assert scene.after(600) == 0
    scene.report["devices"] = {"serial": "lost"}
    assert scene.after(LOOK_EVERY_S + 5) == 1
    assert scene.centre.health == scene.report  # all of it, the newest figures too
    scene.report["devices"] = {"serial": "ready"}
    assert scene.after(LOOK_EVERY_S + 5) == 1


def test_bears_a_centre_that_does_not_know_of_it() -> None:
    scene = Scene()
    scene.centre.knows = False
    assert scene.after(EVERY_S) == 0
    assert 2 <= scene.centre.asked_in_vain <= EVERY_S / TRY_AGAIN_S + 1
    scene.centre.knows = True
    assert scene.after(TRY_AGAIN_S + 5) == 1
