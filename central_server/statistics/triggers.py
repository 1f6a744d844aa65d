"""The triggers that keep the counts, in the transaction of whatever changes a source, whichever program that is.

PostgreSQL runs them once a statement, with all its rows (transition tables); SQLite once a row.
"""

from collections.abc import Iterator

import sqlalchemy as sa

from central_server.statistics import marks
from central_server.statistics.measures import POSTGRESQL, SOURCES, SQLITE, Dialect, Measure, dialect_of

_KEY = "library_id, measure, month, part"
_INTO = f"INSERT INTO tally ({_KEY}, count)"
_MORE = f"ON CONFLICT ({_KEY}) DO UPDATE SET count = tally.count + excluded.count"
_INTO_MARKS = "INSERT INTO reader_mark (library_id, period, mark, loans)"
_MORE_MARKS = "ON CONFLICT (library_id, period, mark) DO UPDATE SET loans = reader_mark.loans + excluded.loans"
_PREFIX = "figures_"


def install(connection: sa.Connection) -> None:
    """Make all triggers anew."""
    if dialect_of(connection.dialect.name).is_postgresql:
        old = f"SELECT p.oid::regprocedure::text FROM pg_proc AS p WHERE p.proname LIKE '{_PREFIX}%'"
        for function in connection.scalars(sa.text(old)).all():
            connection.exec_driver_sql(f"DROP FUNCTION {function} CASCADE")
        statements = _postgresql()
    else:
        old = f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '{_PREFIX}%'"
        for trigger in connection.scalars(sa.text(old)).all():
            connection.exec_driver_sql(f"DROP TRIGGER {trigger}")
        statements = _sqlite()
    for statement in statements:
        connection.execute(sa.text(statement))


# --- PostgreSQL

_ROWS = {
    "insert": "REFERENCING NEW TABLE AS new_rows",
    "update": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "REFERENCING OLD TABLE AS old_rows",
}


def _postgresql() -> Iterator[str]:
    for table, measures in SOURCES.items():
        for event in _ROWS:
            yield from _for_statement(f"{table}_{event}", table, event, _counted_in(measures, event))
    yield from _for_statement("mark_insert", "loan", "insert", _marks_of_new("SELECT * FROM new_rows"))
    yield from _for_statement("mark_update", "loan", "update", _marks_of_changed())
    yield from _for_statement("period_insert", "period_secret", "insert", _closing(POSTGRESQL, "new_rows"))


def _for_statement(name: str, table: str, event: str, body: str) -> Iterator[str]:
    yield (
        f"CREATE FUNCTION {_PREFIX}{name}() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n{body}\nRETURN NULL;\nEND $$"
    )
    yield (
        f"CREATE TRIGGER {_PREFIX}{name} AFTER {event.upper()} ON {table} {_ROWS[event]} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {_PREFIX}{name}()"
    )


def _counted_in(measures: tuple[Measure, ...], event: str) -> str:
    signs = {
        "insert": [("new_rows", "")],
        "update": [("new_rows", ""), ("old_rows", "-")],
        "delete": [("old_rows", "-")],
    }
    each = [
        one.counted(POSTGRESQL, "r", source, sign)
        for one in measures
        # What never changes is not looked at when something else of the row does.
        if event != "update" or one.columns
        for source, sign in signs[event]
    ]
    if not each:
        return ""
    return (
        f"{_INTO} SELECT {_KEY}, CAST(sum(amount) AS BIGINT) FROM ({' UNION ALL '.join(each)}) "
        f"AS counted ({_KEY}, amount) GROUP BY {_KEY} HAVING sum(amount) <> 0 {_MORE};"
    )


def _marks_of_new(rows: str) -> str:
    months = (
        f"SELECT DISTINCT l.library_id, substr(l.lent_on, 1, 7) AS month FROM ({rows}) AS l WHERE {marks.counts('l')}"
    )
    periods = f"SELECT DISTINCT * FROM ({marks.periods_of(POSTGRESQL, months)}) AS q"
    return (
        f"{marks.begin_periods(POSTGRESQL, periods)};\n"
        f"{_INTO_MARKS} {marks.expected(POSTGRESQL, f'({rows})')} {_MORE_MARKS};"
    )


def _marks_of_changed() -> str:
    lent = "SELECT {row}.library_id, {row}.patron_id, substr({row}.lent_on, 1, 7) AS month, {sign} AS loans"
    both = "FROM old_rows AS o JOIN new_rows AS n ON n.library_id = o.library_id AND n.id = o.id WHERE"
    gone = f"{lent.format(row='o', sign='-1')} {both} {_is_gone('o', 'n')}"
    come = f"SELECT n.* {both} {_is_come('o', 'n')}"
    # Of what was never begun, or is closed, nothing can be taken away.
    return (
        f"IF EXISTS (SELECT 1 {both} ({_is_gone('o', 'n')}) OR ({_is_come('o', 'n')})) THEN\n"
        f"{_marks_of_new(come)}\n"
        f"{_INTO_MARKS} {marks.marked(POSTGRESQL, gone)} {_MORE_MARKS};\nEND IF;"
    )


# --- SQLite


def _sqlite() -> Iterator[str]:
    for table, measures in SOURCES.items():
        changing = [one for one in measures if one.columns]
        columns = tuple(dict.fromkeys(column for one in changing for column in one.columns))
        yield _for_row(f"{table}_insert", f"INSERT ON {table}", [_counted(one, "NEW") for one in measures])
        yield _for_row(f"{table}_delete", f"DELETE ON {table}", [_counted(one, "OLD", "-") for one in measures])
        if columns:
            differs = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in columns)
            both = [text for one in changing for text in (_counted(one, "OLD", "-"), _counted(one, "NEW"))]
            yield _for_row(f"{table}_update", f"UPDATE OF {', '.join(columns)} ON {table} WHEN {differs}", both)
    looked_at = "UPDATE OF patron_id, lent_on, position, voided ON loan WHEN"
    yield _for_row("mark_insert", f"INSERT ON loan WHEN {marks.counts('NEW')}", _mark_of("NEW", "1"))
    yield _for_row("mark_gone", f"{looked_at} {_is_gone('OLD', 'NEW')}", _mark_of("OLD", "-1")[1:])
    yield _for_row("mark_come", f"{looked_at} {_is_come('OLD', 'NEW')}", _mark_of("NEW", "1"))
    yield _for_row(
        "period_insert", "INSERT ON period_secret", [_closing(SQLITE, "(SELECT NEW.library_id AS library_id)")]
    )


def _for_row(name: str, when: str, statements: list[str]) -> str:
    body = ";\n".join(statement.rstrip(";") for statement in statements)
    return f"CREATE TRIGGER {_PREFIX}{name} AFTER {when} BEGIN\n{body};\nEND"


def _counted(measure: Measure, row: str, sign: str = "") -> str:
    return f"{_INTO} {measure.counted(SQLITE, row, sign=sign)} {_MORE}"


def _mark_of(row: str, loans: str) -> list[str]:
    month = f"substr({row}.lent_on, 1, 7)"
    year = marks.school_year(SQLITE, month, marks.first_month(SQLITE, f"{row}.library_id"))
    periods = f"SELECT {row}.library_id AS library_id, {month} AS period UNION ALL SELECT {row}.library_id, {year}"
    mark = SQLITE.mark_of("s.secret", f"{row}.patron_id")
    return [
        marks.begin_periods(SQLITE, periods),
        f"{_INTO_MARKS} SELECT s.library_id, s.period, {mark}, {loans} FROM period_secret AS s "
        f"WHERE s.library_id = {row}.library_id AND s.period IN ({month}, {year}) AND s.secret IS NOT NULL "
        f"{_MORE_MARKS}",
    ]


# --- both


def _is_gone(old: str, new: str) -> str:
    """A loan counts for its reader no more. That the reader was erased, or the loan lost them, changes nothing."""
    other = f"{new}.patron_id <> {old}.patron_id OR {new}.lent_on IS DISTINCT FROM {old}.lent_on"
    return f"{marks.counts(old)} AND ({new}.voided OR ({new}.patron_id IS NOT NULL AND ({other})))"


def _is_come(old: str, new: str) -> str:
    """A loan counts for its reader from now on."""
    same = f"{new}.patron_id = {old}.patron_id AND {new}.lent_on = {old}.lent_on"
    return f"{marks.counts(new)} AND NOT ({marks.counts(old)} AND coalesce({same}, 1 = 0))"


def _closing(dialect: Dialect, rows: str) -> str:
    # Another begins: those that are long over are closed.
    return (
        f"UPDATE period_secret SET secret = NULL WHERE library_id IN (SELECT library_id FROM {rows}) "
        f"AND secret IS NOT NULL AND {marks.is_over(dialect, 'period')};"
    )
