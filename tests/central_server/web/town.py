"""The sample school in a town: enough of everything that each page has something to show."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from central_server import clock, devices, health, organisations, people, reader_pins, support
from central_server.database import Store, open_store
from central_server.devices import Device, State
from central_server.erasing import patron_of_card
from central_server.imports.run import import_file
from central_server.people import Role
from central_server.releases import Shelf
from central_server.tables.library import item, patron
from central_server.wire import HealthReport, HealthRequest, UpkeepReport
from demo.school import SAMPLES
from tests.central_server.signing import Key
from tests.central_server.support import Server, Station, let_in, serving, take
from tests.provisioning.forged import Forged, written

PASSWORD = "cây đa bến nước sân đình"
LIBRARY = "hoa-sen"
CARD, PIN = "HS250001", "471902"
_DAY_MS = 86_400_000
_FILES = {
    "circulation": "circulation.toml",
    "calendar": "calendar.toml",
    "station": "station.toml",
    "titles": "titles.csv",
    "items": "items.csv",
    "patrons": "patrons.csv",
}
_PLACES = {Role.OFFICE: "vinh-long", Role.ADMIN: "vinh-long"}


@dataclass
class Town:
    """A running server of a province, its commune, and a school with a library that was in use for some weeks.
    `logins`: somebody with each role; their password is PASSWORD. The reader whose card is CARD has the PIN PIN.
    `publisher`: whose releases are taken."""

    server: Server
    store: Store
    publisher: Forged
    logins: dict[Role, str] = field(default_factory=dict)


@contextmanager
def town(folder: Path) -> Iterator[Town]:
    """It lives in `folder`, by SQLite."""
    data, forged = folder / "data", Forged()
    forged.manifest |= {"architectures": ["aarch64"], "pythons": ["3.11", "3.13"]}
    key = folder / "publisher.pub"
    key.write_bytes(forged.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    store = open_store(data)
    for kind, file in _FILES.items():
        assert import_file(store, LIBRARY, "Thư viện xanh THCS Hoa Sen", kind, SAMPLES / file).readable
    Shelf(data / "releases").put(written(folder, forged.raw()), key)
    with serving(data, "--publisher", key) as server:
        here = Town(server, store, forged)
        _settle(here)
        _lend(store)
        _look_after(store)
        yield here
    store.close()


def _settle(here: Town) -> None:
    with here.store.writing.begin() as connection:
        add = organisations.add
        add(connection, "vinh-long", "province", "Sở Giáo dục và Đào tạo Vĩnh Long")
        add(connection, "an-hoi", "commune", "Phường An Hội", parent="vinh-long")
        school = {"one_school": True, "level": "lower_secondary", "pupils": 640}
        add(connection, "thcs-hoa-sen", "school", "Trường THCS Hoa Sen", parent="an-hoi", **school)
        add(connection, LIBRARY, "library", "Thư viện xanh THCS Hoa Sen", parent="thcs-hoa-sen", library=LIBRARY)
        for role in Role:
            here.logins[role] = login = f"{role.value}.hoa-sen"
            identity, _first = people.add(connection, login, f"Cô Lan ({role.value})", clock.now_ms())
            people.set_password(connection, identity, PASSWORD)
            people.give_role(connection, identity, _PLACES.get(role, "thcs-hoa-sen"), role)
        reader_pins.choose(connection, LIBRARY, patron_of_card(connection, LIBRARY, CARD), PIN)


def _lend(store: Store) -> None:
    """Books that went out in the last weeks, half of them back."""
    with store.reading.connect() as connection:
        mine = (item.c.library_id == LIBRARY, item.c.barcode.like("TK.000%"))
        items = connection.execute(sa.select(item.c.id, item.c.barcode).where(*mine).order_by(item.c.barcode)).all()
        readers = connection.scalars(
            sa.select(patron.c.id).where(patron.c.library_id == LIBRARY, patron.c.category == "hs").order_by("card")
        ).all()
    station = Station(LIBRARY, "tram-1", wall_ms=clock.now_ms() - 20 * _DAY_MS)
    operations = []
    for number, (book, reader) in enumerate(zip(items[:20], readers, strict=False)):
        station.wall_ms += _DAY_MS // 2
        lent = station.check_out(book.barcode, reader, item=book.id)
        operations.append(lent)
        if number % 2:
            operations.append(station.check_in(book.barcode, item=book.id))
    take(store, *operations, library=LIBRARY)


def _look_after(store: Store) -> None:
    """A station that is well, one that wants help, one that waits to be confirmed, one that was taken away."""
    now_ms = clock.now_ms()
    for name in ("tram-1", "tram-2", "tram-cu"):
        let_in(store, Key(), LIBRARY, name)
    waiting = Key()
    words = "ấm trà, lâu đài, vàng anh, lều trại"
    well = HealthReport(
        version="0.3.0",
        pending=0,
        disk_free_mb=21_000,
        temperature_c=52.5,
        devices={"serial /dev/ttyACM0": "ready"},
        clock_trusted=True,
        upkeep={"backup": UpkeepReport(True, "2026-11-24", "2026-11-24")},
        parts={"network": "good", "scanner": "good"},
    )
    ill = HealthReport(
        version="0.2.0",
        pending=1_240,
        set_aside=2,
        staff_code="K-07",
        disk_free_mb=180,
        temperature_c=84.0,
        low_voltage=True,
        devices={"serial /dev/ttyACM0": "lost"},
        upkeep={"backup": UpkeepReport(False, "2026-11-24", "2026-11-02")},
        parts={"network": "look", "scanner": "bad", "disk": "bad"},
    )
    with store.writing.begin() as connection:
        for name, report in (("tram-1", well), ("tram-2", ill)):
            active = devices.active(connection, LIBRARY, name)
            assert active is not None
            devices.note_seen(connection, active.key_id, now_ms)
            health.take(connection, active, HealthRequest(1, LIBRARY, name, report), now_ms)
            support.take(connection, active, LIBRARY, name, gzip.compress(b"log"), now_ms)
        devices.revoke(connection, LIBRARY, "tram-cu")
        devices.add(
            connection, Device(LIBRARY, "tram-3", waiting.id, waiting.public, State.PENDING, words, enrolled_ms=now_ms)
        )
