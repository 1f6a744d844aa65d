"""What every store does, whatever it is made of: the port kiosk.ports.store, in a full resync."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.domain.model import Hold
from kiosk.domain.requests import RequestRecord, RequestState
from kiosk.ports.central import Change, Gone, SettingTold, Unread, Verdict, VerdictKind
from kiosk.ports.desk_store import PinRecord, SettingRecord
from kiosk.ports.store import BEGINNING, Stage, WalkedTo
from tests.contracts.store_station import Station, accepted
from tests.local_store.shelf import CATALOGUE, ITEMS, LAN, MINH, TITLE, hold_by, lend, loan_of, new_id, told


def go_to(station: Station, stage: Stage) -> None:
    with station.store.unit_of_work() as work:
        work.go_to(stage)
        work.commit()


def begin(station: Station) -> None:
    with station.store.unit_of_work() as work:
        work.begin_resync()
        work.commit()


def take_away(station: Station, limit: int = 2, *, restart: bool = True) -> None:
    """All of it, in small steps, each after a restart."""
    after: WalkedTo | None = BEGINNING
    while after is not None:
        with (station.reopen() if restart else station.store).unit_of_work() as work:
            after = work.take_away(after, limit)
            work.commit()


def hear(station: Station, *changes: Change) -> None:
    begin(station)
    go_to(station, Stage.HEARING)
    station.apply(*changes, cursor="9")


def request(state: RequestState) -> RequestRecord:
    return RequestRecord(new_id(), "place_hold", TITLE.id, LAN.id, 1, state)


def test_remembers_the_stage_and_begins_at_the_first_change_over_a_restart(station: Station) -> None:
    station.apply(*CATALOGUE, cursor="7")
    begin(station)
    with station.reopen().unit_of_work() as work:
        assert (work.stage(), work.cursor()) == (Stage.BEGINNING, "7")
    go_to(station, Stage.HEARING)
    with station.reopen().unit_of_work() as work:
        assert (work.stage(), work.cursor()) == (Stage.HEARING, "")


def test_takes_away_what_the_centre_does_not_name(station: Station) -> None:
    loan, gone_loan = loan_of(ITEMS[0]), loan_of(ITEMS[1])
    hold, gone_hold = hold_by(LAN, 1), hold_by(MINH, 2)
    kept, gone, waits = request(RequestState.GRANTED), request(RequestState.DECLINED), request(RequestState.WAITING)
    station.apply(*CATALOGUE, told(loan), told(gone_loan), hold, gone_hold, kept, gone, waits)
    named = [change for change in CATALOGUE if change not in (ITEMS[1], CATALOGUE[3])]  # Minh is gone
    hear(station, *named, told(loan), hold, kept)
    take_away(station)
    with station.store.unit_of_work() as work:
        assert work.patron_by_card("HS000123") == LAN
        assert work.patron_by_card("HS000124") is None
        assert work.patron(MINH.id) is None
        assert [work.item_by_barcode(item.barcode) is not None for item in ITEMS] == [True, False, *[True] * 4]
        assert work.loan(gone_loan.id) is None
        assert list(work.open_loans_of_patron(LAN.id)) == [loan]
        assert list(work.holds_on(TITLE.id)) == [hold.hold]
        assert {one.id for one in work.requests_of_patron(LAN.id)} == {kept.id, waits.id}
        assert work.to_erase() == frozenset(), "the centre has forgotten nobody"


@pytest.mark.parametrize("restart", [True, False])
def test_what_was_asked_for_at_the_desk_stays_while_its_answer_may_be_on_its_way(
    station: Station, restart: bool
) -> None:
    asked = replace(request(RequestState.WAITING), kind="place_hold")
    answered = replace(request(RequestState.GRANTED), kind="place_hold")
    station.apply(*CATALOGUE, asked, answered, SettingTold("session.idle_s", "90"), SettingTold("sound.volume", "0.5"))
    with station.store.unit_of_work() as work:
        for one in (asked, answered):
            work.add_hold(Hold(one.id, TITLE.id, LAN.id, ""), 5)
        work.put_setting("sound.volume", "0.7")
        work.put_pin(LAN.id, PinRecord("x"))
        work.put_pin(MINH.id, PinRecord("x"))
        work.commit()
    hear(station, *(change for change in CATALOGUE if change is not CATALOGUE[3]))  # Minh is gone
    with station.store.unit_of_work() as work:
        assert len(work.settings()) == 2
    take_away(station, restart=restart)
    with station.store.unit_of_work() as work:
        assert [hold.id for hold in work.holds_on(TITLE.id)] == [asked.id]
        assert [(one.name, one.here) for one in work.settings()] == [("sound.volume", "0.7")]
        assert [work.pin(one.id) for one in (LAN, MINH)] == [PinRecord("x"), None]
    hear(station, *CATALOGUE, SettingTold("sound.volume", "0.6"))
    take_away(station)
    with station.store.unit_of_work() as work:
        assert list(work.settings()) == [SettingRecord("sound.volume", "0.6", False, None)]


def test_takes_nothing_away_that_is_there_and_cannot_be_read(station: Station) -> None:
    station.apply(*CATALOGUE)
    hear(station, *CATALOGUE[:-1], Unread("item", ITEMS[-1].id))
    take_away(station)
    with station.store.unit_of_work() as work:
        assert work.item_by_barcode(ITEMS[-1].barcode) is not None


@pytest.mark.parametrize("silent_about", ["title", "item", "patron"])
def test_believes_no_centre_that_names_nothing_of_a_kind(
    station: Station, silent_about: str, caplog: pytest.LogCaptureFixture
) -> None:
    station.apply(*CATALOGUE)
    kinds = {"title": [TITLE], "item": list(ITEMS), "patron": CATALOGUE[2:4]}
    hear(station, *(change for change in CATALOGUE if change not in kinds[silent_about]))
    take_away(station)
    assert f"names no {silent_about} at all" in caplog.text
    with station.store.unit_of_work() as work:
        assert work.patron_by_card("HS000124") == MINH
        assert work.item_by_barcode(ITEMS[0].barcode) is not None


def test_leaves_a_loan_that_it_still_has_to_tell_or_told_meanwhile(station: Station) -> None:
    station.apply(*CATALOGUE)
    with station.store.unit_of_work() as work:
        told_before, first = lend(work, ITEMS[0])
        untold, _ = lend(work, ITEMS[1])
        told_meanwhile, third = lend(work, ITEMS[2])
        work.commit()
    station.settle(accepted(first))
    hear(station, *CATALOGUE)
    station.settle(accepted(third))
    go_to(station, Stage.TAKING_AWAY)
    take_away(station)
    with station.store.unit_of_work() as work:
        assert {loan.id for loan in work.open_loans_of_patron(LAN.id)} == {untold.id, told_meanwhile.id}
        assert work.loan(told_before.id) is None, "the control: told before, and not named"


def test_tells_again_what_the_centre_had_and_keeps_the_first_verdict(station: Station) -> None:
    written = station.operations(4)
    station.settle(accepted(written[0]), accepted(written[1]))
    begin(station)
    go_to(station, Stage.HEARING)
    with station.store.unit_of_work() as work:
        assert not work.to_tell_again(1).rows, "whose the cursor is shows which centre it is: there is none yet"
    station.apply(cursor="1")
    late = station.operations(1)
    station.settle(accepted(late[0]))
    with station.store.unit_of_work() as work:
        again = work.to_tell_again(1)
        assert [operation for _, operation in again.rows] == written[:1]
        work.told_again(again, [accepted(written[0])])
        work.commit()
    with station.reopen().unit_of_work() as work:
        rest = work.to_tell_again(10)
        assert [operation for _, operation in rest.rows] == written[1:2], "not what came after"
        work.told_again(rest, [Verdict(rest.rows[0][1].id, VerdictKind.DISPUTED, "gap")])
        work.commit()
    with station.reopen().unit_of_work() as work:
        assert not work.to_tell_again(10).rows
        assert work.outbox_counts().settled == 3


def test_takes_no_note_of_what_was_told_again_before_another_resync_began(station: Station) -> None:
    written = station.operations(3)
    station.settle(*map(accepted, written))
    hear(station)
    with station.store.unit_of_work() as work:
        asked = work.to_tell_again(2)
    hear(station)
    with station.store.unit_of_work() as work:
        work.told_again(asked, list(map(accepted, written[:2])))
        work.commit()
    with station.reopen().unit_of_work() as work:
        assert [operation for _, operation in work.to_tell_again(10).rows] == written


def test_forgets_what_was_named_a_little_at_a_time(station: Station) -> None:
    hear(station, *CATALOGUE, Gone("item", ITEMS[0].id))
    with station.store.unit_of_work() as work:
        assert [work.forget_mentioned(5) for _ in range(3)] == [True, True, False]
        work.commit()


def test_writes_no_note_while_it_only_follows(station: Station) -> None:
    station.apply(*CATALOGUE, replace(TITLE, name="Dế Mèn"))
    with station.store.unit_of_work() as work:
        assert not work.forget_mentioned(1)


def test_sends_again_what_was_set_aside(station: Station) -> None:
    written = station.operations(3)
    station.settle(accepted(written[0]), accepted(written[2]))
    station.set_aside(written[1])
    begin(station)
    assert station.pending() == [written[1].id]
    station.reopen()
    assert station.pending() == [written[1].id]
    station.settle(accepted(written[1]))
    with station.store.unit_of_work() as work:
        assert work.outbox_counts().settled == 3
