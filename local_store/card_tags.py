"""Card numbers, as the store keeps them: HMAC-SHA256 under a random pepper that lies in the store itself.

So no number can be read in a store, its log or its backups, and none can be printed on a card again. It is not more
than that: whoever opens the store can try all numbers of a school in a moment (docs/security.md).
"""

from __future__ import annotations

import hmac

from kiosk.ports.errors import StoreDamaged
from local_store import statements as sql
from local_store.prepared import Database, Row

PEPPER = "card_pepper"


class CardTags:
    """The pepper is read once: for one unit of work, or one page of changes."""

    def __init__(self, database: Database) -> None:
        row = database.row(sql.META, key=PEPPER)
        if row is None:
            raise StoreDamaged("the store has no pepper for card numbers")
        self._pepper = bytes.fromhex(row[0])

    def of(self, number: str) -> str:
        return tag_of(self._pepper, number)


def tag_of(pepper: bytes, number: str) -> str:
    """64 hex digits."""
    return hmac.digest(pepper, number.encode(), "sha256").hex()


def patron_by_card(database: Database, number: str) -> Row | None:
    return database.row(sql.PATRON_BY_TAG, tag=CardTags(database).of(number))
