"""A store as an older release had it, made out of one of today."""

from __future__ import annotations

TO_0009 = (
    "DROP TABLE setting",
    "DROP TABLE pin",
    "DROP INDEX late_loan_by_patron",
    "ALTER TABLE request DROP COLUMN here",
    "DROP INDEX patron_by_staff",
    "DROP INDEX request_that_waits",
    "ALTER TABLE hold DROP COLUMN shelved_on",
    "ALTER TABLE item DROP COLUMN in_house_only",
    *(
        f"ALTER TABLE patron DROP COLUMN {name}"
        for name in ("lifted_on", "suspended_until", "note", "staff_id", "staff_role")
    ),
    "UPDATE alembic_version SET version_num = '0009'",
)
