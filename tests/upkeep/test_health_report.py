"""What a station tells of what waits in its store, while it runs and while it does not."""

from __future__ import annotations

import msgspec
import pytest

from central_server.wire import HealthReport
from kiosk.domain.findings import NOTHING, Finding, Part, State
from kiosk.ports.central import Standing
from kiosk.session import states
from kiosk.upkeep.health import health_report, what_matters
from kiosk.upkeep.status import Running


def running(set_aside: int | None) -> dict[str, object]:
    station = states.State(station=states.Station(pending=3))
    told = Running(station, {}, 0.0, None, Standing.ACTIVE, 1.0, False, None, 0, None, set_aside)
    return told.at(10.0)


def counted(facts: dict[str, object]) -> list[Finding]:
    return [Finding(Part.STORE, State.GOOD, NOTHING, facts=facts)]


@pytest.mark.parametrize(
    ("status", "findings", "waits"),
    [
        (running(2), [], (3, 2)),
        (running(0), [], (3, 0)),
        (running(None), [], (3, None)),  # its store has not opened yet
        (None, counted({"counts": {"pending": 7, "set_aside": 1}}), (7, 1)),
        (None, counted({"problem": "it cannot be read"}), (None, None)),
        (None, [], (None, None)),
    ],
)
def test_the_centre_hears_how_much_waits_and_how_much_it_refused(
    status: dict[str, object] | None, findings: list[Finding], waits: tuple[int | None, int | None]
) -> None:
    report = health_report("0.2.0", status, findings, {})
    heard = msgspec.convert(report, HealthReport)
    assert (heard.pending, heard.set_aside) == waits


def test_a_refused_operation_is_told_soon() -> None:
    before, after = (what_matters(health_report("0.2.0", running(n), [], {})) for n in (0, 1))
    assert before != after
