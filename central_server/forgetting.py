"""Making the database's files forget what was deleted. Each kind of database has its own way."""

from sqlalchemy.exc import OperationalError

from central_server import postgresql, sqlite
from central_server.database import Store, is_passing


def forget(store: Store) -> bool:
    """Leave nothing of what was deleted in the files. Writers wait meanwhile, and may be told that it is busy.

    Answers false when somebody else is at work for so long that it could not be done: it may be tried again.
    """
    way = sqlite.forget if store.writing.dialect.name == "sqlite" else postgresql.forget
    connection = store.writing.raw_connection()
    driver = connection.driver_connection
    connection.detach()  # so that what is set and locked for this alone ends with it
    try:
        return way(driver)
    except store.writing.dialect.loaded_dbapi.OperationalError as error:
        if not is_passing(OperationalError("", None, error)):
            raise
        return False
    finally:
        connection.close()
