"""Every screen in the states that tell something: what the gallery shows, and what tests measure.

A state more is one line in `SCREENS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from gallery import desk, desk_books, desk_readers, desk_settings, enrolment, service
from kiosk.domain import blocks as b
from kiosk.domain.operations import OperationId
from kiosk.domain.service_pass import PassFault
from kiosk.session import notices as n
from kiosk.session.books import Books, HoldShown, LoanShown
from kiosk.session.states import (
    Borrowing,
    Finished,
    Hint,
    Home,
    Look,
    PatronShown,
    Resting,
    Returning,
    Row,
    RowKind,
    SessionRules,
    State,
    Station,
)
from screens.view_models import Place

NOW = 112.0
"""Monotonic seconds: what a ring counts from."""
RULES = SessionRules(may_enrol_anew=True)
CAMERA = "camera"
PLACE = Place("Trạm Xanh", "Thư viện xanh · Trường THCS Hoa Sen")
PLACE_WITH_CAMERA = replace(PLACE, camera=CAMERA)
DUE = date(2026, 12, 7)
"""Two weeks from now."""
BOOKS = tuple(
    n.BookShown(f"PM.{2770 + place:06}", f"title-{place}", name, author)
    for place, (name, author) in enumerate(
        (
            ("Đất rừng phương Nam", "Đoàn Giỏi"),
            ("Cho tôi xin một vé đi tuổi thơ", "Nguyễn Nhật Ánh"),
            ("Dế Mèn phiêu lưu ký", "Tô Hoài"),
            ("Totto-chan bên cửa sổ", "Kuroyanagi Tetsuko"),
            ("Kính vạn hoa, tập 3", "Nguyễn Nhật Ánh"),
            ("Chuyện con mèo dạy hải âu bay", "Luis Sepúlveda"),
            ("Những cuộc phiêu lưu kỳ lạ của Karik và Valia trong thế giới côn trùng, tập hai", "Yan Larri"),
            ("Ổ bánh mì ướt ẩm ỡm ờ", "Ỷ Ỗ Ẵ Ậ Ệ Ộ Ợ Ự Ỹ"),
        )
    )
)
LAST = BOOKS[4]
MINH_AN = PatronShown("p-1", "HS-000417", "Minh An", 5)


def operation(seq: int) -> OperationId:
    return OperationId("ab" * 16, seq)


def rows(count: int, kind: RowKind = RowKind.LENT, **newest: Any) -> tuple[Row, ...]:
    """Newest first; `newest` is said of the newest alone."""
    due = None if kind is RowKind.RETURNED else DUE
    found = [Row(kind, BOOKS[seq % len(BOOKS)], 100.0, operation(seq + 1), due) for seq in reversed(range(count))]
    return (replace(found[0], **newest), *found[1:]) if found else ()


def borrowing(count: int, limit: int = 5, **more: Any) -> Borrowing:
    """`count` books lent in this visit, and none before."""
    fields: dict[str, Any] = {"rows": rows(count), "loans_now": count, "active_at": 100.0, "card_at": 90.0} | more
    return Borrowing(fields.pop("patron", replace(MINH_AN, limit=limit)), **fields)


def returning(count: int, **more: Any) -> Returning:
    fields: dict[str, Any] = {"rows": rows(count, RowKind.RETURNED), "active_at": 94.0} | more
    return Returning(**fields)


def loan(place: int, days_left: int, *blocks: b.Block, **more: Any) -> LoanShown:
    due_on = DUE + timedelta(days=days_left - 14)
    fields: dict[str, Any] = {"due_in_days": None, "days_left": days_left, "renewals_left": 1, "blocks": blocks} | more
    return LoanShown(BOOKS[place % len(BOOKS)], due_on, **fields)


def my_books(*loans: LoanShown, holds: tuple[HoldShown, ...] = (), **more: Any) -> Borrowing:
    return borrowing(0, loans_now=len(loans), books=Books(loans, holds), **more)


def finished(*found: Row) -> State:
    return State(Finished(found, MINH_AN.card, 110.0))


def refused(*blocks: b.Block, book: n.BookShown = LAST, books: int = 3) -> State:
    return State(borrowing(books, notice=n.NotLent(book, blocks)))


def noticed(notice: n.Notice) -> State:
    return State(Home(notice, 100.0))


def hinted(hint: Hint, doing: Borrowing | None = None, *, aiming: bool = False) -> State:
    return State(doing or Home(), aiming=aiming, station=Station(hint=hint))


HELD = returning(3, rows=rows(3, RowKind.RETURNED, held_at="ngăn 2"))
ALL_KINDS = (
    Row(RowKind.ALREADY_YOURS, BOOKS[4], 100.0, due_on=DUE),
    Row(RowKind.RENEWED, BOOKS[2], 99.0, operation(2), DUE, due_in_days=14),
    *rows(1),
)
NOT_IN_LIST = Row(RowKind.NOT_IN_CATALOGUE, n.BookShown("TK.99999", "", "", ""), 99.0, operation(9))
LATE = loan(5, -3, b.LoanOverdue(DUE), b.HeldForAnother())
FOUR_LOANS = (LATE, loan(2, 2), loan(3, 14), loan(0, 28, renewed=True))
HERE = HoldShown(BOOKS[4], 1, True, "ngăn 2")
WAITING = HoldShown(BOOKS[1], 3, False, "ngăn 2")
NOT_NOW = (
    loan(5, -3, b.LoanOverdue(DUE)),
    loan(2, 2, b.NoMoreRenewals(1)),
    loan(3, 5, b.HeldForAnother()),
    loan(6, 14, b.RenewedTooSoon(DUE)),
)
THREE_DAYS = tuple(
    replace(row, due_on=DUE + timedelta(days=more)) for row, more in zip(rows(3), (0, 0, 7), strict=True)
)
BOOKS_LATE = n.CardHasBlocks((b.OverdueLoans(2),))
CARD_PAUSED = n.CardHasBlocks((b.PatronBlocked(),))
CARD_SUSPENDED = n.CardHasBlocks((b.Suspended(DUE),))
RETURN_OFFERED = n.ReturnOffered(LAST.barcode, LAST)


PASS_FAULTS = {
    PassFault.NOT_OURS: "A service pass that somebody made up or altered.",
    PassFault.OTHER_STATION: "One for another station.",
    PassFault.EXPIRED: "Its hours have passed.",
    PassFault.ENDED: "Somebody has locked the screen with it: a copy opens nothing.",
    PassFault.NO_CENTRE: "A station that is not enrolled.",
    PassFault.VERSION: "A newer centre than station.",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """`says`: for whoever looks at the picture. `camera`: this station has one. `read`: it read a code just now."""

    says: str
    state: State
    camera: bool = False
    read: bool = False

    @property
    def place(self) -> Place:
        return PLACE_WITH_CAMERA if self.camera else PLACE


@dataclass(frozen=True, slots=True)
class Screen:
    title: str
    says: str
    samples: Mapping[str, Sample]


_AT_DESK = desk.STATES | desk_books.STATES | desk_readers.STATES | desk_settings.STATES

SCREENS: tuple[Screen, ...] = (
    Screen(
        "Home",
        "What to do first, as one sentence; a scan works from here at once. “Aa” makes the words larger, then also "
        "black on white, then as before; it ends with the visit, as the language does.",
        {
            "home": Sample("Nobody is there yet.", State()),
            "home-offline": Sample(
                "No network: everything works all the same, so the line is calm.",
                State(station=Station(online=False, pending=14)),
            ),
            "home-scanner-lost": Sample(
                "The scanner was unplugged: amber, because somebody has to look.",
                State(station=Station(scanners_lost=frozenset({"serial"}))),
            ),
            "home-camera": Sample("A station with a camera shows what it sees.", State(), camera=True),
            "home-camera-lost": Sample(
                "The camera was unplugged, hangs, or sees only black.",
                State(station=Station(scanners_lost=frozenset({CAMERA}))),
                camera=True,
            ),
            "home-camera-near": Sample("Held too near: how to go on.", hinted(Hint.TOO_NEAR), camera=True),
        },
    ),
    Screen(
        "Borrow",
        "A book is lent the moment it beeps; the newest is on top. “Done” is never needed: the time ring in it runs.",
        {
            "borrow-0": Sample("The card was scanned.", State(borrowing(0))),
            "borrow-1": Sample("One book.", State(borrowing(1))),
            "borrow-3": Sample("Three books.", State(borrowing(3))),
            "borrow-5": Sample("All five: the list takes the whole width.", State(borrowing(5))),
            "borrow-many": Sample("A teacher’s twenty: two keys turn pages.", State(borrowing(20, limit=20))),
            "borrow-mixed": Sample(
                "A book that was theirs already, a renewal on a day that is not sure, a loan.",
                State(borrowing(0, rows=ALL_KINDS, loans_now=3)),
            ),
            "taking-off": Sample("“Remove a book”: each row has its own key.", State(borrowing(3, taking_off=True))),
            "borrow-camera": Sample("With a camera.", State(borrowing(2)), camera=True),
            "borrow-camera-dark": Sample(
                "It is too dark to read the label.", hinted(Hint.TOO_DARK, borrowing(2)), camera=True
            ),
            "borrow-camera-read": Sample(
                "A code was read: a tick, for a moment.", State(borrowing(0)), camera=True, read=True
            ),
        },
    ),
    Screen(
        "My books",
        "What one has and until when: late books first, then what waits on the shelf. One touch keeps a book longer, "
        "or the row says why not; a scan leads back to borrowing.",
        {
            "my-books-0": Sample("Nothing is at home.", State(my_books())),
            "my-books": Sample(
                "Late and wanted by another, soon, two weeks, renewed; a fifth waits on the shelf.",
                State(my_books(*FOUR_LOANS, holds=(HERE,))),
            ),
            "my-books-4": Sample("Four fill the page.", State(my_books(*FOUR_LOANS))),
            "my-books-many": Sample(
                "More turn pages; a hold that is not back yet says which place it has.",
                State(my_books(*FOUR_LOANS, loan(7, 20), loan(6, 22), loan(4, 25), holds=(WAITING,))),
            ),
            "my-books-not-now": Sample(
                "Nothing can be renewed: each row says why, and the left key leads back to borrowing.",
                State(my_books(*NOT_NOW)),
            ),
        },
    ),
    Screen(
        "Finish",
        "What one takes home and until when, with a code that puts the day into a phone’s calendar. No name; it closes "
        "by itself, and the next card begins at once.",
        {
            "finish": Sample("One day for all.", finished(*rows(3))),
            "finish-1": Sample("One book.", finished(*rows(1))),
            "finish-days": Sample("Several days: each book has its own beside it.", finished(*THREE_DAYS)),
            "finish-many": Sample("A teacher’s twenty.", finished(*rows(20))),
            "finish-unsure": Sample(
                "Nobody vouches for the date, so it is counted in days, and there is no code to keep.",
                finished(*rows(2, due_in_days=14)),
            ),
        },
    ),
    Screen(
        "Return",
        "No card is needed, and no name is shown.",
        {
            "return-0": Sample("“Return” was touched.", State(returning(0))),
            "return-1": Sample("One book is back.", State(returning(1))),
            "return-hold": Sample("Somebody waits for the newest: it says on which shelf.", State(HELD)),
            "return-unknown": Sample(
                "A book that no list knows is taken all the same.",
                State(returning(0, rows=(NOT_IN_LIST, *rows(1, RowKind.RETURNED)))),
            ),
            "return-camera": Sample("With a camera.", State(returning(0)), camera=True),
        },
    ),
    Screen(
        "Attention",
        "What happened, what to do now, and in green what is kept. Amber, never red; nobody is scolded. Below, small, "
        "a code for the librarian.",
        {
            "limit": Sample("Five books already.", refused(b.TooManyLoans(5), books=5)),
            "read-here": Sample("A book for reading here.", refused(b.InHouseOnly())),
            "lent-to-another": Sample(
                "Still lent to somebody else: one touch returns it.", refused(b.OnLoanToAnother())
            ),
            "many-reasons": Sample(
                "Every reason at once.",
                refused(b.PatronBlocked(), b.OverdueLoans(2), b.TooManyLoans(5), b.HeldForAnother(), book=BOOKS[6]),
            ),
            "books-late": Sample(
                "A card with late books: one touch shows which.", State(borrowing(0, loans_now=2, notice=BOOKS_LATE))
            ),
            "not-renewed": Sample(
                "Renewed as often as it can be, and brought to the scanner again.", refused(b.NoMoreRenewals(1))
            ),
            "card-paused": Sample("A card that is paused.", State(borrowing(0, notice=CARD_PAUSED))),
            "card-suspended": Sample(
                "Books came back late, so it rests until a day that it says; everything else goes on.",
                State(borrowing(0, notice=CARD_SUSPENDED)),
            ),
            "unknown-card": Sample("A card that nobody knows.", noticed(n.UnknownCard())),
            "enrolment-code": Sample(
                "A new station’s code, at one that works already.", noticed(n.EnrolmentCodeShown())
            ),
            "no-pin-yet": Sample("The library wants a PIN too, and none is set here.", noticed(n.NoPinYet())),
            "citizen-card": Sample("A citizen card: forgotten at once.", noticed(n.CitizenCard())),
            "wrong-barcode": Sample("The publisher’s code on the back.", noticed(n.PublishersCode("9786042134621"))),
            "unreadable": Sample("A scan that was not clear.", noticed(n.UnreadableScan())),
            "unknown-book": Sample("A label in no list.", noticed(n.UnknownItem("TK.99999"))),
            "card-first": Sample("“Borrow” was touched: the card comes first.", noticed(n.CardFirst())),
            "card-first-my-books": Sample("“My books” was touched: so here.", noticed(n.CardFirst(to_my_books=True))),
            "return-offered": Sample("A book on nobody’s loan, without a card.", noticed(RETURN_OFFERED)),
            "card-or-book": Sample("One code that is both.", noticed(n.CardOrBook("HS-000417"))),
            "too-late": Sample("Too late to take a book off.", State(borrowing(2, notice=n.CannotTakeBack(False)))),
            "help": Sample("“Need help?” was touched.", noticed(n.HelpAsked())),
        },
    ),
    Screen(
        "Camera",
        "A tap on the small picture makes it large, as a mirror shows it. Any scan closes it. Nothing of it is stored.",
        {
            "camera": Sample("For aiming.", State(aiming=True), camera=True),
            "camera-dark": Sample("Too dark.", hinted(Hint.TOO_DARK, aiming=True), camera=True),
            "camera-near": Sample("Too near.", hinted(Hint.TOO_NEAR, aiming=True), camera=True),
            "camera-blurred": Sample("A hand that moves.", hinted(Hint.BLURRED, aiming=True), camera=True),
            "camera-read": Sample("A code was read: a tick, for a moment.", State(aiming=True), camera=True, read=True),
        },
    ),
    Screen(
        "A PIN beside the card",
        "Where the library has chosen so: nobody borrows with a photo of a card. It is asked for once in a visit.",
        {name: Sample(says, state) for name, (says, state) in desk_settings.PROVING.items()},
    ),
    Screen(
        "Still here?",
        "After half a minute, for a quarter; then the visit ends, and nothing of it stays on the screen.",
        {
            "idle": Sample("While borrowing.", State(borrowing(3, warned=True, active_at=78.0))),
            "idle-return": Sample("While returning.", State(returning(1, warned=True, active_at=78.0))),
        },
    ),
    Screen(
        "The librarian’s desk",
        "A person’s own card, then a PIN. The bar is violet, and says who is there and when it locks; nothing of it "
        "stays on the screen then.",
        {
            "borrow-staff": Sample(
                "Somebody of the staff borrows like anybody, and has one key more.",
                State(borrowing(2, patron=replace(MINH_AN, name="cô Lan", staff=desk.LAN.staff))),
            ),
            **{name: Sample(says, state) for name, (says, state) in _AT_DESK.items()},
        },
    ),
    Screen(
        "Taking a rest",
        "Nothing can be made durable, so nothing is lent.",
        {
            "resting": Sample("It keeps trying by itself.", State(Resting("K-03", 104.0))),
            "resting-full": Sample("There is no room left on the disk.", State(Resting("K-05", 104.0))),
            "resting-for-a-person": Sample(
                "The store is damaged: it waits for a person.", State(Resting("K-04", 104.0))
            ),
            "resting-other-machine": Sample("The card was put into another machine.", State(Resting("K-07", 104.0))),
        },
    ),
    Screen(
        "Enrolling",
        "A blank station, until it is its library’s: it needs no keyboard. Every problem says what happened and what "
        "to do now.",
        {
            name: Sample(says, state, camera=name in enrolment.WITH_CAMERA)
            for name, (says, state) in enrolment.STATES.items()
        },
    ),
    Screen(
        "For whoever looks after it",
        "A service pass that the centre has drawn opens it, never over somebody’s visit. It locks itself after two "
        "minutes; a touch on a tile says what to do.",
        {name: Sample(says, state) for name, (says, state) in (service.STATES | desk.SERVICE_STATES).items()}
        | {
            f"pass-{fault.value.replace('_', '-')}": Sample(says, noticed(n.PassRefused(fault)))
            for fault, says in PASS_FAULTS.items()
        },
    ),
)
LOOKS: Mapping[Look, str] = {
    Look.USUAL: "",
    Look.LARGE: "large",
    Look.CONTRAST: "contrast",
}
"""Each look as the end of a picture's name."""


def samples() -> Iterator[tuple[str, Sample]]:
    for screen in SCREENS:
        yield from screen.samples.items()
