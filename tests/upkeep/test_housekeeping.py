"""What is over, told and old goes, and nothing else, on days that somebody vouches for; both chains still verify."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from kiosk.domain.clock_trust import Moment
from kiosk.domain.operations import Operation, OperationKind
from kiosk.domain.requests import RequestRecord, RequestState
from kiosk.ports.central import VerdictKind
from kiosk.ports.store import Retention, ToCheck, UnitOfWork, WalkedTo
from kiosk.upkeep import housekeeping
from kiosk.upkeep.audit import verify
from kiosk.upkeep.housekeeping import RoomWatch, keep_house
from local_store import open_store
from tests.local_store.decrypted import files_with
from tests.local_store.shelf import (
    BOOT,
    BUILD_MS,
    LAN,
    MINH,
    StillClock,
    new_id,
    told,
)
from tests.local_store.shelf import write_operation as write
from tests.upkeep.house import FIRST, KEEP, House, T


def test_takes_the_reader_out_a_retention_after_the_return(house: House) -> None:
    house.keep()
    loan, out = house.lent()
    house.later(40)
    back = house.back(loan)
    house.told(out, back)
    house.later(30)
    assert house.readers() == [LAN.id, None], "returned on this day thirty days ago: one day more is due"
    house.later(1)
    assert house.readers() == [None, None]
    assert [row["patron"] for row in house.store.loans_ledger()] == [None]
    assert house.must_verify() == 2


def test_keeps_the_link_of_a_return_that_nobody_has_looked_at(house: House) -> None:
    """Whose loan it was says who brought the book. The other line links nothing: it is the control."""
    house.keep()
    to_see, other = house.lent(0), house.lent(1)
    backs = [house.back(loan, n) for n, (loan, _) in enumerate((to_see, other))]
    for why, back in zip((ToCheck.RETURNED, ToCheck.SEVERAL_LOANS), backs, strict=True):
        house.do(lambda work, why=why, back=back: work.put_on_list(why, back.id, "TK.00001"))  # type: ignore[misc]
    house.told(to_see[1], other[1], *backs)

    def linked() -> set[object]:
        return {row["id"] for row in house.store.loans_ledger() if row["patron"] == LAN.id}

    for days in (31, 400):
        house.later(days)
        assert linked() == {to_see[0].id}
        assert [who for who in house.readers() if who] == [LAN.id], "of the loan it can be told again whose it was"
    (line,) = (one for one in house.do(lambda work: work.to_check()) if one.why is ToCheck.RETURNED)
    assert (line.id, line.loans) == (backs[0].id, (to_see[0].id,))
    assert house.do(lambda work: work.checked(line.place))
    house.later(2)
    assert linked() == set()
    assert [who for who in house.readers() if who] == []


def test_leaves_nothing_of_the_link_in_the_files(house: House) -> None:
    reader = replace(LAN, id=new_id())  # of no other table
    house.keep()
    loan, out = house.lent(patron=reader)
    house.told(out, house.back(loan))
    assert files_with(house.config, [reader.id])
    house.later(31)
    assert files_with(house.config, [reader.id]) == {}


def test_keeps_the_reader_of_an_open_loan_for_as_long_as_it_is_open(house: House) -> None:
    house.keep()
    loan, out = house.lent()
    house.told(out)
    house.later(500)
    assert house.readers() == [LAN.id], "the newest operation always stays"
    assert house.store.counts()["open_loans"] == 1
    assert house.on_store(lambda work: work.open_loans_of_patron(LAN.id)) == [loan]


@pytest.mark.parametrize("state", ["pending", "set_aside", "disputed"])
def test_never_prunes_what_the_centre_has_not_taken(house: House, state: str) -> None:
    house.keep()
    loan, out = house.lent()
    back = house.back(loan)
    other, last = house.do(write), house.do(write)
    house.told(back, other, last)
    if state == "set_aside":
        house.do(lambda work: work.set_aside(out.id, "request_refused"))
    if state == "disputed":
        house.told(out, kind=VerdictKind.DISPUTED)
    house.later(450)
    assert [row["seq"] for row in house.store.ledger()] == [out.id.seq, back.id.seq, last.id.seq]
    assert [row["state"] for row in house.store.ledger()] == [state, "settled", "settled"]
    assert house.readers() == [LAN.id, None, None]
    assert [row["patron"] for row in house.store.loans_ledger()] == [LAN.id]
    assert house.must_verify() == 3


def test_keeps_what_was_told_of_a_loan_for_as_long_as_the_loan_is_there(house: House) -> None:
    """A centre that lost the loan, and was told everything again, has it again."""
    house.keep()
    loan, out = house.lent()
    house.told(out, house.do(write), house.do(write))
    house.later(500)
    assert next(house.store.ledger())["kind"] == "check_out"
    house.told(house.back(loan), house.do(write))
    house.later(500)
    assert list(house.store.loans_ledger()) == []
    assert house.must_verify() == 1


def test_prunes_around_what_must_stay_and_both_chains_verify_over_every_gap(house: House) -> None:
    house.keep()
    written: list[Operation] = []
    for _ in range(4):  # epochs
        written += house.do(lambda work: [write(work) for _ in range(80)])
        house.store.close()
        house.store = open_store(house.config)
    stays = {0, 1, 79, 80, 150, 151, 200, 318}
    house.told(*(one for place, one in enumerate(written) if place not in stays))
    house.later(401)
    places = [row[0].place - 1 for row in house.store.history() if isinstance(row, tuple) and row[0]]
    assert places == sorted(stays | {319})
    assert house.must_verify() == 9
    assert house.store.counts()["pruned"] == 320 - 9
    gaps = [(row["first"], row["last"]) for row in house.store.pruned()]
    assert gaps == [(3, 79), (82, 150), (153, 200), (202, 318)]
    house.told(*(written[place] for place in stays))  # told at last: the gaps grow together
    house.later(1)
    (gap,) = house.store.pruned()
    assert (gap["first"], gap["last"], gap["hash"]) == (1, 319, written[318].hash.hex())
    assert house.must_verify() == 1


def test_finds_each_operation_where_its_epoch_has_it_after_pruning(house: House) -> None:
    house.keep()
    old = [house.do(write) for _ in range(5)]
    house.told(*old)
    house.later(401)
    house.store.close()
    house.store = open_store(house.config)
    new = house.do(write)
    house.told(new, old[0])
    assert house.on_store(lambda work: work.act(old[0].id)) is None
    act = house.on_store(lambda work: work.act(new.id))
    assert act is not None
    assert act.id == new.id
    assert house.on_store(lambda work: work.outbox_counts()).pending == 0
    assert house.must_verify() == 2


def test_does_nothing_on_a_day_that_nobody_vouches_for(house: House) -> None:
    house.keep()
    loan, out = house.lent()
    house.told(out, house.back(loan), house.do(write))
    assert not house.keep(3_000, trusted=False)
    assert house.readers() == [LAN.id, None, None]
    house.day = FIRST - timedelta(days=400)
    assert not house.keep(), "a trusted clock that fell back behind an earlier day"
    assert house.readers() == [LAN.id, None, None]


def test_prunes_nothing_that_happened_at_a_time_that_is_not_known_yet(house: House) -> None:
    """Else whoever dates it would not find it, and its loan would stay undated at the centre."""
    house.keep()
    before = house.do(write)
    house.do(lambda work: work.note_undated(BOOT))
    loan, out = house.lent()
    house.told(before, out, house.back(loan), house.do(write))
    house.later(401)
    assert house.must_verify() == 4
    assert house.readers() == [None, LAN.id, None, None]
    assert len(list(house.store.loans_ledger())) == 1
    house.do(lambda work: work.all_dated(BOOT))
    house.later(1)
    assert house.must_verify() == 1
    assert list(house.store.loans_ledger()) == []


def test_counts_from_the_first_trusted_day_after_it_happened(house: House) -> None:
    """Offline and without a clock for months: how long ago it was, nobody knows."""
    house.keep()
    house.lent(1)
    loan, out = house.lent()
    house.told(out, house.back(loan), house.do(write))
    house.keep(200)
    assert house.readers() == [LAN.id, LAN.id, None, None]
    house.later(30)
    assert house.readers() == [LAN.id, None, None, None]


def test_forgets_who_had_a_loan_that_the_centre_ended_even_when_it_says_so_again(house: House) -> None:
    house.keep()
    loan, out = house.lent()
    house.told(out)
    house.do(lambda work: work.apply([told(loan, is_open=False)], "2"))
    house.later(31)
    house.do(lambda work: work.apply([told(loan, is_open=False)], "3"))
    assert [row["patron"] for row in house.store.loans_ledger()] == [None]
    house.do(lambda work: work.apply([told(loan)], "4"))
    assert [row["patron"] for row in house.store.loans_ledger()] == [LAN.id], "it is open again"


def test_drops_ended_loans_answered_requests_old_visits_and_what_was_to_check(house: House) -> None:
    house.keep()
    loan, out = house.lent()
    asked = RequestRecord(new_id(), "suggestion", "", LAN.id, 1)
    waiting = replace(asked, id=new_id())
    back = house.back(loan)

    def more(work: UnitOfWork) -> Operation:
        work.put_visit(LAN.id, FIRST)
        work.put_visit(MINH.id, FIRST + timedelta(days=100))
        for request in (asked, waiting):
            work.put_request(request)
        work.put_on_list(ToCheck.UNKNOWN_ITEM, out.id, "TK.00001")
        last = write(work, OperationKind.CHECK_IN)
        work.put_on_list(ToCheck.UNKNOWN_ITEM, last.id, "TK.00002")
        return last

    house.told(out, back, house.do(more))
    house.do(lambda work: work.apply([replace(asked, state=RequestState.GRANTED)], "2"))
    house.later(31)
    assert house.on_store(lambda work: work.requests_of_patron(LAN.id)) == [waiting]
    assert [house.on_store(lambda work, of=of: work.last_visit(of)) for of in (LAN.id, MINH.id)] == [  # type: ignore[misc]
        None,
        FIRST + timedelta(days=100),
    ]
    assert len(list(house.store.loans_ledger())) == 1
    house.later(370)
    assert list(house.store.loans_ledger()) == []
    assert [row["barcode"] for row in house.store.to_check()] == ["TK.00002"]


def test_goes_on_at_the_next_start_when_it_was_interrupted(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "LARGEST_STEP", 3)
    house.keep()
    house.told(*(house.do(write) for _ in range(20)))
    house.keep(1)
    house.day += timedelta(days=400)
    steps = 0

    def dies(job: Callable[[UnitOfWork], T], /) -> T:
        nonlocal steps
        steps += 1
        if steps == 7:
            raise KeyboardInterrupt
        return house.on_store(job)

    with pytest.raises(KeyboardInterrupt):
        house.keep(on_store=dies)
    assert 1 < house.must_verify() < 20
    house.store.close()
    house.store = open_store(house.config)
    assert house.keep()
    assert house.must_verify() == 1
    assert not house.keep(), "once a day"
    assert house.store.housekeeping() == {"ran_on": house.day.isoformat()}


@pytest.mark.parametrize(
    "change", ["last = 7", "first = 2", "seq = 7", "hash = zeroblob(32)", "audit_hash = zeroblob(32)"]
)
def test_finds_that_what_is_kept_of_a_gap_was_changed(house: House, change: str) -> None:
    house.keep()
    house.told(*(house.do(write) for _ in range(9)))
    house.later(401)
    assert house.must_verify() == 1
    house.store._database.tell(f"UPDATE pruned SET {change}")
    assert verify(house.store.history(), house.config.library_id, house.config.device_id).fault is not None


@pytest.mark.parametrize(("took_s", "rows"), [(2**-12, [25, 50, 100, 200, 250]), (2**-5, [25, 2, 1, 1, 1])])
def test_makes_its_steps_as_large_as_the_store_may_be_held(house: House, took_s: float, rows: list[int]) -> None:
    asked: list[int] = []

    class Work:
        def __init__(self, work: UnitOfWork) -> None:
            self._work = work

        def __getattr__(self, name: str) -> object:
            return getattr(self._work, name)

        def prune(self, keep: Retention, after: WalkedTo, limit: int) -> WalkedTo | None:
            asked.append(limit)
            return self._work.prune(keep, after, limit)

    def on_store(job: Callable[[UnitOfWork], T], /) -> T:
        return house.on_store(lambda work: job(Work(work)))  # type: ignore[arg-type]

    noon = Moment(BUILD_MS, BOOT, 1, True)
    assert keep_house(on_store, house.store.forget, StillClock(noon, took_s), KEEP, threading.Event())
    assert asked[:5] == rows


class Room:
    """kiosk.ports.host.SpareRoom with numbers."""

    def __init__(self) -> None:
        self.bytes, self.kept = 900, True

    def free(self) -> int | None:
        return self.bytes

    def keep(self) -> bool:
        return self.kept

    def give_back(self) -> bool:
        return self.kept


def test_tells_staff_of_each_change_of_the_room_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    room = Room()
    watch = RoomWatch(room, 500)
    said = []
    for free, kept in ((900, True), (400, True), (300, True), (10, False), (900, True), (900, True)):
        room.bytes, room.kept = free, kept
        caplog.clear()
        watch.look()
        said.append([(line.levelname, line.getMessage()) for line in caplog.records])
    kept_line, none = "disk: 0 MB free, the reserve is kept", "disk: 0 MB free, there is NO reserve"
    assert said == [[], [("WARNING", kept_line)], [], [("WARNING", none)], [("INFO", kept_line)], []]
