"""What a librarian may change of the library's settings, checked and at once; and what holds then."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from kiosk.domain.blocks import TooManyLoans
from kiosk.domain.model import Patron
from kiosk.domain.requests import ChangeSettings, RequestState
from kiosk.domain.settings import all_settings
from kiosk.domain.staff import ByStaff, Role, Staff
from kiosk.ports.central import PatronRecord, SettingTold
from kiosk.session.desk_states import DeskProblem, SettingLine
from kiosk.session.effects import Ask, CheckOut, ListSettings
from kiosk.session.inputs import Asked, LoanRecorded, LoanRefused, NotAsked, SettingsListed
from tests.desk.conftest import TODAY

if TYPE_CHECKING:
    from tests.desk.conftest import Library

LAN = ByStaff(Staff("5ca1ab1e-0000-4000-8000-000000000001", Role.LIBRARIAN))


def listed(library: Library) -> dict[str, SettingLine]:
    answer = library.ask(ListSettings(7, 9))
    assert isinstance(answer, SettingsListed)
    return {line.id: line for line in answer.lines}


def change(library: Library, values: Mapping[str, str], by: ByStaff | None = LAN) -> Asked | NotAsked:
    answer = library.ask(Ask(7, 9, None, ChangeSettings(values), by))
    assert isinstance(answer, Asked | NotAsked)
    return answer


def lend(library: Library, barcode: str) -> object:
    return library.ask(CheckOut(7, 9, "p1", barcode))


def test_lists_every_setting_with_what_holds(library: Library) -> None:
    lines = listed(library)
    with library.store.unit_of_work() as work:
        assert [line.setting for line in lines.values()] == list(all_settings(work.rules()))
    assert lines["limits.hs.total"].value == "3"
    assert lines["policy.hs.STK.days"].value == "14"
    assert lines["card_proof"].value == "none"
    assert lines["sound.volume"].value == "80", "as it was set up"
    assert not any(line.fixed or line.waiting for line in lines.values())
    answer = library.ask(ListSettings(7, 9))
    assert isinstance(answer, SettingsListed)
    assert answer.today == TODAY
    library.clock.lose_time()
    answer = library.ask(ListSettings(7, 9))
    assert isinstance(answer, SettingsListed)
    assert answer.today is None, "no day is offered that nobody vouches for"


def test_a_change_holds_at_once_and_is_in_the_chain_with_who_made_it(library: Library) -> None:
    answer = change(library, {"policy.hs.STK.days": "07", "limits.hs.total": "1"})
    assert isinstance(answer, Asked)
    with library.store.unit_of_work() as work:
        ((_, sent),) = work.pending(9)
        (request,) = work.recent_requests(9)
    body = json.loads(sent.body)
    assert (body["kind"], body["actor"], body["staff"]) == ("settings", "librarian", LAN.staff.id)
    assert body["data"] == {"request": answer.id, "values": {"policy.hs.STK.days": "7", "limits.hs.total": "1"}}
    assert (request.kind, request.state) == ("settings", RequestState.WAITING)
    assert listed(library)["policy.hs.STK.days"] == replace(
        listed(library)["policy.hs.STK.days"], value="7", waiting=True
    )
    lent = lend(library, "TK.00001")
    assert isinstance(lent, LoanRecorded)
    assert lent.due_on == TODAY + timedelta(days=7)
    refused = lend(library, "TK.00002")
    assert isinstance(refused, LoanRefused)
    assert any(isinstance(block, TooManyLoans) for block in refused.blocks)


def test_what_the_centre_tells_takes_its_place(library: Library) -> None:
    change(library, {"limits.hs.total": "1"})
    library.apply(SettingTold("limits.hs.total", "2"))
    line = listed(library)["limits.hs.total"]
    assert (line.value, line.fixed, line.waiting) == ("2", False, False)
    library.apply(SettingTold("limits.hs.total", "5", fixed=True))
    line = listed(library)["limits.hs.total"]
    assert (line.value, line.fixed, line.waiting) == ("5", True, False)


def test_no_book_is_due_on_a_day_that_was_closed_here(library: Library) -> None:
    due = TODAY + timedelta(days=14)
    change(library, {"closed": f"{due:%d/%m/%Y}, 08/12/2026 - 09/12/2026"})
    assert listed(library)["closed"].value == "2026-12-07, 2026-12-08..2026-12-09"
    lent = lend(library, "TK.00001")
    assert isinstance(lent, LoanRecorded)
    assert lent.due_on == date(2026, 12, 10)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"limits.hs.total": "-1"},
        {"limits.hs.total": "1000"},
        {"limits.hs.total": "nhiều"},
        {"limits.hs.total": ""},
        {"policy.hs.STK.days": "none"},
        {"policy.hs.TC.days": "3"},  # is read in the library: nothing of it can be chosen
        {"limits.gv.total": "3"},  # no such readers
        {"card_proof": "fingerprint"},
        {"closed": "30/02/2027"},
        {"closed": "2027-01-01..2029-01-01"},
        {"session.language": "fr"},
        {"who_am_i": "1"},
        {"sound.volume": "50", "session.idle_s": "1"},  # one of two: nothing is changed
        {"self_return": "to_check", "session.idle_s": "60"},  # the centre has fixed one of them
    ],
)
def test_what_may_not_be_chosen_changes_nothing(library: Library, values: dict[str, str]) -> None:
    library.apply(SettingTold("session.idle_s", "45", fixed=True))
    before = listed(library)
    assert change(library, values) == NotAsked(7, 9, library.clock.monotonic(), DeskProblem.NOT_DONE)
    assert listed(library) == before
    assert library.operations() == []


def test_nobody_but_the_staff_changes_anything(library: Library) -> None:
    assert isinstance(change(library, {"limits.hs.total": "9"}, by=None), NotAsked)
    assert listed(library)["limits.hs.total"].value == "3"
    promoted = Staff(LAN.staff.id, Role.MAINTAINER)
    library.apply(PatronRecord(Patron("gv-5ca1", "Thu Thuỷ", "", "gv", None, False, staff=promoted), ()))
    assert isinstance(change(library, {"limits.hs.total": "9"}, ByStaff(Staff(LAN.staff.id, Role.MAINTAINER))), Asked)


def test_what_cannot_be_read_counts_as_not_set(library: Library) -> None:
    library.apply(SettingTold("sound.volume", "loud"), SettingTold("limits.hs.total", "many"))
    lines = listed(library)
    assert (lines["sound.volume"].value, lines["limits.hs.total"].value) == ("80", "3")
