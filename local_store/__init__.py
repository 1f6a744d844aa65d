"""The local store: one encrypted SQLite file in which a loan becomes durable (kiosk.ports.store on SQLCipher)."""

from local_store.engine import SqlStore, StoreConfig, StoreReader, make_new_store, open_store, read_store

__all__ = ["SqlStore", "StoreConfig", "StoreReader", "make_new_store", "open_store", "read_store"]
