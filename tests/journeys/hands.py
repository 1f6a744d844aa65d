"""The station without its window, joined to the real server, and hands that scan and touch."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue

from demo.compare import Ledger, differences, must_agree
from demo.enrolment import enrol_station
from demo.processes import Server
from demo.school import LIBRARY, Scanner, write_config
from kiosk.bootstrap.kiosk import Kiosk
from kiosk.bootstrap.stores import read_store
from kiosk.config import KioskConfig, load
from kiosk.session.inputs import Button, Input, Touched
from kiosk.session.states import State

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 30.0


class Hands:
    """One station of the sample school, in `folder`."""

    def __init__(
        self, folder: Path, server: Server, *, device: str = "tram-1", enrol: Callable[[Path], None] | None = None
    ) -> None:
        """`enrol`: makes its data folder that of a station which is let in, without the ceremony."""
        self._server = server
        self._device = device
        self._states: SimpleQueue[State] = SimpleQueue()
        self.scanner = Scanner()
        line = f'kind = "serial"\nport = "{self.scanner.device}"'
        self.file = write_config(folder, server, scanner=line, quick=False, device=device)
        if enrol is None:
            enrol_station(self.file, server, LIBRARY, device)
        else:
            enrol(load(self.file).data)
        self.config: KioskConfig = load(self.file)
        self.begin()

    def begin(self) -> None:
        self.kiosk = Kiosk(self.config, self._states.put)

    def __enter__(self) -> Hands:
        self.kiosk.start()
        assert self.kiosk.store.opened.wait(PATIENCE_S)
        return self

    def __exit__(self, *_: object) -> None:
        self.kiosk.stop()
        self.scanner.close()

    def until(self, reached: Callable[[State], bool]) -> State:
        try:
            while True:
                state = self._states.get(timeout=PATIENCE_S)
                if reached(state):
                    return state
        except Empty:
            raise AssertionError("the station did not come to it") from None

    def wait(self, true: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.05)

    def touch(self, button: Button) -> None:
        self.post(Touched(button, time.monotonic()))

    def post(self, happened: Input) -> None:
        self.kiosk.session.post(happened)

    def knows(self, card: str) -> bool:
        return self.kiosk.store.call(lambda work: work.patron_by_card(card)) is not None

    def both_ledgers(self) -> tuple[Ledger, Ledger]:
        """The station's and the centre's, once everything is sent and both agree."""
        self.wait(lambda: not self.kiosk.store.call(lambda work: work.outbox_counts()).pending)
        centre = self._centre_ledger()
        # What the centre says of these loans meanwhile comes back as changes, the last of them soon.
        try:
            self.wait(lambda: not differences(self.station_ledger(), centre, self._device))
        except AssertionError:
            must_agree(self.station_ledger(), centre, self._device)
        return self.station_ledger(), centre

    def station_ledger(self) -> Ledger:
        store = read_store(self.config)
        return {"operations": list(store.ledger()), "loans": list(store.loans_ledger()), "pruned": list(store.pruned())}

    def _centre_ledger(self) -> Ledger:
        words = [sys.executable, "-m", "central_server", "ledger", "--json", *self._server.where]
        done = subprocess.run([*words, "--library", LIBRARY], cwd=ROOT, capture_output=True, text=True, check=True)
        found: Ledger = json.loads(done.stdout)
        return found
