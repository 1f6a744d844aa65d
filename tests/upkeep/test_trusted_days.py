"""Somebody vouched for a day that is still to come, and knows better now: the days count on from today."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from kiosk.domain.clock_trust import Moment
from kiosk.ports.store import UnitOfWork
from kiosk.upkeep import housekeeping
from local_store import open_store
from tests.local_store.shelf import LAN
from tests.local_store.shelf import write_operation as write
from tests.upkeep.house import FIRST, House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.store.close()


def wrongly_trusted(house: House) -> None:
    """For three days a year ahead, with a loan that ends meanwhile; then somebody knows better."""
    house.keep()
    loan, out = house.lent()
    for ahead in (365, 1, 1):
        house.keep(ahead)
    house.told(out, house.back(loan), house.do(write))
    house.day = FIRST


def test_counts_on_from_today_when_a_day_that_is_still_to_come_was_trusted(house: House) -> None:
    wrongly_trusted(house)
    assert house.keep(4)
    house.keep(29)
    assert house.readers() == [LAN.id, None, None]
    house.keep(1)
    assert house.readers() == [None, None, None]
    house.store.close()
    house.store = open_store(house.config)
    assert not house.keep(), "once a day, also after a start"
    house.later(371)
    assert house.must_verify() == 1


def test_control_a_name_stays_a_year_too_long_while_days_to_come_count(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = housekeeping._begin_day

    def waits_for_it(work: UnitOfWork, *, now: Moment) -> date | None:
        last = work.trusted_day()
        return None if last and last > now.day else begin(work, now=now)

    monkeypatch.setattr(housekeeping, "_begin_day", waits_for_it)
    wrongly_trusted(house)
    house.keep(4)
    for _ in range(3):
        house.keep(30)
    assert house.readers() == [LAN.id, None, None]
