"""What the centre tells while a page of the desk is open is shown there, and nothing moves under a finger."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gallery.desk import at_desk
from gallery.desk_books import AN, DE_MEN
from gallery.desk_readers import CHECKS, DISPUTES, FULL, LATE_BOOKS, SHELVE, TITLE, UNSENT
from gallery.desk_settings import ASKED, LINES
from kiosk.domain.operations import OperationId
from kiosk.domain.requests import RequestState
from kiosk.session.desk_inputs import ChangesHeard, TitleOpened
from kiosk.session.desk_states import (
    Act,
    AtReader,
    AtSettings,
    AtTitle,
    AtWork,
    Counts,
    DeskPage,
    Finding,
    Lending,
    Menu,
    Reporting,
    TakingBack,
    Work,
    Writing,
)
from kiosk.session.effects import (
    Ask,
    CountWork,
    ListRequests,
    ListSettings,
    ListWork,
    OpenReader,
    OpenTitle,
    TickOff,
)
from kiosk.session.inputs import (
    Asked,
    DeskActDone,
    LinkChanged,
    ReaderOpened,
    RequestsListed,
    SettingsListed,
    Tick,
    WorkCounted,
    WorkListed,
)
from kiosk.session.machine import step, wakes_at
from kiosk.session.states import Home, State
from tests.session.desk_play import Desk
from tests.session.play import RULES

DISPUTE, OTHER, LAST = DISPUTES


def hears(desk: Desk, kind: type, *values: object) -> Desk:
    """Something is told by the centre, and the page looks."""
    desk.feed(ChangesHeard())
    desk.asked(kind)
    return desk.answered(*values)  # type: ignore[arg-type]


def work(desk: Desk) -> AtWork:
    assert isinstance(desk.page, AtWork), desk.page
    return desk.page


@pytest.mark.parametrize(
    ("page", "look"),
    [
        (Menu(), CountWork),
        (AtWork(Work.DISPUTES, DISPUTES), ListWork),
        (AtWork(Work.HELP, ()), ListWork),
        (AtSettings(LINES), ListSettings),
        (Reporting(lines=ASKED), ListRequests),
        (AtReader(FULL), OpenReader),
        (AtTitle(TITLE), OpenTitle),
    ],
)
@pytest.mark.parametrize("told", [ChangesHeard(), LinkChanged(True, 3)])
def test_an_open_page_looks_again_and_waits_for_nothing(page: DeskPage, look: type, told: ChangesHeard) -> None:
    desk = Desk(page)
    before = wakes_at(desk.state, RULES)
    assert desk.feed(told).asked(look)
    assert (desk.page, desk.state.awaiting, wakes_at(desk.state, RULES)) == (page, None, before)


@pytest.mark.parametrize(
    "page",
    [
        Finding("an", (AN,)),
        Lending(FULL),
        TakingBack(),
        Writing(Act.NOTE, AtReader(FULL)),
        AtWork(Work.DISPUTES),
        Reporting(),
    ],
)
def test_what_a_hand_is_in_the_middle_of_stays(page: DeskPage) -> None:
    """Or it is being read already."""
    desk = Desk(page).feed(ChangesHeard())
    assert (desk.is_quiet, desk.page) == (True, page)


def test_nothing_is_looked_at_where_no_desk_is_open() -> None:
    assert step(State(Home()), ChangesHeard(), RULES) == (State(Home()), ())


def test_the_numbers_on_the_tiles_follow() -> None:
    desk = hears(Desk(Menu()), CountWork, WorkCounted, Counts(lent=9))
    assert desk.state.doing.counts == Counts(lent=9)  # type: ignore[union-attr]


def test_a_dispute_that_was_settled_elsewhere_keeps_its_place_and_nothing_can_be_done_about_it() -> None:
    desk = Desk(AtWork(Work.DISPUTES, DISPUTES, OTHER.id))
    hears(desk, ListWork, WorkListed, Work.DISPUTES, (DISPUTE, LAST))
    assert desk.page == AtWork(Work.DISPUTES, DISPUTES, OTHER.id, gone=frozenset({OTHER.id}))
    assert desk.touch(Act.SETTLE, OTHER.ways[0]).is_quiet
    assert desk.line(LAST.id).touch(Act.SETTLE, "seen").asked(Ask), "about the others it can"


def test_what_was_asked_and_is_answered_is_told_in_its_place() -> None:
    waits = replace(OTHER, asked=RequestState.WAITING)
    declined = replace(OTHER, asked=RequestState.DECLINED, settled="returned")
    desk = Desk(AtWork(Work.DISPUTES, (DISPUTE, waits), waits.id))
    hears(desk, ListWork, WorkListed, Work.DISPUTES, (LAST, DISPUTE, declined))
    assert desk.page == AtWork(Work.DISPUTES, (DISPUTE, declined, LAST), waits.id), "what is new comes last"


def test_what_comes_back_is_there_again() -> None:
    desk = Desk(AtWork(Work.OVERDUE, LATE_BOOKS))
    hears(desk, ListWork, WorkListed, Work.OVERDUE, LATE_BOOKS[1:])
    assert work(desk).gone == {LATE_BOOKS[0].id}
    hears(desk, ListWork, WorkListed, Work.OVERDUE, LATE_BOOKS)
    assert desk.page == AtWork(Work.OVERDUE, LATE_BOOKS)


def test_an_act_reads_the_whole_list_anew() -> None:
    desk = Desk(AtWork(Work.TO_CHECK, CHECKS, CHECKS[1].id))
    hears(desk, ListWork, WorkListed, Work.TO_CHECK, CHECKS[1:])
    desk.touch(Act.CHECKED)
    assert desk.asked(TickOff).id == CHECKS[1].id
    desk.answered(DeskActDone, Act.CHECKED, True)
    late = desk.state
    desk.answered(WorkListed, Work.TO_CHECK, CHECKS[2:])
    assert desk.page == AtWork(Work.TO_CHECK, CHECKS[2:], done=1)
    assert late.awaiting is not None


def test_a_list_that_was_looked_at_before_the_act_takes_nothing_away() -> None:
    """The two answers come one after the other, whatever was asked first."""
    desk = Desk(AtWork(Work.TO_CHECK, CHECKS, CHECKS[0].id)).feed(ChangesHeard())
    looked = desk.state.request
    desk.touch(Act.CHECKED)
    act = desk.state.request
    desk.feed(WorkListed(3, looked, Work.TO_CHECK, CHECKS, 102.0), DeskActDone(3, act, Act.CHECKED, True, 102.0))
    assert desk.answered(WorkListed, Work.TO_CHECK, CHECKS[1:]).page == AtWork(Work.TO_CHECK, CHECKS[1:], done=1)


def test_a_pile_for_the_hold_shelf_goes_on() -> None:
    desk = Desk(AtWork(Work.TO_SHELVE, SHELVE)).book("TK.00012").answered(DeskActDone, Act.SHELVED, True)
    desk.answered(WorkListed, Work.TO_SHELVE, SHELVE[1:])
    assert work(desk).lines == SHELVE[1:]
    assert work(desk).gone == frozenset()


def test_what_is_sent_leaves_the_list_of_what_is_not() -> None:
    desk = Desk(AtWork(Work.UNSENT, UNSENT)).feed(LinkChanged(True, 1))
    desk.answered(WorkListed, Work.UNSENT, UNSENT[2:])
    assert work(desk).gone == {one.id for one in UNSENT[:2]}


def test_a_reader_and_a_title_follow_and_another_that_comes_late_is_not_shown() -> None:
    now = replace(FULL, holds=FULL.holds[:1])
    desk = hears(Desk(AtReader(FULL, "TK.00301")), OpenReader, ReaderOpened, now)
    assert desk.page == AtReader(now, "TK.00301")
    other = replace(FULL, line=replace(FULL.line, patron_id="p-2"))
    hears(desk, OpenReader, ReaderOpened, other)
    assert desk.page == AtReader(now, "TK.00301")
    lost = replace(TITLE, items=TITLE.items[1:])
    desk = Desk(AtTitle(TITLE, "TK.00013")).feed(ChangesHeard())
    desk.feed(TitleOpened(3, desk.state.request, lost, 102.0))
    assert desk.page == AtTitle(lost, "TK.00013")


def test_a_reader_who_is_gone_is_told_at_the_next_act_and_not_before() -> None:
    assert hears(Desk(AtReader(FULL)), OpenReader, ReaderOpened, None).page == AtReader(FULL)


def test_settings_and_requests_follow() -> None:
    free = tuple(replace(one, fixed=False) for one in LINES)
    fixed = (*free[:2], replace(free[2], fixed=True), *free[3:])
    desk = hears(Desk(AtSettings(LINES, LINES[2].id, draft="40")), ListSettings, SettingsListed, free)
    assert desk.page == AtSettings(free, LINES[2].id, draft="40"), "what is being chosen stays"
    desk = hears(desk, ListSettings, SettingsListed, fixed)
    assert desk.page == AtSettings(fixed, LINES[2].id), "but where it cannot be chosen any more"
    granted = (replace(ASKED[0], id="r-0"), replace(ASKED[0], state=RequestState.GRANTED), *ASKED[1:])
    desk = hears(Desk(Reporting(lines=ASKED, chosen=ASKED[1].id)), ListRequests, RequestsListed, granted)
    assert desk.page == Reporting(lines=(*granted[1:], granted[0]), chosen=ASKED[1].id)


def test_what_is_reported_here_comes_first_at_once() -> None:
    desk = Desk(Reporting(lines=ASKED, wants=Act.SOURCE, book=DE_MEN, barcode=DE_MEN.barcode)).touch(
        Act.SOURCE, "donation"
    )
    desk.answered(Asked, OperationId("e", 1), "r-0")
    mine = (replace(ASKED[0], id="r-0"), *ASKED)
    assert desk.answered(RequestsListed, mine).page == Reporting(lines=mine, sent=Act.SOURCE)


def test_the_desk_locks_all_the_same() -> None:
    state = at_desk(AtWork(Work.OVERDUE, LATE_BOOKS))
    due = wakes_at(state, RULES)
    assert due is not None
    state, _ = step(state, ChangesHeard(), RULES)
    state, _ = step(state, Tick(due), RULES)
    assert isinstance(state.doing, Home)
