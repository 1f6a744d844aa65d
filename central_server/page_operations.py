"""What readers do on the centre's pages, as operations: of a station of its own in each library, which is the centre.

So a renewal, a hold or a suggestion from a page is recorded, ordered, decided, told and erased like one from a shelf,
and nothing that works out loans or holds knows of pages (docs/decisions/0040-pages-write-operations.md).
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from central_server import lending_rules
from central_server.devices import PAGES
from central_server.ingest import Batch
from central_server.tables.operations import operation
from central_server.wire import PROTOCOL, Operation, OperationsRequest, Reader, Verdict

_BEGINNING = bytes(32)


def record(
    connection: sa.Connection,
    library: str,
    kind: str,
    data: Mapping[str, Any],
    now_ms: int,
    *,
    patron: str,
    private: str | None = None,
) -> Verdict:
    """Record what `patron` does on a page, with all that follows from it. `kind` and `data` are those of
    docs/protocol.md; `private`: their own words. Needs the right to write in the library."""
    mine = (operation.c.library_id == library, operation.c.device == PAGES)
    columns = (operation.c.epoch, operation.c.seq, operation.c.hash)
    last = connection.execute(sa.select(*columns).where(*mine).order_by(*map(sa.desc, columns[:2])).limit(1)).first()
    epoch, seq = (last.epoch, last.seq + 1) if last else (secrets.token_hex(16), 1)
    salt = secrets.token_bytes(16)
    body = {
        "v": 1,
        "kind": kind,
        "library": library,
        "device": PAGES,
        "epoch": epoch,
        "seq": seq,
        "at": {"wall_ms": now_ms, "boot": str(UUID(epoch)), "boottime_ms": 0, "trusted": True},
        "actor": "patron",
        "reader": _commitment(salt, patron),
        "policy_version": lending_rules.read(connection, library).version,
        "data": dict(data) | ({"private": _commitment(salt, private)} if private else {}),
    }
    if seq == 1:
        body["predecessor"] = None
    text = msgspec.json.encode(body)
    before = bytes.fromhex(last.hash) if last else _BEGINNING
    hash_ = hashlib.sha256(before + text).hexdigest()
    came = Operation(epoch, seq, hash_, text.decode(), Reader(patron, salt.hex(), private))
    return Batch(OperationsRequest(PROTOCOL, library, PAGES, [came])).record(connection, now_ms).verdicts[0]


def _commitment(salt: bytes, said: str) -> str:
    return hmac.digest(salt, said.encode(), "sha256").hex()
