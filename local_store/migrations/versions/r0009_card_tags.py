"""Card numbers as tags: local_store.card_tags. With secure_delete, the pages of the old table are overwritten."""

from __future__ import annotations

import hmac
import secrets

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    pepper = secrets.token_bytes(32)
    connection = op.get_bind()
    connection.execute(sa.text("INSERT INTO meta VALUES ('card_pepper', :pepper)"), {"pepper": pepper.hex()})
    cards = connection.execute(sa.text("SELECT number, patron_id FROM patron_card")).all()
    op.drop_table("patron_card")  # first: its pages are used again
    op.create_table(
        "card_tag",
        sa.Column("tag", sa.Text, primary_key=True),
        sa.Column("patron_id", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("card_tag_by_patron", "card_tag", ["patron_id"])
    for number, patron_id in cards:
        tag = hmac.digest(pepper, number.encode(), "sha256").hex()
        connection.execute(sa.text("INSERT INTO card_tag VALUES (:tag, :id)"), {"tag": tag, "id": patron_id})
