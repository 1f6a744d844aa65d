"""Lending and taking back at the librarian's desk, in their telling states."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from gallery.desk import at_desk
from kiosk.domain.blocks import (
    HeldForAnother,
    InHouseOnly,
    NoPolicy,
    OnLoanToAnother,
    OverdueLoans,
    SchoolYearEnds,
    TooManyLoans,
)
from kiosk.domain.operations import OperationId
from kiosk.session import states
from kiosk.session.books import LoanShown
from kiosk.session.desk_states import (
    AtDeskRefused,
    DeskProblem,
    DeskRow,
    Lending,
    ReaderLine,
    ReaderShown,
    RowKind,
    TakingBack,
)
from kiosk.session.notices import BookShown

DE_MEN = BookShown("TK.00012", "t-1", "Dế Mèn phiêu lưu ký", "Tô Hoài")
KINH_VAN_HOA = BookShown("TK.00140", "t-2", "Kính vạn hoa, tập 3", "Nguyễn Nhật Ánh")
HAI_VAN_DAM = BookShown("PM.001208", "t-3", "Hai vạn dặm dưới đáy biển", "Jules Verne")
_TU_DIEN = BookShown("TC.00007", "t-4", "Từ điển tiếng Việt", "Hoàng Phê")
GOC_SAN = BookShown("TK.00301", "t-5", "Góc sân và khoảng trời", "Trần Đăng Khoa")
_DUE = date(2026, 12, 7)
_NO_PERIOD = (NoPolicy(), SchoolYearEnds())


def _id(n: int) -> OperationId:
    return OperationId("e" * 32, n)


def _loan(book: BookShown, days_left: int) -> LoanShown:
    return LoanShown(book, date.fromordinal(date(2026, 11, 23).toordinal() + days_left), None, days_left, 1)


AN = ReaderLine("p-1", "Minh An", "6A2")
READER = ReaderShown(AN, "hs", 5, (_loan(GOC_SAN, -4), _loan(KINH_VAN_HOA, 9)), (), (), False, None)
_BLOCKED = replace(READER, blocks=(OverdueLoans(1),), note="Em hay quên thẻ, nhắc em trước giờ đọc sách.")
_LENT = DeskRow(RowKind.LENT, DE_MEN, _id(7), _DUE)
_NOT_LENT = DeskRow(RowKind.REFUSED, _TU_DIEN, None, refused=AtDeskRefused(_TU_DIEN, (OverdueLoans(1),), ()))
_ALLOWED = DeskRow(RowKind.LENT, _TU_DIEN, _id(8), date(2026, 11, 24), against_rules=True)
_BACK = DeskRow(RowKind.RETURNED, KINH_VAN_HOA, _id(9), had=AN)
_PILE = (
    DeskRow(RowKind.RETURNED, HAI_VAN_DAM, _id(12), held_at="ngăn 2", had=ReaderLine("p-2", "Thu Hà", "7A1")),
    _BACK,
    DeskRow(RowKind.NOT_IN_CATALOGUE, BookShown("TK.09999", "", "", ""), _id(11)),
    DeskRow(RowKind.RETURNED, GOC_SAN, _id(10)),
)

STATES: dict[str, tuple[str, states.State]] = {
    "desk-lend": ("Nobody stands here yet.", at_desk(Lending())),
    "desk-lend-unknown": ("A card that nobody has.", at_desk(Lending(problem=DeskProblem.UNKNOWN_CARD))),
    "desk-lend-reader": ("What a reader has, and what stands against them.", at_desk(Lending(_BLOCKED))),
    "desk-lend-books": ("Lent, one of them against the rules.", at_desk(Lending(READER, (_ALLOWED, _LENT)))),
    "desk-lend-refused": (
        "Every reason, and what may be said to lend it all the same.",
        at_desk(Lending(READER, (_LENT,), AtDeskRefused(_TU_DIEN, (OverdueLoans(1), InHouseOnly()), ()))),
    ),
    "desk-lend-not": (
        "It stays in the list as not lent, also when the next book is.",
        at_desk(Lending(READER, (_LENT, _NOT_LENT))),
    ),
    "desk-lend-many": (
        "Four reasons at once.",
        at_desk(
            Lending(
                READER,
                (_LENT,),
                AtDeskRefused(HAI_VAN_DAM, (OverdueLoans(2), TooManyLoans(5), HeldForAnother(), InHouseOnly()), ()),
            )
        ),
    ),
    "desk-lend-stays": (
        "What nobody at the desk may set aside.",
        at_desk(Lending(READER, (), AtDeskRefused(_TU_DIEN, _NO_PERIOD, _NO_PERIOD))),
    ),
    "desk-lend-another": (
        "Recorded for another reader: whoever holds it is right.",
        at_desk(Lending(READER, (), AtDeskRefused(HAI_VAN_DAM, (OnLoanToAnother(),), (OnLoanToAnother(),)))),
    ),
    "desk-lend-row": ("A book of this act, chosen.", at_desk(Lending(READER, (_LENT,), chosen="TK.00012"))),
    "desk-lend-loan": ("A book at home, chosen.", at_desk(Lending(READER, (), chosen="TK.00301"))),
    "desk-return": ("Nothing scanned yet.", at_desk(TakingBack())),
    "desk-return-pile": ("A pile; who had each is told here alone.", at_desk(TakingBack(_PILE))),
    "desk-return-row": ("One of them, chosen.", at_desk(TakingBack(_PILE, "TK.00140"))),
    "desk-return-damaged": (
        "Marked as damaged.",
        at_desk(TakingBack((replace(_BACK, marked="damaged"),), "TK.00140")),
    ),
}
