"""Support bundles that stations send: the newest few of each device, for whoever helps them."""

from dataclasses import dataclass

import sqlalchemy as sa

from central_server import devices
from central_server.cannot import CannotDo
from central_server.devices import Device
from central_server.tables.care import support_bundle
from central_server.wire import MOST_SUPPORT_BYTES, Refused

KEPT = 5
"""Of each device."""
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Bundle:
    """`size`: bytes."""

    number: int
    device: str
    came_ms: int
    size: int


def take(connection: sa.Connection, asking: Device, library: str, device: str, content: bytes, now_ms: int) -> None:
    """Keep a bundle, and no more than `KEPT` of the device. Raises `Refused` (400, 401, 403, 413)."""
    devices.demand(connection, asking, library, device)
    if len(content) > MOST_SUPPORT_BYTES:
        raise Refused(413, f"A support bundle is larger than {MOST_SUPPORT_BYTES} bytes.")
    if not content.startswith(_GZIP):
        raise Refused(400, "A support bundle is compressed by gzip.")
    table = support_bundle.c
    last = connection.scalar(sa.select(sa.func.max(table.number)).where(table.library_id == library)) or 0
    row = {"library_id": library, "number": last + 1, "device": device, "came_ms": now_ms, "content": content}
    connection.execute(support_bundle.insert(), row)
    mine = sa.and_(table.library_id == library, table.device == device)
    newest = sa.select(table.number).where(mine).order_by(table.number.desc()).limit(KEPT)
    kept = connection.scalars(newest).all()
    connection.execute(support_bundle.delete().where(mine, table.number < kept[-1]))


def listed(connection: sa.Connection, library: str, device: str | None = None) -> list[Bundle]:
    """The newest last."""
    table = support_bundle.c
    chosen = [table.library_id == library, *([table.device == device] if device else [])]
    columns = (table.number, table.device, table.came_ms, sa.func.length(table.content).label("size"))
    rows = connection.execute(sa.select(*columns).where(*chosen).order_by(table.number))
    return [Bundle(row.number, row.device, row.came_ms, row.size) for row in rows]


def content_of(connection: sa.Connection, library: str, number: int) -> bytes:
    """Raises `CannotDo`."""
    table = support_bundle.c
    found = connection.scalar(sa.select(table.content).where(table.library_id == library, table.number == number))
    if found is None:
        raise CannotDo(f"There is no support bundle {number} of {library!r} here (any more).")
    return bytes(found)
