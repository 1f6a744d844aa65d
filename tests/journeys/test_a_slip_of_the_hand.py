"""A book taken off again, and a return undone: through the station without its window to the real server, and back."""

import time
from pathlib import Path

import pytest

from demo.processes import Server
from kiosk.session.inputs import Button, TakeOffTouched
from kiosk.session.states import Borrowing, Finished, Home, Returning
from tests.journeys.hands import Hands


@pytest.mark.slow(30)
def test_takes_a_loan_and_a_return_back_on_both_sides(tmp_path: Path, server: Server) -> None:
    with Hands(tmp_path, server) as hands:
        hands.wait(lambda: hands.knows("HS250001"))
        hands.scanner.scan("HS250001")
        hands.until(lambda state: isinstance(state.doing, Borrowing))
        for code in ("TK.00001", "TK.00002"):
            hands.scanner.scan(code)
        lent = hands.until(lambda state: isinstance(state.doing, Borrowing) and len(state.doing.rows) == 2)
        assert isinstance(lent.doing, Borrowing)
        newest = lent.doing.rows[0].operation
        assert newest is not None
        hands.touch(Button.TAKE_OFF_MODE)
        hands.post(TakeOffTouched(newest, time.monotonic()))
        left = hands.until(lambda state: isinstance(state.doing, Borrowing) and len(state.doing.rows) == 1)
        assert isinstance(left.doing, Borrowing)
        assert left.doing.loans_now == 1
        hands.touch(Button.DONE)
        hands.until(lambda state: isinstance(state.doing, Finished))
        hands.touch(Button.DONE)
        hands.until(lambda state: isinstance(state.doing, Home))
        hands.scanner.scan("TK.00001")
        hands.until(lambda state: isinstance(state.doing, Returning) and len(state.doing.rows) == 1)
        hands.touch(Button.UNDO_RETURN)
        hands.until(lambda state: isinstance(state.doing, Returning) and not state.doing.rows)
        station, there = hands.both_ledgers()
    kinds = [row["kind"] for row in station["operations"]]
    assert kinds == ["check_out", "check_out", "void", "check_in", "void"]
    assert [row["item_barcode"] for row in there["loans"] if row["open"]] == ["TK.00001"]
