"""What every store does for the work at the librarian's desk: loans, holds, and what happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from kiosk.domain.ids import erased_mark
from kiosk.domain.model import Hold, Loan
from kiosk.domain.operations import OperationId, OperationKind
from kiosk.domain.requests import RequestRecord
from kiosk.ports.central import Gone, HoldRecord, SettingTold
from kiosk.ports.desk_store import DayCount, ToCheck, ToCheckRecord, UnsentCount
from kiosk.ports.store import UnitOfWork
from tests.contracts.store_station import Station, accepted, writing
from tests.contracts.test_store_contract_desk import TEACHER
from tests.contracts.test_store_contract_forgetting import erase_all
from tests.local_store.shelf import (
    BUILD_MS,
    CATALOGUE,
    DUE,
    ITEMS,
    LAN,
    LENT,
    MINH,
    TITLE,
    hold_by,
    lend,
    loan_of,
    new_id,
    take_back,
    told,
    write_operation,
)

DAY = timedelta(days=1)


# loans and holds


def test_lists_what_is_overdue_for_certain_and_by_whom_the_longest_first(station: Station) -> None:
    late, later = loan_of(ITEMS[0]), loan_of(ITEMS[1], MINH, due_on=DUE - DAY)
    others = (
        told(loan_of(ITEMS[2], due_on=DUE + DAY)),
        told(loan_of(ITEMS[3]), is_open=False),
        told(loan_of(ITEMS[4], None)),
        told(replace(loan_of(ITEMS[5]), provisional=True)),
    )
    station.apply(*CATALOGUE, told(late), told(later), *others)
    with station.store.unit_of_work() as work:
        assert list(work.overdue_loans(DUE + DAY)) == [later, late]
        assert list(work.overdue_loans(DUE)) == [later]
        assert list(work.overdue_loans(DUE - DAY)) == []


def test_knows_what_a_reader_brought_late(station: Station) -> None:
    station.apply(*CATALOGUE)
    with writing(station) as work:
        loans = [lend(work, item)[0] for item in ITEMS[:5]]
        others, _ = lend(work, ITEMS[5], MINH)
        work.extend_loan(loans[4].id, DUE, 1, LENT, True)
        for loan, on in zip(loans, (DUE, DUE + DAY, DUE + 3 * DAY, DUE + 2 * DAY, DUE + DAY), strict=True):
            work.end_loans([loan.id], on)
        work.end_loans([others.id], DUE + DAY)
        work.reopen_loans([loans[3].id])
    with station.reopen().unit_of_work() as work:
        assert list(work.ended_late(LAN.id, DUE)) == [(loans[2], DUE + 3 * DAY), (loans[1], DUE + DAY)]
        assert list(work.ended_late(LAN.id, DUE + 2 * DAY)) == [(loans[2], DUE + 3 * DAY)]
        assert list(work.ended_late(MINH.id, DUE)) == [(others, DUE + DAY)]
        assert list(work.ended_late(TEACHER.id, DUE)) == []


def test_knows_who_had_a_book_last(station: Station) -> None:
    station.apply(*CATALOGUE)
    item = ITEMS[0]

    def last(work: UnitOfWork) -> Loan | None:
        return work.last_loan_of_item(item.id)

    older = [Loan(f"0199-{n}", item.id, patron.id, LENT - DAY, DUE, 0, "STK") for n, patron in enumerate((LAN, MINH))]
    with writing(station) as work:
        assert last(work) is None
        for loan in older:
            work.add_loan(loan)
            work.end_loans([loan.id], LENT - DAY)
        assert last(work) == older[1], "two had it on one day, and ids are in order of time"
        newer, _ = lend(work, item)
        assert last(work) == newer
        work.end_loans([newer.id], LENT)
        assert last(work) == newer
    erase_all(station, erased_mark(LAN.id))
    with station.store.unit_of_work() as work:
        assert last(work) == older[1], "whose it was is not known any more"


def test_lists_all_holds_by_title_first_come_first(station: Station) -> None:
    other = ("1" if TITLE.id[0] == "0" else "0") + TITLE.id[1:]
    holds = [hold_by(LAN, 7), hold_by(MINH, 5), HoldRecord(Hold(new_id(), other, LAN.id, ""), 6)]
    station.apply(*CATALOGUE, *holds)
    with station.store.unit_of_work() as work:
        waiting = work.waiting_holds()
    assert [one for one in waiting if one.title_id == TITLE.id] == [holds[1].hold, holds[0].hold]
    assert len(waiting) == 3
    assert waiting[1].title_id == TITLE.id, "what is of one title stands together"


# what happened


def void(work: UnitOfWork, kind: OperationKind, loan: Loan) -> None:
    """As kiosk.desk.take_back does."""
    if kind is OperationKind.CHECK_OUT:
        work.end_loans([loan.id], LENT)
    else:
        work.reopen_loans([loan.id])
    write_operation(work, OperationKind.VOID, loans=(loan.id,), voids=kind)


def test_counts_what_happened_here_on_a_day(station: Station) -> None:
    station.apply(*CATALOGUE, told(loan_of(ITEMS[5], TEACHER)))
    with writing(station) as work:
        assert work.counts_of(LENT) == DayCount(0, 0, 0)
        yesterdays = Loan(new_id(), ITEMS[0].id, TEACHER.id, LENT - DAY, DUE, 0, "STK")
        work.add_loan(yesterdays)
        write_operation(work, OperationKind.CHECK_OUT, loans=(yesterdays.id,), patron=TEACHER)
        work.begin_trusted_day(LENT - DAY)
    with writing(station) as work:
        taken, _ = lend(work, ITEMS[1])
        slip, _ = lend(work, ITEMS[2])
        brought, _ = lend(work, ITEMS[3], MINH)
        take_back(work, ITEMS[3], brought)
        void(work, OperationKind.CHECK_OUT, slip)
        write_operation(work, OperationKind.CHECK_IN, barcode="TK.99999")
        assert work.counts_of(LENT) == DayCount(2, 1, 2)
        take_back(work, ITEMS[1], taken)
        void(work, OperationKind.CHECK_IN, taken)
        take_back(work, ITEMS[0], yesterdays)
        assert work.counts_of(LENT) == DayCount(2, 2, 3)
        assert work.counts_of(LENT - DAY) == DayCount(1, 0, 1)
        assert work.counts_of(LENT + DAY) == DayCount(0, 0, 0)


def test_counts_a_long_day_and_no_more_than_it(station: Station) -> None:
    """Without any trusted day, too; and what another station did is no business of this one."""
    station.apply(*CATALOGUE, *(told(loan_of(ITEMS[1], TEACHER)) for _ in range(3)))
    with writing(station) as work:
        for day in [LENT - DAY] * 250 + [LENT] * 450:
            loan = Loan(new_id(), ITEMS[0].id, new_id(), day, DUE, 0, "STK")
            work.add_loan(loan)
            write_operation(work, OperationKind.CHECK_OUT, loans=(loan.id,))
        assert work.counts_of(LENT) == DayCount(450, 0, 450)
        assert work.counts_of(LENT - DAY) == DayCount(250, 0, 250)


def test_counts_what_the_centre_has_not_answered_by_kind(station: Station) -> None:
    station.apply(*CATALOGUE)
    with writing(station) as work:
        written = [write_operation(work) for _ in range(3)]
        lend(work, ITEMS[0])
        lend(work, ITEMS[1])
    station.settle(accepted(written[0]))
    station.set_aside(written[1])
    with station.store.unit_of_work() as work:
        unsent = sorted(work.unsent(), key=lambda one: (one.kind, one.set_aside))
    assert unsent == [
        UnsentCount("check_in", 1, False),
        UnsentCount("check_in", 1, True),
        UnsentCount("check_out", 2, False),
    ]


def test_lists_what_somebody_should_look_at_until_they_have(station: Station) -> None:
    station.apply(*CATALOGUE)
    lost = OperationId("", 0)
    with writing(station) as work:
        loan, lent = lend(work, ITEMS[0])
        work.put_on_list(ToCheck.VOIDED, lent.id, "TK.00001")
        unsure = write_operation(work, OperationKind.HELP_CALL, trusted=False)
        work.put_on_list(ToCheck.HELP, unsure.id, "")
        work.put_on_list(ToCheck.LOST, lost, "TK.00009")
    with station.reopen().unit_of_work() as work:
        listed = list(work.to_check())
    places = [one.place for one in listed]
    assert listed == [
        ToCheckRecord(places[0], ToCheck.VOIDED, lent.id, "TK.00001", (loan.id,), BUILD_MS),
        ToCheckRecord(places[1], ToCheck.HELP, unsure.id, "", (), None),
        ToCheckRecord(places[2], ToCheck.LOST, lost, "TK.00009"),
    ]
    with writing(station) as work:
        assert work.checked(places[1])
        assert not work.checked(places[1])
        assert [one.place for one in work.to_check()] == [places[0], places[2]]


def test_a_new_line_never_has_the_number_of_one_that_was_looked_at(station: Station) -> None:
    """Somebody may still have the old line before them, and touch it once more."""
    with writing(station) as work:
        places = []
        for _ in range(3):
            work.put_on_list(ToCheck.HELP, write_operation(work, OperationKind.HELP_CALL).id, "")
            places.append(work.to_check()[-1].place)
            assert work.checked(places[-1])
            write_operation(work, OperationKind.CHECKED)
    assert len(set(places)) == 3


def test_what_was_chosen_is_laid_over_the_rules_and_the_calendar(station: Station) -> None:
    station.apply(*CATALOGUE)
    with station.store.unit_of_work() as work:
        rules, calendar = work.rules(), work.calendar()
    who = next(iter(rules.limits))
    off = date(2026, 12, 22)
    assert calendar.is_open(off)
    with station.store.unit_of_work() as work:
        work.put_setting(f"limits.{who}.total", "7")
        work.put_setting("closed", "2026-12-22")
        assert work.rules().limits[who].total == 7, "at once"
        assert not work.calendar().is_open(off)
    with station.store.unit_of_work() as work:
        assert (work.rules(), work.calendar()) == (rules, calendar), "it was not committed"
    with writing(station) as work:
        work.put_setting(f"limits.{who}.total", "7")
        work.put_setting("closed", "2026-12-22")
    with station.reopen().unit_of_work() as work:
        assert work.rules() == replace(rules, limits={**rules.limits, who: replace(rules.limits[who], total=7)}), (
            "nothing else has changed"
        )
        assert not work.calendar().is_open(off)
    station.apply(SettingTold(f"limits.{who}.total", "2", fixed=True), SettingTold("closed", ""))
    with station.store.unit_of_work() as work:
        assert work.rules().limits[who].total == 2, "what the centre has fixed takes its place"
        assert work.calendar() == calendar
    station.apply(Gone("setting", f"limits.{who}.total"))
    with station.store.unit_of_work() as work:
        assert work.rules() == rules


def test_tells_what_was_asked_for_without_a_reader_the_newest_first(station: Station) -> None:
    station.apply(*CATALOGUE)
    mine = [RequestRecord(new_id(), kind, "", None, ms) for ms, kind in enumerate(("suggestion", "settings"), 1)]
    with writing(station) as work:
        for record in (*mine, RequestRecord(new_id(), "place_hold", "", LAN.id, 9)):
            work.put_request(record)
    with station.reopen().unit_of_work() as work:
        assert list(work.recent_requests(9)) == mine[::-1]
        assert list(work.recent_requests(1)) == mine[1:]
