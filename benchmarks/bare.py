"""The limits: what the disk and bare sqlcipher3 can do, on this machine, in this run."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher

from benchmarks.rig import KEY

_LAST = {
    "loan": "SELECT loan.* FROM outbox JOIN loan ON loan.id = outbox.loans ORDER BY outbox.place DESC LIMIT ?",
    "outbox": "SELECT * FROM outbox ORDER BY place DESC LIMIT ?",
    "audit": "SELECT * FROM audit ORDER BY place DESC LIMIT ?",
}


def connect(path: Path) -> Any:
    """With the same pragmas as the station's own writing connection."""
    connection = sqlcipher.connect(str(path), isolation_level=None)
    connection.execute(f"PRAGMA key = \"x'{KEY.hex()}'\"")
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "secure_delete = ON",
        "wal_autocheckpoint = 4000",
        "temp_store = MEMORY",
        "cache_size = -16000",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


def last_rows(path: Path, count: int) -> list[list[tuple[str, tuple[Any, ...]]]]:
    """What the last `count` loans wrote: for each, its rows as (INSERT statement, values)."""
    connection = connect(path)
    found: list[list[tuple[str, tuple[Any, ...]]]] = [[] for _ in range(count)]
    for table, query in _LAST.items():
        rows = connection.execute(query, (count,)).fetchall()
        marks = ",".join("?" * len(rows[0]))
        for place, row in enumerate(reversed(rows)):
            found[place].append((f"INSERT INTO {table} VALUES ({marks})", tuple(row)))
    connection.close()
    return found


def write_rows(path: Path, transactions: list[list[tuple[str, tuple[Any, ...]]]]) -> float:
    """Transactions per second."""
    connection = connect(path)
    connection.execute("SELECT count(*) FROM item").fetchall()
    began = time.perf_counter()
    for rows in transactions:
        connection.execute("BEGIN IMMEDIATE")
        for statement, values in rows:
            connection.execute(statement, values)
        connection.execute("COMMIT")
    took = time.perf_counter() - began
    connection.close()
    return len(transactions) / took


def fdatasyncs_per_s(folder: Path, count: int = 300) -> float:
    """Overwriting 4 KiB and syncing it."""
    file = os.open(folder / "sync-test", os.O_RDWR | os.O_CREAT)
    page = bytes(4096)
    os.pwrite(file, page, 0)
    os.fdatasync(file)
    began = time.perf_counter()
    for _ in range(count):
        os.pwrite(file, page, 0)
        os.fdatasync(file)
    took = time.perf_counter() - began
    os.close(file)
    return count / took
