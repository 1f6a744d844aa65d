"""The tree above the libraries: library → school → commune → province, or any other. What it looks like is data.

A node's `path` names it and all above it, so a subtree is what begins with a path, by an index, on both databases.
"""

import re
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from central_server.cannot import CannotDo
from central_server.tables.figures import api_key, staff_register
from central_server.tables.library import library as library_table
from central_server.tables.organisations import organisation, person_role

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Node:
    """An organisation. `path`: the ids from the root to it, each followed by "/". `one_school`: it and all below it is
    one school. `library`: the code of the library that it is, if it is one."""

    id: str
    parent: str | None
    path: str
    kind: str
    name: str
    one_school: bool
    level: str | None = None
    pupils: int | None = None
    commends: bool = False
    library: str | None = None

    def is_within(self, path: str) -> bool:
        """Whether it is the organisation of `path` or below it."""
        return self.path.startswith(path)


def find(connection: sa.Connection, identity: str) -> Node | None:
    """The organisation of that id."""
    row = connection.execute(sa.select(organisation).where(organisation.c.id == identity)).first()
    return _node(row) if row else None


def of_library(connection: sa.Connection, library: str) -> Node | None:
    """The organisation that is `library`; `None` for one that stands for itself."""
    row = connection.execute(sa.select(organisation).where(organisation.c.library_id == library)).first()
    return _node(row) if row else None


def free_libraries(connection: sa.Connection) -> dict[str, str]:
    """The names of the libraries that belong to nobody, by code."""
    owned = sa.select(organisation.c.library_id).where(organisation.c.library_id.is_not(None))
    free = sa.select(library_table.c.library_id, library_table.c.name).where(library_table.c.library_id.not_in(owned))
    return {row.library_id: row.name for row in connection.execute(free.order_by(library_table.c.name).limit(500))}


def within(connection: sa.Connection, path: str = "") -> list[Node]:
    """The organisation of `path` and all below it, in the order of the tree; all there are without one."""
    mine = sa.select(organisation).order_by(organisation.c.path)
    return [_node(row) for row in connection.execute(mine.where(below(path)) if path else mine)]


def below(path: str) -> sa.ColumnElement[bool]:
    """The condition that a row of `organisation` is in the subtree of `path`, as a range of the index."""
    return sa.and_(organisation.c.path >= path, organisation.c.path < path[:-1] + chr(ord("/") + 1))


def add(
    connection: sa.Connection,
    identity: str,
    kind: str,
    name: str,
    *,
    parent: str | None = None,
    one_school: bool = False,
    level: str | None = None,
    pupils: int | None = None,
    library: str | None = None,
) -> Node:
    """Make an organisation below `parent`, or a root. Below a school all is that school. Raises `CannotDo`."""
    if not _ID.fullmatch(identity):
        raise CannotDo(
            f"{identity!r} is no id of an organisation: small letters, digits and hyphens, like `vinh-long`."
        )
    if find(connection, identity):
        raise CannotDo(f"There is an organisation {identity!r} already.")
    over = _must_find(connection, parent) if parent else None
    if library is not None and (known := of_library(connection, library)):
        raise CannotDo(f"The library {library!r} belongs to {known.id!r} already.")
    path = f"{over.path if over else ''}{identity}/"
    if path.count("/") > DEEPEST:
        raise CannotDo(f"A tree of organisations is at most {DEEPEST} deep.")
    node = Node(
        identity,
        parent,
        path,
        kind,
        name,
        one_school or (over is not None and over.one_school) or library is not None,
        level,
        pupils,
        False,
        library,
    )
    connection.execute(organisation.insert(), _row(node))
    return node


def change(connection: sa.Connection, identity: str, **values: Any) -> None:
    """Give `name`, `kind`, `level`, `pupils`, `commends` or `library_id` another value. Raises `CannotDo`."""
    _must_find(connection, identity)
    connection.execute(sa.update(organisation).where(organisation.c.id == identity).values(**values))


def move(connection: sa.Connection, identity: str, parent: str | None) -> None:
    """Put an organisation, with all below it, below another one: as when communes are merged. Raises `CannotDo`."""
    node = _must_find(connection, identity)
    over = _must_find(connection, parent) if parent else None
    if over is not None and over.is_within(node.path):
        raise CannotDo(f"{over.id!r} is below {identity!r} itself.")
    if over is not None and over.one_school and not node.one_school:
        raise CannotDo(f"{over.id!r} is within one school, {identity!r} is not.")
    start = f"{over.path if over else ''}{identity}/"
    moved = start + sa.func.substr(organisation.c.path, len(node.path) + 1)
    connection.execute(sa.update(organisation).where(below(node.path)).values(path=moved))
    connection.execute(sa.update(organisation).where(organisation.c.id == identity).values(parent_id=parent))


def attach(connection: sa.Connection, identity: str, library: str | None) -> None:
    """Let an organisation within one school be `library`, or none. Raises `CannotDo`."""
    node = _must_find(connection, identity)
    if library is not None and not node.one_school:
        raise CannotDo(f"A library belongs to one school; {identity!r} is more than that.")
    known = of_library(connection, library) if library is not None else None
    if known is not None and known.id != identity:
        raise CannotDo(f"The library {library!r} belongs to {known.id!r} already.")
    change(connection, identity, library_id=library)


def remove(connection: sa.Connection, identity: str, now_ms: int) -> None:
    """Take an organisation without any below it, and where nobody has a role, out of the tree. Its library stays.
    Raises `CannotDo`."""
    node = _must_find(connection, identity)
    if len(within(connection, node.path)) > 1:
        raise CannotDo(f"There are organisations below {identity!r}; move or remove them first.")
    if has_people(connection, identity):
        # Else another organisation of that id would have them.
        raise CannotDo(f"There are people with a role at {identity!r}; take it from them first.")
    # What hangs on its id is nothing of another one's that is called so later.
    gone = sa.update(api_key).where(api_key.c.organisation_id == identity, api_key.c.revoked_ms.is_(None))
    connection.execute(gone.values(revoked_ms=now_ms))
    connection.execute(sa.delete(staff_register).where(staff_register.c.organisation_id == identity))
    connection.execute(sa.delete(organisation).where(organisation.c.id == identity))


def has_people(connection: sa.Connection, identity: str) -> bool:
    """Whether somebody has a role at that very organisation."""
    return bool(connection.scalar(sa.select(person_role.c.role).filter_by(organisation_id=identity).limit(1)))


def _must_find(connection: sa.Connection, identity: str) -> Node:
    node = find(connection, identity)
    if node is None:
        raise CannotDo(f"There is no organisation {identity!r}.")
    return node


def _node(row: Any) -> Node:
    return Node(
        row.id,
        row.parent_id,
        row.path,
        row.kind,
        row.name,
        row.one_school,
        row.level,
        row.pupils,
        row.commends,
        row.library_id,
    )


def _row(node: Node) -> dict[str, Any]:
    return {
        "id": node.id,
        "parent_id": node.parent,
        "path": node.path,
        "kind": node.kind,
        "name": node.name,
        "one_school": node.one_school,
        "level": node.level,
        "pupils": node.pupils,
        "commends": node.commends,
        "library_id": node.library,
    }
