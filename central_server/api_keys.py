"""Keys with which programs ask the open API: for sums of an organisation and all below it, and nothing else."""

import secrets
from dataclasses import dataclass
from hashlib import sha256
from uuid import uuid4

import sqlalchemy as sa

from central_server import organisations
from central_server.cannot import CannotDo
from central_server.organisations import Node
from central_server.tables.figures import api_key

_MOST = 50
_SEEN_EVERY_MS = 60_000


@dataclass(frozen=True, slots=True)
class Key:
    """A key without what it says. `name`: who has it, as whoever made it wrote."""

    id: str
    organisation: str
    name: str
    made_ms: int
    revoked_ms: int | None
    used_ms: int | None


def make(connection: sa.Connection, node: Node, name: str, now_ms: int) -> tuple[Key, str]:
    """A new one; answers what it says, too, which is shown once and never kept. Raises `CannotDo`."""
    if not name:
        raise CannotDo("A key has a name, so that whoever reads the list knows who has it.")
    if sum(one.revoked_ms is None for one in listed(connection, node)) >= _MOST:
        raise CannotDo(f"{node.id!r} has {_MOST} keys already; revoke one first.")
    said = f"tx_{secrets.token_urlsafe(32)}"
    made = Key(str(uuid4()), node.id, name, now_ms, None, None)
    row = {"id": made.id, "hash": _hash(said), "organisation_id": node.id, "name": name, "made_ms": now_ms}
    connection.execute(api_key.insert(), row)
    return made, said


def revoke(connection: sa.Connection, node: Node, identity: str, now_ms: int) -> bool:
    """Let a key of the organisation open nothing from now on; answers whether there was such a one."""
    mine = sa.update(api_key).where(
        api_key.c.organisation_id == node.id, api_key.c.id == identity, api_key.c.revoked_ms.is_(None)
    )
    return bool(connection.execute(mine.values(revoked_ms=now_ms)).rowcount)


def listed(connection: sa.Connection, node: Node) -> list[Key]:
    """Those of the organisation, the newest first."""
    mine = sa.select(api_key).where(api_key.c.organisation_id == node.id)
    return [_key(row) for row in connection.execute(mine.order_by(api_key.c.made_ms.desc(), api_key.c.id))]


def recognise(connection: sa.Connection, said: str, now_ms: int) -> tuple[Key, Node, bool] | None:
    """Whose key says that, and whether that it was used should be written down; `None` for what is none any more."""
    row = connection.execute(
        sa.select(api_key).where(api_key.c.hash == _hash(said), api_key.c.revoked_ms.is_(None))
    ).first()
    node = organisations.find(connection, row.organisation_id) if row else None
    if row is None or node is None:
        return None
    return _key(row), node, now_ms - (row.used_ms or 0) > _SEEN_EVERY_MS


def used(connection: sa.Connection, identity: str, now_ms: int) -> None:
    """It asked for something."""
    connection.execute(sa.update(api_key).where(api_key.c.id == identity).values(used_ms=now_ms))


def _key(row: sa.Row[tuple[object, ...]]) -> Key:
    return Key(row.id, row.organisation_id, row.name, row.made_ms, row.revoked_ms, row.used_ms)


def _hash(said: str) -> str:
    return sha256(said.encode()).hexdigest()
