"""Nonces: what makes a signed request good only once, whichever server of this database is asked.

A nonce is the time at which it was given, random digits, and a code (HMAC-SHA-256) by which any server of the database
knows that it was given to this key. So giving one writes nothing; one that was used is kept while it would be good.
"""

import hashlib
import hmac
import secrets

import sqlalchemy as sa

from central_server.tables.keys import nonce_secret, used_nonce
from central_server.upsert import add_new

GOOD_FOR_MS = 600_000
# Longer than it is good: servers' clocks differ, and are set.
_KEPT_MS = 6 * GOOD_FOR_MS
_DIGITS_OF_TIME = 12
_DIGITS_OF_CODE = 32


def secret_of(connection: sa.Connection, library: str) -> bytes:
    """What the library's codes are made with; made now if nobody has asked for it before."""
    add_new(connection, nonce_secret, [{"library_id": library, "secret": secrets.token_bytes(32)}])
    found = sa.select(nonce_secret.c.secret).where(nonce_secret.c.library_id == library)
    return bytes(connection.scalars(found).one())


def give(secret: bytes, key_id: str, now_ms: int) -> str:
    """A new one, with 128 random bits."""
    open_part = f"{now_ms:0{_DIGITS_OF_TIME}x}{secrets.token_hex(16)}"
    return open_part + _code(secret, key_id, open_part)


def is_good(secret: bytes, key_id: str, nonce: str | None, now_ms: int) -> bool:
    """Whether `nonce` was given to this key, not long ago. Whether it was used is for `take`."""
    open_part, code = (nonce or "")[:-_DIGITS_OF_CODE], (nonce or "")[-_DIGITS_OF_CODE:]
    if not hmac.compare_digest(code.encode(), _code(secret, key_id, open_part).encode()):
        return False
    return abs(now_ms - int(open_part[:_DIGITS_OF_TIME], 16)) <= GOOD_FOR_MS


def take(connection: sa.Connection, library: str, nonce: str, now_ms: int) -> bool:
    """Whether `nonce`, a good one, is used for the first time. Counts when the transaction is committed."""
    # They begin with their time, so the old ones come first.
    old = (used_nonce.c.library_id == library, used_nonce.c.nonce < f"{max(now_ms - _KEPT_MS, 0):0{_DIGITS_OF_TIME}x}")
    connection.execute(sa.delete(used_nonce).where(*old))
    return add_new(connection, used_nonce, [{"library_id": library, "nonce": nonce}]) == 1


def _code(secret: bytes, key_id: str, open_part: str) -> str:
    return hmac.new(secret, f"{key_id} {open_part}".encode(), hashlib.sha256).hexdigest()[:_DIGITS_OF_CODE]
