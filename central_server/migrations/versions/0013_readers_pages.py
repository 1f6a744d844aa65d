"""What a library's page for readers looks up: a title's words, who has what; and the hours of the library."""

import sqlalchemy as sa
from alembic import op

from central_server.columns import Text
from central_server.imports.words import words_of_title

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_CHUNK = 1_000


def upgrade() -> None:
    op.add_column("library", sa.Column("hours", Text, nullable=False, server_default=""))
    op.add_column("title", sa.Column("search", Text, nullable=False, server_default=""))
    op.create_index(
        "loan_standing_by_patron",
        "loan",
        ["library_id", "patron_id"],
        sqlite_where=sa.text("standing = 1"),
        postgresql_where=sa.text("standing"),
    )
    _find_words()


def _find_words() -> None:
    names = ("library_id", "id", "title", "author", "call_number", "isbn", "code", "search")
    title = sa.table("title", *(sa.column(name) for name in names))
    here = (title.c.library_id == sa.bindparam("in_library"), title.c.id == sa.bindparam("with_id"))
    put = sa.update(title).where(*here).values(search=sa.bindparam("words"))
    connection = op.get_bind()
    for library in connection.scalars(sa.select(title.c.library_id).distinct()).all():
        after = ""
        while True:
            next_ones = sa.select(title).where(title.c.library_id == library, title.c.id > after)
            rows = connection.execute(next_ones.order_by(title.c.id).limit(_CHUNK)).mappings().all()
            if not rows:
                break
            found = [{"in_library": library, "with_id": row["id"], "words": words_of_title(row)} for row in rows]
            connection.execute(put, found)
            after = rows[-1]["id"]


def downgrade() -> None:
    raise NotImplementedError("The hours of the libraries would be lost.")
