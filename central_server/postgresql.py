"""A database of a PostgreSQL server, for many schools.

Whoever writes holds a lock from the beginning of the transaction to its end, over all processes: that of one library
(`LIBRARY`), or else that of the whole database. So there is one writer at a time in a library, as with SQLite in a
file, and what it has read stays true until it has committed; libraries do not wait for each other.
"""

from typing import Any
from zlib import crc32

import sqlalchemy as sa

from central_server.tables import metadata

WRITERS = 4
LIBRARY = "library"
"""The option of a writing connection that names the one library whose rows it reads and writes."""
NONE = ""
"""… or that it relies on nothing that it has read, and needs no lock."""
_WRITER = int.from_bytes(b"tramxanh")  # any number will do, if nobody else takes it in this database
_LIBRARIES = int.from_bytes(b"tram")  # the first of two numbers, which are no number of the above kind
# One who was cut off from the server in the middle of writing holds up the others for no longer than this.
_LONGEST_SILENCE_S = 300
_CONNECTING = {
    "application_name": "central_server",
    "client_encoding": "utf8",
    "connect_timeout": 5,
    # A server that is gone without a word is noticed within a minute.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
# Connection lost; read-only (a standby) or silent for too long; another was first; no resources; not to be had; an
# operator, a crash or a start; disk.
_PASSING = ("08", "25006", "25P03", "40001", "40P01", "53", "55P03", "57", "58")


def read_url(text: str) -> sa.URL:
    """`postgresql://user@host/name` as given, with our driver. Raises `ValueError`; no password is in its sentence."""
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        raise ValueError("This is not an address like postgresql://user@host/name.") from None
    if url.drivername not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise ValueError(f"The address begins with postgresql://, not with {url.drivername}://.")
    return url.set(drivername="postgresql+psycopg")


def shown(url: sa.URL) -> str:
    """`url` for people and logs: without passwords, wherever they stand in it."""
    return url.set(drivername="postgresql", query={})._replace(password=None).render_as_string()


def engine(url: sa.URL, busy_timeout_s: float, *, writes: bool) -> sa.Engine:
    """Connections to the database at `url`, made again by themselves after the server was away."""
    made = sa.create_engine(
        url,
        connect_args={name: value for name, value in _CONNECTING.items() if name not in url.query},
        hide_parameters=True,
        isolation_level="READ COMMITTED" if writes else "REPEATABLE READ",
        pool_pre_ping=True,
        pool_size=4,
        max_overflow=4,
        use_native_hstore=False,  # nothing here needs the question that it asks of every connection
    )
    settings = {
        "lock_timeout": int(busy_timeout_s * 1000),
        "idle_in_transaction_session_timeout": _LONGEST_SILENCE_S * 1000,
        # What is acknowledged is on the disk, whatever the server's own setting says.
        "synchronous_commit": "on",
        # Hundreds of values in one parameter: a plan that does not see them compares with each, one by one.
        "plan_cache_mode": "force_custom_plan",
        "default_transaction_read_only": "off" if writes else "on",
    }

    @sa.event.listens_for(made, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.execute("; ".join(f"SET {name} = {value}" for name, value in settings.items()))
        connection.commit()

    if writes:

        @sa.event.listens_for(made, "begin")
        def _begin(connection: sa.Connection) -> None:
            library = connection.get_execution_options().get(LIBRARY)
            if library is None:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")
            elif library != NONE:
                # Two with the same number wait for each other without need, and that is all.
                number = crc32(library.encode()) - 2**31
                one = f"pg_advisory_xact_lock({_LIBRARIES}, {number})"
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock_shared({_WRITER}), {one}")

    @sa.event.listens_for(made, "handle_error")
    def _say_less(context: sa.ExceptionContext) -> None:
        # The server's details quote the row: a name, a card number.
        error = context.original_exception
        said = getattr(getattr(error, "diag", None), "message_primary", None)
        if said and context.sqlalchemy_exception:
            error.args = (said,)
            context.sqlalchemy_exception.args = (f"({type(error).__name__}) {said}",)

    return made


def unfit(connection: sa.Connection) -> str | None:
    """Why the database cannot be ours, as a sentence; `None` when it can."""
    may_vacuum = "SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()"
    if not connection.exec_driver_sql(may_vacuum).scalar():
        return "The database belongs to another role, so its files could not be made to forget: createdb -O ROLE NAME."
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
    if encoding != "UTF8":
        return f"The database's encoding is {encoding}, and names need UTF8: createdb -T template0 -E UTF8 NAME."
    return None


def is_passing(error: sa.exc.DBAPIError) -> bool:
    """Whether `error` is the machine's or the moment's: not connected, busy, full, starting, stopping …"""
    state = str(getattr(error.orig, "sqlstate", ""))
    # Without a state: the connection could not be made, or was lost.
    return isinstance(error, sa.exc.OperationalError) if state == "None" else state.startswith(_PASSING)


def forget(connection: Any) -> bool:
    """Leave nothing of what was deleted in the files of tables. The server's write-ahead log is for whoever runs it.

    First the planner's statistics, which hold sample values: an empty table keeps those that it had until a column's
    type is set. Then every table is written anew, those of the statistics too.
    """
    dialect = sa.make_url("postgresql+psycopg://").get_dialect()()
    connection.autocommit = True
    # Not beside a writer: each would wait for the other's tables.
    connection.execute(f"SELECT pg_advisory_lock({_WRITER})")
    connection.execute("ANALYZE")
    for table in metadata.tables.values():
        if connection.execute(f'SELECT 1 FROM "{table.name}" LIMIT 1').fetchone() is None:
            # The key by which a table is parted keeps its type; no such table names a reader.
            parted = table.dialect_options["postgresql"]["partition_by"] is not None
            for column in () if parted else table.c:
                type_ = column.type.compile(dialect)
                connection.execute(f'ALTER TABLE "{table.name}" ALTER "{column.name}" TYPE {type_}')
    connection.execute("VACUUM (FULL)")
    return True
