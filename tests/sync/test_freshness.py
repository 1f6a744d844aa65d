"""What makes a loan known at the centre, and the centre's news known here, is no timer: whoever sends looks by itself
once a day, and a question lies at the server for longer than a test waits. benchmarks.freshness says how soon it is."""

from __future__ import annotations

from pathlib import Path
from time import sleep

import pytest

from benchmarks import rig
from demo.processes import ROOT
from demo.school import LIBRARY
from kiosk.ports.devices import RawScan
from kiosk.session.states import Borrowing
from kiosk.sync.engine import LONG_POLL_S
from tests.central_server.support import bring
from tests.faults.corner import TITLES, Corner, corner, stocked
from tests.faults.fault_proxy import Fault
from tests.sync.test_engine import PATIENCE_S, eventually

pytestmark = pytest.mark.slow

A_MOMENT_S = 1.0
LONG_ENOUGH_S = 2.0  # for what comes at once


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stocked(tmp_path_factory.mktemp("stocked") / "data")


def borrow(there: Corner) -> None:
    """As a pupil does, until the loan is durable."""
    kiosk = there.kiosk
    kiosk.scanned(RawScan(rig.card(0), kiosk.clock.monotonic()))
    eventually(lambda: isinstance(kiosk._state.doing, Borrowing))
    kiosk.scanned(RawScan(rig.barcode(0), kiosk.clock.monotonic()))
    eventually(lambda: there.counts().pending + there.counts().settled == 1)


def test_the_commit_of_a_loan_wakes_who_sends_it(tmp_path: Path, data: Path) -> None:
    with corner(tmp_path, data) as there:
        borrow(there)
        eventually(lambda: there.counts().settled == 1)


def test_control_a_loan_that_wakes_nobody_waits(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with corner(tmp_path, data) as there:
        wake = there.kiosk.sync.wake
        monkeypatch.setattr(there.kiosk.sync, "wake", lambda: None)
        borrow(there)
        sleep(LONG_ENOUGH_S)
        assert there.counts().pending == 1
        wake()
        eventually(lambda: there.counts().settled == 1)


class Listening:
    """A network that only listens. `patient`: the last question that may lie at the server."""

    patient = b""

    def __call__(self, request: bytes) -> Fault:
        line = request.partition(b"\r\n")[0]
        if f"wait={LONG_POLL_S:.0f}".encode() in line:
            self.patient = line
        return Fault.NONE


def add_a_title(there: Corner, folder: Path) -> None:
    """By this process, which is not the server's. The question that lies there has been asked a moment before."""
    network = there.network.proxy.plan
    assert isinstance(network, Listening)
    before = network.patient
    there.lend(1)
    eventually(lambda: there.counts().settled == 1 and network.patient != before)
    sleep(A_MOMENT_S)
    bring(there.centre, "titles", "Mã đầu sách,Nhan đề,Loại\nMới,Sách mới,STK\n", folder, LIBRARY)


def titles_more(there: Corner) -> int:
    store = there.kiosk.store._store
    assert store is not None
    return int(store.counts()["titles"]) - TITLES


def test_a_change_by_another_process_answers_the_question_that_lies_at_the_server(tmp_path: Path, data: Path) -> None:
    assert LONG_POLL_S > PATIENCE_S, "its own end comes too late"
    with corner(tmp_path, data, Listening()) as there:
        add_a_title(there, tmp_path)
        eventually(lambda: titles_more(there) == 1)


def test_control_a_server_that_looks_once_an_hour_does_not_answer_for_another_process(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seldom = tmp_path / "seldom"
    seldom.mkdir()
    (seldom / "sitecustomize.py").write_text("from central_server import bell\nbell._LOOK_EVERY_S = 3_600.0\n")
    monkeypatch.setenv("PYTHONPATH", f"{seldom}:{ROOT}")
    with corner(tmp_path, data, Listening()) as there:
        add_a_title(there, tmp_path)
        sleep(LONG_ENOUGH_S)
        assert titles_more(there) == 0
        there.take_back()  # for which the server rings by itself
        eventually(lambda: titles_more(there) == 1)
