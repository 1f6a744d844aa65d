"""The tables of the centre. Every one carries `library_id`, and every query is scoped by it; only who asks is found
without: a station's key by its id, a token by its hash; and the centre has a key of its own.

Times are milliseconds since 1970 UTC, dates ISO text, ids of things UUIDs as text. The migrations create exactly these
tables (a test compares).
"""

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)

from central_server.columns import Integer, Text

metadata = MetaData()

# The centre's own Ed25519 key, of all its libraries: what it signs the time with. Made once, so one row.
server_key = Table(
    "server_key",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("private", LargeBinary, nullable=False),
    Column("made_ms", Integer, nullable=False),
)

library = Table(
    "library",
    metadata,
    Column("library_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_ms", Integer, nullable=False),
)

# A generation of the change feed begins at every opening of the database, so that a cursor given out by another copy of
# it (the one that a backup took the place of) is recognised as foreign.
generation = Table(
    "generation",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("token", Text, nullable=False),
    Column("began_after", Integer, nullable=False),
    PrimaryKeyConstraint("library_id", "number"),
)

# What the stations should know: the newest state of each thing (JSON, `null`: it is no more) under the newest number,
# so that a full resync costs a row per thing.
change = Table(
    "change",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("data", Text, nullable=False),
    PrimaryKeyConstraint("library_id", "kind", "id"),
    Index("change_in_order", "library_id", "seq", unique=True),
    sqlite_with_rowid=False,
)

title = Table(
    "title",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("publisher", Text, nullable=False),
    Column("year", Integer),
    Column("isbn", Text),
    Column("call_number", Text, nullable=False),
    Column("shelf", Text, nullable=False),
    Column("item_type", Text, nullable=False),
    PrimaryKeyConstraint("library_id", "id"),
    UniqueConstraint("library_id", "code"),
)

item = Table(
    "item",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("barcode", Text, nullable=False),
    Column("title_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    PrimaryKeyConstraint("library_id", "id"),
    UniqueConstraint("library_id", "barcode"),
    Index("item_by_title", "library_id", "title_id"),
)

patron = Table(
    "patron",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("card", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("class_name", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("valid_until", Text),
    Column("blocked", Boolean, nullable=False),
    PrimaryKeyConstraint("library_id", "id"),
    UniqueConstraint("library_id", "card"),
)

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
    Column("body", LargeBinary, nullable=False),
    Column("kind", Text),
    Column("barcode", Text),
    Column("loans", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("reason", Text),
    Column("happened_ms", Integer),
    Column("received_ms", Integer, nullable=False),
    PrimaryKeyConstraint("library_id", "position"),
    UniqueConstraint("library_id", "device", "epoch", "seq"),
    sqlite_with_rowid=False,
)

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
# it; `open`: and nobody else has the book.
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
    PrimaryKeyConstraint("library_id", "id"),
    Index(
        "loan_standing_by_barcode",
        "library_id",
        "barcode",
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

# What stations ask for, decided here. `patron_id`: whose it is, erasable; `data`: the body's, without anything private.
# `decided_by`: "rule", or who decided at the centre.
request = Table(
    "request",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("role", Text, nullable=False),
    Column("patron_id", Text),
    Column("subject", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("asked_ms", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("decided_by", Text),
    Column("why", Text),
    Column("decided_ms", Integer),
    PrimaryKeyConstraint("library_id", "id"),
    Index("request_by_state", "library_id", "state", "asked_ms"),
)

# Who waits for which title; its id is that of the request. `loan_id`: the loan that gave it to them, so that it stands
# again when that loan is voided.
hold = Table(
    "hold",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("title_id", Text, nullable=False),
    Column("patron_id", Text, nullable=False),
    Column("shelf", Text, nullable=False),
    Column("placed_ms", Integer, nullable=False),
    Column("loan_id", Text),
    PrimaryKeyConstraint("library_id", "id"),
    Index("hold_by_patron", "library_id", "patron_id"),
    Index("hold_by_loan", "library_id", "loan_id"),
)

# Cards beside the one of the patron's list.
patron_card = Table(
    "patron_card",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("patron_id", Text, nullable=False),
    PrimaryKeyConstraint("library_id", "number"),
    Index("patron_card_by_patron", "library_id", "patron_id"),
)

# How often something was done on a day, for figures: nobody is in here. `barcode` is "" for visits.
daily_use = Table(
    "daily_use",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("day", Text, nullable=False),
    Column("barcode", Text, nullable=False),
    Column("count", Integer, nullable=False),
    PrimaryKeyConstraint("library_id", "kind", "day", "barcode"),
)

# Who was erased, by a mark that leads to nobody (central_server.erasing): what a station sends later stays forgotten.
erased_reader = Table(
    "erased_reader",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("mark", Text, nullable=False),
    Column("erased_ms", Integer, nullable=False),
    PrimaryKeyConstraint("library_id", "mark"),
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
