"""What every store does for the librarian's desk: the port kiosk.ports.desk_store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

from kiosk.domain.ids import erased_mark
from kiosk.domain.loan_policy import CirculationRules, LoanPolicy, PatronLimits
from kiosk.domain.model import Hold, ItemStatus, Loan, Patron
from kiosk.domain.operations import OperationId, OperationKind
from kiosk.domain.requests import RequestRecord
from kiosk.domain.staff import Role, Staff
from kiosk.ports.central import Gone, HoldRecord, PatronRecord, SettingTold
from kiosk.ports.desk_store import DayCount, PinRecord, SettingRecord, ToCheck, ToCheckRecord, UnsentCount
from kiosk.ports.store import UnitOfWork
from tests.contracts.store_station import Station, accepted
from tests.contracts.test_store_contract_forgetting import erase_all
from tests.local_store.shelf import (
    BOOT,
    BUILD_MS,
    CATALOGUE,
    DUE,
    ITEMS,
    LAN,
    LENT,
    MINH,
    RULES,
    TITLE,
    hold_by,
    item_shown,
    lend,
    loan_of,
    new_id,
    take_back,
    told,
    write_operation,
)

TEACHER = Patron(
    new_id(),
    "C. Hạnh",
    "",
    "gv",
    None,
    False,
    suspended_until=date(2026, 12, 24),
    note="Hay quên thẻ",
    staff=Staff(new_id(), Role.LIBRARIAN),
)
PIN = PinRecord("$argon2id$v=19$…", 2, BOOT, 7_000, of_staff=True)
DAY = timedelta(days=1)


@contextmanager
def writing(station: Station) -> Iterator[UnitOfWork]:
    with station.store.unit_of_work() as work:
        yield work
        work.commit()


# what the centre tells


def test_keeps_what_is_known_of_a_reader_for_the_desk(station: Station) -> None:
    station.apply(*CATALOGUE, PatronRecord(TEACHER, ("GV1",)))
    with station.reopen().unit_of_work() as work:
        assert work.patron_by_card("GV1") == work.patron(TEACHER.id) == TEACHER
        assert work.patron(LAN.id) == LAN
    nothing_more = replace(TEACHER, suspended_until=None, note="", staff=None)
    station.apply(PatronRecord(nothing_more, ("GV1",)))
    with station.store.unit_of_work() as work:
        assert work.patron(TEACHER.id) == nothing_more


def test_keeps_what_is_known_of_a_copy_and_of_a_hold(station: Station) -> None:
    shelved = HoldRecord(Hold(new_id(), TITLE.id, LAN.id, "ngăn 2", shelved_on=LENT), 5)
    station.apply(*CATALOGUE, replace(ITEMS[0], in_house_only=True), shelved)
    with station.reopen().unit_of_work() as work:
        assert work.item(ITEMS[0].id) == replace(item_shown(ITEMS[0]), in_house_only=True)
        assert work.item_by_barcode(ITEMS[1].barcode) == item_shown(ITEMS[1])
        assert list(work.holds_on(TITLE.id)) == list(work.holds_of_patron(LAN.id)) == [shelved.hold]


def test_keeps_the_rules_in_full(station: Station) -> None:
    rules = CirculationRules(
        "2027-01-01",
        {"hs": PatronLimits(3, 2, 2, 4, 7, 14), "gv": PatronLimits(10, 30)},
        {
            ("hs", "STK"): LoanPolicy(14, 5, 1, classes=("6", "10A"), over_summer=True),
            ("gv", "STK"): LoanPolicy(30, 9, 2),
        },
        hold_shelf_days=5,
        names={"hs": "Học sinh", "STK": "sách tham khảo"},
    )
    station.apply(*CATALOGUE, rules)
    with station.reopen().unit_of_work() as work:
        assert work.rules() == rules
    station.apply(RULES)
    with station.store.unit_of_work() as work:
        assert work.rules() == RULES


# settings


def test_what_the_centre_tells_of_a_setting_takes_the_place_of_what_was_chosen_here(station: Station) -> None:
    station.apply(SettingTold("sound.volume", "0.5"), SettingTold("self_return", "to_check", fixed=True))
    with writing(station) as work:
        work.put_setting("sound.volume", "0.7")
        work.put_setting("closed", "2027-02-01..2027-02-14")
        here = list(work.settings())
    assert here == [
        SettingRecord("closed", None, False, "2027-02-01..2027-02-14"),
        SettingRecord("self_return", "to_check", True, None),
        SettingRecord("sound.volume", "0.5", False, "0.7"),
    ]
    with station.reopen().unit_of_work() as work:
        assert list(work.settings()) == here
    station.apply(SettingTold("sound.volume", "0.7"), SettingTold("closed", "", fixed=True), Gone("setting", "none"))
    with station.store.unit_of_work() as work:
        assert list(work.settings()) == [
            SettingRecord("closed", "", True, None),
            here[1],
            SettingRecord("sound.volume", "0.7", False, None),
        ]
    station.apply(Gone("setting", "closed"), Gone("setting", "self_return"))
    with station.store.unit_of_work() as work:
        assert [one.name for one in work.settings()] == ["sound.volume"]


def test_a_setting_that_was_not_committed_was_never_chosen(station: Station) -> None:
    with station.store.unit_of_work() as work:
        work.put_setting("sound.volume", "0.7")
        assert [one.here for one in work.settings()] == ["0.7"]
    with station.store.unit_of_work() as work:
        assert list(work.settings()) == []


# readers


def test_keeps_a_pin_until_the_reader_is_gone(station: Station) -> None:
    station.apply(*CATALOGUE)
    with writing(station) as work:
        assert work.pin(LAN.id) is None
        work.put_pin(LAN.id, PinRecord(None, 1, BOOT, 5_000))
        work.put_pin(LAN.id, PIN)
        work.put_pin(MINH.id, PIN)
    with station.reopen().unit_of_work() as work:
        assert work.pin(LAN.id) == PIN
    station.apply(PatronRecord(replace(LAN, blocked=True), ()))
    with station.store.unit_of_work() as work:
        assert work.pin(LAN.id) == PIN, "it is no thing of the centre's"
    station.apply(Gone("patron", LAN.id))
    with station.store.unit_of_work() as work:
        assert work.pin(LAN.id) is None
        assert work.pin(MINH.id) == PIN
    assert erase_all(station, erased_mark(MINH.id)) > 1
    with station.store.unit_of_work() as work:
        assert work.pin(MINH.id) is None


def test_knows_each_card_of_a_reader_and_gives_none_to_a_second(station: Station) -> None:
    station.apply(*CATALOGUE)
    with writing(station) as work:
        assert work.cards_of(LAN.id) == 2
        assert work.add_card("HS000900", LAN.id)
        assert work.add_card("HS000900", LAN.id), "again"
        assert not work.add_card("HS000900", MINH.id)
        assert not work.add_card("0042", MINH.id)
    with writing(station) as work:
        assert work.cards_of(LAN.id) == 3
        assert [work.patron_by_card(card) for card in ("HS000900", "0042", "HS000124")] == [LAN, LAN, MINH]
        work.remove_cards(LAN.id)
        assert (work.cards_of(LAN.id), work.cards_of(MINH.id)) == (0, 1)
        assert work.add_card("0042", MINH.id)
    station.apply(PatronRecord(MINH, ("HS000124",)))
    with station.store.unit_of_work() as work:
        assert work.patron_by_card("0042") is None, "the centre says otherwise"


def test_what_is_done_to_a_reader_a_copy_and_a_hold_holds_until_the_centre_tells_of_them(station: Station) -> None:
    waits, placed = hold_by(LAN, 5), Hold(new_id(), TITLE.id, MINH.id, "")
    station.apply(*CATALOGUE, waits)
    with writing(station) as work:
        work.set_blocked(LAN.id, True)
        work.set_blocked(MINH.id, False)
        work.set_note(LAN.id, "Nhắc trả Dế Mèn")
        work.set_item_status(ITEMS[0].id, ItemStatus.DAMAGED)
        work.add_hold(placed, 9)
        work.shelve_hold(waits.hold.id, LENT)
    with writing(station) as work:
        assert work.patron(LAN.id) == replace(LAN, blocked=True, note="Nhắc trả Dế Mèn")
        assert work.patron(MINH.id) == replace(MINH, blocked=False)
        item = work.item(ITEMS[0].id)
        assert item is not None
        assert item.status is ItemStatus.DAMAGED
        assert list(work.holds_on(TITLE.id)) == [replace(waits.hold, shelved_on=LENT), placed]
        work.set_note(LAN.id, "")
        work.remove_hold(placed.id)
    with station.store.unit_of_work() as work:
        assert work.patron(LAN.id) == replace(LAN, blocked=True)
        assert list(work.holds_on(TITLE.id)) == [replace(waits.hold, shelved_on=LENT)]
    station.apply(*CATALOGUE, waits)
    with station.store.unit_of_work() as work:
        assert work.patron(LAN.id) == LAN
        assert work.item(ITEMS[0].id) == item_shown(ITEMS[0])
        assert list(work.holds_on(TITLE.id)) == [waits.hold]


def test_what_is_done_to_nothing_does_nothing(station: Station) -> None:
    """A reader may be deleted at the centre while they stand at the desk."""
    with writing(station) as work:
        work.set_blocked(LAN.id, True)
        work.set_note(LAN.id, "Nhắc")
        work.remove_cards(LAN.id)
        work.set_item_status(ITEMS[0].id, ItemStatus.LOST)
        work.shelve_hold(new_id(), LENT)
        work.remove_hold(new_id())
        assert (work.patron(LAN.id), work.item(ITEMS[0].id), work.cards_of(LAN.id)) == (None, None, 0)


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
