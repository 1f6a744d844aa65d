"""States for what the view models say: every notice, every block, every kind of row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from gallery import desk_readers, desk_settings
from gallery.desk import SERVICE_STATES as STAFF_PINS
from gallery.desk import STATES as DESK
from gallery.samples import DUE, MINH_AN, operation, samples
from gallery.service import STATES as SERVICE
from kiosk.domain import blocks as b
from kiosk.domain.service_pass import PassFault
from kiosk.session import notices as n
from kiosk.session.books import Books, HoldShown, LoanShown
from kiosk.session.states import (
    Borrowing,
    Doing,
    Enrolling,
    Finished,
    Home,
    Resting,
    Returning,
    Row,
    RowKind,
    State,
    Station,
)

LANGUAGES = ("vi", "en")
BOOK = n.BookShown("PM.002774", "t-kinh", "Kính vạn hoa, tập 3", "Nguyễn Nhật Ánh")
LONG = replace(BOOK, name="Chuyện con mèo dạy hải âu bay và những cuộc phiêu lưu khác của nó")
DE_MEN = n.BookShown("TK.00123", "t-demen", "Dế Mèn phiêu lưu ký", "Tô Hoài")
DAT_RUNG = n.BookShown("TK.00124", "t-datrung", "Đất rừng phương Nam", "Đoàn Giỏi")


def lent(book: n.BookShown, seq: int, **more: Any) -> Row:
    return Row(RowKind.LENT, book, 100.0, operation(seq), DUE, **more)


LENT = (lent(DE_MEN, 2), lent(DAT_RUNG, 1))
RETURNED = (
    Row(RowKind.RETURNED, BOOK, 100.0, operation(3), held_at="ngăn 2"),
    Row(RowKind.NOT_IN_CATALOGUE, n.BookShown("TK.99999", "", "", ""), 99.0, operation(2)),
    Row(RowKind.RETURNED, DE_MEN, 98.0, operation(1)),
)
OTHER_ROWS = (
    Row(RowKind.ALREADY_YOURS, BOOK, 100.0, due_on=DUE),
    Row(RowKind.RENEWED, DE_MEN, 99.0, operation(2), DUE, due_in_days=14),
    lent(DAT_RUNG, 1),
)
BORROWING = Borrowing(MINH_AN, 3, active_at=100.0, card_at=90.0, rows=LENT)
RETURNING = Returning(100.0, rows=RETURNED)
LOANS = (
    LoanShown(LONG, date(2026, 11, 20), None, -3, 1, (b.LoanOverdue(date(2026, 11, 20)), b.HeldForAnother())),
    LoanShown(DE_MEN, date(2026, 11, 25), None, 2, 1),
    LoanShown(DAT_RUNG, DUE, None, 14, 1),
    LoanShown(BOOK, date(2026, 12, 21), None, None, 0, renewed=True),
)
HOLDS = (
    HoldShown(n.BookShown("", "t-goc", "Góc sân và khoảng trời", "Trần Đăng Khoa"), 1, True, "ngăn 2"),
    HoldShown(n.BookShown("", "t-kinh", "Kính vạn hoa, tập 3", "Nguyễn Nhật Ánh"), 3, False, "ngăn 2"),
)
MY_BOOKS = replace(BORROWING, rows=(), books=Books(LOANS, HOLDS))
FINISHED = Finished((lent(DE_MEN, 2), lent(DAT_RUNG, 1)), MINH_AN.card, 100.0)

BLOCKS: tuple[b.Block, ...] = (
    b.PatronBlocked(),
    b.CardExpired(date(2026, 5, 31)),
    b.Suspended(date(2026, 11, 29)),
    b.OverdueLoans(1),
    b.OverdueLoans(2),
    b.TooManyLoans(5),
    b.TooManyLoans(0),
    b.TooManyOfType(2, "STK"),
    b.TooManyOfType(0, "STK"),
    b.TooManyToday(1),
    b.TooManyToday(3),
    b.TooManyToday(0),
    b.InHouseOnly(),
    b.NotForLoan(),
    b.OnLoanToAnother(),
    b.HeldForAnother(),
    b.OtherClasses(("10",)),
    b.OtherClasses(("6A1", "6A2", "6A3", "6A4", "7A1", "7A2")),
    b.NoPolicy(),
    b.SchoolYearEnds(),
    b.NoMoreRenewals(0),
    b.NoMoreRenewals(1),
    b.RenewedTooSoon(DUE),
    b.LoanOverdue(DUE),
)
_OF_LOANS_ALONE = (b.TooManyLoans, b.TooManyOfType, b.TooManyToday, b.NotForLoan, b.OnLoanToAnother, b.OtherClasses)
NOT_RENEWED = tuple(block for block in BLOCKS if not isinstance(block, _OF_LOANS_ALONE))
"""What the rule of renewal can say."""
SEVERAL = (
    (b.OverdueLoans(2), b.TooManyLoans(5)),
    (b.PatronBlocked(), b.OverdueLoans(2), b.TooManyLoans(5), b.HeldForAnother()),
    (b.CardExpired(DUE), b.OverdueLoans(1), b.TooManyLoans(5), b.HeldForAnother(), b.InHouseOnly()),
    (b.TooManyLoans(5), b.TooManyOfType(2, "STK"), b.TooManyToday(3)),
    (b.LoanOverdue(DUE), b.HeldForAnother(), b.NoMoreRenewals(1)),
)
NOTICES: tuple[n.Notice, ...] = (
    n.CardHasBlocks((b.PatronBlocked(),)),
    n.CardHasBlocks((b.CardExpired(DUE), b.OverdueLoans(2))),
    n.UnknownCard(),
    n.NoPinYet(),
    n.UnknownItem("TK.99999"),
    n.PublishersCode("9786042134621"),
    n.UnknownCode(),
    n.UnreadableScan(),
    n.CitizenCard(),
    n.EnrolmentCodeShown(),
    n.CardFirst(),
    n.ReturnOffered("PM.002774", BOOK),
    n.ReturnOffered("TK.99999", None),
    n.CardOrBook("HS-000417"),
    n.CannotTakeBack(was_return=False),
    n.CannotTakeBack(was_return=True),
    n.HelpAsked(),
    n.CardFirst(to_my_books=True),
    *map(n.PassRefused, PassFault),
)
REFUSALS = tuple(n.NotLent(BOOK, (block,)) for block in BLOCKS) + tuple(n.NotLent(LONG, some) for some in SEVERAL)
DOINGS: Mapping[str, Doing] = {
    "home": Home(),
    "borrowing, nothing yet": replace(BORROWING, rows=(), loans_now=0),
    "borrowing, books of before": replace(BORROWING, rows=(), loans_now=2),
    "borrowing": BORROWING,
    "returning, nothing yet": replace(RETURNING, rows=()),
    "returning": RETURNING,
    "my_books": MY_BOOKS,
    "my_books, one renewed": replace(MY_BOOKS, rows=OTHER_ROWS[1:2]),
}
ALIKE = ("desk-note-empty", "desk-fault", "desk-suggest")
"""The same hundred keys each time: tests/screens/test_desk_pages.py looks at their words."""
PAGES: Mapping[str, Mapping[str, State]] = {
    "home": {
        "as usual": State(),
        "offline": State(station=Station(online=False, pending=14)),
        "offline, nothing waits": State(station=Station(online=False)),
        "a scanner is lost, and the network": State(
            station=Station(online=False, pending=1, scanners_lost=frozenset({"serial"}))
        ),
    },
    "borrowing": {
        **{name: State(doing) for name, doing in DOINGS.items() if name.startswith("borrowing")},
        "one, taken off": State(replace(BORROWING, taking_off=True, rows=LENT[:1], loans_now=1)),
        "not only new loans": State(replace(BORROWING, rows=OTHER_ROWS)),
        "all five": State(replace(BORROWING, loans_now=5)),
        "a day that is not sure": State(replace(BORROWING, rows=(lent(DE_MEN, 1, due_in_days=14),))),
        "without limit and name": State(replace(BORROWING, patron=replace(MINH_AN, name=" ", limit=0))),
    },
    "returning": {name: State(doing) for name, doing in DOINGS.items() if name.startswith("returning")},
    "my_books": {
        "late, on the shelf, soon, renewed": State(MY_BOOKS),
        "nothing": State(replace(MY_BOOKS, books=Books(()))),
        "nothing that can be renewed, and one that is being asked": State(
            replace(MY_BOOKS, books=Books(LOANS[:2]), asked=frozenset({DE_MEN.barcode}))
        ),
        "a day that is not sure, a book that nobody knows": State(
            replace(
                MY_BOOKS,
                patron=replace(MINH_AN, name=" "),
                books=Books(
                    (
                        replace(LOANS[1], due_in_days=0, days_left=None),
                        replace(LOANS[2], book=n.BookShown("", "", "", ""), due_in_days=9, blocks=(b.NoPolicy(),)),
                    )
                ),
            )
        ),
        "every reason": State(
            replace(MY_BOOKS, books=Books(tuple(replace(LOANS[2], blocks=(block,)) for block in NOT_RENEWED)))
        ),
    },
    "finish": {
        "one day": State(FINISHED),
        "two days": State(
            replace(FINISHED, rows=(replace(LENT[0], kind=RowKind.RENEWED, due_on=date(2026, 12, 21)), *LENT))
        ),
        "a day that is not sure": State(replace(FINISHED, rows=(lent(DE_MEN, 1, due_in_days=14),))),
        "thirty": State(replace(FINISHED, rows=tuple(lent(LONG, seq) for seq in range(30)))),
    },
    "enrolling": {name: sample.state for name, sample in samples() if isinstance(sample.state.doing, Enrolling)},
    "desk_readers": {name: state for name, (_, state) in desk_readers.READERS.items()}
    | desk_readers.EVERY_PROBLEM
    | desk_readers.EVERY_ACT_DONE,
    "desk_titles": {name: state for name, (_, state) in desk_readers.TITLES.items()},
    "desk_work": {name: state for name, (_, state) in desk_readers.WORK.items()},
    "desk_settings": {name: state for name, (_, state) in desk_settings.SETTINGS.items()},
    "desk_reports": {name: state for name, (_, state) in desk_settings.REPORTS.items()},
    "proving": {name: state for name, (_, state) in desk_settings.PROVING.items()},
    "desk_disputes": desk_readers.EVERY_DISPUTE,
    "service": {name: state for name, (_, state) in SERVICE.items()},
    "staff_pins": {name: state for name, (_, state) in STAFF_PINS.items()},
    "desk": {name: state for name, (_, state) in DESK.items() if name not in ALIKE},
    "resting": {
        "the store is broken": State(Resting("K-03", 100.0)),
        "the disk is full": State(Resting("K-05", 100.0)),
        "the card is another machine's": State(Resting("K-07", 100.0)),
        "a pass that does not open it": State(Resting("K-04", 100.0, n.PassRefused(PassFault.EXPIRED), 110.0)),
    },
    "idle": {
        name: State(replace(doing, warned=True))
        for name, doing in DOINGS.items()
        if not isinstance(doing, Home | Finished | Resting)
    },
    "notices": {
        f"{type(notice).__name__} {place}, {name}": State(replace(doing, notice=notice))
        for place, notice in enumerate(NOTICES)
        for name, doing in DOINGS.items()
        if name in ("home", "borrowing")
    },
    "refusals": {
        f"{place}: {' + '.join(type(block).__name__ for block in refusal.blocks)}": State(
            replace(BORROWING, notice=refusal)
        )
        for place, refusal in enumerate(REFUSALS)
    },
}
