"""What a running station tells staff and machines about itself. Nothing in it is about a reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kiosk.ports.central import Standing
from kiosk.session.maintenance import Maintaining
from kiosk.session.states import Doing, Resting, State


@dataclass(frozen=True, slots=True)
class Running:
    """Times are monotonic seconds; None: not yet. `devices`: "ready", "lost", or "waiting" before its first word.
    `time_by`: who vouches for the time (kiosk.domain.clock_trust.Voucher). `time_ms`: since 1970; while nobody
    does, the latest time that is known to be over. `set_aside`: operations that the centre refused."""

    state: State
    devices: Mapping[str, str]
    started_at: float
    beat_at: float | None
    standing: Standing | None
    reached_at: float | None
    clock_trusted: bool
    time_by: str | None
    time_ms: int
    last_scan_at: float | None = None
    set_aside: int | None = None

    def at(self, now: float) -> dict[str, object]:
        def ago(then: float | None) -> float | None:
            return None if then is None else round(now - then, 1)

        doing = self.state.doing
        return {
            "up_s": ago(self.started_at),
            "beat_s_ago": ago(self.beat_at),
            "screen": type(doing).__name__.lower(),
            "staff_code": _code(doing),
            "pending": self.state.station.pending,
            "set_aside": self.set_aside,
            "last_scan_s_ago": ago(self.last_scan_at),
            "clock_trusted": self.clock_trusted,
            "time_by": self.time_by,
            "time_ms": self.time_ms,
            "devices": dict(self.devices),
            "centre": {
                "standing": self.standing,
                "sync_s_ago": ago(self.reached_at),
            },
        }


def _code(doing: Doing) -> str | None:
    """With which the station rests, also while somebody looks after it."""
    match doing:
        case Resting(code=code):
            return code
        case Maintaining(resting=resting):
            return resting
        case _:
            return None
