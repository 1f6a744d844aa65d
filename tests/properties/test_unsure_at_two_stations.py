"""A due date that nobody vouches for makes nobody late, at no station."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from central_server.loans import Loan
from kiosk.session.inputs import LoanRecorded
from tests.properties.world import Seeds, World

DAY_MS = 24 * 3_600_000


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Seeds:
    return Seeds(tmp_path_factory.mktemp("seeds"))


@pytest.fixture
def world(seeds: Seeds, tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "world", seeds, 2)
    yield made
    made.close()


def lent_without_a_clock(world: World) -> bool:
    """The first station wakes up weeks later without the time, and lends. Whether its reader is lent more elsewhere."""
    first, second = world.stations
    world.now_ms += 40 * DAY_MS
    first.crash(trusted=False)
    assert isinstance(first.lend(world.known["patron"]["HS1"], "TK.1"), LoanRecorded)
    first.push()
    second.learn_all()
    return isinstance(second.lend(world.known["patron"]["HS1"], "TK.2"), LoanRecorded)


def test_makes_nobody_late_elsewhere_when_a_due_date_is_unsure(world: World) -> None:
    assert lent_without_a_clock(world)
    world.settle_down()
    world.check()


def test_makes_late_elsewhere_when_the_boot_is_dated_and_the_day_has_passed(world: World) -> None:
    first, second = world.stations
    assert lent_without_a_clock(world)
    first.set_clock()
    world.settle_down()
    assert isinstance(second.lend(world.known["patron"]["HS1"], "TK.3"), LoanRecorded)
    second.give_back("TK.3")
    second.give_back("TK.2")
    world.now_ms += 40 * DAY_MS
    assert not isinstance(second.lend(world.known["patron"]["HS1"], "TK.3"), LoanRecorded)


def test_control_makes_readers_late_when_the_centre_does_not_tell_how_sure_it_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = Loan.published

    def of_before(one: Loan) -> str | None:
        said = json.loads(published(one) or "null")
        return json.dumps({name: value for name, value in said.items() if name != "provisional"}) if said else None

    monkeypatch.setattr(Loan, "published", of_before)
    assert not lent_without_a_clock(world)
