"""Whose store it is."""

from __future__ import annotations

from kiosk.ports.errors import StoreBroken, StoreDamaged
from local_store import statements
from local_store.prepared import Database
from local_store.reader import StoreConfig


def check_owner(config: StoreConfig, database: Database) -> None:
    """Raises StoreDamaged for a store that names none, StoreBroken for one of another station."""
    for key, expected in (("library", config.library_id), ("device", config.device_id)):
        row = database.row(statements.META, key=key)
        if row is None:
            raise StoreDamaged(f"the store names no {key}")
        if row[0] != expected:
            raise StoreBroken(f"the store belongs to {key} {row[0]!r}, and {expected!r} is configured")
