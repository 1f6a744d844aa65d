"""One import: one file, one transaction, one report."""

from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from central_server import clock, database, late_returns
from central_server.database import Store
from central_server.imports import items, marc, patrons, titles
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
MARC = "marc"
KINDS = (*_TABLES, MARC, *_SETTINGS)
Bring = Callable[[sa.Connection], None]
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
    bring = prepare(_read(path, report), options, report)
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


def prepare(raw: bytes, options: Options, report: Report) -> Bring:
    """Read what can be read of the report's file without the database, so that nobody waits for it; answers the rest,
    which is for a report that is `readable` still."""
    kind, library = report.kind, report.library
    if kind in _SETTINGS:
        return lambda connection: _SETTINGS[kind](connection, library, raw, report)
    if kind == MARC:
        report.of_records = True
        described = marc.read_titles(raw, options, report) if report.readable else {}
        return lambda connection: marc.import_titles(connection, library, described, options, report)
    columns, bring = _TABLES[kind]
    rows = read_rows(report.file, raw, columns, options, report) if report.readable else []
    return lambda connection: bring(connection, library, rows, report)


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
        database.make_library(connection, library, name, clock.now_ms())
        report.note("library_would_be_made" if report.dry_run else "library_made", value=library)
