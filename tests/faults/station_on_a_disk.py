"""The station's own process on a disk that fails, a hand that scans, and the list of what was promised with a beep."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from demo.processes import PATIENCE_S, ROOT, Kiosk
from demo.school import Scanner
from kiosk.domain.loan_policy import CirculationRules, LoanPolicy, PatronLimits
from kiosk.domain.model import ItemStatus
from kiosk.ports.central import ItemRecord, PatronRecord, TitleRecord
from local_store import open_store
from tests.local_store.shelf import CALENDAR, KEY, LAN, config_in, new_id

NO_MOUNTS = "nobody may mount here"
_MAY_MOUNT_THERE = (("--mount",), ("--user", "--map-root-user", "--mount"))
"""Namespaces in which somebody may mount: root's own, or those of anybody who may be root in a world of its own."""
BOOKS = 400
SWALLOWS = """
import sys
from kiosk.ports.errors import StoreBroken
from local_store.prepared import Database
def commit(self):
    try:
        self.tell("COMMIT")
    except StoreBroken:
        self.roll_back()
Database.commit = commit
"""
"""The control: a station that does not ask whether its commits succeed. Before one of the programs below."""

TELLS_WHAT_IS_SHOWN = """
import json, sys
from screens.pictures import Pictures
save = Pictures.save
def told(self, *frame):
    from kivy.core.window import Window
    save(self, *frame)
    shown = [widget for top in Window.children for widget in top.walk() if getattr(widget, "text", "")]
    said = {"page": self._name, "says": [widget.text for widget in shown]}
    (self._folder / "shown.half").write_text(json.dumps(said))
    (self._folder / "shown.half").rename(self._folder / "shown")
Pictures.save = told
from kiosk.__main__ import main
sys.exit(main())
"""
"""The station itself, which notes down what stands on the window once a page has come to rest."""
RESTING, HOME = "resting-vi", "home-vi"
THE_STATION_RESTS = (
    "Trạm đang nghỉ một lát",
    "Nhờ thủ thư mượn và trả sách giúp bạn nhé. Sách cần trả, đặt lên xe trả sách.",
)
IT_MENDS, IT_IS_FULL = "Máy đang tự sửa, và sẽ tự mở lại.", "Thẻ nhớ của trạm đã đầy. Có chỗ là trạm tự mở lại."
IT_WAITS = "Mọi lượt đã ghi vẫn được giữ. Nhờ thủ thư báo người quản trị máy."


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


class SmallDisk:
    """A file system of its own, of `size` bytes, seen by the station alone: it fills and is filled for real."""

    def __init__(self, at: Path, megabytes: int) -> None:
        at.mkdir()
        mount = f"mount -t tmpfs -o size={megabytes}m,mode=700 none '{at}' && echo there && exec sleep infinity"
        for spaces in _MAY_MOUNT_THERE:
            self._holder = subprocess.Popen(["unshare", *spaces, "sh", "-c", mount], stdout=subprocess.PIPE)
            assert self._holder.stdout is not None
            if self._holder.stdout.readline() == b"there\n":
                break
            self.close()
        else:
            pytest.skip(NO_MOUNTS)
        self._at = at
        credentials = ("--preserve-credentials",) if "--user" in spaces else ()
        flags = [one for one in spaces if one != "--map-root-user"]
        self.inside = ("nsenter", "-t", str(self._holder.pid), *flags, *credentials, f"--wd={ROOT}", "--")
        self.seen = Path(f"/proc/{self._holder.pid}/root{at}")

    def fill(self) -> None:
        """To the last byte, as a log that nobody cuts does."""
        with suppress(OSError), (self.seen / "journal").open("ab", buffering=0) as file:
            while True:
                file.write(bytes(4096))

    def clear(self) -> None:
        (self.seen / "journal").unlink()

    def remount(self, how: str) -> None:
        subprocess.run([*self.inside, "mount", "-o", f"remount,{how}", str(self._at)], check=True)

    def close(self) -> None:
        self._holder.kill()
        self._holder.wait(PATIENCE_S)
        assert self._holder.stdout is not None
        self._holder.stdout.close()


def fill_store(folder: Path) -> None:
    """A library of many books, no limits that a test would meet."""
    rules = CirculationRules("1", {"hs": PatronLimits(BOOKS, 1)}, {("hs", "STK"): LoanPolicy(14, BOOKS, 1)})
    title = TitleRecord(new_id(), "Dế mèn phiêu lưu ký", "Tô Hoài", None, "", "Kệ 3")
    items = [ItemRecord(new_id(), title.id, f"TK.{n:05}", "STK", ItemStatus.AVAILABLE) for n in range(BOOKS)]
    (folder / "store.key").write_bytes(KEY)
    (folder / "store.key").chmod(0o600)
    store = open_store(config_in(folder))
    with store.unit_of_work() as work:
        work.apply([rules, CALENDAR, PatronRecord(LAN, ("HS000123",)), title, *items], "1")
        work.commit()
    store.close()


CONFIG = """
[station]
library = "hoa-sen"
device = "tram-1"
data = "{data}"
[codes]
card = 'HS[0-9]{{6}}'
item = 'TK\\.[0-9]{{5}}'
[central]
kind = "native_rest"
url = "http://127.0.0.1:9"
[[scanner]]
kind = "serial"
port = "{port}"
[sound]
kind = "none"
[screen]
fullscreen = false
[session]
warn_after_s = 3600.0
[clock]
battery_clock = true
[keep]
reserve_mb = {reserve_mb}
warn_below_mb = 10
[log]
file = "{log}"
"""


@dataclass
class Station:
    """`promised`: the books whose loan beeped. `shows` needs the program TELLS_WHAT_IS_SHOWN."""

    folder: Path
    data: Path
    inside: Sequence[str] = ()
    program: Sequence[str] = ("-m", "kiosk")
    also: Mapping[str, str] = field(default_factory=dict)
    reserve_mb: int = 2
    promised: list[str] = field(default_factory=list)
    _book: int = 0

    def __post_init__(self) -> None:
        self.scanner = Scanner()
        self.log = self.folder / "log"
        self.config = self.folder / "kiosk.toml"
        self.config.write_text(
            CONFIG.format(data=self.data, port=self.scanner.device, reserve_mb=self.reserve_mb, log=self.log)
        )
        self.kiosk: Kiosk

    @contextmanager
    def running(self) -> Iterator[Kiosk]:
        self.kiosk = Kiosk(
            self.config,
            self.log,
            self.folder / "pictures" if TELLS_WHAT_IS_SHOWN in self.program[-1] else None,
            environment={**os.environ, **self.also},
            before=self.inside,
            program=self.program,
        )
        try:
            self.kiosk.wait_for("the first frame", lambda line: line.get("figure") == "first_frame_s")
            self.kiosk.wait_for("the scanner", lambda line: line["says"].endswith(": open"))
            yield self.kiosk
            if self.kiosk.process.poll() is None:
                self.kiosk.stop()
        finally:
            if self.kiosk.process.poll() is None:
                self.kill()

    def kill(self) -> None:
        self.kiosk.process.kill()
        self.kiosk.process.wait(PATIENCE_S)

    def card(self) -> None:
        self.scanner.scan("HS000123")
        self.kiosk.act("PatronFound")

    def lend(self) -> bool:
        """The next book: whether it beeped; else the station rests now."""
        book = f"TK.{self._book:05}"
        self._book += 1
        self.scanner.scan(book)
        line = self.kiosk.wait_for(book, lambda line: line.get("act") == "LoanRecorded" or "store: K-" in line["says"])
        if "act" in line:
            self.promised.append(book)
        return "act" in line

    def lend_until_it_rests(self, at_most: int) -> None:
        """After at most so many loans."""
        before = len(self.promised)
        while self.lend():
            assert len(self.promised) <= before + at_most, "it rests soon"

    def scan_in_vain(self) -> None:
        """While it rests no scan is taken."""
        acts = self._acts()
        self.scanner.scan("HS000123")
        self.scanner.scan(f"TK.{BOOKS - 1:05}")
        time.sleep(0.5)
        assert self._acts() == acts, "no scan is taken while it rests"

    def shows_that_it_rests(self, code: str, why: str) -> None:
        self.shows(RESTING, *THE_STATION_RESTS, why, f"Mã cho thủ thư: {code} · kho dữ liệu")

    def shows(self, page: str, *words: str) -> None:
        """Waits until the window does."""
        note, said = self.folder / "pictures" / "shown", {"page": ""}

        def is_shown() -> bool:
            if note.exists():
                said.update(json.loads(note.read_text()))
            return said["page"] == page

        until(is_shown)
        assert not set(words) - set(said.get("says", ())), said

    def wait_until_well(self) -> None:
        self.kiosk.wait_for("that it is well", lambda line: line["says"] == "store: well again")

    def said(self, words: str) -> list[str]:
        return [line["says"] for line in self.kiosk.said() if words in line["says"]]

    def ask(self, *words: str) -> tuple[int, Any]:
        """A command beside it."""
        command = [*self.inside, sys.executable, "-m", "kiosk", *words, "--config", str(self.config)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        return done.returncode, json.loads(done.stdout)

    def must_hold_what_it_promised(self) -> None:
        """Each promised loan once, as loan and as operation; nothing else; nothing half; both chains whole."""
        _, ledger = self.ask("ledger")
        code, report = self.ask("audit", "verify", "--json")
        operations, loans = ledger["operations"], ledger["loans"]
        assert (code, report["fault"]) == (0, None), "both chains are whole"
        assert not set(self.promised) - {row["barcode"] for row in operations}, "what beeped is there"
        assert [row["barcode"] for row in operations] == self.promised, "nothing else is, and nothing twice"
        assert sorted(row["item_barcode"] for row in loans) == sorted(self.promised), "each operation has its loan"
        assert sorted(row["id"] for row in loans) == sorted(row["loans"][0] for row in operations), "the very loan"

    def _acts(self) -> int:
        return sum(line.get("act") in ("PatronFound", "LoanRecorded") for line in self.kiosk.said())


@contextmanager
def on_a_small_disk(
    folder: Path, *, reserve_mb: int = 2, program: Sequence[str] = ("-m", "kiosk")
) -> Iterator[tuple[Station, SmallDisk]]:
    made = folder / "made"
    made.mkdir()
    fill_store(made)
    disk = SmallDisk(folder / "disk", 12)
    try:
        shutil.copytree(made, disk.seen, dirs_exist_ok=True)
        yield Station(folder, folder / "disk", disk.inside, program, reserve_mb=reserve_mb), disk
    finally:
        disk.close()
