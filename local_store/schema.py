"""Bringing a store to today's schema. Alembic is imported when there is something to do, not at every start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

from kiosk.ports.errors import StoreDamaged
from local_store.errors import DATABASE_ERRORS, translated
from local_store.prepared import Database
from local_store.tables import REVISIONS

_MIGRATIONS = Path(__file__).parent / "migrations"


def engine_over(connect: Callable[[], sqlcipher.Connection]) -> Engine:
    """Every SQLAlchemy connection is a new one of the driver; none is ever shared or kept."""
    return create_engine(
        "sqlite+pysqlite://", module=sqlcipher, creator=connect, poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )


def revision_of(database: Database) -> str:
    """The schema revision of an open store. Raises StoreDamaged when it holds none, or one that is not known here."""
    if not database.tell("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"):
        raise StoreDamaged("not a station's store")
    found = database.tell("SELECT version_num FROM alembic_version")
    revision = str(found[0][0]) if found else ""
    if revision not in REVISIONS:
        raise StoreDamaged(f"schema revision {revision!r} is unknown: made by a newer program?")
    return revision


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
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            connection.exec_driver_sql("COMMIT")
    except DATABASE_ERRORS as error:
        raise translated(error) from error
