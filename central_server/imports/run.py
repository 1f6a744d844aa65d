"""One import: one file, one transaction, one report."""

from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from central_server import clock, database, late_returns
from central_server.database import Store
from central_server.imports import items, patrons, titles
from central_server.imports.calendar import import_calendar
from central_server.imports.header import Column
from central_server.imports.report import Line, Outcome, Report
from central_server.imports.rows import Options, read_rows
from central_server.imports.rules import import_circulation, longest_suspension
from central_server.imports.sentences import Language
from central_server.imports.station import import_station
from central_server.imports.table import Row
from central_server.imports.text_file import MOST_BYTES
from central_server.tables.library import library as library_table

_TABLES: dict[str, tuple[tuple[Column, ...], Callable[[sa.Connection, str, list[Row], Report], None]]] = {
    "titles": (titles.COLUMNS, titles.import_titles),
    "items": (items.COLUMNS, items.import_items),
    "patrons": (patrons.COLUMNS, patrons.import_patrons),
}


def _import_circulation(connection: sa.Connection, library: str, raw: bytes, report: Report) -> None:
    import_circulation(connection, library, raw, report)
    if report.readable and report.outcomes.get(Line(1)) is not Outcome.UNCHANGED:
        # By other rules others are suspended, also for what came back before.
        if longest_suspension(connection, library):
            late_returns.reckon_all(connection, library)
        patrons.publish_of(connection, library, late_returns.readers(connection, library))


_SETTINGS: dict[str, Callable[[sa.Connection, str, bytes, Report], None]] = {
    "circulation": _import_circulation,
    "calendar": import_calendar,
    "station": import_station,
}
KINDS = (*_TABLES, *_SETTINGS)
_ANY = Options()


def import_file(
    store: Store,
    library: str,
    library_name: str | None,
    kind: str,
    path: Path,
    language: Language = "vi",
    options: Options = _ANY,
) -> Report:
    """Import `path` as `kind` (one of `KINDS`): the good lines are committed together, or nothing of it is.

    A library is made when it is named for the first time. Raises SQLAlchemy's errors.
    """
    report = Report(kind, library, path.name, language, options.dry_run)
    raw = _read(path, report)
    bring = _prepare(kind, path.name, raw, options, report)
    if not report.readable:
        return report
    with store.writing.connect() as connection, connection.begin() as transaction:
        _name_library(connection, library, library_name, report)
        if report.readable:
            bring(connection)
        if options.dry_run or not report.readable:
            transaction.rollback()
    return report


def _read(path: Path, report: Report) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        report.refuse("cannot_read", why=error.strerror)
        return b""
    if len(raw) > MOST_BYTES:
        report.refuse("too_large", limit=MOST_BYTES // 1024 // 1024)
    return raw


def _prepare(kind: str, name: str, raw: bytes, options: Options, report: Report) -> Callable[[sa.Connection], None]:
    """Read what can be read without the database, so that stations do not wait for it; answers the rest."""
    if kind in _SETTINGS:
        return lambda connection: _SETTINGS[kind](connection, report.library, raw, report)
    columns, bring = _TABLES[kind]
    rows = read_rows(name, raw, columns, options, report) if report.readable else []
    return lambda connection: bring(connection, report.library, rows, report)


def _name_library(connection: sa.Connection, library: str, name: str | None, report: Report) -> None:
    """Make the library, or give it another name."""
    if not database.is_library_code(library):
        report.refuse("bad_library", value=library)
    elif database.has_library(connection, library):
        if name:
            mine = library_table.c.library_id == library
            connection.execute(library_table.update().where(mine).values(name=name))
    elif not name:
        report.refuse("no_library", value=library)
    else:
        row = {"library_id": library, "name": name, "created_ms": clock.now_ms()}
        connection.execute(library_table.insert(), row)
        database.begin_generation(connection, library)
        report.note("library_would_be_made" if report.dry_run else "library_made", value=library)
