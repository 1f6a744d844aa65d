"""The work lists: what is touched and scanned there, and what comes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gallery.desk import LAN
from gallery.desk_readers import CALLS, CHECKS, DISPUTES, FULL, LATE_BOOKS, SHELVE, UNSENT
from kiosk.domain.barcodes import CodeKind
from kiosk.domain.operations import OperationId
from kiosk.domain.requests import RequestState, Settle
from kiosk.domain.staff import ByStaff
from kiosk.session.desk_states import (
    Act,
    AtReader,
    AtWork,
    CheckLine,
    Counts,
    DeskProblem,
    DisputeLine,
    Menu,
    Supervising,
    Work,
    WorkLine,
)
from kiosk.session.effects import Ask, CallHelp, CountWork, ListWork, OpenReader, Play, Serve, TakeBack, TickOff
from kiosk.session.inputs import (
    Asked,
    Button,
    DeskActDone,
    HelpCalled,
    NotAsked,
    NotTakenBack,
    ServiceDone,
    TakenBack,
    Tick,
    Touched,
    WorkCounted,
    WorkListed,
)
from kiosk.session.machine import wakes_at
from kiosk.session.maintenance import Outcome, Service
from kiosk.session.states import Home
from tests.session.desk_play import Desk
from tests.session.play import RULES, Play_, item

BY = ByStaff(LAN.staff)
DISPUTE = DISPUTES[0]


def at(work: Work, *lines: WorkLine, chosen: str | None = None) -> Desk:
    return Desk(AtWork(work, lines, chosen))


def page_of(desk: Desk) -> AtWork:
    assert isinstance(desk.page, AtWork), desk.page
    return desk.page


def asked(line: DisputeLine, state: RequestState) -> DisputeLine:
    return replace(line, asked=state)


@pytest.mark.parametrize("work", Work)
def test_a_tile_opens_its_list(work: Work) -> None:
    desk = Desk(Menu()).touch(Act.WORK, work.value)
    assert desk.page == AtWork(work)
    assert desk.asked(ListWork).work is work
    assert desk.answered(WorkListed, work, ()).page == AtWork(work, ())


def test_the_answer_for_another_list_is_not_shown() -> None:
    desk = Desk(Menu()).touch(Act.WORK, Work.HELP.value)
    assert desk.answered(WorkListed, Work.DISPUTES, DISPUTES).page == AtWork(Work.HELP)


# ---- disputes


def test_one_touch_settles_and_the_list_is_read_anew() -> None:
    desk = at(Work.DISPUTES, *DISPUTES).line(DISPUTE.id).touch(Act.SETTLE, "first_over")
    ask = desk.asked(Ask)
    assert (ask.patron_id, ask.wish, ask.by) == (None, Settle(DISPUTE.id, "first_over"), BY)
    desk.answered(Asked, OperationId("e", 1), "r-1")
    assert desk.asked(ListWork).work is Work.DISPUTES
    told = (asked(DISPUTE, RequestState.WAITING), *DISPUTES[1:])
    desk.answered(WorkListed, Work.DISPUTES, told)
    assert desk.page == AtWork(Work.DISPUTES, told, DISPUTE.id, done=1)
    assert desk.touch(Act.SETTLE, "first_has_it").is_quiet, "the centre has not answered yet"


def test_a_second_touch_settles_nothing_twice() -> None:
    desk = at(Work.DISPUTES, DISPUTE, chosen=DISPUTE.id).touch(Act.SETTLE, "first_over")
    assert desk.touch(Act.SETTLE, "first_has_it").is_quiet


def test_nothing_is_settled_before_the_list_is_read_anew() -> None:
    desk = at(Work.DISPUTES, DISPUTE, chosen=DISPUTE.id).touch(Act.SETTLE, "first_over")
    desk.answered(Asked, OperationId("e", 1), "r-1")
    assert desk.touch(Act.SETTLE, "first_has_it").is_quiet


@pytest.mark.parametrize("way", ["", "seen", "returned"])
def test_only_its_own_ways_settle_it(way: str) -> None:
    assert at(Work.DISPUTES, DISPUTE, chosen=DISPUTE.id).touch(Act.SETTLE, way).is_quiet


def test_nothing_chosen_nothing_settled() -> None:
    assert at(Work.DISPUTES, DISPUTE).touch(Act.SETTLE, "first_over").is_quiet
    assert at(Work.DISPUTES, DISPUTE, chosen=DISPUTE.id).touch(Act.CHECKED).is_quiet


def test_another_librarian_was_first() -> None:
    desk = at(Work.DISPUTES, DISPUTE, chosen=DISPUTE.id).touch(Act.SETTLE, "first_over").answered(NotAsked)
    assert desk.asked(ListWork).work is Work.DISPUTES
    desk.answered(WorkListed, Work.DISPUTES, ())
    assert desk.page == AtWork(Work.DISPUTES, (), problem=DeskProblem.NOT_DONE)


def test_what_somebody_else_has_settled_is_only_to_be_read() -> None:
    other = replace(DISPUTE, settled="first_has_it", asked=RequestState.DECLINED)
    assert at(Work.DISPUTES, other, chosen=other.id).touch(Act.SETTLE, "first_over").is_quiet


def test_what_was_declined_and_is_open_can_be_said_again() -> None:
    again = asked(DISPUTE, RequestState.DECLINED)
    assert at(Work.DISPUTES, again, chosen=again.id).touch(Act.SETTLE, "first_over").asked(Ask)


# ---- to check, calls


@pytest.mark.parametrize(("work", "lines"), [(Work.TO_CHECK, CHECKS), (Work.HELP, CALLS)])
def test_what_was_seen_is_ticked_off(work: Work, lines: tuple[WorkLine, ...]) -> None:
    desk = at(work, *lines).line(lines[0].id).touch(Act.CHECKED)
    ask = desk.asked(TickOff)
    assert (ask.act, ask.id, ask.by) == (Act.CHECKED, lines[0].id, BY)
    assert desk.answered(DeskActDone, Act.CHECKED, True).asked(ListWork).work is work
    assert desk.answered(WorkListed, work, lines[1:]).page == AtWork(work, lines[1:], done=1)


def test_somebody_else_has_ticked_it_off() -> None:
    desk = at(Work.TO_CHECK, *CHECKS).line("1").touch(Act.CHECKED).answered(DeskActDone, Act.CHECKED, False)
    desk.answered(WorkListed, Work.TO_CHECK, CHECKS[1:])
    assert desk.page == AtWork(Work.TO_CHECK, CHECKS[1:], problem=DeskProblem.NOT_DONE)
    assert page_of(desk.line("2")).problem is None


def test_a_book_that_is_not_here_is_its_readers_again() -> None:
    line = CHECKS[3]
    desk = at(Work.TO_CHECK, *CHECKS, chosen=line.id).touch(Act.NOT_HERE)
    ask = desk.asked(TakeBack)
    assert (ask.operation, ask.patron_id, ask.by) == (line.operation, None, BY)
    assert desk.touch(Act.CHECKED).is_quiet, "one word at a time"
    desk.answered(TakenBack, line.operation, 0)
    assert desk.asked(ListWork).work is Work.TO_CHECK
    assert desk.answered(WorkListed, Work.TO_CHECK, CHECKS[:3]).page == AtWork(Work.TO_CHECK, CHECKS[:3], done=1)


def test_a_book_that_was_lent_again_meanwhile_cannot_be_said_not_to_be_here() -> None:
    line = CHECKS[3]
    desk = at(Work.TO_CHECK, *CHECKS, chosen=line.id).touch(Act.NOT_HERE).answered(NotTakenBack, line.operation)
    assert desk.asked(ListWork).work is Work.TO_CHECK
    assert page_of(desk).problem is DeskProblem.NOT_DONE


@pytest.mark.parametrize("line", [*CHECKS[:3], CHECKS[4], *CALLS])
def test_only_a_return_can_be_said_not_to_be_here(line: CheckLine) -> None:
    assert at(Work.TO_CHECK, line, chosen=line.id).touch(Act.NOT_HERE).is_quiet


# ---- readers


@pytest.mark.parametrize(
    ("work", "line"), [(Work.OVERDUE, LATE_BOOKS[1]), (Work.TO_SHELVE, SHELVE[0]), (Work.TO_CHECK, CHECKS[0])]
)
def test_a_line_leads_to_its_reader(work: Work, line: WorkLine) -> None:
    desk = at(work, line, chosen=line.id).touch(Act.OPEN_READER)
    assert desk.asked(OpenReader).patron_id == "p-1"
    assert desk.opened().page == AtReader(FULL)


def test_a_line_of_nobody_leads_nowhere() -> None:
    assert at(Work.TO_CHECK, CHECKS[1], chosen=CHECKS[1].id).touch(Act.OPEN_READER).is_quiet


def test_a_reader_who_is_gone_is_told_and_the_list_read_anew() -> None:
    line = LATE_BOOKS[1]
    desk = at(Work.OVERDUE, line, chosen=line.id).touch(Act.OPEN_READER).opened(None)
    assert desk.asked(ListWork).work is Work.OVERDUE
    desk.answered(WorkListed, Work.OVERDUE, ())
    assert desk.page == AtWork(Work.OVERDUE, (), problem=DeskProblem.READER_GONE)
    assert "Minh An" not in repr(desk.state)


# ---- the hold shelf


@pytest.mark.parametrize("chosen", [None, "h-3"])
def test_a_scan_puts_a_book_there(chosen: str | None) -> None:
    desk = at(Work.TO_SHELVE, *SHELVE, chosen=chosen).book("PM.001208")
    ask = desk.asked(TickOff)
    assert (ask.act, ask.id, ask.barcode, ask.by) == (Act.SHELVED, chosen or "", "PM.001208", BY)
    assert desk.book("TK.00012").effects == (), "one after another"
    desk.answered(DeskActDone, Act.SHELVED, True)
    assert [(one.id, one.barcode) for one in desk.effects if isinstance(one, TickOff)] == [("", "TK.00012")]
    desk.answered(DeskActDone, Act.SHELVED, True).answered(WorkListed, Work.TO_SHELVE, ())
    assert desk.page == AtWork(Work.TO_SHELVE, (), done=2, shelved=frozenset({"PM.001208", "TK.00012"}))


def test_one_copy_stands_there_for_one_reader() -> None:
    desk = at(Work.TO_SHELVE, *SHELVE).book("PM.001208")
    desk.answered(DeskActDone, Act.SHELVED, True).answered(WorkListed, Work.TO_SHELVE, SHELVE)
    assert desk.book("PM.001208").is_quiet
    assert page_of(desk).problem is DeskProblem.SHELVED_ALREADY
    assert desk.book("PM.001209").asked(TickOff).barcode == "PM.001209"


def test_a_book_that_was_not_taken_may_be_scanned_again() -> None:
    desk = at(Work.TO_SHELVE, *SHELVE).book("PM.001208")
    desk.answered(DeskActDone, Act.SHELVED, False).answered(WorkListed, Work.TO_SHELVE, SHELVE)
    assert desk.book("PM.001208").asked(TickOff)


def test_a_book_that_nobody_waits_for_is_told() -> None:
    desk = at(Work.TO_SHELVE, *SHELVE).book("TK.00301").answered(DeskActDone, Act.SHELVED, False)
    assert page_of(desk).problem is DeskProblem.NOT_WAITED_FOR
    assert page_of(desk.card("HS-1")).problem is DeskProblem.NO_CODE_OF_OURS


def test_a_scan_does_nothing_in_another_list() -> None:
    desk = at(Work.OVERDUE, *LATE_BOOKS)
    assert desk.book("TK.00301").scan("HS-1", CodeKind.CARD).effects == ()


# ---- unsent


def test_all_is_sent_now_once_and_then_looked_at() -> None:
    desk = at(Work.UNSENT, *UNSENT).touch(Act.SEND_NOW)
    assert desk.asked(Serve) == Serve(Service.SEND_NOW, "")
    assert page_of(desk).sent
    assert desk.touch(Act.SEND_NOW).is_quiet
    desk.feed(ServiceDone(Outcome(Service.SEND_NOW, True)))
    assert desk.touch(Act.WORK, Work.UNSENT.value).asked(ListWork).work is Work.UNSENT
    assert desk.answered(WorkListed, Work.UNSENT, ()).page == AtWork(Work.UNSENT, ())


def test_nothing_else_sends() -> None:
    assert at(Work.HELP, *CALLS).touch(Act.SEND_NOW).is_quiet


# ---- back, and locking


def test_back_counts_anew() -> None:
    desk = at(Work.OVERDUE, *LATE_BOOKS).feed(Touched(Button.DISMISS, 102.0))
    assert desk.page == Menu()
    assert isinstance(desk.asked(CountWork), CountWork)
    desk.answered(WorkCounted, Counts(1, 2, 3))
    assert isinstance(desk.state.doing, Supervising)
    assert desk.state.doing.counts == Counts(1, 2, 3)


def test_a_list_that_comes_too_late_is_not_shown() -> None:
    desk = Desk(Menu()).touch(Act.WORK, Work.OVERDUE.value)
    late = WorkListed(desk.state.visit, desk.state.request, Work.OVERDUE, LATE_BOOKS, 103.0)
    assert desk.feed(Touched(Button.LOCK, 102.0), late).state.doing == Home()
    assert "Minh An" not in repr(desk.state)


# ---- calling for help, in front of the station


def test_a_call_is_written_down_once_in_a_visit_and_the_screen_says_the_same(play: Play_) -> None:
    first = play.one(Touched(Button.HELP, 1.0), CallHelp)
    said = play.notice
    assert isinstance(first, CallHelp)
    play.feed(HelpCalled(first.visit, first.request, OperationId("e", 1), 1.1))
    play.feed(Touched(Button.DISMISS, 2.0))
    assert all(isinstance(effect, Play) for effect in play.feed(Touched(Button.HELP, 3.0)))
    assert play.notice == said


def test_the_next_reader_may_call_too(play: Play_) -> None:
    """Also when the one before has closed the notice, and gone."""
    play.feed(Touched(Button.HELP, 1.0))
    play.feed(Touched(Button.DISMISS, 2.0))
    wakes = wakes_at(play.state, RULES)
    assert wakes is not None
    play.feed(Tick(wakes))
    assert wakes_at(play.state, RULES) is None
    play.one(Touched(Button.HELP, wakes + 60), CallHelp)


def test_a_call_in_a_visit_loses_no_scan(play: Play_) -> None:
    play.begin()
    play.one(Touched(Button.HELP, 1.0), CallHelp)
    play.feed(Touched(Button.DISMISS, 2.0))
    play.feed(item("TK.1", 3.0))
    assert play.borrowing.asked == {"TK.1"}
