"""Whom a library belongs to, who works there, and who is signed in to the pages.

These are the centre's own, above any library: an organisation may have a library, and people have a role at a node of
the tree (central_server.organisations). What is about one library carries its `library_id`.
"""

from sqlalchemy import Boolean, Column, Index, LargeBinary, PrimaryKeyConstraint, Table, UniqueConstraint, false

from central_server.columns import Integer, Text
from central_server.tables.base import metadata

# `path`: the ids from the root to this one, each followed by "/": a subtree is what begins with it. `kind` says what
# people call it (province, commune, school, library: any word). `one_school`: it and all below it is one school, so
# that who works there may know its readers; whoever is above sees sums only. `level`: which classes the school has;
# `pupils`: how many, for figures per pupil. `commends`: it shows its list of commended readers.
organisation = Table(
    "organisation",
    metadata,
    Column("id", Text, primary_key=True),
    Column("parent_id", Text),
    Column("path", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("one_school", Boolean, nullable=False),
    Column("level", Text),
    Column("pupils", Integer),
    Column("commends", Boolean, nullable=False, server_default=false()),
    Column("library_id", Text),
    UniqueConstraint("path"),
    UniqueConstraint("library_id"),
    Index("organisation_by_parent", "parent_id"),
)

# `password`: as central_server.passwords writes it; `totp`: the secret of the second step, once it is confirmed.
# `totp_step`: the newest one that was used. `failed`, `wait_until_ms`: wrong passwords in a row, and until when none is
# looked at.
person = Table(
    "person",
    metadata,
    Column("id", Text, primary_key=True),
    Column("login", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("password", Text, nullable=False),
    Column("must_change", Boolean, nullable=False, server_default=false()),
    Column("totp", LargeBinary),
    Column("totp_step", Integer),
    Column("disabled", Boolean, nullable=False, server_default=false()),
    Column("failed", Integer, nullable=False, server_default="0"),
    Column("wait_until_ms", Integer, nullable=False, server_default="0"),
    Column("added_ms", Integer, nullable=False),
    UniqueConstraint("login"),
)

# What a person may do at an organisation and all below it (central_server.people.Role).
person_role = Table(
    "person_role",
    metadata,
    Column("person_id", Text, nullable=False),
    Column("organisation_id", Text, nullable=False),
    Column("role", Text, nullable=False),
    PrimaryKeyConstraint("person_id", "organisation_id", "role"),
    Index("person_role_by_organisation", "organisation_id"),
)

# Who is signed in: a person, or a reader of a library. `hash` is that of the cookie, which nobody else has.
visit = Table(
    "visit",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("person_id", Text),
    Column("library_id", Text),
    Column("patron_id", Text),
    Column("made_ms", Integer, nullable=False),
    Column("seen_ms", Integer, nullable=False),
    Index("visit_by_person", "person_id"),
    Index("visit_by_reader", "library_id", "patron_id"),
)

# What a reader of a library signs in with on its page: not the PIN of a station, which never leaves it.
reader_pin = Table(
    "reader_pin",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("patron_id", Text, nullable=False),
    Column("pin", Text, nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("failed", Integer, nullable=False, server_default="0"),
    Column("wait_until_ms", Integer, nullable=False, server_default="0"),
    PrimaryKeyConstraint("library_id", "patron_id"),
)

# What people did on the pages, append-only. `subject`: an id, a barcode or a code, never a name or a title.
deed = Table(
    "deed",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("at_ms", Integer, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("organisation_id", Text),
    Column("library_id", Text),
    Column("act", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Index("deed_by_organisation", "organisation_id", "at_ms"),
    Index("deed_by_library", "library_id", "at_ms"),
)

ABOVE_LIBRARIES = frozenset(
    {"organisation", "person", "person_role", "visit", "deed", "statistics_setting", "staff_register", "api_key"}
)
"""The names of the tables that are the centre's own."""
