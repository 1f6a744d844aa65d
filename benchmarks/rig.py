"""A station without a window, on a store of a school's size, with a real pty for the scanner."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event
from typing import NamedTuple

from demo.enrolment import enrol_station
from demo.processes import ROOT, Server
from demo.school import LIBRARY, Scanner
from kiosk.bootstrap.kiosk import Kiosk
from kiosk.config import KioskConfig, load
from kiosk.domain.due_dates import Calendar
from kiosk.domain.loan_policy import CirculationRules, LoanPolicy, PatronLimits
from kiosk.domain.model import ItemStatus, Loan, Patron
from kiosk.ports.central import Change, ItemRecord, LoanRecord, PatronRecord, TitleRecord
from kiosk.ports.store import UnitOfWork
from kiosk.session.effects import CheckOut
from kiosk.session.inputs import LoanRecorded
from kiosk.session.states import Borrowing, State
from local_store.engine import StoreConfig, open_store

KEY = bytes(range(32))
NOWHERE = "http://127.0.0.1:9"
PATIENCE_S = 60.0
LOANS_PER_VISIT = 5
RULES = CirculationRules("1", {"hs": PatronLimits(1000, 1)}, {("hs", "STK"): LoanPolicy(14, 1000, 1)})
_CHUNK = 5_000
_FIRST_DAY = date(2025, 9, 5)


@dataclass(frozen=True)
class Size:
    patrons: int = 5_000
    items: int = 30_000
    past_loans: int = 200_000


SCHOOL = Size()
QUICK = Size(500, 3_000, 20_000)
GROWN = Size(5_000, 1_000_000, 1_000_000)


def card(number: int) -> str:
    return f"HS{number:06d}"


def barcode(number: int) -> str:
    return f"TK.{number:07d}"


def fill(folder: Path, size: Size) -> None:
    """A store of `size` in `folder`, as the centre would have told it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "store.key").write_bytes(KEY)
    (folder / "store.key").chmod(0o600)
    store = open_store(StoreConfig(folder / "store.db", KEY, LIBRARY, "tram-1", 0))
    changes = everything(size)
    more = True
    while more:
        chunk = [change for _, change in zip(range(_CHUNK), changes, strict=False)]
        more = len(chunk) == _CHUNK
        with store.unit_of_work() as work:
            work.apply(chunk, "")
            work.commit()
    store.close()


def everything(size: Size) -> Iterator[Change]:
    yield RULES
    yield Calendar("1", frozenset({6}))
    for n in range(size.patrons):
        yield PatronRecord(Patron(_id("p", n), f"Minh {n}", "7A1", "hs", date(2035, 1, 1), False), (card(n),))
    for n in range(size.items):
        yield TitleRecord(_id("t", n), f"Nhan đề {n}", "Tác giả", None, "V23 / D250M", "Kệ Xanh 1")
        yield ItemRecord(_id("i", n), _id("t", n), barcode(n), "STK", ItemStatus.AVAILABLE)
    for n in range(size.past_loans):
        day = _FIRST_DAY + timedelta(days=n % 300)
        patron, item = _id("p", n % size.patrons), _id("i", n % size.items)
        yield LoanRecord(Loan(_id("l", n), item, patron, day, day + timedelta(days=14), 0, "STK"), open=False)


def _id(kind: str, number: int) -> str:
    return f"{ord(kind):08x}-0000-7000-8000-{number:012x}"


@contextmanager
def work_folder(on: Path | None = None) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="tram-xanh-bench-", dir=on))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def config_for(folder: Path, scanner: Scanner, url: str = NOWHERE, *, patient: bool = True) -> KioskConfig:
    """`patient`: visits do not end by themselves in the middle of a measurement."""
    path = folder / "kiosk.toml"
    waits = "[session]\nwarn_after_s = 3600.0" if patient else ""
    path.write_text(
        f"""
[station]
library = "{LIBRARY}"
device = "tram-1"
data = "."
[codes]
card = 'HS[0-9]{{6}}'
item = 'TK\\.[0-9]{{7}}'
[central]
kind = "native_rest"
url = "{url}"
[[scanner]]
kind = "serial"
port = "{scanner.device}"
[sound]
kind = "none"
[screen]
fullscreen = false
[clock]
battery_clock = true
[log]
level = "warning"
{waits}
""",
        encoding="utf-8",
    )
    return load(path)


def config_at(folder: Path, scanner: Scanner, server: Server) -> KioskConfig:
    """With a server at which this station is enrolled, and now for real if it was not yet."""
    config = config_for(folder, scanner, server.url)
    if not (folder / "device.key").exists():
        enrol_station(folder / "kiosk.toml", server, LIBRARY, config.station.device)
    return config


@dataclass(frozen=True)
class Moment:
    at: float  # monotonic seconds
    cpu: float  # of the whole process, seconds
    state: State


class Timed(NamedTuple):
    wall_ms: float
    cpu_ms: float
    pending: int  # operations not yet sent, as the station knew then


class BenchStation:
    """Writes codes to the pty and waits for the states that follow."""

    def __init__(self, config: KioskConfig, scanner: Scanner) -> None:
        self._states: SimpleQueue[Moment] = SimpleQueue()
        self.kiosk = Kiosk(config, self._shown)
        self._scanner = scanner
        self.next_item = 0
        self.next_card = 0

    def _shown(self, state: State) -> None:
        self._states.put(Moment(time.monotonic(), time.process_time(), state))

    def __enter__(self) -> BenchStation:
        self.kiosk.start()
        if not self.kiosk.store.opened.wait(PATIENCE_S):
            raise RuntimeError("the store did not open")
        time.sleep(0.5)
        return self

    def __exit__(self, *_: object) -> None:
        self.kiosk.stop()

    def until(self, reached: Callable[[State], bool]) -> Moment:
        try:
            while True:
                moment = self._states.get(timeout=PATIENCE_S)
                if reached(moment.state):
                    return moment
        except Empty:
            raise RuntimeError("the station did not answer") from None

    def begin_visit(self) -> None:
        number = card(self.next_card)
        self.next_card += 1
        self._scanner.scan(number)
        self.until(lambda state: isinstance(state.doing, Borrowing) and state.doing.patron.card == number)

    def loan(self) -> Timed:
        """One book from the first byte at the pty to the state that shows it."""
        at, cpu = time.monotonic(), time.process_time()
        moment = self.loan_shown()
        return Timed((moment.at - at) * 1000, (moment.cpu - cpu) * 1000, moment.state.station.pending)

    def loan_shown(self) -> Moment:
        code = barcode(self.next_item)
        self.next_item += 1
        self._scanner.scan(code)
        return self.until(
            lambda state: (
                isinstance(state.doing, Borrowing)
                and bool(state.doing.rows)
                and state.doing.rows[0].book.barcode == code
            )
        )

    def loans(self, count: int) -> list[Timed]:
        found = []
        for n in range(count):
            if n % LOANS_PER_VISIT == 0:
                self.begin_visit()
            found.append(self.loan())
        return found


def lend_directly(kiosk: Kiosk, first_item: int, first_card: int, count: int) -> float:
    """Decided check-outs, one after another on the store thread, without scanner or session; gives the seconds."""
    answers: list[object] = []
    all_done = Event()

    def answered(answer: object) -> None:
        answers.append(answer)
        if len(answers) == count:
            all_done.set()

    def patrons_of(work: UnitOfWork) -> list[Patron | None]:
        return [work.patron_by_card(card(first_card + n)) for n in range(count // LOANS_PER_VISIT + 1)]

    patrons = kiosk.store.call(patrons_of)
    began = time.perf_counter()
    for n in range(count):
        patron = patrons[n // LOANS_PER_VISIT]
        assert patron is not None
        ask = CheckOut(0, n, patron.id, barcode(first_item + n))
        kiosk.store.submit(partial(kiosk.desk.answer, ask), answered)
    all_done.wait(PATIENCE_S)
    took = time.perf_counter() - began
    if len(answers) < count or not all(isinstance(answer, LoanRecorded) for answer in answers):
        raise RuntimeError("not every book was lent")
    return took


@contextmanager
def serving(folder: Path, titles: int = 1, database: str = "") -> Iterator[Server]:
    """The real server process, whose catalogue has `titles` titles of its own; `database`: a URL instead of a file."""
    data = folder / "centre"
    data.mkdir()
    listing = folder / "titles.csv"
    with listing.open("w", encoding="utf-8") as file:
        file.write("Mã đầu sách,Nhan đề,Loại\n")
        file.writelines(f"M{n},Sách mới {n},STK\n" for n in range(titles))
    where = ["--database", database] if database else ["--data", str(data)]
    words = [*where, "--library", LIBRARY, "--library-name", "x", "--kind", "titles", str(listing)]
    subprocess.run(
        [sys.executable, "-m", "central_server", "import", *words], cwd=ROOT, check=True, capture_output=True
    )
    server = Server(data, database=database)
    server.start()
    try:
        yield server
    finally:
        server.stop()
