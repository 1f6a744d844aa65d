from dataclasses import replace

import pytest

from kiosk.domain.barcodes import Code, CodeKind
from kiosk.domain.blocks import OnLoanToAnother, TooManyLoans
from kiosk.domain.operations import OperationId
from kiosk.ports.devices import Sound
from kiosk.session.effects import CheckIn, CheckOut, IdentifyPatron, Play, ResolveCode, TakeBack
from kiosk.session.inputs import (
    Button,
    CodeResolved,
    ItemNotFound,
    LinkChanged,
    LoanRefused,
    NobodyHasIt,
    NotTakenBack,
    PatronNotFound,
    ReturnRecorded,
    Scanned,
    ScannerLost,
    StoreFailed,
    StoreRecovered,
    TakenBack,
    TakeOffTouched,
    Tick,
    Touched,
)
from kiosk.session.machine import wakes_at
from kiosk.session.notices import (
    BookShown,
    CannotTakeBack,
    CardFirst,
    CardOrBook,
    CitizenCard,
    HelpAsked,
    NotLent,
    PublishersCode,
    ReturnOffered,
    UnknownCard,
    UnknownCode,
    UnknownItem,
    UnreadableScan,
)
from kiosk.session.states import Finished, Home, Resting, Returning, RowKind, State
from tests.session.play import RULES, Play_, book, card, code, item


def test_lends_each_book_at_its_scan_and_ends_by_itself(play: Play_) -> None:
    play.begin()
    for n in range(3):
        play.lend(f"TK.{n}", 1.0 + n)
    assert [row.book.barcode for row in play.borrowing.rows] == ["TK.2", "TK.1", "TK.0"]
    assert play.asked.count(Play(Sound.OK)) == 4
    assert wakes_at(play.state, RULES) == 33.0
    play.feed(Tick(33.0))
    assert play.borrowing.warned
    play.feed(Tick(47.9))
    assert play.borrowing.warned
    play.feed(Tick(48.0))
    assert play.state.doing == Home()


def test_stays_when_somebody_is_still_here(play: Play_) -> None:
    play.begin()
    play.feed(Tick(30.0))
    play.feed(Touched(Button.STILL_HERE, 40.0))
    assert not play.borrowing.warned
    assert wakes_at(play.state, RULES) == 70.0


def test_asks_once_when_a_book_is_scanned_twice(play: Play_) -> None:
    play.begin()
    ask = play.one(item("TK.1", 1.0), CheckOut)
    assert play.feed(item("TK.1", 1.1)) == ()
    play.lent(ask, 1.2)
    assert play.feed(item("TK.1", 2.0)) == ()
    assert len(play.borrowing.rows) == 1


def test_asks_again_about_a_refused_book(play: Play_) -> None:
    play.begin()
    ask = play.one(item("TK.1", 1.0), CheckOut)
    assert isinstance(ask, CheckOut)
    play.feed(LoanRefused(ask.visit, ask.request, book("TK.1"), (TooManyLoans(5),), 1.1))
    assert play.notice == NotLent(book("TK.1"), (TooManyLoans(5),))
    play.one(item("TK.1", 9.0), CheckOut)
    assert play.notice is None


def test_finishes_when_the_same_card_comes_after_a_book_and_three_seconds(play: Play_) -> None:
    play.begin(at=0.0)
    play.feed(card("HS1", 10.0))
    assert play.borrowing, "no book yet: the card again does not finish"
    play.lend("TK.1", 11.0)
    play.feed(card("HS1", 12.9))
    assert play.borrowing, "the card was seen less than three seconds ago"
    effects = play.feed(card("HS1", 16.0))
    assert isinstance(play.state.doing, Finished)
    assert effects == (Play(Sound.DONE),)


def test_switches_to_another_card_and_gives_its_first_book_to_its_owner(play: Play_) -> None:
    play.begin(patron="p1")
    play.lend("TK.1", 1.0)
    ask = play.one(card("HS2", 2.0), IdentifyPatron)
    assert play.feed(item("TK.2", 2.01)) == (), "held until the card is known"
    play.identify(ask, 2.1, patron="p2")
    assert play.borrowing.patron.id == "p2"
    assert play.borrowing.rows == ()
    last = play.asked[-1]
    assert isinstance(last, CheckOut)
    assert (last.patron_id, last.barcode) == ("p2", "TK.2")


def test_ends_the_visit_and_drops_held_books_when_the_next_card_is_unknown(play: Play_) -> None:
    play.begin(patron="p1")
    ask = play.one(card("HS9", 2.0), IdentifyPatron)
    assert isinstance(ask, IdentifyPatron)
    play.feed(item("TK.2", 2.01))
    play.feed(PatronNotFound(ask.visit, ask.request, 2.1))
    assert play.notice == UnknownCard()
    assert isinstance(play.state.doing, Home)
    assert not any(isinstance(effect, CheckOut) for effect in play.asked)


def test_shows_a_late_answer_to_nobody(play: Play_) -> None:
    play.begin(patron="p1")
    ask = play.one(item("TK.1", 1.0), CheckOut)
    play.feed(Touched(Button.DONE, 1.05))
    before = play.state
    play.lent(ask, 1.1)
    assert play.state == before
    play.begin(at=2.0, number="HS2", patron="p2")
    play.lent(ask, 2.1)
    assert play.borrowing.rows == ()


def test_returns_a_lent_book_from_home_without_a_card(play: Play_) -> None:
    ask = play.one(item("TK.1", 1.0), CheckIn)
    assert isinstance(ask, CheckIn)
    assert ask.only_if_lent
    play.return_one(ask, 1.1, held_at="ngăn 2")
    assert play.returning.rows[0].held_at == "ngăn 2"
    second = play.one(item("TK.2", 2.0), CheckIn)
    assert isinstance(second, CheckIn)
    assert not second.only_if_lent
    assert play.feed(item("TK.1", 3.0)) == ()


def test_offers_a_return_for_a_book_that_nobody_has_and_takes_the_second_scan_as_yes(play: Play_) -> None:
    ask = play.one(item("TK.1", 1.0), CheckIn)
    assert isinstance(ask, CheckIn)
    play.feed(NobodyHasIt(ask.visit, ask.request, "TK.1", book("TK.1"), 1.1))
    assert play.notice == ReturnOffered("TK.1", book("TK.1"))
    assert play.feed(item("TK.1", 2.0)) == (), "the same scan twice is no answer"
    again = play.one(item("TK.1", 4.0), CheckIn)
    assert isinstance(again, CheckIn)
    assert not again.only_if_lent
    assert isinstance(play.state.doing, Returning)


def test_takes_a_touch_as_yes_to_an_offered_return(play: Play_) -> None:
    ask = play.one(item("XX.1", 1.0), CheckIn)
    assert isinstance(ask, CheckIn)
    play.feed(NobodyHasIt(ask.visit, ask.request, "XX.1", None, 1.1))
    again = play.one(Touched(Button.RETURN_THIS, 2.0), CheckIn)
    assert isinstance(again, CheckIn)
    assert again.barcode == "XX.1"
    play.feed(
        ReturnRecorded(again.visit, again.request, OperationId("e", 1), BookShown("XX.1", "", "", ""), False, None, 2.1)
    )
    assert play.returning.rows[0].kind is RowKind.NOT_IN_CATALOGUE


def test_returns_a_book_on_loan_to_another_by_one_touch_and_then_lends_it(play: Play_) -> None:
    play.begin()
    ask = play.one(item("TK.1", 1.0), CheckOut)
    assert isinstance(ask, CheckOut)
    play.feed(LoanRefused(ask.visit, ask.request, book("TK.1"), (OnLoanToAnother(),), 1.1))
    back = play.one(Touched(Button.RETURN_THIS, 2.0), CheckIn)
    play.return_one(back, 2.1)
    assert play.notice is None
    assert play.borrowing.rows[0].kind is RowKind.RETURNED
    play.lend("TK.1", 5.0)
    assert play.borrowing.rows[0].kind is RowKind.LENT


def test_takes_a_book_off_again_once(play: Play_) -> None:
    play.begin()
    operation = play.lend("TK.1", 1.0)
    play.feed(Touched(Button.TAKE_OFF_MODE, 2.0))
    assert play.borrowing.taking_off
    ask = play.one(TakeOffTouched(operation, 2.5), TakeBack)
    assert isinstance(ask, TakeBack)
    assert ask.patron_id == "p1"
    assert play.feed(TakeOffTouched(operation, 2.6)) == ()
    play.feed(TakenBack(ask.visit, ask.request, operation, 0, 2.7))
    assert play.borrowing.rows == ()
    assert not play.borrowing.taking_off
    play.lend("TK.1", 5.0)


def test_says_so_when_a_book_can_no_longer_be_taken_off(play: Play_) -> None:
    play.begin()
    operation = play.lend("TK.1", 1.0)
    ask = play.one(TakeOffTouched(operation, 65.0), TakeBack)
    assert isinstance(ask, TakeBack)
    play.feed(NotTakenBack(ask.visit, ask.request, operation, 65.1))
    assert play.notice == CannotTakeBack(was_return=False)
    assert len(play.borrowing.rows) == 1


def test_undoes_the_newest_return(play: Play_) -> None:
    play.feed(Touched(Button.RETURN, 0.0))
    first = play.return_one(play.one(item("TK.1", 1.0), CheckIn), 1.1)
    second = play.return_one(play.one(item("TK.2", 2.0), CheckIn), 2.1)
    ask = play.one(Touched(Button.UNDO_RETURN, 3.0), TakeBack)
    assert isinstance(ask, TakeBack)
    assert (ask.operation, ask.patron_id) == (second, None)
    play.feed(TakenBack(ask.visit, ask.request, second, 0, 3.1))
    assert [row.operation for row in play.returning.rows] == [first]


@pytest.mark.parametrize(
    ("kinds", "text", "notice"),
    [
        ({CodeKind.ISBN}, "9786042134620", PublishersCode("9786042134620")),
        ({CodeKind.UNKNOWN}, "??", UnknownCode()),
        ({CodeKind.UNREADABLE}, "", UnreadableScan()),
        ({CodeKind.CITIZEN_CARD}, "", CitizenCard()),
    ],
)
@pytest.mark.parametrize("where", ["home", "borrowing", "returning"])
def test_says_what_is_wrong_with_a_code_on_every_screen(
    play: Play_, where: str, kinds: set[CodeKind], text: str, notice: object
) -> None:
    if where == "borrowing":
        play.begin()
        play.lend("TK.1", 1.0)
    if where == "returning":
        play.feed(Touched(Button.RETURN, 1.0))
    kind_before = type(play.state.doing)
    effects = play.feed(Scanned(Code(text, frozenset(kinds)), 2.0))
    assert play.notice == notice
    assert type(play.state.doing) is kind_before
    assert effects == (Play(Sound.ATTENTION),)


def test_asks_which_when_a_code_is_a_card_and_a_book(play: Play_) -> None:
    both = code("00123", CodeKind.CARD, CodeKind.ITEM)
    ask = play.one(Scanned(both, 1.0), ResolveCode)
    assert isinstance(ask, ResolveCode)
    play.feed(CodeResolved(ask.visit, ask.request, "00123", True, True, 1.1))
    assert play.notice == CardOrBook("00123")
    identify = play.one(Touched(Button.IT_IS_A_CARD, 2.0), IdentifyPatron)
    play.identify(identify, 2.1)
    second = play.one(Scanned(both, 3.0), ResolveCode)
    assert isinstance(second, ResolveCode)
    play.feed(CodeResolved(second.visit, second.request, "00123", True, True, 3.1))
    out = play.one(Touched(Button.IT_IS_A_BOOK, 4.0), CheckOut)
    assert isinstance(out, CheckOut)
    assert out.barcode == "00123"


@pytest.mark.parametrize(("as_card", "as_item", "wanted"), [(True, False, IdentifyPatron), (False, True, CheckIn)])
def test_asks_nobody_when_only_one_of_the_two_exists(play: Play_, as_card: bool, as_item: bool, wanted: type) -> None:
    ask = play.one(Scanned(code("00123", CodeKind.CARD, CodeKind.ITEM), 1.0), ResolveCode)
    assert isinstance(ask, ResolveCode)
    play.one(CodeResolved(ask.visit, ask.request, "00123", as_card, as_item, 1.1), wanted)


def test_says_unknown_item_while_borrowing(play: Play_) -> None:
    play.begin()
    ask = play.one(item("TK.9", 1.0), CheckOut)
    assert isinstance(ask, CheckOut)
    play.feed(ItemNotFound(ask.visit, ask.request, "TK.9", 1.1))
    assert play.notice == UnknownItem("TK.9")
    play.feed(Touched(Button.DISMISS, 2.0))
    assert play.notice is None


def test_asks_for_the_card_when_borrow_is_touched(play: Play_) -> None:
    play.feed(Touched(Button.BORROW, 1.0))
    assert play.notice == CardFirst()
    play.begin(at=2.0)
    assert play.notice is None


def test_closes_a_notice_on_the_home_screen_by_itself(play: Play_) -> None:
    play.feed(Touched(Button.HELP, 1.0))
    assert play.notice == HelpAsked()
    play.feed(Tick(20.9))
    assert play.notice == HelpAsked()
    play.feed(Tick(21.0))
    assert play.state.doing == Home()


def test_goes_back_to_the_first_language_when_nobody_is_there(play: Play_) -> None:
    play.feed(Touched(Button.LANGUAGE, 1.0))
    assert play.state.language == "en"
    play.begin(at=2.0)
    assert play.state.language == "en"
    play.feed(Touched(Button.DONE, 3.0))
    assert play.state.language == "vi"
    play.feed(Touched(Button.LANGUAGE, 4.0))
    play.feed(Tick(24.0))
    assert play.state.language == "vi"


def test_lends_nothing_while_the_store_is_broken_and_returns_by_itself(play: Play_) -> None:
    play.begin()
    play.lend("TK.1", 1.0)
    play.feed(StoreFailed("K-03", 2.0))
    assert play.state.doing == Resting("K-03", 2.0)
    for happened in (card("HS1", 3.0), item("TK.2", 3.0), Touched(Button.RETURN, 3.0), Tick(99.0)):
        assert play.feed(happened) == ()
        assert isinstance(play.state.doing, Resting)
    play.feed(StoreRecovered(100.0))
    assert play.state.doing == Home()


def test_keeps_what_the_station_knows_of_itself_over_visits(play: Play_) -> None:
    play.feed(LinkChanged(False, 14))
    play.feed(ScannerLost("serial", True))
    play.begin()
    play.feed(Touched(Button.DONE, 1.0))
    assert play.state.station.pending == 14
    assert play.state.station.scanners_lost == {"serial"}
    play.feed(ScannerLost("serial", False))
    assert play.state.station.scanners_lost == frozenset()


def test_leaves_nothing_personal_behind_when_a_visit_ends(play: Play_) -> None:
    play.begin()
    play.lend("TK.1", 1.0)
    play.feed(Touched(Button.DONE, 2.0))
    play.feed(Tick(99.0))
    assert replace(play.state, visit=0, request=0) == State()
