"""Who borrows nothing for some days (ngừng mượn), because books came back late: told with the reader."""

from datetime import date

import sqlalchemy as sa

from central_server import late_returns
from central_server.database import Store, reading, writing
from central_server.holds import Touched
from central_server.imports import patrons, rules
from central_server.tables.library import library as library_table
from central_server.tables.library import patron


def reconsider(connection: sa.Connection, library: str, touched: Touched) -> None:
    """Consider anew everybody whom it may concern, where the rules suspend at all."""
    if touched.barcodes | touched.anew and rules.longest_suspension(connection, library):
        theirs = late_returns.reckon(
            connection, library, touched.barcodes, touched.ids, anew=touched.anew, since_ms=touched.since
        )
        patrons.publish_of(connection, library, theirs)


def catch_up(store: Store) -> None:
    """Consider everybody once, where that was never done because nobody asked for it yet: after a migration. A stop at
    any moment only leaves the rest for the next time; other libraries, and stations, go on meanwhile."""
    left = sa.select(library_table.c.library_id).where(library_table.c.late_after.is_not(None))
    with reading(store) as connection:
        libraries = connection.scalars(left.order_by(library_table.c.library_id)).all()
    for library in libraries:
        while _considers_some(store, library):
            pass


def _considers_some(store: Store, library: str) -> bool:
    """The next some items, in a transaction of their own; answers whether there may be more."""
    here = library_table.c.library_id == library
    with writing(store, library) as connection:
        after = connection.scalar(sa.select(library_table.c.late_after).where(here))
        # Where nothing suspends, the rules that will do so consider everybody when they come.
        if after is not None and rules.longest_suspension(connection, library):
            after, theirs = late_returns.reckon_some(connection, library, after)
            patrons.publish_of(connection, library, theirs)
        else:
            after = None
        connection.execute(sa.update(library_table).where(here).values(late_after=after))
    return after is not None


def lift(connection: sa.Connection, library: str, patron_id: str, through: date) -> None:
    """What the reader brought back through that day suspends them no more. It is never taken back."""
    here = (patron.c.library_id == library, patron.c.id == patron_id)
    earlier = sa.or_(patron.c.lifted_on.is_(None), patron.c.lifted_on < through.isoformat())
    connection.execute(sa.update(patron).where(*here, earlier).values(lifted_on=through.isoformat()))
    patrons.publish_of(connection, library, [patron_id])
