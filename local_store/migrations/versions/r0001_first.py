"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _text_key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True)


def _place() -> sa.Column[int]:
    return sa.Column("place", sa.Integer, primary_key=True)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _integer(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _bytes(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=nullable)


def upgrade() -> None:
    op.create_table("meta", _text_key("key"), _text("value"), sqlite_with_rowid=False)
    op.create_table(
        "title",
        _text_key("id"),
        _text("name"),
        _text("author"),
        _text("isbn", nullable=True),
        _text("call_number"),
        _text("shelf"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "item",
        _text_key("id"),
        _text("title_id"),
        _text("barcode"),
        _text("item_type"),
        _text("status"),
        sqlite_with_rowid=False,
    )
    op.create_index("item_by_barcode", "item", ["barcode"])
    op.create_index("item_by_title", "item", ["title_id"])
    op.create_table(
        "patron",
        _text_key("id"),
        _text("shown_name"),
        _text("class_name"),
        _text("category"),
        _text("valid_until", nullable=True),
        _integer("blocked"),
        sqlite_with_rowid=False,
    )
    op.create_table("patron_card", _text_key("number"), _text("patron_id"), sqlite_with_rowid=False)
    op.create_index("patron_card_by_patron", "patron_card", ["patron_id"])
    op.create_table(
        "loan",
        _text_key("id"),
        _text("item_id"),
        _text("patron_id", nullable=True),
        _text("lent_on"),
        _text("due_on"),
        _text("returned_on", nullable=True),
        _text("renewed_on", nullable=True),
        _integer("renewals"),
        _integer("provisional"),
        _integer("open"),
        sqlite_with_rowid=False,
    )
    is_open = sa.text("open = 1")
    op.create_index("open_loan_by_patron", "loan", ["patron_id"], sqlite_where=is_open)
    op.create_index("open_loan_by_item", "loan", ["item_id"], sqlite_where=is_open)
    op.create_table(
        "hold",
        _text_key("id"),
        _text("title_id"),
        _text("patron_id"),
        _text("shelf"),
        _integer("placed_ms"),
        sqlite_with_rowid=False,
    )
    op.create_index("hold_by_title", "hold", ["title_id", "placed_ms"])
    op.create_table("document", _text_key("kind"), _text("body"), sqlite_with_rowid=False)
    op.create_table("epoch", _text_key("id"), _integer("before"), sqlite_with_rowid=False)
    op.create_table(
        "outbox",
        _place(),
        _text("epoch"),
        _integer("seq"),
        _text("kind"),
        _text("body"),
        _bytes("hash"),
        _text("reader", nullable=True),
        _bytes("salt", nullable=True),
        _text("state"),
        _text("reason", nullable=True),
        _text("barcode"),
        _text("loans"),
        _text("boot_id"),
        _integer("boottime_ms"),
    )
    for_a_person = sa.text("state IN ('disputed', 'set_aside')")
    op.create_index("outbox_for_a_person", "outbox", ["state", "place"], sqlite_where=for_a_person)
    op.create_table("audit", _place(), _text("entry"), _bytes("hash"))
    op.create_table("to_check", _place(), _text("why"), _text("epoch"), _integer("seq"), _text("barcode"))
