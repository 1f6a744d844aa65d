"""The sample school for the pictures of the centre's pages, and a smaller one beside it: made by commands and by the
stations' protocol."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from demo.enrolment import new_token
from demo.office import Office
from demo.processes import ROOT, Server, run_or_fail
from demo.school import LIBRARY, SAMPLES, fill, write_config

CARD, PIN, SUSPENDED = "HS250001", "471902", "HS250020"
PASSWORD = "cây đa bến nước sân đình"
_OTHER, _OTHER_SCHOOL, _OTHER_NAME = "sao-khue", "th-sao-khue", "Thư viện Tiểu học Sao Khuê"
_SCHOOL, _COMMUNE, _PROVINCE = "thcs-hoa-sen", "an-hoi", "vinh-long"
_TREE = (
    (_PROVINCE, "province", "Sở Giáo dục và Đào tạo Vĩnh Long", ()),
    (_COMMUNE, "commune", "Phường An Hội", ("--below", _PROVINCE)),
    ("an-binh", "commune", "Xã An Bình", ("--below", _PROVINCE)),
    (
        _SCHOOL,
        "school",
        "Trường THCS Hoa Sen",
        ("--below", _COMMUNE, "--school", "--level", "lower_secondary", "--pupils", "640"),
    ),
    (
        _OTHER_SCHOOL,
        "school",
        "Trường Tiểu học Sao Khuê",
        ("--below", "an-binh", "--school", "--level", "primary", "--pupils", "410"),
    ),
    (LIBRARY, "library", "Thư viện xanh THCS Hoa Sen", ("--below", _SCHOOL, "--library", LIBRARY)),
    (_OTHER, "library", _OTHER_NAME, ("--below", _OTHER_SCHOOL, "--library", _OTHER)),
)
_PEOPLE = {
    "librarian": ("lan.nguyen", "Nguyễn Thị Lan", _SCHOOL),
    "maintainer": ("minh.tran", "Trần Quang Minh", _SCHOOL),
    "head": ("hanh.le", "Lê Thị Hạnh", _SCHOOL),
    "office": ("phong.vo", "Võ Thanh Phong", _COMMUNE),
    "admin": ("quan.tri", "Phạm Hoàng Dũng", _PROVINCE),
}
_LOANS = [
    (f"HS2500{number:02}", f"TK.000{number:02}", 3 * number % 17, 14 - 3 * number % 17) for number in range(1, 13)
] + [("HS250002", "TK.00014", 30, -16), ("HS250004", "TK.00015", 24, -10), ("HS250001", "TK.00016", 20, -6)]
# How many days ago there was how much to do; of last year, too.
_BUSY = {10: 2, 35: 5, 60: 4, 75: 6, 380: 1, 410: 2, 440: 2}
_SUSPEND = "[limits.hs]\nsuspend_after_days = 7\nsuspend_days = 30"
_LISTS = ("titles", "items", "patrons")
_HEALTH = {
    "version": "0.3.0",
    "pending": 0,
    "disk_free_mb": 21_340,
    "temperature_c": 84.2,
    "devices": {"serial /dev/ttyACM0": "ready"},
    "clock_trusted": True,
    "upkeep": {"backup": {"well": True, "at": "24/11/2026 02:10", "good_at": "24/11/2026 02:10"}},
    "parts": {"network": "good", "scanner": "good"},
}


@dataclass
class School:
    """A running centre. `logins`: who has which role; their password is `first` until they have chosen PASSWORD. The
    reader whose card is CARD has the PIN PIN once `scenes.prepare` was there. `waiting`: a station to be let in."""

    url: str
    waiting: str = "tram-2"
    logins: dict[str, str] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)


@contextmanager
def school(folder: Path) -> Iterator[School]:
    """It lives in `folder`. Takes half a minute: every step is a command."""
    data = folder / "centre"
    fill(data)
    for kind in ("circulation", "calendar", "titles", "items", "patrons"):
        other = ("--data", str(data), "--library", _OTHER, "--library-name", _OTHER_NAME, "--kind", kind)
        run_or_fail("central_server", "import", *other, str(SAMPLES / f"{kind}.{'csv' if kind in _LISTS else 'toml'}"))
    where = ("--data", str(data))
    named = ("--library", LIBRARY, "--library-name", "Thư viện xanh THCS Hoa Sen")
    rules = folder / "circulation.toml"
    rules.write_text((SAMPLES / "circulation.toml").read_text("utf-8").replace("[limits.hs]", _SUSPEND, 1), "utf-8")
    run_or_fail("central_server", "import", *where, *named, "--kind", "circulation", str(rules))
    run_or_fail("central_server", "import", *where, *named, "--kind", "station", str(SAMPLES / "station.toml"))
    for identity, kind, name, more in _TREE:
        run_or_fail("central_server", "organisation", "add", *where, "--kind", kind, "--name", name, *more, identity)
    server = Server(data)
    server.start()
    try:
        here = School(server.url)
        for role, (login, name, at) in _PEOPLE.items():
            words = ("--json", "--name", name, "--role", role, "--at", at, login)
            said = json.loads(run_or_fail("central_server", "person", "add", *where, *words))
            here.logins[role], here.first[role] = login, said["password"]
        for library in (LIBRARY, _OTHER):
            office = Office(server, library)
            _lend(office, 1 if library == LIBRARY else 2)
            if library == LIBRARY:
                for card, barcode, days_ago, due_in in _LOANS:
                    office.lend(card, barcode, days_ago, due_in)
                # Two readers have the same book, as it seems: a person must look.
                office.lend("HS250013", "TK.00002", 1, 13)
                office.tell(_HEALTH)
                # One who brought a book back three weeks late, the day before yesterday.
                office.lend(SUSPENDED, "TK.00090", 37, -23)
                office.take_back("TK.00090", 2)
        with _station_that_waits(folder, server, here.waiting):
            yield here
    finally:
        server.stop()


@contextmanager
def _station_that_waits(folder: Path, server: Server, name: str) -> Iterator[None]:
    """It shows its four words, and nobody has confirmed them."""
    config = write_config(folder, server, scanner='kind = "lines"', device=name)
    token = new_token(server, LIBRARY, name)
    words = ["provisioning", "enrol", "--server", server.url, "--token", token, "--config", str(config), "--json"]
    asked = [sys.executable, "-m", *words]
    with subprocess.Popen(asked, cwd=ROOT, stdout=subprocess.PIPE, text=True) as station:
        assert station.stdout is not None
        station.stdout.readline()
        try:
            yield
        finally:
            station.terminate()


def _lend(office: Office, every: int) -> None:
    """What was lent and came back; `every` second or so of the days' books."""
    number = 20
    for days_ago, books in sorted(_BUSY.items(), reverse=True):
        for _ in range(0, books, every):
            number += 1
            office.lend(f"HS2500{number % 28 + 1:02}", f"TK.000{number}", days_ago, 14 - days_ago)
            office.take_back(f"TK.000{number}", days_ago - 6)
