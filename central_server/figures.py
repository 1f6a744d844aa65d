"""How often books are read in the library, how many readers come, and how often somebody calls for the librarian:
counts by day, about nobody."""

from collections.abc import Mapping

import sqlalchemy as sa

from central_server import upsert
from central_server.bodies import Body, HelpCall, InHouseUse, Visit, barcode_of, kind_of
from central_server.tables.library import daily_use

# (kind, day as ISO text, barcode or "")
Use = tuple[str, str, str]


def use_of(body: Body) -> Use | None:
    """What the operation counts as; `None` for most."""
    if isinstance(body, InHouseUse | Visit | HelpCall):
        return kind_of(body), body.data.day.isoformat(), barcode_of(body) or ""
    return None


def add(connection: sa.Connection, library: str, uses: Mapping[Use, int]) -> None:
    """Count `uses` of the library."""
    rows = [
        {"library_id": library, "kind": kind, "day": day, "barcode": barcode, "count": count}
        for (kind, day, barcode), count in uses.items()
    ]
    upsert.count(connection, daily_use, rows)
