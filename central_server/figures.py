"""How often books are read in the library, and how many readers come: counts by day, about nobody."""

from collections.abc import Mapping

import sqlalchemy as sa

from central_server.bodies import Body, InHouseUse, Visit, barcode_of, kind_of
from central_server.tables import daily_use

# (kind, day as ISO text, barcode or "")
Use = tuple[str, str, str]


def use_of(body: Body) -> Use | None:
    """What the operation counts as; `None` for most."""
    if isinstance(body, InHouseUse | Visit):
        return kind_of(body), body.data.day.isoformat(), barcode_of(body) or ""
    return None


def add(connection: sa.Connection, library: str, uses: Mapping[Use, int]) -> None:
    """Count `uses` of the library."""
    for (kind, day, barcode), count in uses.items():
        key = {"library_id": library, "kind": kind, "day": day, "barcode": barcode}
        here = [daily_use.c[name] == value for name, value in key.items()]
        more = sa.update(daily_use).where(*here).values(count=daily_use.c.count + count)
        if not connection.execute(more).rowcount:
            connection.execute(daily_use.insert(), {**key, "count": count})
