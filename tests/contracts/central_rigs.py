"""A centre with a small catalogue, for each kind of link."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from central_link.native_rest import NativeRestConfig, NativeRestLink
from central_link.registry import ClosableLink
from central_link.simulated import SimulatedCentral
from central_server.database import open_store
from central_server.postgresql import read_url
from kiosk.domain.model import ItemStatus, Patron
from kiosk.domain.operations import ChainEnd, Operation
from kiosk.ports.central import Change, ItemRecord, PatronRecord, TitleRecord, Verdict, VerdictKind
from tests.central_link.stand_in import enrolled
from tests.central_server.support import let_in
from tests.sync.chains import Chain

LIBRARY = "hoa-sen"
ITEMS = 60
PATRONS = 5

TITLES_CSV = "Mã đầu sách,Nhan đề,Tác giả,Loại\nDM,Dế Mèn phiêu lưu ký,Tô Hoài,STK\nHT,Không có bản nào,,STK\n"
ITEMS_CSV = "Số ĐKCB,Mã đầu sách\n" + "".join(f"TK.{number:05},DM\n" for number in range(ITEMS))
PATRONS_CSV = "Số thẻ,Họ và tên,Lớp,Loại bạn đọc\n" + "".join(
    f"HS.{number:04},Nguyễn Thị Số {number},6A,hs\n" for number in range(PATRONS)
)


def everything(link: ClosableLink, limit: int = 1_000, cursor: str = "") -> tuple[list[Change], str]:
    """All changes from `cursor` on, and the cursor after them."""
    changes: list[Change] = []
    while True:
        page = link.changes(cursor, limit, 0.0)
        changes += page.changes
        cursor = page.cursor
        if not page.more:
            return changes, cursor


@dataclass
class Centre:
    """`link_of(device)` makes a station's link. `item()` and `patron()` give ids that the centre knows: an item only
    once, so that no test meets the loans of another."""

    link_of: Callable[[str], ClosableLink]
    _items: Iterator[ItemRecord] = field(init=False)
    _title: TitleRecord = field(init=False)
    _patrons: Iterator[PatronRecord] = field(init=False)
    _devices: Iterator[int] = field(init=False, default_factory=itertools.count)

    def __post_init__(self) -> None:
        link = self.link_of("nobody")
        changes, _ = everything(link)
        self._title = next(one for one in changes if isinstance(one, TitleRecord) and not one.author)
        self._items = iter([change for change in changes if isinstance(change, ItemRecord)])
        self._patrons = itertools.cycle([change for change in changes if isinstance(change, PatronRecord)])

    def item(self) -> ItemRecord:
        return next(self._items)

    def title(self) -> str:
        """One of which nobody has a copy."""
        return self._title.id

    def patron(self) -> str:
        return next(self._patrons).patron.id

    def station(self) -> Station:
        device = f"tram-{next(self._devices)}"
        return Station(device, self.link_of(device))


@dataclass
class Station:
    device: str
    link: ClosableLink

    def chain(self, after: ChainEnd | None = None) -> Chain:
        return Chain(LIBRARY, self.device, after)


@contextmanager
def simulated() -> Iterator[Centre]:
    central = SimulatedCentral()
    central.set_clock(lambda: time.time_ns() // 1_000_000)
    title = TitleRecord(str(uuid.uuid4()), "Dế Mèn phiêu lưu ký", "Tô Hoài", None, "", "")
    central.publish(title, TitleRecord(str(uuid.uuid4()), "Không có bản nào", "", None, "", ""))
    for number in range(ITEMS):
        central.publish(ItemRecord(str(uuid.uuid4()), title.id, f"TK.{number:05}", "STK", ItemStatus.AVAILABLE))
    for number in range(PATRONS):
        patron = Patron(str(uuid.uuid4()), "Số N. T.", "6A", "hs", date(2027, 5, 31), blocked=False)
        central.publish(PatronRecord(patron, (f"HS.{number:04}",)))
    try:
        yield Centre(lambda _device: central)
    finally:
        central.close()


@contextmanager
def native_rest(folder: Path, database: str = "") -> Iterator[Centre]:
    """`database`: the URL of one of a PostgreSQL server, instead of a file."""
    made: list[NativeRestLink] = []
    with central_server(folder, database) as url:
        store = open_store(read_url(database) if database else folder / "server", create=False)

        def link_of(device: str) -> NativeRestLink:
            let_in(store, enrolled(folder / device), LIBRARY, device)
            made.append(NativeRestLink(NativeRestConfig(url, LIBRARY, device, folder / device)))
            return made[-1]

        try:
            yield Centre(link_of)
        finally:
            for link in made:
                link.close()
            store.close()


@contextmanager
def central_server(folder: Path, database: str = "") -> Iterator[str]:
    """The real server as a process of its own; gives its address."""
    where = ("--database", database) if database else ("--data", str(folder / "server"))
    for kind, text in (("titles", TITLES_CSV), ("items", ITEMS_CSV), ("patrons", PATRONS_CSV)):
        file = folder / f"{kind}.csv"
        file.write_text(text, encoding="utf-8")
        _run("import", *where, "--library", LIBRARY, "--library-name", "Hoa Sen", "--kind", kind, str(file))
    server = subprocess.Popen(
        [sys.executable, "-m", "central_server", "serve", *where, "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        first = server.stdout.readline()
        assert first.startswith("listening on "), first
        yield first.removeprefix("listening on ").strip()
    finally:
        server.terminate()
        server.wait(20)
        if server.stdout is not None:
            server.stdout.close()


def _run(*arguments: str) -> None:
    done: subprocess.CompletedProcess[str] = subprocess.run(
        [sys.executable, "-m", "central_server", *arguments], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


def lend(centre: Centre, station: Station, count: int) -> list[Operation]:
    chain = station.chain()
    loans = []
    for _ in range(count):
        item = centre.item()
        loans.append(chain.check_out(item.id, item.barcode, centre.patron()))
    return loans


def kinds(verdicts: Iterable[Verdict]) -> list[VerdictKind]:
    return [verdict.kind for verdict in verdicts]
