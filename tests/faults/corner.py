"""A reading corner: a whole station below its window, the real server process, and a network between them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random

from benchmarks import rig
from benchmarks.school_tables import COPIES, FREE_LENDING, fill
from central_server.database import Store, open_store
from central_server.ledger import read_ledger
from demo.compare import differences
from demo.processes import Server
from demo.school import LIBRARY, Scanner
from kiosk.bootstrap.kiosk import Kiosk
from kiosk.config import KioskConfig, load
from kiosk.ports.store import OutboxCounts
from kiosk.session.effects import CheckIn
from kiosk.sync.schedule import Schedule
from tests.central_link.stand_in import enrolled
from tests.central_server.support import let_in
from tests.faults.fault_proxy import Fault, Plan, RunningProxy, fault_proxy
from tests.sync.test_engine import eventually

ITEMS = 2_000
READERS = 200
TITLES = -(-ITEMS // COPIES)


def stocked(folder: Path) -> Path:
    """The data of a server with cards and books, to be copied for each corner."""
    fill(folder, READERS, ITEMS, FREE_LENDING)
    return folder


@dataclass
class Corner:
    config: KioskConfig
    kiosk: Kiosk
    server: Server
    centre: Store
    network: RunningProxy
    lent: int = 0
    returned: int = 0
    _requests: Iterator[int] = field(default_factory=lambda: count(1_000_000))

    def lend(self, books: int) -> None:
        rig.lend_directly(self.kiosk, self.lent, 0, books)
        self.lent += books
        self.kiosk.sync.wake()

    def take_back(self) -> None:
        ask = CheckIn(0, next(self._requests), rig.barcode(self.returned))
        self.kiosk.store.call(lambda work: self.kiosk.desk.answer(ask, work))
        self.returned += 1
        self.kiosk.sync.wake()

    def counts(self) -> OutboxCounts:
        return self.kiosk.store.call(lambda work: work.outbox_counts())

    def restart(self) -> None:
        self.kiosk.stop()
        self.kiosk = begun(self.config)

    def differences(self) -> list[str]:
        """Between the station and its centre, once everything is sent and heard."""
        if self.counts().set_aside:
            self.restart()  # it is sent again at every start
        eventually(lambda: self.counts().pending == 0)
        store = self.kiosk.store._store
        assert store is not None
        found: list[str] = []

        def heard() -> bool:
            """What was sent comes back with the changes; an operation that is missing never does."""
            nonlocal found
            here = {"operations": list(store.ledger()), "loans": list(store.loans_ledger())}
            found = differences(here, read_ledger(self.centre, LIBRARY), "tram-1")
            return not found or any(one.startswith("operation") for one in found)

        eventually(heard)
        return found


def begun(config: KioskConfig) -> Kiosk:
    kiosk = Kiosk(config, lambda _: None)
    kiosk.sync._push_schedule = Schedule(Random(1), base_s=0.01, cap_s=0.05)
    kiosk.sync._pull_schedule = Schedule(Random(2), base_s=0.01, cap_s=0.05)
    kiosk.start()
    assert kiosk.store.opened.wait(30)
    return kiosk


def knows_everything(kiosk: Kiosk) -> bool:
    last_book, last_card = rig.barcode(ITEMS - 1), rig.card(READERS - 1)
    return kiosk.store.call(lambda work: bool(work.item_by_barcode(last_book) and work.patron_by_card(last_card)))


def clear_sky(_request: bytes) -> Fault:
    return Fault.NONE


@contextmanager
def corner(folder: Path, data: Path, plan: Plan = clear_sky) -> Iterator[Corner]:
    """`data`: of a server that is `stocked`; the station in it has heard all that this one knows."""
    server = Server(Path(shutil.copytree(data, folder / "centre")))
    server.start()
    centre = open_store(server.data, create=False)
    scanner = Scanner()
    try:
        with fault_proxy(server.url, plan) as network:
            station = folder / "station"
            station.mkdir()
            let_in(centre, enrolled(station), LIBRARY, "tram-1")
            file = rig.config_for(station, scanner, network.proxy.url).folder / "kiosk.toml"
            kind = 'kind = "native_rest"\n'
            file.write_text(file.read_text().replace(kind, kind + "read_timeout_s = 0.5\n"))
            config = load(file)
            there = Corner(config, begun(config), server, centre, network)
            try:
                eventually(lambda: knows_everything(there.kiosk))
                yield there
            finally:
                there.kiosk.stop()
    finally:
        centre.close()
        server.stop()
        scanner.close()
