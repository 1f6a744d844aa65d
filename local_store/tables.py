"""The tables. The migrations make them; a test keeps both alike.

Dates are ISO text, ids the UUID text of the wire, truth values 0 and 1. Tables that are only ever reached by their text
key have no rowid: one tree to write instead of two.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, Table, Text, text

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011")
"""Every schema revision that this program knows, oldest first; the last one is the one that it works on."""

COMPATIBLE_FROM = "0009"
"""The oldest revision whose programs run on the last one: migrations since then only expand (docs/releases.md). Written
into a store that goes up, so that an older program knows it."""

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    # compatible_from | library | device | cursor | time_floor_ms | time_floor_by | anchor | told_to | probe | stage |
    # told_again | tell_again_to | resyncs | card_pepper
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

title = Table(
    "title",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("isbn", Text),
    Column("call_number", Text, nullable=False),
    Column("shelf", Text, nullable=False),
    sqlite_with_rowid=False,
)

# Not unique: in the middle of a resync two items may carry one barcode for a moment.
item = Table(
    "item",
    metadata,
    Column("id", Text, primary_key=True),
    Column("title_id", Text, nullable=False),
    Column("barcode", Text, nullable=False),
    Column("item_type", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("in_house_only", Integer, nullable=False, server_default=text("0")),
    Index("item_by_barcode", "barcode"),
    Index("item_by_title", "title_id"),
    sqlite_with_rowid=False,
)

patron = Table(
    "patron",
    metadata,
    Column("id", Text, primary_key=True),
    Column("shown_name", Text, nullable=False),
    Column("class_name", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("valid_until", Text),
    Column("blocked", Integer, nullable=False),
    Column("suspended_until", Text),
    Column("note", Text),
    Column("staff_id", Text),
    Column("staff_role", Text),
    Column("lifted_on", Text),
    Index("patron_by_staff", "staff_id", sqlite_where=text("staff_id IS NOT NULL")),
    sqlite_with_rowid=False,
)

# Of this station alone: kiosk.ports.desk_store.PinRecord.
pin = Table(
    "pin",
    metadata,
    Column("patron_id", Text, primary_key=True),
    Column("hash", Text),
    Column("failures", Integer, nullable=False),
    Column("boot_id", Text, nullable=False),
    Column("boottime_ms", Integer, nullable=False),
    Column("of_staff", Integer, nullable=False),
    sqlite_with_rowid=False,
)

card_tag = Table(
    "card_tag",
    metadata,
    Column("tag", Text, primary_key=True),  # of the number: local_store.card_tags
    Column("patron_id", Text, nullable=False),
    Index("card_tag_by_patron", "patron_id"),
    sqlite_with_rowid=False,
)

# Past loans stay, so only open ones are indexed: a school has thousands of those among a million others.
loan = Table(
    "loan",
    metadata,
    Column("id", Text, primary_key=True),
    Column("item_id", Text, nullable=False),
    Column("patron_id", Text),
    Column("lent_on", Text, nullable=False),
    Column("due_on", Text, nullable=False),
    Column("returned_on", Text),  # not known of a loan that ended elsewhere
    Column("renewed_on", Text),
    Column("renewals", Integer, nullable=False),
    Column("provisional", Integer, nullable=False),
    Column("open", Integer, nullable=False),
    Column("to_tell", Integer, nullable=False, server_default=text("0")),  # unsettled operations that name it
    Column("ended_after", Integer),  # the last trusted day that had begun by then; null while it is open
    # The number of what the centre told of it when it last answered an operation that names it: local_store.told_loans.
    Column("as_of", Integer, nullable=False, server_default=text("0")),
    Index("open_loan_by_patron", "patron_id", sqlite_where=text("open = 1")),
    Index("open_loan_by_item", "item_id", sqlite_where=text("open = 1")),
    # Of the few that were late: nothing that a loan must write.
    Index("late_loan_by_patron", "patron_id", sqlite_where=text("returned_on > due_on")),
    sqlite_with_rowid=False,
)

held_back = Table(
    "held_back",
    metadata,
    Column("loan_id", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("patron_id", Text),
    Column("said", Text, nullable=False),  # the rest of the row, as JSON; null: it is no more
    sqlite_with_rowid=False,
)

hold = Table(
    "hold",
    metadata,
    Column("id", Text, primary_key=True),
    Column("title_id", Text, nullable=False),
    Column("patron_id", Text, nullable=False),
    Column("shelf", Text, nullable=False),
    Column("placed_ms", Integer, nullable=False),
    Column("shelved_on", Text),
    Index("hold_by_title", "title_id", "placed_ms"),
    sqlite_with_rowid=False,
)

document = Table(
    "document",
    metadata,
    Column("kind", Text, primary_key=True),  # circulation | calendar
    Column("body", Text, nullable=False),
    sqlite_with_rowid=False,
)

# What the library has chosen: kiosk.ports.desk_store.SettingRecord.
setting = Table(
    "setting",
    metadata,
    Column("name", Text, primary_key=True),
    Column("told", Text),
    Column("fixed", Integer, nullable=False),
    Column("here", Text),
    sqlite_with_rowid=False,
)

# Operations are written one after another and never move, so the operation `seq` of an epoch stands at place
# `before + seq`: finding one needs no index on (epoch, seq), which every loan would have to write.
epoch = Table(
    "epoch",
    metadata,
    Column("id", Text, primary_key=True),
    Column("before", Integer, nullable=False),  # the last place of the epoch before it, 0 for the first
    sqlite_with_rowid=False,
)

outbox = Table(
    "outbox",
    metadata,
    Column("place", Integer, primary_key=True),  # 1, 2, 3 … in the order of happening, over all epochs
    Column("epoch", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("reader", Text),  # with its salt outside of the chain: erasing both leaves every hash true
    Column("salt", LargeBinary),
    Column("state", Text, nullable=False),  # pending | settled | disputed | set_aside
    Column("reason", Text),
    Column("barcode", Text, nullable=False),
    Column("loans", Text, nullable=False),  # ids, parted by blanks
    Column("boot_id", Text, nullable=False),
    Column("boottime_ms", Integer, nullable=False),
    Column("private", Text),  # the reader's own words, erased with them
    # Only the few that a person must look at; see local_store.outbox for how the pending ones are found.
    Index("outbox_for_a_person", "state", "place", sqlite_where=text("state IN ('disputed', 'set_aside')")),
    # Written when the centre has answered, so no loan waits for it.
    Index("outbox_with_reader", "place", sqlite_where=text("state = 'settled' AND reader IS NOT NULL")),
)

audit = Table(
    "audit",
    metadata,
    Column("place", Integer, primary_key=True),
    Column("entry", Text, nullable=False),  # kind and hash of an operation
    Column("hash", LargeBinary, nullable=False),  # SHA-256 of (the hash before, 32 zero bytes at first; then `entry`)
)

# Where operations and their audit lines stood that were old enough to go; the last of them, for what follows it.
pruned = Table(
    "pruned",
    metadata,
    Column("first", Integer, primary_key=True),  # places, as in outbox
    Column("last", Integer, nullable=False),
    Column("epoch", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("audit_hash", LargeBinary, nullable=False),
)

# The days that somebody vouched for: what stands at `place` or before had happened by then, whatever the clock said.
trusted_day = Table(
    "trusted_day",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("day", Text, nullable=False),
    Column("place", Integer, nullable=False),
)

to_check = Table(
    "to_check",
    metadata,
    Column("place", Integer, primary_key=True),
    Column("why", Text, nullable=False),
    Column("epoch", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("barcode", Text, nullable=False),
)

# What this library asked the centre for, and what became of it.
request = Table(
    "request",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("patron_id", Text),
    Column("asked_ms", Integer, nullable=False),
    Column("state", Text, nullable=False),  # waiting | granted | declined
    Column("by", Text),
    Column("why", Text),
    Column("answered_after", Integer),  # as a loan's ended_after; null while it waits
    Column("here", Integer, nullable=False, server_default=text("0")),  # asked at this station
    Index("request_by_patron", "patron_id", "asked_ms"),
    Index("request_that_waits", "kind", sqlite_where=text("state = 'waiting'")),
    sqlite_with_rowid=False,
)

# What the centre asks a librarian to look at (kiosk.domain.disputes).
dispute = Table(
    "dispute",
    metadata,
    Column("id", Text, primary_key=True),
    Column("device", Text, nullable=False),
    Column("epoch", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("held", Text),  # JSON
    Column("came", Text),  # JSON
    Column("ways", Text, nullable=False),  # words, parted by blanks
    Column("is_open", Integer, nullable=False),
    Column("way", Text),
    Column("opened_ms", Integer, nullable=False),
    Index("dispute_open", "opened_ms", sqlite_where=text("is_open = 1")),
    sqlite_with_rowid=False,
)

visit = Table(
    "visit",
    metadata,
    Column("patron_id", Text, primary_key=True),
    Column("day", Text, nullable=False),  # the last one on which they came
    sqlite_with_rowid=False,
)

to_erase = Table(
    "to_erase",
    metadata,
    Column("mark", Text, primary_key=True),  # kiosk.domain.ids.erased_mark
    sqlite_with_rowid=False,
)

# What the centre has named since a full resync began to hear it.
mentioned = Table(
    "mentioned",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    sqlite_with_rowid=False,
)

# Boots with operations at a time that nobody vouched for; kiosk.ports.store.UndatedBoot. Gone when all of it is dated.
undated_boot = Table(
    "undated_boot",
    metadata,
    Column("boot_id", Text, primary_key=True),
    Column("place", Integer, nullable=False),
    Column("began_ms", Integer),
    Column("before_ms", Integer),
    Column("is_told", Integer, nullable=False),
    Column("after_ms", Integer),
    sqlite_with_rowid=False,
)
