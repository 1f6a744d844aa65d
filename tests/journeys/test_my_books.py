"""Sách của tôi through the station without its window, on loans of another station, to the real server and back."""

from pathlib import Path

import pytest

from demo.office import Office
from demo.processes import Server
from demo.school import LIBRARY
from kiosk.domain.blocks import LoanOverdue
from kiosk.session.inputs import Button
from kiosk.session.notices import CardFirst
from kiosk.session.states import Borrowing, Finished, Home, RowKind, State
from tests.journeys.hands import Hands


def listed(state: State) -> bool:
    return isinstance(state.doing, Borrowing) and state.doing.books is not None


def of(state: State) -> Borrowing:
    assert isinstance(state.doing, Borrowing)
    return state.doing


@pytest.mark.slow(20)
def test_renews_all_from_the_list_borrows_one_more_and_finishes_and_the_next_sees_only_their_own(
    tmp_path: Path, server: Server
) -> None:
    office = Office(server, LIBRARY)
    for barcode in ("TK.00001", "TK.00002"):
        office.lend("HS250001", barcode, days_ago=5, due_in=2)
    office.lend("HS250002", "TK.00009", days_ago=20, due_in=-3)
    with Hands(tmp_path, server) as hands:
        hands.wait(lambda: sum(bool(row["open"]) for row in hands.station_ledger()["loans"]) == 3)
        hands.touch(Button.MY_BOOKS)
        hands.until(lambda state: isinstance(state.doing, Home) and state.doing.notice == CardFirst(to_my_books=True))
        hands.scanner.scan("HS250001")
        books = of(hands.until(listed)).books
        assert books is not None
        assert {loan.book.barcode for loan in books.loans} == {"TK.00001", "TK.00002"}
        assert all(loan.can_be_renewed and loan.days_left is not None for loan in books.loans)
        hands.touch(Button.RENEW_ALL)
        renewed = of(hands.until(lambda state: len(of(state).rows) == 2))
        assert renewed.books is not None
        assert all(loan.renewed for loan in renewed.books.loans)
        hands.scanner.scan("TK.00003")
        hands.until(lambda state: len(of(state).rows) == 3)
        hands.touch(Button.DONE)
        finished = hands.until(lambda state: isinstance(state.doing, Finished)).doing
        assert isinstance(finished, Finished)
        assert [row.kind for row in finished.rows] == [RowKind.LENT, RowKind.RENEWED, RowKind.RENEWED]

        hands.scanner.scan("HS250002")
        hands.until(lambda state: isinstance(state.doing, Borrowing))
        hands.touch(Button.MY_BOOKS)
        (late,) = of(hands.until(listed)).books.loans  # type: ignore[union-attr]
        assert (late.book.barcode, late.overdue_days) == ("TK.00009", 3)
        assert any(isinstance(block, LoanOverdue) for block in late.blocks)
        hands.touch(Button.RENEW_ALL)
        hands.touch(Button.DONE)
        hands.until(lambda state: isinstance(state.doing, Home))
        station, there = hands.both_ledgers()
    written = [(row["kind"], row["barcode"]) for row in station["operations"]]
    assert sorted(written) == [("check_out", "TK.00003"), ("renew", "TK.00001"), ("renew", "TK.00002")]
    assert {row["item_barcode"]: row["renewals"] for row in there["loans"]} == {
        "TK.00001": 1,
        "TK.00002": 1,
        "TK.00003": 0,
        "TK.00009": 0,
    }
