"""*Lock* ends a service pass at once, whatever else the maintainer asked for before it, and for good."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central_link.centre_key import CentreKey
from central_server.server_key import ServerKey
from central_server.service_pass import make_pass
from demo.processes import ROOT
from kiosk.bootstrap.kiosk import Kiosk
from kiosk.config import load
from kiosk.domain.service_pass import PassFault
from kiosk.ports.devices import RawScan
from kiosk.session.inputs import Button, Touched
from kiosk.session.maintenance import Maintaining
from kiosk.session.notices import PassRefused
from kiosk.session.states import Home
from tests.central_link.stand_in import Request, enrolled, right, stand_in
from tests.runtime.station import STATION

MAINTAINER = """
import sys
from pathlib import Path
from kiosk.session.inputs import Button
from tests.runtime.test_locking import Bench, until
bench = Bench(Path(sys.argv[1]), begins_anew=True)
bench.text = sys.argv[2]
bench.show()
until(bench.is_open)
bench.touch(Button.SUPPORT_BUNDLE)
sys.stdin.readline()
bench.touch(Button.LOCK)
until(lambda: not bench.is_open())
print("locked", flush=True)
sys.stdin.readline()
"""
"""A process of its own, which can be killed: it locks the screen when it is told that the bundle is on its way."""


class Bench:
    """A whole station below its window, and the text of a pass for it."""

    def __init__(self, folder: Path, more: str = "", *, begins_anew: bool = False) -> None:
        """`more`: for its kiosk.toml; `begins_anew`: all is there already."""
        self.text = ""
        if not begins_anew:
            (folder / "kiosk.toml").write_text(STATION + more)
        self.config = load(folder / "kiosk.toml")
        if not begins_anew:
            self._be_made()
        self.begin()

    def _be_made(self) -> None:
        self.config.data.mkdir(mode=0o700)
        centre = ServerKey(Ed25519PrivateKey.generate())
        CentreKey.from_text(centre.public).pin_in(self.config.data)
        self.text = make_pass(centre, "hoa-sen", "tram-1", 4, time.time_ns() // 1_000_000).text

    def begin(self) -> None:
        self.kiosk = Kiosk(self.config, lambda _: None)
        self.kiosk.start()

    def show(self) -> None:
        self.kiosk.scanned(RawScan(self.text, self.kiosk.clock.monotonic()))

    def touch(self, button: Button) -> None:
        self.kiosk.session.post(Touched(button, self.kiosk.clock.monotonic()))

    def is_open(self) -> bool:
        return isinstance(self.kiosk._state.doing, Maintaining)

    def is_refused(self) -> bool:
        match self.kiosk._state.doing:
            case Home(notice=PassRefused(fault=PassFault.ENDED)):
                return True
        return False


def until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.kiosk.stop()


def test_a_copy_opens_nothing_while_a_bundle_is_still_on_its_way(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    sending, sent = Event(), Event()

    def slow(_bundle: bytes) -> None:
        sending.set()
        sent.wait(30)

    monkeypatch.setattr(bench.kiosk._link, "send_support", slow)
    bench.show()
    until(bench.is_open)
    bench.touch(Button.SUPPORT_BUNDLE)
    try:
        assert sending.wait(20)
        bench.touch(Button.LOCK)
        until(lambda: not bench.is_open())
        assert bench.kiosk._service.is_busy(), "though the screen is locked"
        bench.show()
        until(lambda: bench.is_open() or bench.is_refused())
        assert bench.is_refused()
    finally:
        sent.set()
    until(lambda: not bench.kiosk._service.is_busy())


def test_a_copy_opens_nothing_after_the_restart_that_was_asked_before(bench: Bench) -> None:
    """The touch on *Lock* comes while the station is about to end: nothing asked for is done any more."""
    leaving, locked = Event(), Event()

    def leave() -> None:
        leaving.set()
        locked.wait(30)
        bench.kiosk.sync.stop()  # the same event ends every thread

    bench.kiosk.leave = leave
    bench.show()
    until(bench.is_open)
    bench.touch(Button.RESTART)
    assert leaving.wait(20)
    bench.touch(Button.LOCK)
    until(lambda: not bench.is_open())
    locked.set()
    bench.kiosk.stop()
    bench.begin()
    bench.show()
    until(lambda: bench.is_open() or bench.is_refused())
    assert bench.is_refused()


@pytest.mark.slow
def test_a_copy_opens_nothing_after_the_plug_was_pulled_while_a_bundle_was_on_its_way(tmp_path: Path) -> None:
    """It was locked before, and the centre did not answer yet."""
    sending = Event()

    def answer(handler: BaseHTTPRequestHandler, request: Request) -> None:
        if request.path.startswith("/v1/support"):
            sending.set()
            there.released.wait(60)
        right(handler, request)

    bench = Bench(tmp_path)
    bench.kiosk.stop()
    text, passes = bench.text, bench.config.data / "passes.json"
    enrolled(bench.config.data)
    with stand_in(answer) as there:
        config = tmp_path / "kiosk.toml"
        real = f'kind = "native_rest"\nurl = "{there.url}"'
        config.write_text(config.read_text().replace('kind = "simulated"', real))
        words = [sys.executable, "-c", MAINTAINER, str(tmp_path), text]
        with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as station:
            try:
                assert station.stdin is not None
                assert station.stdout is not None
                assert sending.wait(60)
                station.stdin.write("lock\n")
                station.stdin.flush()
                assert station.stdout.readline() == "locked\n"
                until(lambda: all(use["ended"] for use in json.loads(passes.read_text()).values()))
                assert not there.released.is_set(), "nobody has answered yet"
            finally:
                station.kill()
    bench = Bench(tmp_path, begins_anew=True)
    bench.text = text
    try:
        bench.show()
        until(lambda: bench.is_open() or bench.is_refused())
        assert bench.is_refused()
    finally:
        bench.kiosk.stop()
