"""The sample school for the pictures of the centre's pages, and a smaller one beside it: made by commands and by the
stations' protocol."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from demo.enrolment import new_token
from demo.office import Office
from demo.processes import Server, run_or_fail
from demo.school import LIBRARY, SAMPLES, fill

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
    """A running centre. `logins`: who has which role; their password is `first` until they have chosen PASSWORD."""

    url: str
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
        new_token(server, LIBRARY, "tram-2")
        yield here
    finally:
        server.stop()


def _lend(office: Office, every: int) -> None:
    """What was lent and came back; `every` second or so of the days' books."""
    number = 20
    for days_ago, books in sorted(_BUSY.items(), reverse=True):
        for _ in range(0, books, every):
            number += 1
            office.lend(f"HS2500{number % 28 + 1:02}", f"TK.000{number}", days_ago, 14 - days_ago)
            office.take_back(f"TK.000{number}", days_ago - 6)
