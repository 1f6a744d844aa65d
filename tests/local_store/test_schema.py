"""The schema, how it is reached, and what lies in it."""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import sqlcipher3.dbapi2 as sqlcipher
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.schema import CreateIndex, CreateTable

import local_store
from kiosk.ports.central import Verdict, VerdictKind
from kiosk.ports.errors import StoreBroken, StoreDamaged
from kiosk.ports.store import ToCheck
from local_store import StoreConfig, open_store, schema
from local_store.backups import backups_in, check_backup
from local_store.prepared import Prepared
from local_store.station import StationStore
from local_store.tables import REVISIONS, metadata
from tests.local_store.backing_up import second_medium
from tests.local_store.older_schema import TO_0009
from tests.local_store.shelf import (
    CATALOGUE,
    ITEMS,
    LAN,
    config_in,
    lend,
    new_store,
    store_with_a_loan,
    write_operation,
)

MIGRATIONS = Path(schema.__file__).parent / "migrations"


def connect(config: StoreConfig) -> sqlcipher.Connection:
    connection = sqlcipher.connect(str(config.path), isolation_level=None)
    connection.execute(f"PRAGMA key = \"x'{config.key.hex()}'\"")
    return connection


@contextmanager
def inside(config: StoreConfig) -> Iterator[sqlcipher.Connection]:
    with closing(connect(config)) as connection:
        yield connection


def dump(config: StoreConfig) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, and the schema."""
    with inside(config) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in (*tables, "sqlite_master")}


def words(sql: str) -> list[str]:
    return sql.replace('"', "").replace("(", " ( ").replace(")", " ) ").replace(",", " , ").split()


def test_makes_by_migrations_exactly_the_tables_that_the_statements_are_built_on(tmp_path: Path) -> None:
    open_store(config_in(tmp_path)).close()
    with inside(config_in(tmp_path)) as connection:
        made = {
            name: words(sql)
            for name, sql in connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
            if name != "alembic_version"
        }
    dialect = pysqlite.dialect()
    declared = {
        table.name: words(str(CreateTable(table).compile(dialect=dialect))) for table in metadata.tables.values()
    }
    for table in metadata.tables.values():
        declared |= {str(i.name): words(str(CreateIndex(i).compile(dialect=dialect))) for i in table.indexes}
    assert made == declared


def test_knows_every_revision_that_there_is_in_order() -> None:
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    revisions = [script.revision for script in ScriptDirectory.from_config(settings).walk_revisions()]
    assert tuple(reversed(revisions)) == REVISIONS


def test_opens_a_store_of_today_without_importing_alembic(tmp_path: Path) -> None:
    open_store(new_store(config_in(tmp_path))).close()
    script = f"""
import sys
from pathlib import Path
from local_store import open_store
from tests.local_store.shelf import config_in
open_store(config_in(Path({str(tmp_path)!r}))).close()
sys.exit("alembic" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", script], timeout=60, check=False).returncode == 0


NEXT = f"""
import sqlalchemy as sa
from alembic import op
revision = "next"
down_revision = "{REVISIONS[-1]}"
def upgrade():
    op.add_column("title", sa.Column("cover", sa.Text))
    op.create_table("extra", sa.Column("id", sa.Text, primary_key=True))
    {{last}}
"""


@pytest.fixture
def of_older_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with a loan, under a program that knows one more revision. Gives the folder of the revisions."""
    store = store_with_a_loan(config_in(tmp_path))
    store.close()
    migrations = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, migrations, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(schema, "_MIGRATIONS", migrations)
    known = (*REVISIONS, "next")
    monkeypatch.setattr("local_store.schema.REVISIONS", known)
    monkeypatch.setattr("local_store.engine.REVISIONS", known)
    return migrations / "versions"


def test_brings_an_older_store_up_to_date_with_every_row(tmp_path: Path, of_older_schema: Path) -> None:
    (of_older_schema / "next.py").write_text(NEXT.format(last=""))
    store = open_store(config_in(tmp_path))
    with store.unit_of_work() as work:
        assert len(work.open_loans_of_patron(LAN.id)) == 1
        assert len(work.pending(10)) == 1
    store.close()
    with inside(config_in(tmp_path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("next",)]
        assert connection.execute("SELECT cover FROM title").fetchall() == [(None,)]
    open_store(config_in(tmp_path)).close()


def test_finds_in_an_older_store_which_loans_are_still_to_be_told(tmp_path: Path) -> None:
    store = open_store(new_store(config_in(tmp_path)))
    with store.unit_of_work() as work:
        work.apply(CATALOGUE, "1")
        waits, _ = lend(work, ITEMS[0])
        told, operation = lend(work, ITEMS[1])
        work.settle([Verdict(operation.id, VerdictKind.ACCEPTED)])
        work.commit()
    store.close()
    with inside(config_in(tmp_path)) as connection:
        before = connection.execute("SELECT id, to_tell FROM loan ORDER BY id").fetchall()
        for undo in (
            *TO_0009,
            "DROP TABLE card_tag",
            "DELETE FROM meta WHERE key = 'card_pepper'",
            "CREATE TABLE patron_card (number TEXT NOT NULL PRIMARY KEY, patron_id TEXT NOT NULL) WITHOUT ROWID",
            "DROP TABLE held_back",
            "ALTER TABLE loan DROP COLUMN as_of",
            "DROP INDEX outbox_with_reader",
            "ALTER TABLE request DROP COLUMN answered_after",
            "ALTER TABLE loan DROP COLUMN ended_after",
            *(f"DROP TABLE {table}" for table in ("pruned", "trusted_day", "undated_boot", "mentioned")),
            "ALTER TABLE loan DROP COLUMN to_tell",
            "UPDATE alembic_version SET version_num = '0003'",
        ):
            connection.execute(undo)
    open_store(config_in(tmp_path)).close()
    with inside(config_in(tmp_path)) as connection:
        assert connection.execute("SELECT id, to_tell FROM loan ORDER BY id").fetchall() == before
    assert sorted(before) == sorted([(waits.id, 1), (told.id, 0)])


def test_leaves_an_older_store_as_it_was_when_a_migration_fails(tmp_path: Path, of_older_schema: Path) -> None:
    before = dump(config_in(tmp_path))
    (of_older_schema / "next.py").write_text(NEXT.format(last='op.execute("INSERT INTO nowhere VALUES (1)")'))
    with pytest.raises(StoreBroken) as said:
        open_store(config_in(tmp_path))
    assert not isinstance(said.value, StoreDamaged)
    assert dump(config_in(tmp_path)) == before


def test_makes_a_backup_of_the_older_store_before_it_goes_up(tmp_path: Path, of_older_schema: Path) -> None:
    (of_older_schema / "next.py").write_text(NEXT.format(last=""))
    config = config_in(tmp_path)
    (tmp_path / "store.key").write_bytes(config.key)
    with second_medium(tmp_path) as stick:
        station = StationStore(tmp_path, config.library_id, config.device_id, 0, stick)
        for _ in range(2):  # the second time there is nothing to bring up
            station.open().close()
        (backup,) = backups_in(stick, config)
        check_backup(backup.path, config)
        with inside(replace(config, path=backup.path)) as connection:
            assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(REVISIONS[-1],)]


def test_goes_up_all_the_same_when_no_backup_can_be_written(
    tmp_path: Path, of_older_schema: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (of_older_schema / "next.py").write_text(NEXT.format(last=""))
    (tmp_path / "store.key").write_bytes(config_in(tmp_path).key)
    StationStore(tmp_path, "hoa-sen", "tram-1", 0, tmp_path / "away").open().close()
    assert "no backup before the upgrade: the folder is on the store's own disk" in caplog.text


READS = {
    value: name
    for module in pkgutil.iter_modules(local_store.__path__)
    for name, value in vars(importlib.import_module(f"local_store.{module.name}")).items()
    if isinstance(value, Prepared) and value.sql.startswith("SELECT")
}


@pytest.mark.parametrize(("statement", "name"), READS.items(), ids=READS.values())
def test_reads_no_table_from_end_to_end(tmp_path: Path, statement: Prepared, name: str) -> None:
    """A SCAN would grow with the past loans of a school, and a temporary B-tree sorts what an index has in order."""
    open_store(new_store(config_in(tmp_path))).close()
    values = dict.fromkeys(("id", "key", "kind", "number", "barcode", "title_id", "patron_id", "item_id", "tag"), "x")
    names = ("op_epoch", "op_seq", "after", "last", "limit", "told_to", "from_place", "to", "place", "day")
    names += ("loan_id", "before", "staff_id")
    values |= dict.fromkeys(names, "1")
    with inside(config_in(tmp_path)) as connection:
        plan = [row[3] for row in connection.execute("EXPLAIN QUERY PLAN " + statement.sql, values)]
    assert plan
    asks_for_the_last_row_only = {"_LAST_OPERATION": ["SCAN outbox"], "LAST_AUDIT": ["SCAN audit"]}
    is_soon_empty = {
        "TO_ERASE": ["SCAN to_erase"],
        "_ANY_HELD": ["SCAN held_back"],
        "OPEN_DISPUTES": ["SCAN dispute USING INDEX dispute_open"],
    }
    are_few = {few: ["SCAN undated_boot"] for few in ("_KNOWN", "_TO_DATE")}
    are_few |= {"LAST_DAY": ["SCAN trusted_day"], "_LAST_DAY_TO": ["SCAN trusted_day", "SCAN undated_boot"]}
    are_few |= {"_LAST_PLACE_BEFORE": ["SCAN trusted_day"], "_SETTINGS": ["SCAN setting"]}
    at_the_desk = {
        "_TITLES": ["SCAN title"],  # the same of 5,000 titles
        "_NAMES": ["SCAN patron"],  # the names of 5,000 readers, when somebody looks for one
        "_WAITING": ["SCAN hold USING INDEX hold_by_title"],
        "_TO_CHECK": ["SCAN to_check"],
        "_LOANS_TO_SEE": ["SCAN to_check"],
        "_LAST_PAST_LOAN": ["SCAN loan", "SCAN newest"],  # 20,000 at most
    }
    keeps_nothing_past = {"HOLDS_OF_PATRON": ["SCAN hold"]}  # 0.1 ms for 3,000 holds, when a reader asks for their own
    scans = [step for step in plan if step.startswith("SCAN")]
    known = asks_for_the_last_row_only | is_soon_empty | are_few | at_the_desk | keeps_nothing_past
    assert scans == known.get(name, [])


def test_refuses_a_value_inside_a_prepared_statement() -> None:
    from local_store.tables import loan

    with pytest.raises(TypeError, match="values inside"):
        Prepared(loan.select().where(loan.c.id == "one"))


# what lies in it


def test_chains_the_audit_over_openings_and_roll_backs(tmp_path: Path) -> None:
    written = []
    for _ in range(3):
        store = open_store(config_in(tmp_path))
        for _ in range(2):
            with store.unit_of_work() as work:
                write_operation(work)
            with store.unit_of_work() as work:
                written += [write_operation(work), write_operation(work, patron=LAN)]
                work.commit()
        store.close()
    with inside(config_in(tmp_path)) as connection:
        rows = connection.execute("SELECT place, entry, hash FROM audit ORDER BY place").fetchall()
    assert [place for place, _, _ in rows] == list(range(1, 13))
    assert [entry for _, entry, _ in rows] == [f"check_in {operation.hash.hex()}" for operation in written]
    previous = bytes(32)
    for _, entry, hash_ in rows:
        previous = hashlib.sha256(previous + entry.encode()).digest()
        assert hash_ == previous


def test_lets_a_reader_be_erased_without_breaking_a_chain(tmp_path: Path) -> None:
    store = open_store(new_store(config_in(tmp_path)))
    with store.unit_of_work() as work:
        written = [write_operation(work, patron=LAN), write_operation(work, patron=LAN)]
        work.commit()
    store.close()
    with inside(config_in(tmp_path)) as connection:
        connection.execute("UPDATE outbox SET reader = NULL, salt = NULL")
    assert LAN.id not in str(dump(config_in(tmp_path)))
    store = open_store(config_in(tmp_path))
    with store.unit_of_work() as work:
        kept = [operation for _, operation in work.pending(10)]
    store.close()
    assert [(operation.body, operation.hash) for operation in kept] == [(w.body, w.hash) for w in written]
    assert [operation.reader for operation in kept] == [None, None]


def test_keeps_nothing_readable_on_the_disk(tmp_path: Path) -> None:
    store = store_with_a_loan(config_in(tmp_path))
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    store.close()
    raw += (tmp_path / "store.db").read_bytes()
    for secret in (LAN.id, LAN.shown_name, "HS000123", "TK.00001", "SQLite format 3", "CREATE TABLE"):
        assert secret.encode() not in raw


def test_puts_on_the_list_what_a_librarian_should_check(tmp_path: Path) -> None:
    store = open_store(new_store(config_in(tmp_path)))
    with store.unit_of_work() as work:
        operation = write_operation(work)
        work.put_on_list(ToCheck.UNKNOWN_ITEM, operation.id, "TK.00001")
        work.put_on_list(ToCheck.VOIDED, operation.id, "TK.00001")
        work.commit()
    row = {"epoch": operation.id.epoch, "seq": 1, "barcode": "TK.00001"}
    assert list(store.to_check()) == [{"why": "unknown_item", **row}, {"why": "voided", **row}]
    store.close()
