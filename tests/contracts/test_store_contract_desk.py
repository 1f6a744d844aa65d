"""What every store does for the librarian's desk: the port kiosk.ports.desk_store."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from kiosk.domain.ids import erased_mark
from kiosk.domain.loan_policy import CirculationRules, LoanPolicy, PatronLimits
from kiosk.domain.model import Hold, ItemStatus, Patron
from kiosk.domain.staff import Role, Staff
from kiosk.ports.central import Gone, HoldRecord, PatronRecord, SettingTold
from kiosk.ports.desk_store import PinRecord, SettingRecord
from tests.contracts.store_station import Station, writing
from tests.contracts.test_store_contract_forgetting import erase_all
from tests.local_store.shelf import (
    BOOT,
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
    new_id,
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
        work.lift_suspension(MINH.id, DUE)
        work.lift_suspension(MINH.id, LENT)
        work.set_note(LAN.id, "Nhắc trả Dế Mèn")
        work.set_item_status(ITEMS[0].id, ItemStatus.DAMAGED)
        work.add_hold(placed, 9)
        work.shelve_hold(waits.hold.id, LENT)
    with writing(station) as work:
        assert work.patron(LAN.id) == replace(LAN, blocked=True, note="Nhắc trả Dế Mèn")
        assert work.patron(MINH.id) == replace(MINH, blocked=False, lifted_on=DUE), "it is never taken back"
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
        work.lift_suspension(LAN.id, DUE)
        work.set_note(LAN.id, "Nhắc")
        work.remove_cards(LAN.id)
        work.set_item_status(ITEMS[0].id, ItemStatus.LOST)
        work.shelve_hold(new_id(), LENT)
        work.remove_hold(new_id())
        assert (work.patron(LAN.id), work.item(ITEMS[0].id), work.cards_of(LAN.id)) == (None, None, 0)
