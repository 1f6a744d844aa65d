"""What is the matter with a station, from what it told last: judged here, said in words by who shows it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from central_server.devices import State
from central_server.health import Known
from central_server.wire import HealthReport

_DAY_MS = 86_400_000
# A weekend without power is nothing; a week is.
_QUIET_DAYS, _LOST_DAYS = 3, 7
_MANY_PENDING = 200
_LITTLE_MB, _TOO_LITTLE_MB = 2_000, 500
# Where a Raspberry Pi begins to slow itself down.
_HOT_C = 80.0


class Tone(StrEnum):
    OK = "ok"
    LOOK = "look"
    """It goes on, and somebody should look."""
    BAD = "bad"
    """Nothing can be lent there until somebody helps."""


class Trouble(StrEnum):
    WAITS = "waits"
    SHUT_OUT = "shut_out"
    NEVER_SEEN = "never_seen"
    QUIET = "quiet"
    NOTHING_TOLD = "nothing_told"
    STOPPED = "stopped"
    RESTS = "rests"
    DEVICE_LOST = "device_lost"
    SET_ASIDE = "set_aside"
    BACKLOG = "backlog"
    DISK = "disk"
    HOT = "hot"
    POWER = "power"
    SLOWED = "slowed"
    CLOCK = "clock"
    UPKEEP = "upkeep"
    PART = "part"


# Parts of the report that have a figure of their own, and so a sentence of their own.
_SAID_OTHERWISE = ("scanner", "camera", "disk", "temperature", "power", "clock")


@dataclass(frozen=True, slots=True)
class Finding:
    """`about`: how much (days, operations, MB, °C), or which device, chore, code or part."""

    trouble: Trouble
    tone: Tone
    about: str = ""


def findings(one: Known, now_ms: int) -> list[Finding]:
    """The worst first; none: it is well. `now_ms`: as in tables."""
    return sorted(_findings(one, now_ms), key=lambda each: each.tone is not Tone.BAD)


def tone_of(found: list[Finding]) -> Tone:
    """Of all of it."""
    return found[0].tone if found else Tone.OK


def _findings(one: Known, now_ms: int) -> Iterator[Finding]:
    if one.device.state is State.PENDING:
        yield Finding(Trouble.WAITS, Tone.LOOK)
        return
    if one.device.state is not State.ACTIVE:
        yield Finding(Trouble.SHUT_OUT, Tone.LOOK)
        return
    seen_ms = max(one.device.seen_ms or 0, one.came_ms or 0)
    days = (now_ms - seen_ms) // _DAY_MS
    if not seen_ms:
        yield Finding(Trouble.NEVER_SEEN, Tone.LOOK)
    elif days >= _QUIET_DAYS:
        yield Finding(Trouble.QUIET, Tone.BAD if days >= _LOST_DAYS else Tone.LOOK, str(days))
    if one.report is not None:
        yield from _of_report(one.report)
    elif seen_ms:
        yield Finding(Trouble.NOTHING_TOLD, Tone.LOOK)


def _of_report(told: HealthReport) -> Iterator[Finding]:
    if not told.running:
        yield Finding(Trouble.STOPPED, Tone.BAD)
    if told.staff_code is not None:
        yield Finding(Trouble.RESTS, Tone.BAD, told.staff_code)
    for name, state in sorted(told.devices.items()):
        if state == "lost":
            yield Finding(Trouble.DEVICE_LOST, Tone.BAD, name)
    if told.set_aside:
        yield Finding(Trouble.SET_ASIDE, Tone.LOOK, str(told.set_aside))
    if (told.pending or 0) >= _MANY_PENDING:
        yield Finding(Trouble.BACKLOG, Tone.LOOK, str(told.pending))
    free, disk = told.disk_free_mb, told.parts.get("disk")
    if (free is not None and free < _LITTLE_MB) or disk in ("look", "bad"):
        bad = disk == "bad" or (free is not None and free < _TOO_LITTLE_MB)
        yield Finding(Trouble.DISK, Tone.BAD if bad else Tone.LOOK, "" if free is None else str(free))
    if (told.temperature_c or 0) >= _HOT_C:
        yield Finding(Trouble.HOT, Tone.LOOK, f"{told.temperature_c:.0f}")
    if told.low_voltage:
        yield Finding(Trouble.POWER, Tone.LOOK)
    elif told.slowed:
        yield Finding(Trouble.SLOWED, Tone.LOOK)
    if told.running and not told.clock_trusted:
        yield Finding(Trouble.CLOCK, Tone.LOOK)
    for chore, last in sorted(told.upkeep.items()):
        if last is not None and not last.well:
            yield Finding(Trouble.UPKEEP, Tone.LOOK, chore)
    for part, state in told.parts.items():
        if state in ("look", "bad") and part not in _SAID_OTHERWISE:
            yield Finding(Trouble.PART, Tone(state), part)
