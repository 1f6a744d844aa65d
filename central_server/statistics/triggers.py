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
_INTO_MARKS = "INSERT INTO reader_mark (library_id, period, mark)"
_ONCE = "ON CONFLICT (library_id, period, mark) DO NOTHING"
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

_DECLARE = "DECLARE one record; span text; key bytea; year_key bytea;"
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
    body = f"{_DECLARE}\nBEGIN\n{body}\nRETURN NULL;\nEND"
    yield f"CREATE FUNCTION {_PREFIX}{name}() RETURNS trigger LANGUAGE plpgsql AS $${body} $$"
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
    """Month by month, of which a batch has one or two. Who has a mark of the month has one of its school year."""
    counting = f"FROM ({rows}) AS l WHERE {marks.counts('l')}"
    same = "l.library_id = one.library_id AND substr(l.lent_on, 1, 7) = one.month"
    readers = f"SELECT DISTINCT l.patron_id {counting} AND {same}"
    year = marks.school_year(POSTGRESQL, "one.month", f"({marks.first_month(POSTGRESQL, 'one.library_id')})")
    in_month, in_year = (POSTGRESQL.mark_of(key, "q.patron_id") for key in ("key", "year_key"))
    return (
        f"FOR one IN SELECT DISTINCT l.library_id, substr(l.lent_on, 1, 7) AS month {counting} LOOP\n"
        f"span := {year};\n{_secret_of('one.month', 'key')}\n{_secret_of('span', 'year_key')}\n"
        "IF key IS NOT NULL THEN\n"
        f"WITH p AS MATERIALIZED (SELECT q.patron_id, {in_month} AS mark FROM ({readers}) AS q), "
        f"fresh AS ({_INTO_MARKS} SELECT one.library_id, one.month, p.mark FROM p {_ONCE} RETURNING mark) "
        f"{_INTO_MARKS} SELECT one.library_id, span, {in_year} FROM p AS q JOIN fresh ON fresh.mark = q.mark "
        f"WHERE year_key IS NOT NULL {_ONCE};\n"
        "ELSIF year_key IS NOT NULL THEN\n"
        f"{_INTO_MARKS} SELECT one.library_id, span, {in_year} FROM ({readers}) AS q {_ONCE};\n"
        "END IF;\nEND LOOP;"
    )


def _secret_of(period: str, into: str) -> str:
    """Read it, and make it first where there is none."""
    read = (
        f"SELECT s.secret INTO {into} FROM period_secret AS s "
        f"WHERE s.library_id = one.library_id AND s.period = {period};"
    )
    begin = marks.begin_periods(POSTGRESQL, f"SELECT one.library_id AS library_id, {period} AS period")
    return f"{read}\nIF NOT FOUND THEN\n{begin};\n{read}\nEND IF;"


def _marks_of_changed() -> str:
    month = "substr(r.lent_on, 1, 7)"
    sides = " UNION ALL ".join(
        f"SELECT r.library_id, r.patron_id, {month} AS month, {sign} AS sign FROM {rows} AS r WHERE {marks.counts('r')}"
        for rows, sign in (("new_rows", 1), ("old_rows", -1))
    )
    differ = f"SELECT 1 FROM ({sides}) AS b GROUP BY library_id, patron_id, month HAVING sum(sign) <> 0"
    both = "FROM old_rows AS o JOIN new_rows AS n ON n.library_id = o.library_id AND n.id = o.id WHERE"
    gone = f"SELECT DISTINCT o.library_id, o.patron_id, substr(o.lent_on, 1, 7) AS month {both} {_is_gone('o', 'n')}"
    come = f"SELECT n.* {both} {_is_come('o', 'n')}"
    of_gone = marks.periods_of(POSTGRESQL, gone, "x.patron_id,")
    borrows = marks.borrows_in(POSTGRESQL, "g.library_id", "g.patron_id", "g.period")
    # Most updates are returns, which change nothing here; that is found out without matching rows.
    return (
        f"IF EXISTS ({differ}) THEN\n"
        f"DELETE FROM reader_mark AS m USING ({of_gone}) AS g, period_secret AS s "
        "WHERE s.library_id = g.library_id AND s.period = g.period AND s.secret IS NOT NULL "
        "AND m.library_id = g.library_id AND m.period = g.period "
        f"AND m.mark = {POSTGRESQL.mark_of('s.secret', 'g.patron_id')} AND NOT {borrows};\n"
        f"{_marks_of_new(come)}\nEND IF;"
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
    yield _for_row("mark_insert", f"INSERT ON loan WHEN {marks.counts('NEW')}", _marks())
    yield _for_row("mark_gone", f"{looked_at} {_is_gone('OLD', 'NEW')}", [_no_mark()])
    yield _for_row("mark_come", f"{looked_at} {_is_come('OLD', 'NEW')}", _marks())
    yield _for_row(
        "period_insert", "INSERT ON period_secret", [_closing(SQLITE, "(SELECT NEW.library_id AS library_id)")]
    )


def _for_row(name: str, when: str, statements: list[str]) -> str:
    body = ";\n".join(statement.rstrip(";") for statement in statements)
    return f"CREATE TRIGGER {_PREFIX}{name} AFTER {when} BEGIN\n{body};\nEND"


def _counted(measure: Measure, row: str, sign: str = "") -> str:
    return f"{_INTO} {measure.counted(SQLITE, row, sign=sign)} {_MORE}"


def _periods(row: str) -> tuple[str, str]:
    month = f"substr({row}.lent_on, 1, 7)"
    return month, marks.school_year(SQLITE, month, marks.first_month(SQLITE, f"{row}.library_id"))


def _marks() -> list[str]:
    month, year = _periods("NEW")
    periods = f"SELECT NEW.library_id AS library_id, {month} AS period UNION ALL SELECT NEW.library_id, {year}"
    return [
        marks.begin_periods(SQLITE, periods),
        f"{_INTO_MARKS} SELECT s.library_id, s.period, {SQLITE.mark_of('s.secret', 'NEW.patron_id')} "
        f"FROM period_secret AS s WHERE s.library_id = NEW.library_id AND s.period IN ({month}, {year}) "
        f"AND s.secret IS NOT NULL {_ONCE}",
    ]


def _no_mark() -> str:
    month, year = _periods("OLD")
    borrows = marks.borrows_in(SQLITE, "OLD.library_id", "OLD.patron_id", "reader_mark.period")
    secret = (
        "SELECT s.secret FROM period_secret AS s "
        "WHERE s.library_id = OLD.library_id AND s.period = reader_mark.period AND s.secret IS NOT NULL"
    )
    return (
        f"DELETE FROM reader_mark WHERE library_id = OLD.library_id AND period IN ({month}, {year}) "
        f"AND mark = {SQLITE.mark_of(f'({secret})', 'OLD.patron_id')} AND NOT {borrows}"
    )


# --- both


def _is_gone(old: str, new: str) -> str:
    """A loan counts for its reader no more. That the reader was erased, or the loan lost them, changes nothing."""
    same = f"{new}.patron_id = {old}.patron_id AND substr({new}.lent_on, 1, 7) = substr({old}.lent_on, 1, 7)"
    other = f"{new}.patron_id IS NOT NULL AND NOT coalesce({same}, 1 = 0)"
    return f"{marks.counts(old)} AND ({new}.voided OR ({other}))"


def _is_come(old: str, new: str) -> str:
    """A loan counts for its reader from now on."""
    same = f"{new}.patron_id = {old}.patron_id AND substr({new}.lent_on, 1, 7) = substr({old}.lent_on, 1, 7)"
    return f"{marks.counts(new)} AND NOT ({marks.counts(old)} AND coalesce({same}, 1 = 0))"


def _closing(dialect: Dialect, rows: str) -> str:
    # Another begins: those that are long over are closed.
    return (
        f"UPDATE period_secret SET secret = NULL WHERE library_id IN (SELECT library_id FROM {rows}) "
        f"AND secret IS NOT NULL AND {marks.is_over(dialect, 'period')};"
    )
