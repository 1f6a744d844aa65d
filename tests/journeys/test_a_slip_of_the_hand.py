"""A book taken off again, and a return undone: through the station without its window to the real server, and back."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from demo.compare import Ledger, differences
from demo.enrolment import enrol_station
from demo.processes import Server
from demo.school import LIBRARY, Scanner, fill, write_config
from kiosk.bootstrap import Kiosk, read_store
from kiosk.config import KioskConfig, load
from kiosk.session.inputs import Button, TakeOffTouched, Touched
from kiosk.session.states import Borrowing, Home, Returning, State

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 30.0


class Hands:
    def __init__(self, kiosk: Callable[[Callable[[State], None]], Kiosk], scanner: Scanner) -> None:
        self._states: SimpleQueue[State] = SimpleQueue()
        self.kiosk = kiosk(self._states.put)
        self.scanner = scanner

    def until(self, reached: Callable[[State], bool]) -> State:
        try:
            while True:
                state = self._states.get(timeout=PATIENCE_S)
                if reached(state):
                    return state
        except Empty:
            raise AssertionError("the station did not come to it") from None

    def touch(self, button: Button) -> None:
        self.kiosk.session.post(Touched(button, time.monotonic()))


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "centre").mkdir()
    fill(tmp_path / "centre")
    server = Server(tmp_path / "centre")
    server.start()
    yield server
    server.stop()


@pytest.mark.slow
def test_takes_a_loan_and_a_return_back_on_both_sides(tmp_path: Path, centre: Server) -> None:
    scanner = Scanner()
    line = f'kind = "serial"\nport = "{scanner.device}"'
    file = write_config(tmp_path, centre, scanner=line, quick=False)
    enrol_station(file, centre, LIBRARY, "tram-1")
    config = load(file)
    hands = Hands(lambda show: Kiosk(config, show), scanner)
    hands.kiosk.start()
    try:
        deadline = time.monotonic() + PATIENCE_S
        assert hands.kiosk.store.opened.wait(PATIENCE_S)
        while hands.kiosk.store.call(lambda work: work.patron_by_card("HS250001")) is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        scanner.scan("HS250001")
        hands.until(lambda state: isinstance(state.doing, Borrowing))
        for code in ("TK.00001", "TK.00002"):
            scanner.scan(code)
        lent = hands.until(lambda state: isinstance(state.doing, Borrowing) and len(state.doing.rows) == 2)
        assert isinstance(lent.doing, Borrowing)
        newest = lent.doing.rows[0].operation
        assert newest is not None
        hands.touch(Button.TAKE_OFF_MODE)
        hands.kiosk.session.post(TakeOffTouched(newest, time.monotonic()))
        left = hands.until(lambda state: isinstance(state.doing, Borrowing) and len(state.doing.rows) == 1)
        assert isinstance(left.doing, Borrowing)
        assert left.doing.loans_now == 1
        hands.touch(Button.DONE)
        hands.until(lambda state: isinstance(state.doing, Home))
        scanner.scan("TK.00001")
        hands.until(lambda state: isinstance(state.doing, Returning) and len(state.doing.rows) == 1)
        hands.touch(Button.UNDO_RETURN)
        hands.until(lambda state: isinstance(state.doing, Returning) and not state.doing.rows)
        while hands.kiosk.store.call(lambda work: work.outbox_counts()).pending:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        there = _centre_ledger(tmp_path)
        # What the centre says of these loans meanwhile comes back as changes, the last of them soon.
        while found := differences(_station_ledger(config), there, "tram-1"):
            assert time.monotonic() < deadline, found
            time.sleep(0.1)
    finally:
        hands.kiosk.stop()
        scanner.close()
    station = _station_ledger(config)
    assert differences(station, there, "tram-1") == []
    kinds = [row["kind"] for row in station["operations"]]
    assert kinds == ["check_out", "check_out", "void", "check_in", "void"]
    assert [row["item_barcode"] for row in there["loans"] if row["open"]] == ["TK.00001"]


def _station_ledger(config: KioskConfig) -> Ledger:
    store = read_store(config)
    return {"operations": list(store.ledger()), "loans": list(store.loans_ledger())}


def _centre_ledger(folder: Path) -> Ledger:
    words = [sys.executable, "-m", "central_server", "ledger", "--json", "--data", str(folder / "centre")]
    done = subprocess.run([*words, "--library", LIBRARY], cwd=ROOT, capture_output=True, text=True, check=True)
    found: Ledger = json.loads(done.stdout)
    return found
