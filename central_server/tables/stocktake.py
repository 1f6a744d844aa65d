"""Stocktakes: what was found on the shelves, held against what should be there."""

from sqlalchemy import Column, PrimaryKeyConstraint, Table

from central_server.columns import Integer, Text
from central_server.tables.base import metadata

# `shelf`: the one that was looked at; "" for the whole library. `compared_ms`: when its findings were last worked out;
# `lost_ms`: when what was missing was marked as lost, after which it stays as it is.
stocktake = Table(
    "stocktake",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("shelf", Text, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("begun_ms", Integer, nullable=False),
    Column("compared_ms", Integer, nullable=False),
    Column("lost_ms", Integer),
    PrimaryKeyConstraint("library_id", "id"),
)

# Every barcode that was scanned or is missing, with what it was found to be (central_server.catalogue.stocktake).
stocktake_line = Table(
    "stocktake_line",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("stocktake_id", Text, nullable=False),
    Column("barcode", Text, nullable=False),
    Column("finding", Text, nullable=False),
    PrimaryKeyConstraint("library_id", "stocktake_id", "barcode"),
    sqlite_with_rowid=False,
)
