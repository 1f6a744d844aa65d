"""What readers ask about their own data, so that nobody forgets it: the law gives two working days."""

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table

from central_server.columns import Integer, Text
from central_server.tables.base import metadata

# `kind`: export, erasure or correction. `asked_on`: the day on which they asked; `due_on` and `done_on` are days, too.
# `patron_id` is null once they were erased: that somebody asked, and when it was done, remains.
subject_request = Table(
    "subject_request",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("number", Integer, nullable=False, autoincrement=False),
    Column("patron_id", Text),
    Column("kind", Text, nullable=False),
    Column("asked_on", Text, nullable=False),
    Column("due_on", Text, nullable=False),
    Column("done_on", Text),
    PrimaryKeyConstraint("library_id", "number"),
    Index("subject_request_by_patron", "library_id", "patron_id"),
)
