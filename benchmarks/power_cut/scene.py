"""A station's life under the recorder, boot after boot, and what it was to say of it at every moment."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import rig
from benchmarks.power_cut import recording
from benchmarks.power_cut.judge import Told
from benchmarks.power_cut.recording import Event
from benchmarks.power_cut.station import LIBRARY, MARKS, Boot
from demo import school
from demo.enrolment import enrol_station
from demo.processes import ROOT, Server, run_or_fail
from demo.school import Scanner
from kiosk.bootstrap import read_store
from kiosk.config import KioskConfig, load

_LONGEST_BOOT_S = 120.0
_CIRCULATION = """
version = "1"
[limits.hs]
total = 1000
overdue_blocks_after_days = 1
[[policy]]
patron_category = "hs"
item_type = "STK"
days = 14
limit = 1000
renewals = 1
in_house_only = false
"""


@dataclass(frozen=True)
class Recording:
    """`config` is that of the station whose data folder was `card / "data"`. `told`: every operation, oldest first, and
    `marks` how many of them somebody had been told of after which event."""

    events: list[Event]
    card: Path
    config: KioskConfig
    told: list[Told]
    marks: list[int]

    def without_syncs(self) -> Recording:
        """As on a disk that says "done" to every sync and does nothing."""
        kept = [n for n, event in enumerate(self.events) if event.what not in ("sync", "folder")]
        events, marks = [self.events[n] for n in kept], [self.marks[n] for n in kept]
        return dataclasses.replace(self, events=events, marks=marks)


def record(folder: Path, boots: Sequence[Boot], server: Server | None = None) -> Recording:
    """What the station does in `boots`, on a disk that is empty before. `server` None: with a centre in its memory.
    Where recording.can_record."""
    card, log = folder / "card", folder / "log"
    card.mkdir()
    scanner = Scanner()
    made = rig.config_for(folder, scanner, server.url if server else rig.NOWHERE)
    file = folder / "kiosk.toml"
    text = file.read_text(encoding="utf-8").replace('data = "."', 'data = "card/data"\ncounts_visits = true')
    if server is None:
        text = text.replace(f'kind = "native_rest"\nurl = "{rig.NOWHERE}"', 'kind = "simulated"')
    file.write_text(text, encoding="utf-8")
    scanner.close()
    environment = recording.environment(recording.compiled(folder), card, log)
    if server is not None:
        enrol_station(file, server, made.station.library, made.station.device, environment)
    for boot in boots:
        if server is not None and boot.later:
            erase = ("central_server", "erase-reader", *server.where, "--library", made.station.library)
            boot = dataclasses.replace(boot, erase=(*erase, "--with-open-loans", "--card"))
        words = [sys.executable, "-m", "benchmarks.power_cut.station", str(file), json.dumps(dataclasses.asdict(boot))]
        ended = subprocess.run(words, cwd=ROOT, env=environment, timeout=_LONGEST_BOOT_S, check=False)
        if ended.returncode != (-9 if boot.sudden else 0):
            raise RuntimeError(f"a boot ended with {ended.returncode}")
    config = load(file)
    told = [(one.epoch, one.seq, one.hash) for one, _ in read_store(config).history() if one]
    events = recording.read(log)
    return Recording(events, card, config, told, list(_marks(events, told)))


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """The real server process, which has the library of the station's own centre in memory."""
    data = folder / "centre"
    data.mkdir()
    for kind, text in _tables():
        file = folder / f"{kind}.{'toml' if kind in ('circulation', 'calendar') else 'csv'}"
        file.write_text(text, encoding="utf-8")
        words = ["--data", str(data), "--library", school.LIBRARY, "--library-name", "x", "--kind", kind, str(file)]
        run_or_fail("central_server", "import", *words)
    server = Server(data)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _tables() -> Iterator[tuple[str, str]]:
    yield "circulation", _CIRCULATION
    yield "calendar", (school.SAMPLES / "calendar.toml").read_text(encoding="utf-8")
    yield "titles", "".join(["Mã đầu sách,Nhan đề,Loại\n", *(f"M{n},Nhan đề {n},STK\n" for n in range(LIBRARY.items))])
    books = (f"{rig.barcode(n)},M{n},tốt\n" for n in range(LIBRARY.items))
    yield "items", "".join(["Số ĐKCB,Mã đầu sách,Tình trạng\n", *books])
    readers = (f"{rig.card(n)},Nguyễn Văn {n},7A1,hs,31/05/2035\n" for n in range(LIBRARY.patrons))
    yield "patrons", "".join(["Số thẻ,Họ và tên,Lớp,Loại bạn đọc,Hạn thẻ\n", *readers])


def _marks(events: Sequence[Event], told: Sequence[Told]) -> Iterator[int]:
    """After each event, how many of `told` have been."""
    places = {(epoch, seq): place for place, (epoch, seq, _) in enumerate(told, start=1)}
    files = set()
    so_far = 0
    for event in events:
        if event.what == "create" and event.name == MARKS:
            files.add(event.file)
        elif event.what == "write" and event.file in files:
            epoch, seq = json.loads(event.data)
            so_far = max(so_far, places[epoch, seq])
        yield so_far
