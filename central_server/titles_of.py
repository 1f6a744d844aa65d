"""What books are called, for lists that have only their numbers."""

from collections.abc import Collection

import sqlalchemy as sa

from central_server.among import among
from central_server.tables.library import item, title


def barcodes(connection: sa.Connection, library: str, wanted: Collection[str]) -> dict[str, str]:
    """The titles of those of the copies that the library has."""
    what = sa.and_(title.c.library_id == item.c.library_id, title.c.id == item.c.title_id)
    found = sa.select(item.c.barcode, title.c.title).join(title, what)
    rows = connection.execute(found.where(item.c.library_id == library, among(item.c.barcode, wanted)))
    return {row.barcode: row.title for row in rows}


def ids(connection: sa.Connection, library: str, wanted: Collection[str]) -> dict[str, str]:
    """The same by the ids of titles."""
    found = sa.select(title.c.id, title.c.title).where(title.c.library_id == library, among(title.c.id, wanted))
    return {row.id: row.title for row in connection.execute(found)}
