"""Who works at the library's desks. The id of each is made here for that work alone: operations keep it for ever, and
nobody is found by it once it was removed."""

from collections.abc import Collection
from enum import StrEnum
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from central_server.among import among
from central_server.cannot import CannotDo
from central_server.tables.library import patron, staff


class Role(StrEnum):
    """A maintainer may do all that a librarian may."""

    LIBRARIAN = "librarian"
    MAINTAINER = "maintainer"


def is_known(connection: sa.Connection, library: str, identity: str | None) -> bool:
    """Whether the library's list has somebody with this id."""
    if identity is None:
        return False
    mine = sa.select(staff.c.id).where(staff.c.library_id == library, staff.c.id == identity)
    return connection.scalar(mine) is not None


def of_patrons(connection: sa.Connection, library: str, patrons: Collection[str]) -> dict[str, dict[str, str]]:
    """Those of `patrons` who are of the staff, as stations are told of them."""
    found = connection.execute(sa.select(staff).where(staff.c.library_id == library, among(staff.c.patron_id, patrons)))
    return {row.patron_id: {"id": row.id, "role": row.role} for row in found}


def add(connection: sa.Connection, library: str, patron_id: str, role: Role, now_ms: int) -> str:
    """Put a patron on the list, or give them another role; answers their id there."""
    mine = (staff.c.library_id == library, staff.c.patron_id == patron_id)
    known: str | None = connection.scalar(sa.select(staff.c.id).where(*mine))
    if known is not None:
        connection.execute(sa.update(staff).where(*mine).values(role=role.value))
        return known
    row = {"library_id": library, "id": str(uuid4()), "patron_id": patron_id, "role": role.value, "added_ms": now_ms}
    connection.execute(staff.insert(), row)
    return str(row["id"])


def remove(connection: sa.Connection, library: str, patron_id: str) -> None:
    """Take a patron off the list. Raises `CannotDo`."""
    mine = (staff.c.library_id == library, staff.c.patron_id == patron_id)
    if not connection.execute(sa.delete(staff).where(*mine)).rowcount:
        raise CannotDo("This reader is not on the list of the staff; nothing was done.")


def listed(connection: sa.Connection, library: str) -> list[dict[str, Any]]:
    """The staff by name, for people at the centre only."""
    owner = sa.and_(patron.c.library_id == staff.c.library_id, patron.c.id == staff.c.patron_id)
    found = (
        sa.select(staff.c.id, staff.c.role, staff.c.added_ms, patron.c.name, patron.c.card)
        .join(patron, owner)
        .where(staff.c.library_id == library)
        .order_by(patron.c.name, staff.c.id)
    )
    return [dict(row) for row in connection.execute(found).mappings()]
