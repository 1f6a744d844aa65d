"""The release after this one, as far as a store sees it: one more migration, which does whatever migrations may do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local_store import StoreConfig, open_store, schema
from local_store.tables import REVISIONS

MIGRATIONS = Path(schema.__file__).parent / "migrations"
NEXT = "next"
EXPANDS = """
    op.add_column("loan", sa.Column("noted", sa.Text))
    op.add_column("outbox", sa.Column("weight", sa.Integer, nullable=False, server_default=sa.text("1")))
    op.add_column("patron", sa.Column("seen_on", sa.Text, nullable=False, server_default=sa.text("''")))
    op.add_column("title", sa.Column("cover", sa.LargeBinary))
    op.create_table("shelf_photo", sa.Column("id", sa.Text, primary_key=True), sa.Column("at", sa.Integer))
    op.create_index("item_by_status", "item", ["status"])
    op.execute("UPDATE loan SET noted = 'by the migration'")
"""

_FILE = f"""
import sqlalchemy as sa
from alembic import op
revision = "{NEXT}"
down_revision = "{REVISIONS[-1]}"
def upgrade():
    pass
{{body}}
"""


def migrations_of_next(folder: Path, body: str) -> Path:
    """All that there are, and that one."""
    shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "next.py").write_text(_FILE.format(body=body))
    return folder


@contextmanager
def next_release(folder: Path, body: str = EXPANDS, compatible_from: str | None = None) -> Iterator[None]:
    """This program is that release meanwhile. `body`: of the migration; `compatible_from`: what that release says."""
    migrations = migrations_of_next(folder / "next-migrations", body)
    known = (*REVISIONS, NEXT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "_MIGRATIONS", migrations)
        patch.setattr("local_store.schema.REVISIONS", known)
        patch.setattr("local_store.engine.REVISIONS", known)
        if compatible_from is not None:
            patch.setattr("local_store.schema.COMPATIBLE_FROM", compatible_from)
        yield


def bring_to_next(config: StoreConfig, folder: Path, **options: str) -> StoreConfig:
    """The store was opened by that release, which then went."""
    with next_release(folder, **options):
        open_store(config).close()
    return config
