"""Whatever the network does between a station and its centre, both have the same in the end, each thing once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from central_link import native_rest, native_rest_wire
from central_link.http_line import Answer
from central_server.ledger import read_ledger
from demo.school import LIBRARY
from kiosk.domain.operations import Operation
from kiosk.ports.central import Verdict, VerdictKind
from kiosk.ports.errors import Refused
from kiosk.sync.outbox import Outbox, _Row, _Run
from tests.faults.corner import Corner, corner, stocked
from tests.faults.fault_proxy import Fault
from tests.sync.test_engine import eventually

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stocked(tmp_path_factory.mktemp("stocked") / "data")


@dataclass
class Storm:
    """Each fault in turn with a clear sky in between, in an order of its own; `over`: a clear sky only."""

    faults: tuple[Fault, ...] = tuple(Fault)
    over: bool = True
    random: Random = field(default_factory=lambda: Random(7))
    _bag: list[Fault] = field(default_factory=list)

    def __call__(self, request: bytes) -> Fault:
        if self.over:
            return Fault.NONE
        if not request.startswith(b"POST"):  # a long poll is patient: a lost one would only make the test long
            return self.random.choice((Fault.NONE, Fault.CUT_IN_ANSWER, Fault.SLOW, Fault.CUT_AFTER_ANSWER))
        if not self._bag:
            self._bag = [*self.faults, *[Fault.NONE] * 3]
            self.random.shuffle(self._bag)
        return self._bag.pop()


def go_on_through(storm: Storm, there: Corner, times: int) -> None:
    """Lends and takes back until each fault was met `times` times."""
    storm.over = False
    done = there.network.proxy.done
    while any(done[fault] < times for fault in storm.faults):
        before = done.total()
        there.lend(3)
        there.take_back()
        eventually(lambda before=before: done.total() > before)  # type: ignore[misc]
        if done.total() % 7 == 0:
            there.network.deliver_late()
    storm.over = True
    there.network.deliver_late()


def test_station_and_centre_agree_whatever_the_network_does(tmp_path: Path, data: Path) -> None:
    storm = Storm()
    with corner(tmp_path, data, storm) as there:
        go_on_through(storm, there, 3)
        assert there.differences() == []
        kept = read_ledger(there.centre, LIBRARY)["operations"]
        kinds = [one["kind"] for one in kept]
        assert (kinds.count("check_out"), kinds.count("check_in")) == (there.lent, there.returned)
        assert {one["verdict"] for one in kept} == {"accepted"}


def takes_any_200(answer: Answer) -> bytes:
    assert answer.status == 200
    return answer.content


def believes(_content: bytes, sent: list[Operation]) -> tuple[Verdict, ...]:
    return tuple(Verdict(operation.id, VerdictKind.ACCEPTED) for operation in sent)


def _any_200_is_an_acceptance(patch: pytest.MonkeyPatch) -> Fault:
    patch.setattr(native_rest, "_protocol_content", takes_any_200)
    patch.setattr(native_rest_wire, "decode_verdicts", believes)
    return Fault.WIFI_PAGE


def _what_is_refused_is_dropped(patch: pytest.MonkeyPatch) -> Fault:
    def taken(self: Outbox, part: list[_Row], _run: _Run) -> bool:
        operations = [operation for _, operation in part]
        try:
            verdicts = self._link.send(operations)
        except Refused:
            verdicts = believes(b"", operations)
        self._settle(verdicts)
        return True

    patch.setattr(Outbox, "_taken", taken)
    return Fault.PROXYS_400


@pytest.mark.parametrize("spoil", [_any_200_is_an_acceptance, _what_is_refused_is_dropped])
def test_control_a_credulous_station_loses_operations(
    tmp_path: Path, data: Path, spoil: Callable[[pytest.MonkeyPatch], Fault], monkeypatch: pytest.MonkeyPatch
) -> None:
    storm = Storm((spoil(monkeypatch),))
    with corner(tmp_path, data, storm) as there:
        go_on_through(storm, there, 3)
        assert any("only here" in one for one in there.differences())
