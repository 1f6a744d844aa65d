"""An enrolment that somebody stops ends there, wherever it is; a centre that answers late, and a real worker."""

from __future__ import annotations

import datetime
import hashlib
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from queue import SimpleQueue

import pytest

from devices.host.clock import HostClock
from devices.host.network import is_connected
from kiosk.bootstrap.enrolling import EnrolmentWorker
from kiosk.config import BUILD_MS, BlankConfig, load_any
from kiosk.domain.enrolment_code import EnrolmentCode
from kiosk.ports.host import StationClock
from kiosk.ports.station_file import is_enrolled
from kiosk.session.enrolment import Confirmed, Enrol, Stuck, WordsKnown
from kiosk.session.states import EnrolProblem
from tests.central_link.certificates import Authority
from tests.central_link.picky_centre import Picky
from tests.central_link.stand_in import Request, StandIn, reply, stand_in
from tests.sync.test_engine import eventually as wait_until

pytestmark = pytest.mark.slow

PATIENCE_S = 60.0
RIGHT = {"codes": {"item_example": "TK.1", "card": [{"pattern": "H.*"}], "item": [{"prefix": "T"}]}}


class Late:
    """A centre that confirms everybody, and holds its answer to `held` back until it is told to answer."""

    def __init__(self, there: StandIn) -> None:
        self.picky = Picky(station=RIGHT, url=there.url)
        self.there = there
        self.held = ""
        self.lost: set[int] = set()
        self.authority = b""
        self.is_asked = threading.Event()
        self.may_answer = threading.Event()
        there.answer = self._answer

    def code(self, token: bytes = bytes(16), pin: bytes | None = None) -> EnrolmentCode:
        code = EnrolmentCode(self.there.url, "hoa-sen", "tram-1", token, pin)
        self.picky.expect(code.token_text)
        return code

    def asked_for(self, path: str) -> int:
        return sum(request.path == path for request in self.there.requests)

    def _answer(self, handler: BaseHTTPRequestHandler, request: Request) -> None:
        if request.path == self.held:
            self.is_asked.set()
            self.may_answer.wait(PATIENCE_S)
        if request.path == "/v1/authority":
            reply(handler, self.authority, content_type="application/x-pem-file")
            return
        if request.path == "/v1/device":
            self.picky.states = dict.fromkeys(self.picky.states, "active")
            if self.asked_for("/v1/device") in self.lost:
                reply(handler, b"<html>", 502, content_type="text/html")
                return
        self.picky.answer(handler, request)


class Blank:
    """A blank station below its screen."""

    def __init__(
        self,
        folder: Path,
        more: str = "",
        clock: StationClock | None = None,
        within_s: float = 0.0,
        requests: Path | None = None,
        beside: Path | None = None,
    ) -> None:
        (folder / "kiosk.toml").write_text(f'[station]\ndata = "data"\n{more}')
        config = load_any(folder / "kiosk.toml")
        assert isinstance(config, BlankConfig)
        self.data = config.data
        self.said: SimpleQueue[WordsKnown | Confirmed | Stuck] = SimpleQueue()
        clock = clock or HostClock(battery_clock=True, build_ms=BUILD_MS)
        self.worker = EnrolmentWorker(config, clock, requests, self.said.put, within_s, beside=beside)
        self._thread = threading.Thread(target=self.worker.run, daemon=True)
        self._thread.start()

    def next(self) -> WordsKnown | Confirmed | Stuck:
        return self.said.get(timeout=PATIENCE_S)

    def end(self) -> None:
        """Once all that was asked is done."""
        self.worker.stop()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()


@pytest.fixture
def late() -> Iterator[Late]:
    with stand_in() as there:
        yield Late(there)


@pytest.fixture
def blank(tmp_path: Path) -> Iterator[Blank]:
    station = Blank(tmp_path)
    yield station
    station.end()


def stopped_while(late: Late, blank: Blank, held: str, code: EnrolmentCode, stop: Callable[[], None]) -> None:
    late.held = held
    blank.worker.begin(Enrol(1, code))
    assert late.is_asked.wait(PATIENCE_S)
    stop()
    late.may_answer.set()
    blank.end()


def test_nobody_stops_it_and_it_is_a_station(late: Late, blank: Blank) -> None:
    """The control of those below."""
    blank.worker.begin(Enrol(1, late.code()))
    assert isinstance(blank.next(), WordsKnown)
    assert isinstance(blank.next(), Confirmed)
    assert is_enrolled(blank.data)


def test_stopped_while_the_yes_is_on_its_way(late: Late, blank: Blank) -> None:
    """As whoever saw four other words does."""
    stopped_while(late, blank, "/v1/device", late.code(), blank.worker.give_up)
    assert not is_enrolled(blank.data)
    assert blank.worker.kept() is None


def test_stopped_before_the_screen_could_say_that_it_is_done(late: Late, blank: Blank) -> None:
    blank.worker.begin(Enrol(1, late.code()))
    while not isinstance(blank.next(), Confirmed):
        pass
    blank.worker.give_up()
    assert not is_enrolled(blank.data)


def test_a_code_that_was_given_up_before_its_turn_is_neither_kept_nor_sent(late: Late, blank: Blank) -> None:
    second = late.code(bytes(range(16)))

    def stop() -> None:
        blank.worker.begin(Enrol(2, second))
        blank.worker.give_up()

    stopped_while(late, blank, "/v1/enrolments", late.code(), stop)
    assert late.picky.tokens[second.token_text][2] is None
    assert late.asked_for("/v1/enrolments") == 1
    assert blank.worker.kept() is None


@pytest.mark.parametrize("is_stopped", [True, False])
def test_stopped_while_the_authority_is_fetched_it_sends_no_token(
    blank: Blank, tmp_path: Path, is_stopped: bool
) -> None:
    school = Authority(tmp_path, "school")
    pin = hashlib.sha256(ssl.PEM_cert_to_DER_cert(school.file.read_text())).digest()
    with stand_in(tls=school.server()) as there:
        late = Late(there)
        late.authority = school.file.read_bytes()
        late.held = "/v1/authority"
        blank.worker.begin(Enrol(1, late.code(pin=pin)))
        assert late.is_asked.wait(PATIENCE_S)
        if is_stopped:
            blank.worker.give_up()
        late.may_answer.set()
        if not is_stopped:
            assert isinstance(blank.next(), WordsKnown)
        blank.end()
        assert late.asked_for("/v1/enrolments") == (0 if is_stopped else 1)


def test_switched_off_it_goes_on_at_the_next_start(late: Late, blank: Blank) -> None:
    """Which is not the same as given up."""
    stopped_while(late, blank, "/v1/device", late.code(), blank.worker.stop)
    assert not is_enrolled(blank.data)
    assert blank.worker.kept() is not None


class Unsure(HostClock):
    """A machine that was switched on just now; `is_right`: its network has told it the time since."""

    def __init__(self) -> None:
        super().__init__(battery_clock=False, build_ms=BUILD_MS)
        self.is_right = False
        self.asked = threading.Semaphore(0)

    def wall_clock_is_right(self) -> bool:
        self.asked.release()
        return self.is_right


@pytest.fixture
def of_another_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A server whom the usual authorities vouch for, though not today."""
    school = Authority(tmp_path, "school")
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(school.file))
    with stand_in(tls=school.server(ends=datetime.datetime(2021, 1, 1))) as there:
        yield there


def test_while_nobody_knows_the_time_a_certificates_dates_are_no_false_server(
    of_another_time: StandIn, tmp_path: Path
) -> None:
    clock = Unsure()
    blank = Blank(tmp_path, clock=clock)
    try:
        blank.worker.begin(Enrol(1, Late(of_another_time).code()))
        assert blank.next() == Stuck(1, EnrolProblem.CLOCK_UNSURE)
        assert blank.worker.kept() is not None, "it can be tried again"
        clock.is_right = True
        blank.worker.begin(Enrol(2, Late(of_another_time).code()))
        assert blank.next() == Stuck(2, EnrolProblem.DISTRUSTED)
        assert blank.worker.kept() is None
        assert of_another_time.requests == []
    finally:
        blank.end()


def test_waits_for_the_time_as_for_a_network(of_another_time: StandIn, tmp_path: Path) -> None:
    clock = Unsure()
    blank = Blank(tmp_path, clock=clock, within_s=PATIENCE_S)
    try:
        blank.worker.begin(Enrol(1, Late(of_another_time).code()))
        for _ in range(2):
            assert clock.asked.acquire(timeout=PATIENCE_S), "it looks again"
        assert blank.said.empty()
        clock.is_right = True
        assert blank.next() == Stuck(1, EnrolProblem.DISTRUSTED)
    finally:
        blank.end()


def test_another_server_is_one_whatever_the_clock(tmp_path: Path) -> None:
    school = Authority(tmp_path, "school")
    blank = Blank(tmp_path, clock=Unsure())
    with stand_in(tls=school.server()) as there:
        blank.worker.begin(Enrol(1, Late(there).code()))
        assert blank.next() == Stuck(1, EnrolProblem.DISTRUSTED)
    blank.end()


def pin_of(authority: Authority) -> bytes:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(authority.file.read_text())).digest()


def test_an_answer_that_is_lost_after_the_yes_is_asked_for_again(late: Late, blank: Blank) -> None:
    """The key before is shut out by then, and who compared the words has gone."""
    late.lost = {3}  # after its own nonce it hears with the second that it is confirmed
    blank.worker.begin(Enrol(1, late.code()))
    assert isinstance(blank.next(), WordsKnown)
    assert blank.next() == Confirmed(1)
    assert late.asked_for("/v1/device") > max(late.lost)


@pytest.mark.parametrize("alone", [True, False])
def test_with_nobody_there_a_stranger_who_answers_ends_nothing(blank: Blank, tmp_path: Path, alone: bool) -> None:
    """A network's own page, say: without its code the next start would forget the key, which may be confirmed."""
    school, stranger = Authority(tmp_path, "school"), Authority(tmp_path, "stranger")
    with stand_in(tls=school.server()) as there:
        late = Late(there)
        late.authority = stranger.file.read_bytes()
        blank.worker.begin(Enrol(1, late.code(pin=pin_of(school)), alone))
        if not alone:
            assert blank.next() == Stuck(1, EnrolProblem.DISTRUSTED)
            return
        wait_until(lambda: late.asked_for("/v1/authority") >= 2)
        assert blank.worker.kept() is not None
        assert blank.said.empty()
        late.authority = school.file.read_bytes()
        assert isinstance(blank.next(), WordsKnown)
        assert blank.next() == Confirmed(1)


@pytest.mark.parametrize("alone", [True, False])
def test_with_nobody_there_it_waits_for_what_the_centre_still_has_to_say(late: Late, blank: Blank, alone: bool) -> None:
    late.picky.station = None
    blank.worker.begin(Enrol(1, late.code(), alone))
    assert isinstance(blank.next(), WordsKnown)
    if not alone:
        assert blank.next() == Stuck(1, EnrolProblem.NOTHING_TOLD)
        return
    wait_until(lambda: late.asked_for("/v1/enrolments") >= 2)
    late.picky.station = RIGHT
    assert blank.next() == Confirmed(1)


def test_with_nobody_there_a_no_is_one(late: Late, blank: Blank) -> None:
    code = late.code()
    late.picky.tokens.clear()
    blank.worker.begin(Enrol(1, code, alone=True))
    assert blank.next() == Stuck(1, EnrolProblem.TOKEN_REFUSED)
    assert blank.worker.kept() is None


def test_what_is_tried_with_nobody_there_can_be_given_up(tmp_path: Path, blank: Blank) -> None:
    blank.worker.begin(Enrol(1, EnrolmentCode("http://127.0.0.1:9", "hoa-sen", "tram-1", bytes(16)), alone=True))
    wait_until(lambda: blank.worker.kept() is not None)
    blank.worker.give_up()
    assert blank.worker.kept() is None


OVERRIDES = {
    "another device": 'device = "tram-2"',
    "another centre": '[central]\nurl = "https://thu-vien.example.vn"',
    "no centre": '[central]\nkind = "simulated"',
}


@pytest.mark.parametrize("override", OVERRIDES.values(), ids=OVERRIDES)
def test_a_code_for_another_than_kiosk_toml_names_is_not_sent(late: Late, tmp_path: Path, override: str) -> None:
    """What stands there would count first, and the station would call itself otherwise than it was confirmed as."""
    blank = Blank(tmp_path, override)
    blank.worker.begin(Enrol(1, late.code()))
    assert blank.next() == Stuck(1, EnrolProblem.OTHER_STATION)
    blank.end()
    assert late.there.requests == []
    assert blank.worker.kept() is None


@pytest.mark.parametrize("by_hand", [True, False])
def test_another_authority_than_kiosk_toml_names_is_refused(late: Late, tmp_path: Path, by_hand: bool) -> None:
    """Its file would outlive the one of the code: the station would be confirmed, and then trust nobody."""
    blank = Blank(tmp_path, '[central]\nca_file = "school.pem"\n' if by_hand else "")
    blank.worker.begin(Enrol(1, replace(late.code(), server="https://localhost:9", pin=bytes(32))))
    assert blank.next() == Stuck(1, EnrolProblem.OTHER_STATION if by_hand else stuck_without_a_server())
    blank.end()


def stuck_without_a_server() -> EnrolProblem:
    return EnrolProblem.UNREACHABLE if is_connected() else EnrolProblem.NO_NETWORK


def test_a_code_for_the_one_that_kiosk_toml_names_is_taken(late: Late, tmp_path: Path) -> None:
    """However the address is written there."""
    blank = Blank(tmp_path, f'device = "tram-1"\n[central]\nurl = "{late.there.url.upper()}/"\nconnect_timeout_s = 4.0')
    blank.worker.begin(Enrol(1, late.code()))
    assert isinstance(blank.next(), WordsKnown)
    assert isinstance(blank.next(), Confirmed)
    blank.end()
    assert is_enrolled(blank.data)
