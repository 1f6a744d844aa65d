"""Who asks, and what the centre itself signs with."""

from sqlalchemy import Boolean, Column, Index, LargeBinary, PrimaryKeyConstraint, Table, UniqueConstraint, text

from central_server.columns import Integer, Text
from central_server.tables.base import metadata

# The centre's own Ed25519 key, of all its libraries: what it signs the time with. Made once, so one row.
server_key = Table(
    "server_key",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("private", LargeBinary, nullable=False),
    Column("made_ms", Integer, nullable=False),
)

# Stations' keys, every one that was ever enrolled. `words` is what both sides show while a person compares: they tell
# nothing once the token is used. `state`: pending, active, revoked, replaced; at most one key of a device is active.
device = Table(
    "device",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("enrolled_ms", Integer, nullable=False),
    Column("confirmed_ms", Integer),
    Column("seen_ms", Integer),
    PrimaryKeyConstraint("library_id", "key_id"),
    UniqueConstraint("key_id"),
    Index(
        "device_active",
        "library_id",
        "device",
        unique=True,
        sqlite_where=text("state = 'active'"),
        postgresql_where=text("state = 'active'"),
    ),
)

# `used_by` is a key id. The token itself is known only to whom it was shown.
enrol_token = Table(
    "enrol_token",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("replaces", Boolean, nullable=False),
    Column("made_ms", Integer, nullable=False),
    Column("expires_ms", Integer, nullable=False),
    Column("used_by", Text),
    Column("used_ms", Integer),
    PrimaryKeyConstraint("library_id", "hash"),
    UniqueConstraint("hash"),
)

# What every server of this database makes nonces with, and those that were used (central_server.nonces).
nonce_secret = Table(
    "nonce_secret",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    PrimaryKeyConstraint("library_id"),
)

used_nonce = Table(
    "used_nonce",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("nonce", Text, nullable=False),
    PrimaryKeyConstraint("library_id", "nonce"),
)
