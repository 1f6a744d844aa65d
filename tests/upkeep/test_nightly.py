"""When the check and the backup of a day are due, and what is noted of them."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from kiosk.domain.clock_trust import Moment
from kiosk.ports.errors import BackupFailed, StoreDamaged
from kiosk.runtime.diary import Diary
from kiosk.runtime.nightly import GoOn, Nightly
from kiosk.upkeep.nightly import BY_DAY_AFTER_S, SETTLED_S, TRY_AGAIN_S, UNTRUSTED_AFTER_S, is_due

BOOT = "7f1c1d9e-5c33-4d0f-9d9a-0d6a1c5b7a11"


def moment(day: int, hour: int, *, trusted: bool = True) -> Moment:
    """In the library's time, of November 2026."""
    wall_ms = int(datetime(2026, 11, day, hour, tzinfo=UTC).timestamp() * 1000) - 7 * 3_600_000
    return Moment(wall_ms, BOOT, 0, trusted)


NIGHT, NOON, UNSURE = moment(24, 2), moment(24, 12), moment(24, 2, trusted=False)
TODAY, YESTERDAY = date(2026, 11, 24), date(2026, 11, 23)


@pytest.mark.parametrize(
    ("now", "good_on", "on_s", "tried_s", "due"),
    [
        (NIGHT, YESTERDAY, SETTLED_S, None, True),
        (NIGHT, None, SETTLED_S, None, True),
        (NIGHT, YESTERDAY, SETTLED_S - 1, None, False),
        (NIGHT, TODAY, 86_400.0, None, False),
        (NIGHT, YESTERDAY, SETTLED_S, TRY_AGAIN_S - 1, False),
        (NIGHT, YESTERDAY, SETTLED_S, TRY_AGAIN_S, True),
        (NOON, YESTERDAY, SETTLED_S, None, False),
        (NOON, YESTERDAY, BY_DAY_AFTER_S, None, True),
        (NOON, TODAY, BY_DAY_AFTER_S, None, False),
        (UNSURE, None, BY_DAY_AFTER_S, None, False),
        (UNSURE, None, UNTRUSTED_AFTER_S, None, True),
        (UNSURE, TODAY, UNTRUSTED_AFTER_S, None, True),
    ],
)
def test_is_due_once_a_day_and_by_hours_powered_on_when_nobody_vouches_for_the_clock(
    now: Moment, good_on: date | None, on_s: float, tried_s: float | None, due: bool
) -> None:
    assert is_due(now, good_on, on_s, tried_s) is due


@dataclass
class Hands:
    """The clock, who stands in front, and what the jobs were asked."""

    file: Path
    moment: Moment = NIGHT
    seconds: float = 0.0
    idle: bool = True
    fault: Exception | None = None
    days: list[date | None] = field(default_factory=list)
    suspected: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def now(self) -> Moment:
        return self.moment

    def monotonic(self) -> float:
        return self.seconds

    def job(self, day: date | None, go_on: GoOn) -> None:
        self.days.append(day)
        if self.fault:
            raise self.fault

    def suspect(self) -> None:
        self.suspected += 1

    def nightly(self) -> Nightly:
        diary = Diary(self.file)
        return Nightly({"backup": self.job}, diary, self, self.stop, lambda: self.idle, self.suspect)


@pytest.fixture
def hands(tmp_path: Path) -> Hands:
    return Hands(tmp_path / "upkeep.json")


def test_does_it_once_in_a_night_and_not_again_after_a_restart(hands: Hands) -> None:
    for _ in range(2):
        nightly = hands.nightly()
        nightly.look()
        hands.seconds += SETTLED_S
        nightly.look()
        hands.seconds += TRY_AGAIN_S
        nightly.look()
    assert hands.days == [TODAY]
    assert Diary(hands.file).read()["backup"] == {
        "well": True,
        "why": None,
        "at": "2026-11-24T02:00:00+07:00",
        "good_at": "2026-11-24T02:00:00+07:00",
    }


def test_waits_until_nobody_stands_in_front(hands: Hands) -> None:
    nightly = hands.nightly()
    hands.seconds, hands.idle = SETTLED_S, False
    nightly.look()
    assert hands.days == []
    hands.idle = True
    nightly.look()
    assert hands.days == [TODAY]


def test_says_why_it_failed_once_and_tries_again_an_hour_later(hands: Hands, caplog: pytest.LogCaptureFixture) -> None:
    nightly = hands.nightly()
    hands.seconds, hands.fault = SETTLED_S, BackupFailed("No such file or directory")
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            nightly.look()
            nightly.look()
            hands.seconds += TRY_AGAIN_S
    assert len(hands.days) == 3
    assert [record.getMessage() for record in caplog.records] == ["backup: No such file or directory"]
    entry = Diary(hands.file).read()["backup"]
    assert entry is not None
    assert (entry["well"], entry["why"], entry["good_at"]) == (False, "No such file or directory", None)
    assert hands.suspected == 0


def test_makes_the_station_look_when_the_store_was_found_damaged(hands: Hands) -> None:
    nightly = hands.nightly()
    hands.seconds, hands.fault = SETTLED_S, StoreDamaged("a page is not as it was written")
    nightly.look()
    assert hands.suspected == 1


def test_counts_hours_from_the_last_one_when_nobody_vouches_for_the_clock(hands: Hands) -> None:
    nightly = hands.nightly()
    hands.moment = UNSURE
    for _ in range(13):
        nightly.look()
        hands.seconds += 3600.0
    assert hands.days == [None, None]
    entry = Diary(hands.file).read()["backup"]
    assert entry is not None
    assert (entry["well"], entry["at"]) == (True, None)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"backup": 3}', '{"backup": {"good_at": "x"}}'])
def test_takes_a_spoilt_diary_for_an_empty_one(hands: Hands, text: str) -> None:
    hands.file.write_text(text)
    assert Diary(hands.file).good_on("backup") is None
    Diary(hands.file).note("check", NIGHT, None)
    assert json.loads(hands.file.read_text())["check"]["well"] is True
