"""Types of columns that mean the same in both databases. Tables and migrations take them from here."""

import sqlalchemy as sa

# Compared and ordered byte by byte, whatever the locale of a PostgreSQL database is, and whatever its next version.
Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
# 64 bits, as every integer of SQLite has.
Integer = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
