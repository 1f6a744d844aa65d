"""What people did on the pages: who, when, what, and to which thing. Written in the transaction of the deed itself."""

from typing import Any

import sqlalchemy as sa

from central_server import organisations
from central_server.tables.organisations import deed, organisation, person


def note(
    connection: sa.Connection,
    person_id: str,
    act: str,
    subject: str,
    now_ms: int,
    *,
    library: str | None = None,
    organisation: str | None = None,
) -> None:
    """`act` is a word of ours (`title_changed`), `subject` an id, a barcode or a code: no name, no title, no card of a
    reader."""
    row = {
        "at_ms": now_ms,
        "person_id": person_id,
        "organisation_id": organisation,
        "library_id": library,
        "act": act,
        "subject": subject,
    }
    connection.execute(deed.insert(), row)


def of_library(connection: sa.Connection, library: str, limit: int = 200) -> list[dict[str, Any]]:
    """The newest ones first."""
    found = sa.select(deed, person.c.name).outerjoin(person, person.c.id == deed.c.person_id)
    newest = found.where(deed.c.library_id == library).order_by(deed.c.number.desc()).limit(limit)
    return [dict(row) for row in connection.execute(newest).mappings()]


def within(connection: sa.Connection, path: str, limit: int = 200) -> list[dict[str, Any]]:
    """The newest ones at the organisation of `path`, below it, and in its libraries. Of a library's it is told who did
    what, and not to which thing: that could be a reader."""
    mine = organisations.below(path)
    at = sa.select(organisation.c.id).where(mine)
    libraries = sa.select(organisation.c.library_id).where(mine, organisation.c.library_id.is_not(None))
    found = sa.select(deed, person.c.name).outerjoin(person, person.c.id == deed.c.person_id)
    newest = found.where(sa.or_(deed.c.organisation_id.in_(at), deed.c.library_id.in_(libraries)))
    rows = connection.execute(newest.order_by(deed.c.number.desc()).limit(limit)).mappings()
    return [{**row, "subject": None if row["library_id"] else row["subject"]} for row in rows]
