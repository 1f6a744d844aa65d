"""A card and a PIN open the desk: who may, what waits, and that no try is free, whatever is killed."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.desk.pins import look_at_pin
from kiosk.desk.recording import Tools
from kiosk.domain.staff import Role, Staff
from kiosk.ports.central import PatronRecord
from kiosk.ports.desk_store import PinRecord
from kiosk.ports.errors import StoreBroken
from kiosk.ports.host import PinLock
from kiosk.ports.store import Store, UnitOfWork
from kiosk.session.desk_states import PinProblem, StaffShown
from kiosk.session.effects import EnterDesk, ProveCard, SetPin
from kiosk.session.inputs import CardProved, DeskEntered, PinRefused
from local_store.engine import StoreConfig, open_store
from tests.desk.conftest import HandClock, in_units
from tests.desk.entering import LAN, PIN, TUAN, WRONG, Desk_, patron
from tests.local_store.shelf import new_store


def test_a_pin_opens_the_desk_of_whom_it_belongs_to(desk: Desk_) -> None:
    assert desk.sets("lan", PIN)
    answer = desk.enters()
    assert isinstance(answer, DeskEntered)
    assert answer.who == StaffShown(LAN, "lan", "cô Lan")
    assert desk.enters(patron_id="hanh") == replace(
        PinRefused(7, 9, PinProblem.NONE_SET, 0.0, 0.0), at=desk.clock.monotonic()
    )


def test_three_wrong_ones_are_free_and_then_each_waits_longer(desk: Desk_) -> None:
    desk.sets("lan", PIN)
    waits = []
    for _ in range(10):
        answer = desk.enters(WRONG)
        assert isinstance(answer, PinRefused)
        assert answer.problem is PinProblem.WRONG
        waits.append(answer.wait_s)
        desk.clock.advance(answer.wait_s)
    assert waits == [0, 0, 5, 15, 30, 60, 120, 300, 300, 300]
    assert isinstance(desk.enters(), DeskEntered), "nobody is ever locked out"
    assert desk.record() == PinRecord(desk.record().hash, of_staff=True)  # type: ignore[union-attr]
    again = desk.enters(WRONG)
    assert isinstance(again, PinRefused)
    assert again.wait_s == 0


def test_while_it_waits_not_even_the_right_one_is_looked_at_and_nothing_is_counted(desk: Desk_) -> None:
    desk.sets("lan", PIN)
    for _ in range(3):
        desk.enters(WRONG)
    before = desk.record()
    desk.clock.advance(4)
    for pin in (PIN, WRONG, WRONG):
        answer = desk.enters(pin)
        assert isinstance(answer, PinRefused)
        assert (answer.problem, answer.wait_s) == (PinProblem.TOO_SOON, 1.0)
    assert desk.record() == before
    desk.clock.advance(1)
    assert isinstance(desk.enters(), DeskEntered)


def test_pulling_the_plug_and_turning_the_date_shorten_nothing(desk: Desk_) -> None:
    desk.sets("lan", PIN)
    for _ in range(3):
        desk.enters(WRONG)
    desk.clock.moment = replace(desk.clock.moment, boot_id="boot-2", boottime_ms=1_000, wall_ms=4_000_000_000_000)
    answer = desk.enters()
    assert isinstance(answer, PinRefused)
    assert (answer.problem, answer.wait_s) == (PinProblem.TOO_SOON, 4.0)
    desk.clock.moment = replace(desk.clock.moment, boottime_ms=5_000, wall_ms=0)
    assert isinstance(desk.enters(), DeskEntered)


def test_ones_waits_are_nobody_elses(desk: Desk_) -> None:
    desk.sets("lan", PIN)
    desk.sets("hanh", "902817")
    for _ in range(4):
        desk.enters(WRONG)
    assert isinstance(desk.enters("902817", "hanh"), DeskEntered)


def test_who_is_of_the_staff_no_longer_gets_nowhere_with_the_right_pin(desk: Desk_) -> None:
    desk.sets("lan", PIN)
    desk.apply(PatronRecord(patron("lan", "cô Lan"), ("GV-lan",)))
    answer = desk.enters()
    assert isinstance(answer, PinRefused)
    assert answer.problem is PinProblem.NOT_STAFF
    for nobody in ("p1", "gone"):
        answer = desk.enters(patron_id=nobody)
        assert isinstance(answer, PinRefused)
        assert answer.problem is PinProblem.NOT_STAFF


@pytest.mark.parametrize("pin", ["4711", PIN])
def test_a_readers_pin_opens_no_desk_when_they_become_of_the_staff(desk: Desk_, pin: str) -> None:
    """However long it is: a librarian has set it."""
    assert desk.sets("p1", pin, LAN)
    desk.apply(PatronRecord(patron("p1", "Minh An", Staff("staff-an", Role.LIBRARIAN)), ("HS1",)))
    for _ in range(2):
        answer = desk.enters(pin, "p1")
        assert isinstance(answer, PinRefused)
        assert answer.problem is PinProblem.NONE_SET
    proved = desk.ask(ProveCard(7, 9, "p1", pin))
    assert isinstance(proved, CardProved), "as a reader they are who they were"
    assert desk.sets("p1", PIN, TUAN)
    assert isinstance(desk.enters(WRONG, "p1"), PinRefused)
    assert desk.sets("p1", None, TUAN)
    for _ in range(2):
        assert isinstance(desk.enters(PIN, "p1"), DeskEntered)


@pytest.mark.parametrize(("by", "actor", "staff"), [(TUAN, "librarian", TUAN.id), (None, "station", None)])
def test_that_a_pin_was_set_is_written_down_with_who_did_it_and_without_the_pin(
    desk: Desk_, by: Staff | None, actor: str, staff: str | None
) -> None:
    assert not desk.sets("lan", None, by)
    assert not desk.sets("lan", "111111", by)
    with desk.store.unit_of_work() as work:
        assert list(work.pending(9)) == []
    assert desk.sets("lan", PIN, by)
    assert desk.sets("lan", None, by)
    with desk.store.unit_of_work() as work:
        operations = [operation for _, operation in work.pending(9)]
        pin = work.pin("lan")
    assert pin is not None
    assert pin.hash is not None
    bodies = [json.loads(one.body) for one in operations]
    assert [(body["kind"], body["data"]) for body in bodies] == [
        ("pin_set", {"how": "set"}),
        ("pin_set", {"how": "unlocked"}),
    ]
    for one, body in zip(operations, bodies, strict=True):
        assert (body["actor"], body.get("staff")) == (actor, staff)
        assert one.reader is not None
        assert (one.reader.patron_id, one.reader.private) == ("lan", None)
        assert PIN not in one.body
        assert pin.hash not in one.body


MAY = {
    # (by, whose): well
    "a librarian, of a reader": (LAN, "p1", True),
    "a librarian, their own": (LAN, "lan", True),
    "a librarian, of another of the staff": (LAN, "hanh", False),
    "a librarian, of a maintainer": (LAN, "tuan", False),
    "a maintainer, of a librarian": (TUAN, "lan", True),
    "a maintainer, of a reader": (TUAN, "p1", True),
    "a service pass, of a librarian": (None, "lan", True),
    "a service pass, of nobody": (None, "gone", False),
}


@pytest.mark.parametrize("case", MAY)
def test_who_may_set_whose_pin(desk: Desk_, case: str) -> None:
    by, whose, well = MAY[case]
    assert desk.sets(whose, PIN, by) is well
    if whose != "gone":
        record = desk.record(whose)
        assert (record is not None and record.hash is not None) is well


@pytest.mark.parametrize("case", MAY)
def test_who_may_end_whose_wait(desk: Desk_, case: str) -> None:
    by, whose, well = MAY[case]
    if whose == "gone":
        return
    assert desk.sets(whose, PIN)
    with desk.store.unit_of_work() as work:
        record = work.pin(whose)
        assert record is not None
        work.put_pin(whose, replace(record, failures=8, boot_id="boot-1", boottime_ms=1_000_000))
        work.commit()
    assert desk.sets(whose, None, by) is well
    after = desk.record(whose)
    assert after is not None
    assert after.failures == (0 if well else 8)
    assert after.hash == record.hash, "the PIN itself stays as it was"


def test_there_is_no_wait_to_end_without_a_pin(desk: Desk_) -> None:
    assert not desk.sets("lan", None)


@pytest.mark.parametrize(("whose", "pin"), [("lan", "4711"), ("lan", "123456"), ("lan", "7" * 6), ("p1", "471"),
                                            ("p1", "1234"), ("p1", "47a1"), ("p1", ""), ("p1", "4" * 13)])  # fmt: skip
def test_no_pin_is_set_that_is_not_good_enough(desk: Desk_, whose: str, pin: str) -> None:
    assert not desk.sets(whose, pin)
    assert desk.record(whose) is None


def test_a_new_pin_ends_the_wait_and_the_old_one_opens_nothing(desk: Desk_) -> None:
    desk.sets("lan", PIN)
    for _ in range(5):
        desk.enters(WRONG)
    desk.sets("lan", "902817")
    assert isinstance(desk.enters("902817"), DeskEntered)
    answer = desk.enters(PIN)
    assert isinstance(answer, PinRefused)
    assert answer.problem is PinProblem.WRONG


def test_no_digit_is_shown_anywhere(desk: Desk_, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    desk.sets("lan", PIN)
    desk.enters()
    desk.enters(WRONG)
    for shown in (repr(SetPin(1, 1, "lan", PIN, None)), repr(EnterDesk(1, 1, "lan", PIN)), caplog.text):
        assert PIN not in shown
        assert WRONG not in shown


# ---- killed between counting and looking


class KilledWhileLooking(PinLock):
    """The plug is pulled at the moment at which the PIN is looked at."""

    def seal(self, pin: str, patron_id: str) -> str:
        raise NotImplementedError

    def opens(self, pin: str, patron_id: str, sealed: str) -> bool:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


def _try(path: Path, counts_first: bool) -> None:
    store = open_store(StoreConfig(path, bytes(32), "hoa-sen", "tram-1", 0))
    tools = Tools(HandClock(), os.urandom, pins=KilledWhileLooking())
    if counts_first:
        look_at_pin(in_units(store), "p1", WRONG, tools)
    else:
        _looks_first(store, tools)


def _looks_first(store: Store, tools: Tools) -> None:
    """As it would be without the protection: looked at, and counted in the same unit of work."""
    with store.unit_of_work() as work:
        record = work.pin("p1")
        assert record is not None
        assert record.hash is not None
        assert tools.pins is not None
        work.put_pin("p1", replace(record, failures=record.failures + 1))
        if tools.pins.opens(WRONG, "p1", record.hash):
            work.put_pin("p1", PinRecord(record.hash))
        work.commit()


@pytest.mark.parametrize(("counts_first", "failures"), [(True, 3), (False, 0)], ids=["as it is", "negative control"])
def test_whoever_pulls_the_plug_has_tried(tmp_path: Path, counts_first: bool, failures: int) -> None:
    config = StoreConfig(tmp_path / "store.db", bytes(32), "hoa-sen", "tram-1", 0)
    store = open_store(new_store(config))
    with store.unit_of_work() as work:
        work.apply([PatronRecord(patron("p1", "cô Lan", LAN), ("GV1",))], "c")
        work.put_pin("p1", PinRecord("sealed"))
        work.commit()
    store.close()
    for _ in range(3):
        child = multiprocessing.get_context("fork").Process(target=_try, args=(tmp_path / "store.db", counts_first))
        child.start()
        child.join(60)
        assert child.exitcode == -signal.SIGKILL
    store = open_store(config)
    with store.unit_of_work() as work:
        record = work.pin("p1")
    store.close()
    assert record is not None
    assert record.failures == failures


class FullAfter:
    """A store whose disk takes so many commits more."""

    def __init__(self, store: Store, commits: int) -> None:
        self._store, self.left = store, commits

    def unit_of_work(self) -> Full:
        return Full(self._store.unit_of_work(), self)


class Full:
    def __init__(self, units: object, full: FullAfter) -> None:
        self._units, self._full = units, full

    def __enter__(self) -> Full:
        self._work: UnitOfWork = self._units.__enter__()  # type: ignore[attr-defined]
        return self

    def __exit__(self, *error: object) -> None:
        self._units.__exit__(*error)  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> object:
        return getattr(self._work, name)

    def commit(self) -> None:
        if self._full.left == 0:
            raise StoreBroken("no room")
        self._full.left -= 1
        self._work.commit()


def test_where_a_try_cannot_be_written_down_no_pin_is_looked_at(desk: Desk_) -> None:
    desk.sets("lan", PIN)
    looked: list[str] = []

    class Watched(PinLock):
        def opens(self, pin: str, patron_id: str, sealed: str) -> bool:
            looked.append(pin)
            return True

    tools = Tools(desk.clock, os.urandom, pins=Watched())
    with pytest.raises(StoreBroken):
        look_at_pin(in_units(FullAfter(desk.store, 0)), "lan", PIN, tools)  # type: ignore[arg-type]
    assert looked == []
    with pytest.raises(
        StoreBroken
    ):  # looked at, and right: but the desk does not open when that cannot be written down
        look_at_pin(in_units(FullAfter(desk.store, 1)), "lan", PIN, tools)  # type: ignore[arg-type]
    record = desk.record()
    assert record is not None
    assert record.failures == 1
