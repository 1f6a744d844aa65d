"""What is the matter with a station: judged from what it told, and from when."""

import pytest

from central_server.devices import Device, State
from central_server.health import Known
from central_server.station_state import Finding, Tone, Trouble, findings, tone_of
from central_server.wire import HealthReport, UpkeepReport
from tests.central_server.support import NOON_MS

_DAY_MS = 86_400_000
WELL = HealthReport(version="0.3.0", clock_trusted=True)


def station(report: HealthReport | None = WELL, state: State = State.ACTIVE, days_ago: int | None = 0) -> Known:
    seen_ms = None if days_ago is None else NOON_MS - days_ago * _DAY_MS
    device = Device("hoa-sen", "tram-1", "k", b"", state, "", 0, 0, seen_ms)
    return Known(device, seen_ms if report else None, report)


def told(**says: object) -> HealthReport:
    return HealthReport(**({"version": "0.3.0", "clock_trusted": True} | says))  # type: ignore[arg-type]


def test_finds_nothing_where_all_is_well() -> None:
    found = findings(
        station(told(pending=3, disk_free_mb=20_000, temperature_c=60.0, parts={"camera": "good"})), NOON_MS
    )
    assert (found, tone_of(found)) == ([], Tone.OK)


@pytest.mark.parametrize(
    ("report", "finding"),
    [
        (told(running=False, clock_trusted=False), Finding(Trouble.STOPPED, Tone.BAD)),
        (told(staff_code="K-07"), Finding(Trouble.RESTS, Tone.BAD, "K-07")),
        (told(devices={"scanner": "lost"}), Finding(Trouble.DEVICE_LOST, Tone.BAD, "scanner")),
        (told(set_aside=2), Finding(Trouble.SET_ASIDE, Tone.LOOK, "2")),
        (told(pending=200), Finding(Trouble.BACKLOG, Tone.LOOK, "200")),
        (told(disk_free_mb=1_999), Finding(Trouble.DISK, Tone.LOOK, "1999")),
        (told(disk_free_mb=499), Finding(Trouble.DISK, Tone.BAD, "499")),
        (told(parts={"disk": "bad"}), Finding(Trouble.DISK, Tone.BAD)),
        (told(temperature_c=80.4), Finding(Trouble.HOT, Tone.LOOK, "80")),
        (told(low_voltage=True, slowed=["under-voltage"]), Finding(Trouble.POWER, Tone.LOOK)),
        (told(slowed=["throttled"]), Finding(Trouble.SLOWED, Tone.LOOK)),
        (told(clock_trusted=False), Finding(Trouble.CLOCK, Tone.LOOK)),
        (told(upkeep={"backup": UpkeepReport(False)}), Finding(Trouble.UPKEEP, Tone.LOOK, "backup")),
        (told(parts={"network": "look"}), Finding(Trouble.PART, Tone.LOOK, "network")),
    ],
)
def test_finds_what_a_station_told(report: HealthReport, finding: Finding) -> None:
    assert findings(station(report), NOON_MS) == [finding]


@pytest.mark.parametrize(
    ("known", "finding"),
    [
        (station(state=State.PENDING), Finding(Trouble.WAITS, Tone.LOOK)),
        (station(state=State.REVOKED), Finding(Trouble.SHUT_OUT, Tone.LOOK)),
        (station(None, days_ago=None), Finding(Trouble.NEVER_SEEN, Tone.LOOK)),
        (station(None), Finding(Trouble.NOTHING_TOLD, Tone.LOOK)),
        (station(days_ago=3), Finding(Trouble.QUIET, Tone.LOOK, "3")),
        (station(days_ago=7), Finding(Trouble.QUIET, Tone.BAD, "7")),
    ],
)
def test_finds_who_is_not_heard_of(known: Known, finding: Finding) -> None:
    assert findings(known, NOON_MS) == [finding]


def test_tells_the_worst_first() -> None:
    found = findings(station(told(set_aside=1, staff_code="K-03")), NOON_MS)
    assert [one.trouble for one in found] == [Trouble.RESTS, Trouble.SET_ASIDE]
    assert tone_of(found) is Tone.BAD
