"""Whatever the network does between a station and its centre, both have the same in the end, each thing once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any

import pytest

from central_link import native_rest, native_rest_wire
from central_link.http_line import Answer, HttpLine
from central_server.ledger import read_ledger
from demo.school import LIBRARY
from kiosk.domain.operations import Operation
from kiosk.ports.central import Verdict, VerdictKind
from kiosk.ports.errors import Refused
from kiosk.sync.engine import LONG_POLL_S
from kiosk.sync.outbox import Outbox, _Row, _Run
from tests.faults.corner import Corner, corner, stocked
from tests.faults.fault_proxy import Fault
from tests.sync.test_engine import eventually

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stocked(tmp_path_factory.mktemp("stocked") / "data")


TELLING, ASKING = b"POST", b"GET"
A_SHORT_POLL_S = 1.0


def is_patient(request: bytes) -> bool:
    """A question from before polls were made short. It would be lost for longer than a test waits."""
    return f"wait={LONG_POLL_S:.0f} ".encode() in request.partition(b"\r\n")[0]


@dataclass
class Storm:
    """Each fault in turn with a clear sky in between, in an order of its own for what is told and what is asked;
    `over`: a clear sky only. `met`: how often each was, by the request's method."""

    faults: tuple[Fault, ...] = tuple(Fault)
    over: bool = True
    met: Counter[tuple[bytes, Fault]] = field(default_factory=Counter)
    random: Random = field(default_factory=lambda: Random(7))
    _bags: dict[bytes, list[Fault]] = field(default_factory=lambda: {TELLING: [], ASKING: []})

    def __call__(self, request: bytes) -> Fault:
        if self.over or is_patient(request):
            return Fault.NONE
        method = request.partition(b" ")[0]
        bag = self._bags[method]
        if not bag:
            bag += [*self.faults, *[Fault.NONE] * 3]
            self.random.shuffle(bag)
        fault = bag.pop()
        self.met[method, fault] += 1
        return fault


def go_on_through(storm: Storm, there: Corner, times: int) -> None:
    """Lends and takes back until each fault was met `times` times by what is told, and once by what is asked."""
    there.kiosk.sync._long_poll_s = A_SHORT_POLL_S  # one that is lost lasts as long
    storm.over = False
    done = there.network.proxy.done
    while any(storm.met[TELLING, fault] < times or not storm.met[ASKING, fault] for fault in storm.faults):
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


@dataclass
class Swallows:
    """One question, without a word, once it is `hungry`. `since`: questions that came after it."""

    hungry: bool = False
    since: int | None = None

    def __call__(self, request: bytes) -> Fault:
        if not self.hungry or not request.startswith(ASKING) or is_patient(request):
            return Fault.NONE
        if self.since is None:
            self.since = 0
            return Fault.HALF_OPEN
        self.since += 1
        return Fault.NONE


def asks_again(tmp_path: Path, data: Path, within_s: float) -> bool:
    """After a question that was swallowed."""
    plan = Swallows()
    with corner(tmp_path, data, plan) as there:
        there.kiosk.sync._long_poll_s = A_SHORT_POLL_S
        plan.hungry = True
        there.lend(1)  # which ends the long poll that there is
        eventually(lambda: plan.since is not None)
        ends_at = monotonic() + within_s
        while not plan.since and monotonic() < ends_at:
            sleep(0.01)
        eventually(lambda: there.counts().pending == 0)  # what is told has a connection of its own
        return bool(plan.since)


def test_asks_again_when_a_question_was_swallowed(tmp_path: Path, data: Path) -> None:
    assert asks_again(tmp_path, data, 20.0)


def test_control_without_a_bound_a_swallowed_question_is_the_last(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = HttpLine.ask

    def ask(line: HttpLine, method: str, url: str, *, within_s: float, **more: Any) -> Answer:
        return real(line, method, url, within_s=within_s if method == "POST" else 3_600.0, **more)

    monkeypatch.setattr(HttpLine, "ask", ask)
    assert not asks_again(tmp_path, data, 4.0)


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
