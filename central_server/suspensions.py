"""Who borrows nothing for some days (ngừng mượn), because books came back late: told with the reader."""

from datetime import date

import sqlalchemy as sa

from central_server import late_returns
from central_server.holds import Touched
from central_server.imports import patrons, rules
from central_server.tables.library import patron


def reconsider(connection: sa.Connection, library: str, touched: Touched) -> None:
    """Consider anew everybody whom it may concern, where the rules suspend at all."""
    if touched.barcodes | touched.anew and rules.longest_suspension(connection, library):
        theirs = late_returns.reckon(
            connection, library, touched.barcodes, touched.ids, anew=touched.anew, since_ms=touched.since
        )
        patrons.publish_of(connection, library, theirs)


def lift(connection: sa.Connection, library: str, patron_id: str, through: date) -> None:
    """What the reader brought back through that day suspends them no more. It is never taken back."""
    here = (patron.c.library_id == library, patron.c.id == patron_id)
    earlier = sa.or_(patron.c.lifted_on.is_(None), patron.c.lifted_on < through.isoformat())
    connection.execute(sa.update(patron).where(*here, earlier).values(lifted_on=through.isoformat()))
    patrons.publish_of(connection, library, [patron_id])
