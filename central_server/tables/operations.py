"""What happened, as stations told it, and what follows from it. No name of a reader: see `operation_reader`."""

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    and_,
    false,
    text,
)

from central_server.columns import Integer, Text
from central_server.tables.base import metadata

# As the indexes say it, in the very words of who asks: only so is an index of a part used.
TO_CHECK = text("kind IN ('void', 'help_call', 'checked')")
# What any other kind does with an item is in `loan`, `check_in` or `daily_use`, unless a void took it back.
WITHOUT_ROW = text("kind IN ('void', 'hold_shelved')")

# Append-only: triggers refuse every update and delete. `position` counts 1, 2, 3 … within a library.
operation = Table(
    "operation",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("device", Text, nullable=False),
    Column("epoch", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("hash", Text, nullable=False),
    Column("kind", Text),
    Column("barcode", Text),
    Column("loans", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("reason", Text),
    Column("happened_ms", Integer),
    Column("received_ms", Integer, nullable=False),
    PrimaryKeyConstraint("library_id", "position"),
    UniqueConstraint("library_id", "device", "epoch", "seq"),
    # Of the rare kinds alone: every operation would pay for more. SQLite would rather read the library than look `kind`
    # up elsewhere.
    Index("operation_to_check", "library_id", "received_ms", sqlite_where=TO_CHECK, postgresql_where=TO_CHECK),
    Index("operation_of_item", "library_id", "barcode", "kind", sqlite_where=WITHOUT_ROW, postgresql_where=WITHOUT_ROW),
    sqlite_with_rowid=False,
)

# What a station wrote, byte for byte, and as append-only. Apart from `operation`, for most of what grows without end is
# here, and little of it is read again. PostgreSQL parts it by the months (central_server.months) in which operations
# were received: `received_ms` is that of the operation's own row, so whoever has that looks into one month.
operation_body = Table(
    "operation_body",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("received_ms", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("library_id", "position", "received_ms"),
    postgresql_partition_by="RANGE (received_ms)",
    sqlite_with_rowid=False,
)
ITS_BODY = and_(*(operation_body.c[name] == operation.c[name] for name in ("library_id", "position", "received_ms")))

# Who an operation is about, and what is private to them: may be erased without touching the operation or its chain.
operation_reader = Table(
    "operation_reader",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("patron_id", Text, nullable=False),
    Column("salt", Text, nullable=False),
    Column("private", Text),
    PrimaryKeyConstraint("library_id", "position"),
    sqlite_with_rowid=False,
)

# The other versions of an identity that the centre already had.
conflict = Table(
    "conflict",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("epoch", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("hash", Text, nullable=False),
    Column("body_hash", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("patron_id", Text),
    Column("salt", Text),
    Column("received_ms", Integer, nullable=False),
    Column("private", Text),
    PrimaryKeyConstraint("library_id", "device", "epoch", "seq", "hash", "body_hash"),
)

# Which operation the first one of an epoch names as its predecessor.
succession = Table(
    "succession",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("epoch", Text, nullable=False),
    Column("after_epoch", Text, nullable=False),
    Column("after_seq", Integer, nullable=False),
    Column("after_hash", Text, nullable=False),
    PrimaryKeyConstraint("library_id", "device", "epoch"),
    Index("succession_by_predecessor", "library_id", "device", "after_epoch"),
)

# What a person must look at. `subject` tells apart the disputes of one operation and reason; `held` and `came` are
# JSON, without readers. `id` follows from the key (central_server.disputes). `barcode`: of which item the order of
# things is in doubt. `way`: how a person settled it; none when it settled by itself.
dispute = Table(
    "dispute",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("epoch", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("barcode", Text),
    Column("held", Text, nullable=False),
    Column("came", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("way", Text),
    Column("opened_ms", Integer, nullable=False),
    Column("settled_ms", Integer),
    PrimaryKeyConstraint("library_id", "device", "epoch", "seq", "reason", "subject"),
    UniqueConstraint("library_id", "id"),
    Index("dispute_by_subject", "library_id", "reason", "subject"),
    Index(
        "dispute_by_barcode",
        "library_id",
        "barcode",
        sqlite_where=text("barcode IS NOT NULL"),
        postgresql_where=text("barcode IS NOT NULL"),
    ),
)

# What people decided of disputes, in the order of deciding; append-only. `request_id`: the station's, if it came so.
settlement = Table(
    "settlement",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("dispute_id", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("way", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("request_id", Text),
    Column("decided_ms", Integer, nullable=False),
    PrimaryKeyConstraint("library_id", "dispute_id", "number"),
)

# `position` is that of the check-out, and null while only something else about the loan has come (a renewal, a void).
# It happened between `earliest_ms` and `latest_ms`, which are one where its clock was right, and null where nothing is
# known; `boot` and `boottime_ms` only when its clock was not right. `standing`: lent, not voided, and no check-in ended
# it; `open`: and nobody else has the book. `provisional`: nobody vouches for the day from which the due date was
# counted. `category` and `grade`: whose kind of reader it was lent to, as known then; for figures, whoever it was.
loan = Table(
    "loan",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("item_id", Text),
    Column("barcode", Text, nullable=False),
    Column("patron_id", Text),
    Column("lent_on", Text),
    Column("due_on", Text, nullable=False),
    Column("renewals", Integer, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("standing", Boolean, nullable=False),
    Column("voided", Boolean, nullable=False),
    Column("device", Text, nullable=False),
    Column("epoch", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("earliest_ms", Integer),
    Column("latest_ms", Integer),
    Column("boot", Text),
    Column("boottime_ms", Integer),
    Column("position", Integer),
    Column("provisional", Boolean, nullable=False, server_default=false()),
    Column("category", Text),
    Column("grade", Text),
    PrimaryKeyConstraint("library_id", "id"),
    Index("loan_by_day", "library_id", "lent_on"),
    Index(
        "loan_over_by_barcode",
        "library_id",
        "barcode",
        sqlite_where=text("standing = 0"),
        postgresql_where=text("NOT standing"),
    ),
    Index(
        "loan_standing_by_barcode",
        "library_id",
        "barcode",
        sqlite_where=text("standing = 1"),
        postgresql_where=text("standing"),
    ),
    Index(
        "loan_standing_by_patron",
        "library_id",
        "patron_id",
        sqlite_where=text("standing = 1"),
        postgresql_where=text("standing"),
    ),
    Index(
        "loan_by_boot",
        "library_id",
        "device",
        "boot",
        sqlite_where=text("boot IS NOT NULL"),
        postgresql_where=text("boot IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)

# Which check-in ended which loan, also for loans of which the check-out has not come yet: all that name it, or else
# (`named` false) one that came after it.
loan_end = Table(
    "loan_end",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("loan_id", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("epoch", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("named", Boolean, nullable=False),
    PrimaryKeyConstraint("library_id", "loan_id", "device", "epoch", "seq"),
    Index("loan_end_by_operation", "library_id", "device", "epoch", "seq"),
    sqlite_with_rowid=False,
)

# Which loans are known to have come back after they were due (central_server.late_returns), where the rules suspend
# for that.
late_return = Table(
    "late_return",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("loan_id", Text, nullable=False),
    Column("barcode", Text, nullable=False),
    Column("patron_id", Text, nullable=False),
    Column("due_on", Text, nullable=False),
    Column("came_on", Text, nullable=False),
    PrimaryKeyConstraint("library_id", "loan_id"),
    Index("late_return_by_barcode", "library_id", "barcode"),
    Index("late_return_by_patron", "library_id", "patron_id"),
    sqlite_with_rowid=False,
)

# Every check-in that stands, with its time as in `loan`: a check-out that comes late is ended by one that happened
# after it.
check_in = Table(
    "check_in",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("barcode", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("epoch", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("earliest_ms", Integer),
    Column("latest_ms", Integer),
    Column("boot", Text),
    Column("boottime_ms", Integer),
    PrimaryKeyConstraint("library_id", "barcode", "device", "epoch", "seq"),
    Index("check_in_by_time", "library_id", "latest_ms", "earliest_ms"),
    Index(
        "check_in_by_boot",
        "library_id",
        "device",
        "boot",
        sqlite_where=text("boot IS NOT NULL"),
        postgresql_where=text("boot IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)

# When boots without a right clock began (`began_ms`), or between which times all of such a boot was.
dated_boot = Table(
    "dated_boot",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("boot", Text, nullable=False),
    Column("began_ms", Integer),
    Column("after_ms", Integer),
    Column("before_ms", Integer),
    PrimaryKeyConstraint("library_id", "device", "boot"),
)

# Operations that were taken back, also those that have not come yet.
voided = Table(
    "voided",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("epoch", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    PrimaryKeyConstraint("library_id", "device", "epoch", "seq"),
)
