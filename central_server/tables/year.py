"""Year roll-overs: when a library's classes moved up, and what every reader was before and after it."""

from sqlalchemy import Boolean, Column, PrimaryKeyConstraint, Table

from central_server.columns import Integer, Text
from central_server.tables.base import metadata

# `school_year` is the one that ended, as `2026-2027`.
year_roll = Table(
    "year_roll",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("school_year", Text, nullable=False),
    Column("done_ms", Integer, nullable=False),
    Column("done_by", Text, nullable=False),
    PrimaryKeyConstraint("library_id", "school_year"),
)

# Readers whom it changed.
rolled_reader = Table(
    "rolled_reader",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("school_year", Text, nullable=False),
    Column("patron_id", Text, nullable=False),
    Column("class_before", Text, nullable=False),
    Column("class_after", Text, nullable=False),
    Column("valid_before", Text),
    Column("valid_after", Text),
    Column("blocked_before", Boolean, nullable=False),
    Column("blocked_after", Boolean, nullable=False),
    PrimaryKeyConstraint("library_id", "school_year", "patron_id"),
)
