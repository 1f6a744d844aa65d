"""However stations, network and centre fail: every operation is there once, all agree, and the outcome is the same as
if all had come in order.

    python -m pytest tests/properties/test_stations_converge.py --hypothesis-profile=long
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from central_server.ingest import Batch
from central_server.order import Moment, Order, Place
from local_store import told_loans
from tests.properties.centre import Fate
from tests.properties.stations import HOUR_MS, Station
from tests.properties.world import Seeds, World

_seeds: list[Seeds] = []


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Seeds:
    made = Seeds(tmp_path_factory.mktemp("seeds"))
    _seeds[:] = [made]
    return made


NUMBER = st.integers(0, 3)
MANY = ("lend", "lend", "lend", "lend", "give_back", "give_back", "take_back", "renew", "hold", "hold", "cancel_hold")
ACTS = st.sampled_from(MANY)
# Few books and few readers, so that the stations meet.
BOOKS = st.sampled_from(("TK.1", "TK.1", "TK.1", "TK.2"))
CARDS = st.sampled_from(("HS1", "HS2", "HS3"))
FATES = st.lists(st.sampled_from(Fate), max_size=3)


class Stations(RuleBasedStateMachine):
    """Two to four stations of one library."""

    @initialize(count=st.integers(2, 4), seed=st.integers(0, 2**32))
    def begin(self, count: int, seed: int) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=_seeds[0].folder))
        self.world = World(self.folder, _seeds[0], count)
        self.busy_days(seed)

    def station(self, number: int) -> Station:
        self.world.now_ms += 60_000
        return self.world.stations[number % len(self.world.stations)]

    @rule(number=NUMBER, acts=st.lists(st.tuples(ACTS, CARDS, BOOKS), min_size=1, max_size=6))
    def readers_come(self, number: int, acts: list[tuple[str, str, str]]) -> None:
        station = self.station(number)
        for act, card, barcode in acts:
            patron = self.world.known["patron"][card]
            match act:
                case "lend":
                    station.lend(patron, barcode)
                case "give_back":
                    station.give_back(barcode)
                case "take_back":
                    station.take_back()
                case "renew":
                    station.renew(patron, barcode)
                case "hold":
                    self.world.hold(station, patron)
                case "cancel_hold":
                    self.world.cancel_hold(station, patron)

    @rule(number=NUMBER, which=NUMBER, way=NUMBER)
    def a_librarian_settles(self, number: int, which: int, way: int) -> None:
        station = self.station(number)
        station.learn_all()
        station.settle(which, way)

    @rule(number=NUMBER, fates=FATES)
    def push(self, number: int, fates: list[Fate]) -> None:
        self.station(number).push(fates)

    @rule(number=NUMBER, fates=FATES)
    def pull(self, number: int, fates: list[Fate]) -> None:
        self.station(number).pull(fates)

    @rule(number=NUMBER)
    def ask_ahead(self, number: int) -> None:
        self.station(number).ask_ahead()

    @rule(fates=FATES)
    def all_push(self, fates: list[Fate]) -> None:
        for station in self.world.stations:
            station.push(fates)

    @rule(seed=st.integers(0, 2**32))
    def busy_days(self, seed: int) -> None:
        """Much at once: of itself Hypothesis would let little happen."""
        chance = Random(seed)
        for _ in range(30):
            number, fates = chance.randrange(4), chance.choices(list(Fate), k=chance.randrange(3))
            match chance.choice(
                ("readers", "readers", "readers", "push", "pull", "power", "clock", "time", "settle", "ask")
            ):
                case "readers":
                    visit = (
                        chance.choice(MANY),
                        chance.choice(("HS1", "HS2")),
                        chance.choice(("TK.1", "TK.1", "TK.2")),
                    )
                    self.readers_come(number, [visit])
                case "push":
                    self.push(number, fates)
                case "pull":
                    self.pull(number, fates)
                case "power":
                    self.crash(number, trusted=chance.random() < 0.3)
                case "ask":
                    self.ask_ahead(number)
                case "clock":
                    self.set_clock(number)
                case "time":
                    self.world.now_ms += HOUR_MS * chance.randrange(50)
                case "settle":
                    self.a_librarian_settles(number, chance.randrange(4), chance.randrange(2))

    @rule(which=NUMBER, again=st.booleans())
    def late_request_arrives(self, which: int, again: bool) -> None:
        self.world.deliver_late(which, again=again)

    @rule(number=NUMBER, trusted=st.booleans())
    def crash(self, number: int, trusted: bool) -> None:
        self.station(number).crash(trusted=trusted)

    @rule(number=NUMBER)
    def set_clock(self, number: int) -> None:
        self.station(number).set_clock()

    @rule(number=NUMBER)
    def a_card_is_copied(self, number: int) -> None:
        self.world.save_card(self.station(number))

    @rule(which=NUMBER, restored=st.booleans())
    def a_copied_card_is_put_in(self, which: int, restored: bool) -> None:
        if restored or len(self.world.stations) < 5:
            self.world.put_in_card(which, restored=restored)

    @rule()
    def centre_crashes(self) -> None:
        self.world.centre.crash()

    @rule(hours=st.integers(1, 100))
    def time_passes(self, hours: int) -> None:
        self.world.now_ms += hours * HOUR_MS

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            self.world.settle_down()
            self.check()
        finally:
            self.world.close()
            shutil.rmtree(self.folder)

    def check(self) -> None:
        self.world.check()


def some(share: int) -> settings:
    """A share of the examples of the profile that was asked for."""
    return settings(
        max_examples=max(1, settings.default.max_examples // share),
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.slow(20)
def test_all_agree_in_the_end_whatever_fails_on_the_way(seeds: Seeds, request: pytest.FixtureRequest) -> None:
    run_state_machine_as_test(Stations, settings=some(5 if request.config.getoption("--system") else 10))


@pytest.fixture
def world(seeds: Seeds, tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "world", seeds, 2)
    yield made
    made.close()


def lent_at_both(world: World) -> None:
    """The first of the two check-outs comes last, and only one of both stations has a clock."""
    first, second = world.stations
    second.crash(trusted=False)
    first.lend(world.known["patron"]["HS1"], "TK.1")
    second.lend(world.known["patron"]["HS2"], "TK.1")
    second.push([Fate.LOST_AFTER])
    first.push()


def test_all_agree_when_a_book_is_lent_at_both_stations(world: World) -> None:
    lent_at_both(world)
    world.settle_down()
    world.check()
    assert len(world.centre.doubts()) == 1


def test_a_boot_without_a_clock_came_after_what_was_sure_before_it(world: World) -> None:
    first, second = world.stations
    second.lend(world.known["patron"]["HS2"], "TK.1")
    world.now_ms += HOUR_MS
    for trusted in (True, False):
        first.crash(trusted=trusted)
    first.lend(world.known["patron"]["HS1"], "TK.1")
    first.crash(trusted=True)
    world.settle_down()
    world.check()
    still_open = [loan["patron"] for loan in world.centre.ledger()["loans"] if loan["open"]]
    assert still_open == [world.known["patron"]["HS1"]], "in unknown order both would be"


@pytest.fixture
def arrived(monkeypatch: pytest.MonkeyPatch) -> dict[Place, int]:
    """A centre that goes by what came first where the order is not known; what came, until it is cleared."""
    by_chain_and_clock = Order.is_before
    arrived: dict[Place, int] = {}

    def by_arrival(self: Order, one: Moment, other: Moment) -> bool:
        if by_chain_and_clock(self, one, other) or by_chain_and_clock(self, other, one):
            return by_chain_and_clock(self, one, other)
        return arrived[one.place] < arrived[other.place]

    def arrives(batch: Batch, *arguments: object) -> object:
        came = arguments[0]
        arrived.setdefault(Place(batch._device, came.epoch, came.seq), len(arrived))  # type: ignore[attr-defined]
        return record(batch, *arguments)  # type: ignore[arg-type]

    record = Batch._record
    monkeypatch.setattr(Batch, "_record", arrives)
    monkeypatch.setattr(Order, "is_before", by_arrival)
    return arrived


def test_control_finds_out_an_order_by_arrival(world: World, arrived: dict[Place, int]) -> None:
    lent_at_both(world)
    world.settle_down()
    arrived.clear()
    with pytest.raises(AssertionError):
        world.check()


@pytest.mark.slow
def test_control_finds_out_an_order_by_arrival_in_whatever_happens(seeds: Seeds, arrived: dict[Place, int]) -> None:
    """By the machine itself: so what it lets happen is enough to tell."""

    class ByArrival(Stations):
        def check(self) -> None:
            arrived.clear()
            super().check()

    once = settings(some(3), phases=[Phase.generate], database=None)
    with pytest.raises((AssertionError, Flaky)):
        run_state_machine_as_test(ByArrival, settings=once)


def test_control_finds_out_a_centre_that_forgets_what_it_has(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Batch, "_is_held", lambda *_: False)
    lent_at_both(world)
    world.settle_down()
    with pytest.raises(AssertionError):
        world.check()


def what_overtakes_an_answer(world: World) -> None:
    """The centre has the loan; before the station hears so, it hears that the book came back at another."""
    here, there = world.stations
    here.lend(world.known["patron"]["HS1"], "TK.1")
    world.now_ms += HOUR_MS
    there.give_back("TK.1")
    here.push([Fate.OVERTAKEN])
    world.settle_down()
    world.check()


def a_page_that_was_asked_for_before(world: World) -> None:
    """It comes after the answer to what happened since."""
    here, _ = world.stations
    here.lend(world.known["patron"]["HS1"], "TK.1")
    here.push()
    here.ask_ahead()
    here.give_back("TK.1")
    here.push()
    here.pull()
    assert [one["open"] for one in here.ledger()["loans"]] == [False]
    world.settle_down()
    world.check()


@pytest.mark.parametrize("crossing", [what_overtakes_an_answer, a_page_that_was_asked_for_before])
def test_all_agree_when_answers_and_changes_cross(world: World, crossing: Callable[[World], None]) -> None:
    crossing(world)


def test_control_finds_out_a_station_that_forgets_what_overtakes_an_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(told_loans, "_to_hold", lambda row: told_loans_to_hold(row) | {"loan_id": "nobody's"})
    with pytest.raises(AssertionError):
        what_overtakes_an_answer(world)


def test_control_finds_out_a_station_that_does_not_know_what_is_older(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(told_loans.Answer, "_asdict", lambda one: answer_asdict(one) | {"number": 0})
    with pytest.raises(AssertionError):
        a_page_that_was_asked_for_before(world)


told_loans_to_hold, answer_asdict = told_loans._to_hold, told_loans.Answer._asdict
