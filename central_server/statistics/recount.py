"""Counting everything again from the sources, and comparing it with what was kept."""

from dataclasses import dataclass

import sqlalchemy as sa

from central_server.statistics import marks
from central_server.statistics.measures import MEASURES, dialect_of
from central_server.tables.figures import tally
from central_server.tables.library import library as library_table

_KEY = "library_id, measure, month, part"


@dataclass(frozen=True, slots=True)
class Difference:
    """What was kept, and what it should be. Of `reader_mark`: how many of the readers who are still known have a mark,
    and how many should."""

    library: str
    measure: str
    month: str
    part: str
    kept: int
    counted: int


def differences(connection: sa.Connection, library: str | None = None) -> list[Difference]:
    """Every count that is not what its sources say; of one library, or of all."""
    only = "" if library is None else " AND r.library_id = :library"
    dialect = dialect_of(connection.dialect.name)
    counted = " UNION ALL ".join(
        f"SELECT c{number}.*, 0 FROM ({one.counted(dialect, 'r', one.table)}{only}) AS c{number}"
        for number, one in enumerate(MEASURES)
    )
    kept = f"SELECT r.library_id, r.measure, r.month, r.part, 0, r.count FROM tally AS r WHERE 1 = 1{only}"
    both = (
        f"WITH b ({_KEY}, amount, kept) AS ({counted} UNION ALL {kept}) "
        f"SELECT {_KEY}, CAST(sum(kept) AS BIGINT) AS kept, CAST(sum(amount) AS BIGINT) AS counted FROM b "
        f"GROUP BY {_KEY} HAVING sum(kept) <> sum(amount) ORDER BY {_KEY}"
    )
    rows = connection.execute(sa.text(both), {"library": library} if library else {}).all()
    found = [Difference(row.library_id, row.measure, row.month, row.part, row.kept, row.counted) for row in rows]
    return found + _of_marks(connection, library)


def mend(connection: sa.Connection, library: str | None = None) -> None:
    """Let everything be as it is counted now. Marks are only added: those of who is not known any more cannot be."""
    dialect = dialect_of(connection.dialect.name)
    only, values = ("1 = 1", {}) if library is None else ("l.library_id = :library", {"library": library})
    months = (
        "SELECT DISTINCT l.library_id, substr(l.lent_on, 1, 7) AS month FROM loan AS l "
        f"WHERE {marks.counts('l')} AND {only}"
    )
    periods = f"SELECT DISTINCT * FROM ({marks.periods_of(dialect, months)}) AS q"
    connection.execute(sa.text(marks.begin_periods(dialect, periods)), values)
    connection.execute(
        sa.text(
            "INSERT INTO reader_mark (library_id, period, mark) "
            f"SELECT e.library_id, e.period, e.mark FROM ({marks.expected(dialect, 'loan', only)}) AS e "
            "WHERE 1 = 1 ON CONFLICT (library_id, period, mark) DO NOTHING"
        ),
        values,
    )
    marks.close_over(connection)
    # Whatever the triggers made of that: counted from the beginning.
    every = sa.delete(tally)
    connection.execute(every if library is None else every.where(tally.c.library_id == library))
    mine = "" if library is None else " AND r.library_id = :library"
    counted = " UNION ALL ".join(
        f"SELECT * FROM ({one.counted(dialect, 'r', one.table)}{mine}) AS c{number}"
        for number, one in enumerate(MEASURES)
    )
    connection.execute(
        sa.text(
            f"WITH c ({_KEY}, amount) AS ({counted}) INSERT INTO tally ({_KEY}, count) "
            f"SELECT {_KEY}, CAST(sum(amount) AS BIGINT) FROM c GROUP BY {_KEY} HAVING sum(amount) <> 0"
        ),
        values,
    )


def mend_measure(connection: sa.Connection, name: str) -> None:
    """Let one measure of all libraries be as it is counted now, the others as they are: for a migration."""
    dialect = dialect_of(connection.dialect.name)
    (one,) = (known for known in MEASURES if known.name == name)
    connection.execute(sa.delete(tally).where(tally.c.measure == name))
    connection.execute(
        sa.text(
            f"WITH c ({_KEY}, amount) AS ({one.counted(dialect, 'r', one.table)}) INSERT INTO tally ({_KEY}, count) "
            f"SELECT {_KEY}, CAST(sum(amount) AS BIGINT) FROM c GROUP BY {_KEY} HAVING sum(amount) <> 0"
        )
    )


def libraries(connection: sa.Connection) -> list[str]:
    """All there are."""
    return list(connection.scalars(sa.select(library_table.c.library_id).order_by(library_table.c.library_id)))


def _of_marks(connection: sa.Connection, library: str | None) -> list[Difference]:
    dialect = dialect_of(connection.dialect.name)
    only, values = ("1 = 1", {}) if library is None else ("l.library_id = :library", {"library": library})
    few = sa.text(
        "SELECT e.library_id, e.period, count(m.mark) AS kept, count(*) AS counted "
        f"FROM ({marks.expected(dialect, 'loan', only)}) AS e LEFT JOIN reader_mark AS m "
        "ON m.library_id = e.library_id AND m.period = e.period AND m.mark = e.mark "
        "GROUP BY e.library_id, e.period HAVING count(m.mark) < count(*) ORDER BY e.library_id, e.period"
    )
    return [
        Difference(row.library_id, "reader_mark", row.period, "", row.kept, row.counted)
        for row in connection.execute(few, values)
    ]
