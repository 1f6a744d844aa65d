"""How many readers borrowed in a month and in a school year, without keeping who.

A loan leaves a mark of its reader in its month and in its school year: a hash that only the period's secret makes. When
a reader is erased or a loan loses its reader, the mark stays and says nothing but that there was somebody. The
secret goes when the period has been over for `GRACE_DAYS`: then the marks lead to nobody, whoever has the database.
"""

import sqlalchemy as sa

from central_server.statistics.measures import GRACE_DAYS, Dialect, dialect_of

SCHOOL_YEAR_FROM = 9

_COUNTS = (
    "{row}.patron_id IS NOT NULL AND {row}.position IS NOT NULL AND NOT {row}.voided AND {row}.lent_on IS NOT NULL"
)


def counts(row: str) -> str:
    """The condition that a loan counts for its reader."""
    return _COUNTS.replace("{row}", row)


def first_month(dialect: Dialect, library: str) -> str:
    """In which month the school year of a library begins."""
    root = dialect.root_of("o.path")
    found = (
        "SELECT s.school_year_from FROM organisation AS o "
        f"JOIN statistics_setting AS s ON s.organisation_id = {root} WHERE o.library_id = {library}"
    )
    return f"coalesce(({found}), {SCHOOL_YEAR_FROM})"


def school_year(dialect: Dialect, month: str, first: str) -> str:
    """The period `2026/09` of a month, where school years begin in the month `first`."""
    year, number = f"CAST(substr({month}, 1, 4) AS INTEGER)", f"CAST(substr({month}, 6, 2) AS INTEGER)"
    begun = f"{year} - CASE WHEN {number} < {first} THEN 1 ELSE 0 END"
    return f"{dialect.four(begun)} || '/' || {dialect.two(first)}"


def is_over(dialect: Dialect, period: str) -> str:
    """The condition that a period has been over for the time of grace."""
    month, year = dialect.month_ago(GRACE_DAYS), dialect.month_ago(GRACE_DAYS, 1)
    over_year = f"replace({period}, '/', '-') <= {year}"
    return f"CASE WHEN substr({period}, 5, 1) = '/' THEN {over_year} ELSE {period} < {month} END"


def close_over(connection: sa.Connection) -> int:
    """Take away the secrets of periods that are over. The triggers do it, too, when a library begins a new period: this
    is for libraries that have stopped. Answers how many."""
    dialect = dialect_of(connection.dialect.name)
    over = is_over(dialect, "period")
    return connection.execute(
        sa.text(f"UPDATE period_secret SET secret = NULL WHERE secret IS NOT NULL AND {over}")
    ).rowcount


def begin_periods(dialect: Dialect, periods: str) -> str:
    """A statement that makes the secrets of those of `periods` (SQL: library_id, period) that have none."""
    secret = f"CASE WHEN {is_over(dialect, 'p.period')} THEN NULL ELSE {dialect.new_secret()} END"
    return (
        f"INSERT INTO period_secret (library_id, period, secret) SELECT p.library_id, p.period, {secret} "
        f"FROM ({periods}) AS p WHERE 1 = 1 ON CONFLICT (library_id, period) DO NOTHING"
    )


def expected(dialect: Dialect, source: str, only: str = "1 = 1") -> str:
    """Library, period and mark of every reader who is still known, of the rows of `source`."""
    lent = (
        "SELECT DISTINCT l.library_id, l.patron_id, substr(l.lent_on, 1, 7) AS month "
        f"FROM {source} AS l WHERE {counts('l')} AND {only}"
    )
    return (
        f"SELECT DISTINCT p.library_id, p.period, {dialect.mark_of('s.secret', 'p.patron_id')} AS mark "
        f"FROM ({periods_of(dialect, lent, 'x.patron_id,')}) AS p JOIN period_secret AS s "
        "ON s.library_id = p.library_id AND s.period = p.period AND s.secret IS NOT NULL"
    )


def borrows_in(dialect: Dialect, library: str, patron: str, period: str) -> str:
    """The condition that some loan counts for a reader in a period."""
    month = "substr(l.lent_on, 1, 7)"
    begin, first = f"replace({period}, '/', '-')", f"substr({period}, 6, 2)"
    end = f"{dialect.four(f'CAST(substr({period}, 1, 4) AS INTEGER) + 1')} || '-' || {first}"
    within = (
        f"CASE WHEN substr({period}, 5, 1) = '-' THEN {month} = {period} "
        f"ELSE {month} >= {begin} AND {month} < {end} END"
    )
    return (
        f"EXISTS (SELECT 1 FROM loan AS l WHERE l.library_id = {library} AND l.patron_id = {patron} "
        f"AND {counts('l')} AND {within})"
    )


def periods_of(dialect: Dialect, lent: str, more: str = "") -> str:
    """The month and the school year of each row of `lent` (SQL with library_id and month): library_id, …, period."""
    firsts = f"SELECT f.library_id, {first_month(dialect, 'f.library_id')} AS first FROM"
    firsts = f"({firsts} (SELECT DISTINCT library_id FROM lent) AS f)"
    return (
        f"WITH lent AS ({lent}) SELECT x.library_id, {more} x.month AS period FROM lent AS x "
        f"UNION ALL SELECT x.library_id, {more} {school_year(dialect, 'x.month', 'y.first')} "
        f"FROM lent AS x JOIN {firsts} AS y ON y.library_id = x.library_id"
    )
