"""A copy of the whole database while it is worked on, and a database made from such a copy.

What was restored is an older state. The stations find that out: opening the database begins another generation of every
library's change feed, so their cursors are not known any more (central_server.changes), and a full resync tells first
what the centre may have lost (docs/decisions/0020).
"""

import os
import subprocess
from contextlib import closing, suppress
from pathlib import Path

import sqlalchemy as sa
from sqlcipher3 import dbapi2

from central_server import clock, postgresql
from central_server.cannot import CannotDo
from central_server.database import FILE_NAME, REVISION, Where, no_database_in, open_store

_STARTS = {b"SQLite format 3\0": "sqlite", b"PGDMP": "postgresql"}
_NAME = "central-"
_ENDING = ".backup"
_LONGEST_S = 6 * 3600


def backup(where: Where, to: Path) -> Path:
    """Write a checked copy, readable for this account only; answers its path. A folder takes a file that is named by
    the time. Raises `CannotDo`; then there is no such file."""
    path = to / f"{_NAME}{_stamp()}{_ENDING}" if to.is_dir() else to
    if path.exists():
        raise CannotDo(f"There is something at {path} already; nothing was written.")
    # Whatever its revision is: before a migration is when a backup is wanted most.
    if isinstance(where, Path):
        if not (where / FILE_NAME).exists():
            raise CannotDo(no_database_in(where))
    else:
        _revision_of(where, postgresql.shown(where))
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        _copy_file(where / FILE_NAME, part) if isinstance(where, Path) else _dump(where, part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
        _keep_name(path.parent)
    except OSError as error:
        raise CannotDo(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return path


def keep_newest(folder: Path, count: int) -> list[Path]:
    """Remove all but the newest `count` of our backups in `folder`; answers those that went."""
    mine = sorted(path for path in folder.glob(f"{_NAME}*{_ENDING}") if path.is_file())
    old = mine[: max(0, len(mine) - count)]
    for path in old:
        path.unlink()
    return old


def restore(where: Where, file: Path) -> str:
    """Make the database at `where`, which is not there yet or empty, from a backup; answers the revision of its
    schema. Raises `CannotDo`; then there is no database still."""
    try:
        with file.open("rb") as opened:
            start = opened.read(16)
    except OSError as error:
        raise CannotDo(f"{file} cannot be read: {error.strerror}.") from error
    kind = next((known for sign, known in _STARTS.items() if start.startswith(sign)), None)
    if kind is None:
        raise CannotDo(f"{file} is no backup of a central server.")
    if kind != ("sqlite" if isinstance(where, Path) else "postgresql"):
        wanted = "--data DIR" if kind == "sqlite" else "--database URL"
        raise CannotDo(f"{file} is a backup of the other kind of database; restore it with {wanted}.")
    revision = _place_file(where, file) if isinstance(where, Path) else _load(where, file)
    if revision == REVISION:
        # Now, and not only when the server starts: nobody may take the copy for what it was made of.
        open_store(where).close()
    return revision


# --- SQLite


def _copy_file(source: Path, target: Path) -> None:
    try:
        with closing(dbapi2.connect(str(source))) as live, closing(dbapi2.connect(str(target))) as copy:
            live.execute("PRAGMA busy_timeout = 60000")
            live.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
            _check(copy, target)
    except dbapi2.DatabaseError as error:
        raise CannotDo(f"The backup could not be made: {error}.") from error


def _place_file(folder: Path, file: Path) -> str:
    if any((folder / f"{FILE_NAME}{end}").exists() for end in ("", "-wal", "-shm")):
        raise CannotDo(f"There is a database in {folder} already; a backup is restored into an empty place only.")
    part = folder / f"{FILE_NAME}.part"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        source = f"{file.resolve().as_uri()}?immutable=1"
        with closing(dbapi2.connect(source, uri=True)) as kept, closing(dbapi2.connect(str(part))) as copy:
            kept.backup(copy)
            revision = _check(copy, file)
        with part.open("rb") as opened:
            os.fsync(opened.fileno())
        part.replace(folder / FILE_NAME)
        _keep_name(folder)
    except dbapi2.DatabaseError as error:
        raise CannotDo(f"{file} is damaged: {error}.") from error
    except OSError as error:
        raise CannotDo(f"The database cannot be made in {folder}: {error.strerror}.") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return revision


def _check(copy: dbapi2.Connection, file: Path) -> str:
    """The revision of a database that is whole. Raises `CannotDo`."""
    said = copy.execute("PRAGMA quick_check").fetchone()[0]
    if said != "ok":
        raise CannotDo(f"{file} is damaged: {said}.")
    try:
        return str(copy.execute("SELECT version_num FROM alembic_version").fetchone()[0])
    except (dbapi2.DatabaseError, TypeError):
        raise CannotDo(f"{file} is no backup of a central server.") from None


def _keep_name(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --- PostgreSQL


def _dump(url: sa.URL, target: Path) -> None:
    _run(
        url,
        "pg_dump",
        "--format=custom",
        "--no-owner",
        "--no-privileges",
        f"--file={target}",
        f"--dbname={_plain(url)}",
    )
    # To be read to its end, all of it, and not only its list of contents.
    _run(url, "pg_restore", "--file=/dev/null", str(target))


def _load(url: sa.URL, file: Path) -> str:
    engine = postgresql.engine(url, 5.0, writes=True)
    try:
        with engine.connect() as connection:
            if sa.inspect(connection).get_table_names():
                raise CannotDo(
                    f"There are tables in {postgresql.shown(url)} already; a backup is restored into an empty "
                    "database only."
                )
            if unfit := postgresql.unfit(connection):
                raise CannotDo(unfit)
        to = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", f"--dbname={_plain(url)}")
        _run(url, "pg_restore", *to, str(file))
    finally:
        engine.dispose()
    return _revision_of(url, str(file))


def _revision_of(url: sa.URL, what: str) -> str:
    """Raises `CannotDo` when what is there is not ours."""
    engine = postgresql.engine(url, 5.0, writes=False)
    try:
        with engine.connect() as connection:
            if "alembic_version" not in sa.inspect(connection).get_table_names():
                raise CannotDo(f"{what} is no database of a central server.")
            return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())
    finally:
        engine.dispose()


def _run(url: sa.URL, tool: str, *words: str) -> None:
    """One of PostgreSQL's own programs. Passwords go by its environment: every account sees a command's words."""
    password = url.password or url.query.get("password")
    environment = {**os.environ, "LC_ALL": "C", **({"PGPASSWORD": str(password)} if password else {})}
    try:
        done = subprocess.run(
            [tool, *words], env=environment, capture_output=True, text=True, timeout=_LONGEST_S, check=False
        )
    except FileNotFoundError:
        raise CannotDo(
            f"{tool} is not on this machine: sudo apt-get install postgresql-client (of the server's version or newer)."
        ) from None
    except subprocess.TimeoutExpired:
        raise CannotDo(f"{tool} did not come to its end.") from None
    if done.returncode != 0:
        raise CannotDo(f"{tool} said: {(done.stderr.strip().splitlines() or ['nothing'])[0]}")


def _plain(url: sa.URL) -> str:
    """As PostgreSQL's programs want it, without passwords."""
    query = {name: value for name, value in url.query.items() if name != "password"}
    plain = url.set(drivername="postgresql", query=query)._replace(password=None)
    return plain.render_as_string(hide_password=False)


def _stamp() -> str:
    """The time in Vietnam, so that names are in order: `20261124-140509`."""
    day, _space, time = clock.shown_time(clock.now_ms()).partition(" ")
    return f"{''.join(reversed(day.split('/')))}-{time.replace(':', '')}"
