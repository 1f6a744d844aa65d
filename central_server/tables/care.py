"""What stations tell about themselves, for whoever looks after them. Nothing in it is about a reader."""

from sqlalchemy import Column, LargeBinary, PrimaryKeyConstraint, Table

from central_server.columns import Integer, Text
from central_server.tables.base import metadata

# How a device said last that it is (central_server.health.Report, as JSON), and when that came.
device_health = Table(
    "device_health",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("came_ms", Integer, nullable=False),
    Column("report", Text, nullable=False),
    PrimaryKeyConstraint("library_id", "device"),
)

# Support bundles, the newest few of each device; `number` counts within the library.
support_bundle = Table(
    "support_bundle",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("number", Integer, nullable=False, autoincrement=False),
    Column("device", Text, nullable=False),
    Column("came_ms", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    PrimaryKeyConstraint("library_id", "number"),
)
