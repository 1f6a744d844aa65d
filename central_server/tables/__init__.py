"""The tables of the centre. Every one carries `library_id`, and every query is scoped by it; only who asks is found
without: a station's key by its id, a token by its hash; and the centre has a key, organisations and people of its own.

Times are milliseconds since 1970 UTC, dates ISO text, ids of things UUIDs as text. The migrations create exactly these
tables (a test compares).
"""

from central_server.tables import care, figures, keys, library, operations, organisations, stocktake, subjects, year
from central_server.tables.base import metadata

__all__ = [
    "care",
    "figures",
    "keys",
    "library",
    "metadata",
    "operations",
    "organisations",
    "stocktake",
    "subjects",
    "year",
]
