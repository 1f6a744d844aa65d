"""One import: one file, one transaction, one report."""

from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from central_server import clock, database, tables
from central_server.database import Store
from central_server.imports.calendar import import_calendar
from central_server.imports.items import import_items
from central_server.imports.patrons import import_patrons
from central_server.imports.report import Report
from central_server.imports.rules import import_circulation
from central_server.imports.sentences import Language
from central_server.imports.titles import import_titles

_IMPORTS: dict[str, Callable[[sa.Connection, str, bytes, Report], None]] = {
    "titles": import_titles,
    "items": import_items,
    "patrons": import_patrons,
    "circulation": import_circulation,
    "calendar": import_calendar,
}
KINDS = tuple(_IMPORTS)


def import_file(
    store: Store, library: str, library_name: str | None, kind: str, path: Path, language: Language = "vi"
) -> Report:
    """Import `path` as `kind` (one of `KINDS`): the good lines are committed together, or nothing of it is.

    A library is made when it is named for the first time. Raises SQLAlchemy's errors.
    """
    report = Report(kind, library, path.name, language)
    try:
        raw = path.read_bytes()
    except OSError as error:
        report.refuse("cannot_read", why=error.strerror)
        return report
    with store.writing.connect() as connection, connection.begin() as transaction:
        _name_library(connection, library, library_name, report)
        if report.readable:
            _IMPORTS[kind](connection, library, raw, report)
        if not report.readable:
            transaction.rollback()
    return report


def _name_library(connection: sa.Connection, library: str, name: str | None, report: Report) -> None:
    """Make the library, or give it another name."""
    if not database.is_library_code(library):
        report.refuse("bad_library", value=library)
    elif database.has_library(connection, library):
        if name:
            mine = tables.library.c.library_id == library
            connection.execute(tables.library.update().where(mine).values(name=name))
    elif not name:
        report.refuse("no_library", value=library)
    else:
        row = {"library_id": library, "name": name, "created_ms": clock.now_ms()}
        connection.execute(tables.library.insert(), row)
        database.begin_generation(connection, library)
        report.note("library_made", value=library)
