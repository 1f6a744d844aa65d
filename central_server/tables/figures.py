"""Figures: what is counted as it happens, who may ask for it, and who works in libraries (never by name)."""

from sqlalchemy import Column, Index, LargeBinary, PrimaryKeyConstraint, Table, UniqueConstraint

from central_server.columns import Integer, Text
from central_server.tables.base import metadata

# Kept by the database's own triggers (central_server.statistics.triggers). `month`: `2026-11`, or "" for what is there
# now and for what nobody can date; for readers of a school year, `2026/09`: the month in which it began. `part`: what
# the measure is divided by, or "".
tally = Table(
    "tally",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("measure", Text, nullable=False),
    Column("month", Text, nullable=False),
    Column("part", Text, nullable=False),
    Column("count", Integer, nullable=False),
    PrimaryKeyConstraint("library_id", "measure", "month", "part"),
    sqlite_with_rowid=False,
)

# Who borrowed in a period, by a mark that only the period's secret makes of a reader. It says nothing of what.
reader_mark = Table(
    "reader_mark",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("mark", Text, nullable=False),
    PrimaryKeyConstraint("library_id", "period", "mark"),
    sqlite_with_rowid=False,
)

# Without a secret a period is closed: its marks lead to nobody any more, and nobody is added.
period_secret = Table(
    "period_secret",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("secret", LargeBinary),
    PrimaryKeyConstraint("library_id", "period"),
)

# How an organisation at the root counts: the first months of its years, and its own set of figures (TOML) if it has
# one.
statistics_setting = Table(
    "statistics_setting",
    metadata,
    Column("organisation_id", Text, primary_key=True),
    Column("year_from", Integer, nullable=False),
    Column("school_year_from", Integer, nullable=False),
    Column("figures", Text),
)

# One row for each who works in a school's libraries, without a name. `wanted`: topics, separated by spaces.
staff_register = Table(
    "staff_register",
    metadata,
    Column("organisation_id", Text, nullable=False),
    Column("number", Integer, nullable=False, autoincrement=False),
    Column("position", Text, nullable=False),
    Column("qualification", Text, nullable=False),
    Column("trained_in", Integer),
    Column("wanted", Text, nullable=False),
    Column("changed_ms", Integer, nullable=False),
    PrimaryKeyConstraint("organisation_id", "number"),
)

# What programs ask the open API with; the key itself is known only to whom it was shown.
api_key = Table(
    "api_key",
    metadata,
    Column("id", Text, primary_key=True),
    Column("hash", Text, nullable=False),
    Column("organisation_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("made_ms", Integer, nullable=False),
    Column("revoked_ms", Integer),
    Column("used_ms", Integer),
    UniqueConstraint("hash"),
    Index("api_key_by_organisation", "organisation_id"),
)
