"""What a library is, has and asks for, and the changes of it that stations hear."""

from sqlalchemy import Boolean, Column, Index, PrimaryKeyConstraint, Table, UniqueConstraint, false, text

from central_server import clock
from central_server.columns import Integer, Text
from central_server.tables.base import metadata

# `hours`: when it is open, in its own words, for its page. `late_after`: late returns of the items behind this barcode
# are still to be reckoned (central_server.suspensions.catch_up); null: of none.
library = Table(
    "library",
    metadata,
    Column("library_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_ms", Integer, nullable=False),
    Column("hours", Text, nullable=False, server_default=""),
    Column("late_after", Text),
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

# `search`: its words as they are looked up, kept by central_server.imports.titles.publish. `added_on`: the day on which
# it came to be known here; a database from before that was kept does not know.
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
    Column("search", Text, nullable=False, server_default=""),
    Column("added_on", Text, default=clock.today),
    PrimaryKeyConstraint("library_id", "id"),
    UniqueConstraint("library_id", "code"),
    Index("title_by_added", "library_id", "added_on"),
    # Across libraries: what one has described, another need not type again.
    Index("title_by_isbn", "isbn"),
)

# `in_house_only`: this very copy is read in the library, whatever its type allows. `source`: where it comes from
# (budget, donation, project, exchange, other), for the library's plans. `added_on`: as of a title.
item = Table(
    "item",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("barcode", Text, nullable=False),
    Column("title_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("in_house_only", Boolean, nullable=False, server_default=false()),
    Column("source", Text),
    Column("added_on", Text, default=clock.today),
    PrimaryKeyConstraint("library_id", "id"),
    UniqueConstraint("library_id", "barcode"),
    Index("item_by_title", "library_id", "title_id"),
)

# `card_lost`: the card of the list opens nothing any more. `lifted_on`: what they brought back late through that day
# suspends them no more; `note`: for who serves them.
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
    Column("card_lost", Boolean, nullable=False, server_default=false()),
    Column("note", Text),
    Column("lifted_on", Text),
    PrimaryKeyConstraint("library_id", "id"),
    UniqueConstraint("library_id", "card"),
)

# What stations ask for, decided here. `patron_id`: whose it is, erasable; `data`: the body's, without anything private.
# `decided_by`: "rule", or who decided at the centre. `boot` and `boottime_ms` only when the station's clock was not
# right: `asked_ms` is then when it came. `staff`: who asked at a desk (central_server.staff), for ever.
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
    Column("boot", Text),
    Column("boottime_ms", Integer),
    Column("staff", Text),
    PrimaryKeyConstraint("library_id", "id"),
    Index("request_by_state", "library_id", "state", "asked_ms"),
    Index("request_by_subject", "library_id", "subject"),
    Index("request_by_patron", "library_id", "patron_id"),
    Index(
        "request_by_boot",
        "library_id",
        "boot",
        sqlite_where=text("boot IS NOT NULL"),
        postgresql_where=text("boot IS NOT NULL"),
    ),
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

# On which day a book was last put on the hold shelf for a hold, which may come later than that, or stand again.
shelved = Table(
    "shelved",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("hold_id", Text, nullable=False),
    Column("day", Text, nullable=False),
    PrimaryKeyConstraint("library_id", "hold_id"),
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

# Who works at desks (central_server.staff). `id` is for that alone: without this row nobody is found by it.
staff = Table(
    "staff",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("patron_id", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("added_ms", Integer, nullable=False),
    PrimaryKeyConstraint("library_id", "id"),
    UniqueConstraint("library_id", "patron_id"),
)

# What a library has set (central_server.settings); `value` null: it was taken back. `request_id`: by which it was set
# at a station; else somebody at the centre did. `set_ms`: when somebody there set it last, or took it back; 0: never.
setting = Table(
    "setting",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("value", Text),
    Column("fixed", Boolean, nullable=False),
    Column("request_id", Text),
    Column("set_ms", Integer, nullable=False),
    PrimaryKeyConstraint("library_id", "name"),
)

# The rules and the calendar as their files say, without what the library has set.
as_imported = Table(
    "as_imported",
    metadata,
    Column("library_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("data", Text, nullable=False),
    PrimaryKeyConstraint("library_id", "kind"),
)

# How often something was done on a day, for figures: nobody is in here. `barcode` is "" for visits and calls.
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
