"""Readers, looked up at the librarian's desk, and the work lists, in their telling states."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from gallery.desk import at_desk
from gallery.desk_books import AN, DE_MEN, GOC_SAN, HAI_VAN_DAM, KINH_VAN_HOA, READER
from kiosk.domain.blocks import HeldForAnother, LoanOverdue, OverdueLoans, PatronBlocked
from kiosk.domain.operations import OperationId
from kiosk.domain.requests import RequestState
from kiosk.session import states
from kiosk.session.books import HoldShown
from kiosk.session.desk_states import (
    BY_ITSELF,
    CARD_LINE,
    Act,
    AtDeskRefused,
    AtReader,
    AtTitle,
    AtWork,
    CheckLine,
    DeskProblem,
    DisputeLine,
    Finding,
    ItemShown,
    OverdueLine,
    ReaderLine,
    ShelveLine,
    TitleShown,
    ToCheck,
    UnsentLine,
    VersionShown,
    Work,
)
from kiosk.session.notices import BookShown

_MORNING = 1_795_227_120_000  # Saturday, 21 November 2026, 09:12 in Việt Nam
_BINH, _HA = ReaderLine("p-2", "Gia Bình", "6A1"), ReaderLine("p-3", "Thu Hà", "7A1")
_ANS = (AN, ReaderLine("p-4", "Bảo An", "7A1"), ReaderLine("p-5", "Hoài An", "8A3"))
_HOLDS = (HoldShown(DE_MEN, 1, True, "ngăn 2", "h-1"), HoldShown(HAI_VAN_DAM, 3, False, "ngăn 2", "h-2"))
FULL = replace(READER, holds=_HOLDS, valid_until=date(2027, 5, 31), has_pin=True)
_PAUSED = replace(
    FULL, blocks=(PatronBlocked(), OverdueLoans(1)), blocked=True, note="Em hay quên thẻ, nhắc em trước giờ đọc sách."
)
LOST = replace(FULL, loans=tuple(replace(one, marked="lost") if one.book == GOC_SAN else one for one in FULL.loans))
_REFUSED = AtDeskRefused(GOC_SAN, (LoanOverdue(date(2026, 11, 19)), HeldForAnother()), (), renewing=True)
_LOAN, _HOLD = GOC_SAN.barcode, HAI_VAN_DAM.title_id


def _of(book: BookShown) -> BookShown:
    """The title alone."""
    return replace(book, barcode="")


TITLE = TitleShown(
    _of(DE_MEN),
    "Kệ Xanh 1",
    "895.92234 D250M",
    (
        ItemShown(DE_MEN.barcode),
        ItemShown("TK.00013", is_lent=True),
        ItemShown("TK.00014", marked="lost"),
        ItemShown("TK.00015", marked="damaged"),
        ItemShown("TK.00016", in_house_only=True),
    ),
)


def version(kind: str | None, reader: str = "", *, here: bool = True, at: int | None = _MORNING) -> VersionShown:
    return VersionShown(here, "tram-1" if here else "tram-2", kind, reader, at)


def dispute(reason: str = "already_on_loan", *ways: str, **more: Any) -> DisputeLine:
    fields: dict[str, Any] = {
        "book": HAI_VAN_DAM,
        "held": version("check_out", "Minh An"),
        "came": version("check_out", "Gia Bình", here=False, at=None),
        "opened_ms": _MORNING,
    } | more
    return DisputeLine(f"d-{reason}", reason, ways=ways or ("first_over", "first_has_it"), **fields)


_UNCLEAR = dispute(
    "unclear_order", "returned", "on_loan", book=KINH_VAN_HOA, came=version("check_in", here=False, at=None)
)
_NO_LIST = dispute("unknown_item", "seen", book=BookShown("TK.09999", "", "", ""), held=None, came=version("check_in"))
DISPUTES = (dispute(), _UNCLEAR, _NO_LIST)
_ON_LOAN = DISPUTES[0].id


def check(place: int, why: ToCheck, book: BookShown, reader: ReaderLine | None = None) -> CheckLine:
    return CheckLine(str(place), OperationId("e" * 32, place), why, book, reader, _MORNING)


CHECKS = (
    check(1, ToCheck.VOIDED, DE_MEN, AN),
    check(2, ToCheck.UNKNOWN_ITEM, BookShown("TK.09999", "", "", "")),
    check(3, ToCheck.SEVERAL_LOANS, HAI_VAN_DAM, _BINH),
    check(4, ToCheck.RETURNED, KINH_VAN_HOA, _HA),
    replace(check(5, ToCheck.LOST, BookShown("", "", "", "")), at_ms=None),
)
CALLS = tuple(check(place, ToCheck.HELP, BookShown("", "", "", "")) for place in (6, 7))
LATE_BOOKS = (
    OverdueLine("l-1", _BINH, DE_MEN, date(2026, 11, 9), 14),
    OverdueLine("l-2", AN, GOC_SAN, date(2026, 11, 19), 4),
    OverdueLine("l-3", ReaderLine("p-9", "thầy Sơn", ""), KINH_VAN_HOA, date(2026, 11, 22), 1),
)
SHELVE = (ShelveLine("h-1", AN, DE_MEN, "ngăn 2"), ShelveLine("h-3", _HA, HAI_VAN_DAM, ""))
UNSENT = (
    UnsentLine("check_out", "check_out", 86, set_aside=False),
    UnsentLine("visit", "visit", 53, set_aside=False),
    UnsentLine("settings!", "settings", 1, set_aside=True),
)


def at_work(work: Work, lines: tuple[Any, ...] | None, chosen: str | None = None, **more: Any) -> states.State:
    return at_desk(AtWork(work, lines, chosen, **more))


READERS: dict[str, tuple[str, states.State]] = {
    "desk-find": ("Nothing typed yet; a card or a book can be scanned, too.", at_desk(Finding())),
    "desk-find-an": ("A name without its accents.", at_desk(Finding("an", _ANS, more=True))),
    "desk-find-book": (
        "A title, without its accents; and a reader who is called so, too.",
        at_desk(Finding("hoa", (replace(AN, name="Thu Hoà"),), titles=(_of(KINH_VAN_HOA),))),
    ),
    "desk-find-more": (
        "Of both there are more than there is room for.",
        at_desk(Finding("h", _ANS, titles=(_of(KINH_VAN_HOA), _of(HAI_VAN_DAM), _of(DE_MEN)))),
    ),
    "desk-find-nobody": ("Nobody is called so.", at_desk(Finding("xyz", ()))),
    "desk-find-lends": ("To lend to whoever is chosen.", at_desk(Finding("6A", _ANS[:1], lends=True))),
    "desk-find-nobody-has": (
        "To lend: a book was scanned that nobody has.",
        at_desk(Finding(lends=True, problem=DeskProblem.NOBODY_HAS_IT, book=KINH_VAN_HOA)),
    ),
    "desk-find-gone": (
        "A reader was taken from the list while they were looked at.",
        at_desk(Finding(problem=DeskProblem.READER_GONE)),
    ),
    "desk-reader": ("What a reader has, and waits for.", at_desk(AtReader(FULL))),
    "desk-reader-paused": ("What stands against lending, and a note.", at_desk(AtReader(_PAUSED))),
    "desk-reader-loan": ("A book at home.", at_desk(AtReader(FULL, _LOAN))),
    "desk-reader-loan-lost": ("It is lost, and still theirs to bring.", at_desk(AtReader(LOST, _LOAN))),
    "desk-reader-refused": ("It is not renewed, unless …", at_desk(AtReader(FULL, _LOAN, refused=_REFUSED))),
    "desk-reader-hold": ("A title that they wait for.", at_desk(AtReader(FULL, _HOLD))),
    "desk-reader-card": ("Their card and PIN.", at_desk(AtReader(FULL, CARD_LINE))),
    "desk-reader-staff": (
        "Of the staff: their PIN is not set here.",
        at_desk(AtReader(replace(FULL, of_staff=True), CARD_LINE)),
    ),
    "desk-reader-lost": (
        "Cards are lost: it asks before they open nothing any more.",
        at_desk(AtReader(FULL, CARD_LINE, wants=Act.BLOCK_CARDS)),
    ),
    "desk-reader-lost-done": (
        "Then a new one can be given.",
        at_desk(AtReader(FULL, CARD_LINE, done=Act.BLOCK_CARDS)),
    ),
    "desk-reader-new-card": ("A new card is awaited.", at_desk(AtReader(FULL, CARD_LINE, wants=Act.LINK_CARD))),
    "desk-reader-card-taken": (
        "It was another reader's: nothing was changed.",
        at_desk(AtReader(FULL, CARD_LINE, problem=DeskProblem.CARD_OF_ANOTHER)),
    ),
    "desk-reader-block": ("Lending is to be paused.", at_desk(AtReader(FULL, wants=Act.BLOCK))),
    "desk-reader-unblock": ("And to go on.", at_desk(AtReader(_PAUSED, wants=Act.UNBLOCK))),
    "desk-reader-to-hold": ("Any copy tells which title.", at_desk(AtReader(FULL, wants=Act.PLACE_HOLD))),
    "desk-reader-held": ("It is on hold.", at_desk(AtReader(FULL, done=Act.PLACE_HOLD, book=HAI_VAN_DAM))),
}
TITLES: dict[str, tuple[str, states.State]] = {
    "desk-title": ("What the library has of a title, and where each is.", at_desk(AtTitle(TITLE))),
    "desk-title-here": ("One that nobody has: it may be lost all the same.", at_desk(AtTitle(TITLE, DE_MEN.barcode))),
    "desk-title-lent": ("On loan; to whom is another touch.", at_desk(AtTitle(TITLE, "TK.00013"))),
    "desk-title-lost": ("Lost, until it is found.", at_desk(AtTitle(TITLE, "TK.00014"))),
    "desk-title-none": (
        "Of a book that has no title yet, and no copy any more.",
        at_desk(AtTitle(TitleShown(BookShown("", "t-9", "", ""), "", "", ()))),
    ),
}
WORK: dict[str, tuple[str, states.State]] = {
    "desk-disputes": ("Two sides say something else.", at_work(Work.DISPUTES, DISPUTES)),
    "desk-dispute": ("Both, beside each other; one touch settles it.", at_work(Work.DISPUTES, DISPUTES, _ON_LOAN)),
    "desk-dispute-order": ("Returned, or not?", at_work(Work.DISPUTES, DISPUTES, _UNCLEAR.id)),
    "desk-dispute-seen": ("Only to be seen.", at_work(Work.DISPUTES, DISPUTES, _NO_LIST.id)),
    "desk-dispute-asked": (
        "Settled here, and the centre has not answered.",
        at_work(Work.DISPUTES, (dispute(asked=RequestState.WAITING),), _ON_LOAN, done=1),
    ),
    "desk-dispute-other": (
        "Another librarian was first, at another station.",
        at_work(Work.DISPUTES, (dispute(asked=RequestState.DECLINED, settled="first_has_it"),), _ON_LOAN),
    ),
    "desk-disputes-none": ("Nothing to settle.", at_work(Work.DISPUTES, ())),
    "desk-check": ("Returns, slips and odd books.", at_work(Work.TO_CHECK, CHECKS)),
    "desk-check-one": ("One of them.", at_work(Work.TO_CHECK, CHECKS, "4", done=2)),
    "desk-check-gone": (
        "One was seen at another station meanwhile: nothing moves under the finger.",
        at_work(Work.TO_CHECK, CHECKS, "4", gone=frozenset({"4"})),
    ),
    "desk-overdue": ("By class.", at_work(Work.OVERDUE, LATE_BOOKS)),
    "desk-overdue-one": ("One of them.", at_work(Work.OVERDUE, LATE_BOOKS, "l-2")),
    "desk-shelve": ("Each book is scanned as it is put there.", at_work(Work.TO_SHELVE, SHELVE)),
    "desk-shelve-one": ("For whom, and where.", at_work(Work.TO_SHELVE, SHELVE, "h-1")),
    "desk-shelve-other": (
        "Nobody waits for what was scanned.",
        at_work(Work.TO_SHELVE, SHELVE, problem=DeskProblem.NOT_WAITED_FOR),
    ),
    "desk-shelve-again": (
        "The same copy was scanned once more.",
        at_work(Work.TO_SHELVE, SHELVE, problem=DeskProblem.SHELVED_ALREADY),
    ),
    "desk-help": ("Somebody has called.", at_work(Work.HELP, CALLS, "6")),
    "desk-unsent": ("What waits for the network, by kind.", at_work(Work.UNSENT, UNSENT)),
    "desk-unsent-aside": ("What the centre could not take.", at_work(Work.UNSENT, UNSENT, "settings!")),
    "desk-unsent-sent": ("It was asked just now.", at_work(Work.UNSENT, UNSENT, sent=True)),
}
STATES = READERS | TITLES | WORK
EVERY_DISPUTE: dict[str, states.State] = {
    reason: at_work(Work.DISPUTES, (line,), line.id)
    for reason in (
        "unreadable",
        "identity_conflict",
        "broken_chain",
        "gap",
        "clone",
        "lost_tail",
        "new_store",
        "false_reader",
        "unknown_item",
        "unknown_patron",
        "unknown_loan",
        "of_a_newer_centre",
    )
    for line in [dispute(reason, "seen", held=None, came=version(None, at=None))]
} | {
    "already_on_loan": at_work(Work.DISPUTES, (dispute(),), _ON_LOAN),
    "already_on_loan, nobody known": at_work(
        Work.DISPUTES, (dispute(held=version("check_out"), came=version("renew", here=False)),), _ON_LOAN
    ),
    "unclear_order": at_work(Work.DISPUTES, (_UNCLEAR,), _UNCLEAR.id),
    "settled_otherwise": at_work(
        Work.DISPUTES, (dispute("settled_otherwise", "as_settled", "as_happened"),), "d-settled_otherwise"
    ),
    "asked": at_work(Work.DISPUTES, (dispute(asked=RequestState.WAITING),), _ON_LOAN),
    "not taken": at_work(Work.DISPUTES, (dispute(asked=RequestState.DECLINED),), _ON_LOAN),
    "somebody else": at_work(Work.DISPUTES, (dispute(asked=RequestState.DECLINED, settled="first_over"),), _ON_LOAN),
    "by itself": at_work(Work.DISPUTES, (dispute(asked=RequestState.DECLINED, settled=BY_ITSELF),), _ON_LOAN),
}
"""One for every reason of docs/protocol.md, and one of which this station has never heard."""
EVERY_PROBLEM: dict[str, states.State] = {
    problem.value: at_desk(AtReader(FULL, problem=problem)) for problem in DeskProblem
}
EVERY_ACT_DONE: dict[str, states.State] = {
    act.value: at_desk(AtReader(FULL, done=act, book=DE_MEN))
    for act in (
        Act.LINK_CARD,
        Act.BLOCK_CARDS,
        Act.SET_PIN,
        Act.UNLOCK_PIN,
        Act.NOTE,
        Act.BLOCK,
        Act.UNBLOCK,
        Act.PLACE_HOLD,
        Act.CANCEL_HOLD,
        Act.RENEW,
    )
}
