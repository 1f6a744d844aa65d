"""Bringing a store to today's schema. Alembic is imported when there is something to do, not at every start.

Migrations only expand what is there, so that a program of the release before runs on the schema of this one: an update
that is taken back takes no database back. The store itself says from which revision on programs may open it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

from kiosk.ports.errors import StoreBroken, StoreDamaged
from local_store.errors import DATABASE_ERRORS, translated
from local_store.prepared import Database
from local_store.tables import COMPATIBLE_FROM, REVISIONS

_NOTE_COMPATIBLE = "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)"
_MIGRATIONS = Path(__file__).parent / "migrations"


def engine_over(connect: Callable[[], sqlcipher.Connection]) -> Engine:
    """Every SQLAlchemy connection is a new one of the driver; none is ever shared or kept."""
    return create_engine(
        "sqlite+pysqlite://", module=sqlcipher, creator=connect, poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )


def revision_of(database: Database) -> str:
    """The schema revision of an open store, as far as it is known here: of a newer one that only expanded what this
    program works on, that is its own. Raises StoreDamaged when it holds none; StoreBroken for any other newer one, for
    the program that made it can still open it."""
    if not database.tell("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"):
        raise StoreDamaged("not a station's store")
    found = database.tell("SELECT version_num FROM alembic_version")
    if not found:
        raise StoreDamaged("the store has no schema revision")
    revision = str(found[0][0])
    if revision in REVISIONS:
        return revision
    ((compatible_from,),) = database.tell("SELECT coalesce((SELECT value FROM meta WHERE key = 'compatible_from'), '')")
    if compatible_from not in REVISIONS:
        raise StoreBroken(f"the store has schema revision {revision!r}, newer than this program's {REVISIONS[-1]!r}")
    return REVISIONS[-1]


def upgrade(connect: Callable[[], sqlcipher.Connection]) -> None:
    """All missing revisions in one transaction: after a failure the store is as it was."""
    from alembic import command
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    try:
        with engine_over(connect).connect() as connection:
            settings.attributes["connection"] = connection
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                command.upgrade(settings, "head")
                connection.exec_driver_sql(_NOTE_COMPATIBLE, ("compatible_from", COMPATIBLE_FROM))
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            connection.exec_driver_sql("COMMIT")
    except DATABASE_ERRORS as error:
        raise translated(error) from error
