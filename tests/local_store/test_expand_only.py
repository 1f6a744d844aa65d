"""Migrations only expand: a release that is taken back leaves a store on which the one before it runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlcipher3.dbapi2 as sqlcipher

from kiosk.ports.errors import StoreBroken, StoreDamaged
from local_store import StoreConfig, make_new_store, open_store, read_store, schema
from local_store.station import StationStore
from local_store.tables import COMPATIBLE_FROM, REVISIONS
from tests.local_store.backing_up import second_medium
from tests.local_store.next_release import EXPANDS, MIGRATIONS, NEXT, bring_to_next, next_release
from tests.local_store.shelf import ITEMS, LAN, config_in, lend, new_store, store_with_a_loan

CHECKED = [("0007", "0008"), *pairwise(REVISIONS[REVISIONS.index(COMPATIBLE_FROM) :])]
"""From the baseline on; and one that is older, so that there is always something to look at."""
Rows = dict[str, list[tuple[Any, ...]]]


def connected(config: StoreConfig) -> sqlcipher.Connection:
    connection = sqlcipher.connect(str(config.path), isolation_level=None)
    connection.execute(f"PRAGMA key = \"x'{config.key.hex()}'\"")
    return connection


class Shape:
    """What a program of a revision relies on: its tables and columns, what must be unique, and the rows."""

    def __init__(self, config: StoreConfig) -> None:
        with closing(connected(config)) as store:
            names = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name <> 'alembic_version'"
            self.sql = dict(store.execute(names))
            self.columns = {
                name: {row[1]: row[2:] for row in store.execute(f"PRAGMA table_info({name})")} for name in self.sql
            }
            self.unique = {
                (name, *(column for _, _, column in store.execute(f"PRAGMA index_info('{index}')")))
                for name in self.sql
                for _, index, unique, *_ in store.execute(f"PRAGMA index_list({name})")
                if unique
            }
            self.triggers = {
                name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type IN ('trigger', 'view')")
            }
            self._rows = {
                name: [dict(zip(columns, row, strict=True)) for row in store.execute(f"SELECT * FROM {name}")]
                for name, columns in self.columns.items()
            }

    def rows(self, columns: dict[str, dict[str, Any]]) -> Rows:
        """What a program that knows only these columns sees."""
        return {
            name: [tuple(row.get(column) for column in known) for row in self._rows.get(name, [])]
            for name, known in columns.items()
            if name != "meta"
        }


def what_breaks(before: Shape, after: Shape) -> list[str]:
    """Why a program of the revision `before` cannot be sure to run on `after`; nothing, if it can."""
    found = [f"the table {name} is gone" for name in before.columns.keys() - after.columns.keys()]
    for name, columns in before.columns.items():
        there = after.columns.get(name, columns)
        found += [f"{name}.{column} is gone" for column in columns.keys() - there.keys()]
        alike = {column: there.get(column, said) == said for column, said in columns.items()}
        found += [f"{name}.{column} is another" for column, same in alike.items() if not same]
        for column in there.keys() - columns.keys():
            _type, must, default, _key = there[column]
            if must and default is None:
                found.append(f"{name}.{column} must be given and has no default")
        if after.sql.get(name, "").upper().count("CHECK") > before.sql[name].upper().count("CHECK"):
            found.append(f"{name} checks more")
        if after.sql.get(name, "").upper().count("REFERENCES") > before.sql[name].upper().count("REFERENCES"):
            found.append(f"{name} refers to more")
    found += [f"{one} must be unique" for one in after.unique - before.unique if one[0] in before.columns]
    found += [f"{name} does something by itself" for name in after.triggers - before.triggers]
    if not found and after.rows(before.columns) != before.rows(before.columns):
        found.append("what was written is another")
    return found


def shapes_around(folder: Path, body: str) -> tuple[Shape, Shape]:
    store_with_a_loan(config_in(folder)).close()
    before = Shape(config_in(folder))
    bring_to_next(config_in(folder), folder, body=body)
    return before, Shape(config_in(folder))


def anew(columns: str) -> str:
    return (
        f'op.drop_table("trusted_day"); op.execute("CREATE TABLE trusted_day (number INTEGER PRIMARY KEY, {columns})")'
    )


DESTROYS = {
    "a column is dropped": ('op.execute("ALTER TABLE title DROP COLUMN isbn")', "title.isbn is gone"),
    "a table is dropped": ('op.drop_table("pruned")', "the table pruned is gone"),
    "a column is renamed": ('op.execute("ALTER TABLE title RENAME COLUMN author TO by")', "title.author is gone"),
    "a table is renamed": ('op.rename_table("pruned", "gone")', "the table pruned is gone"),
    "a type is changed": (anew("day INTEGER NOT NULL, place INTEGER NOT NULL"), "trusted_day.day is another"),
    "what is not given is demanded": (
        anew("day TEXT NOT NULL, place INTEGER NOT NULL, why TEXT NOT NULL"),
        "trusted_day.why must be given and has no default",
    ),
    "what was optional is demanded": (
        'op.execute("PRAGMA writable_schema = ON"); '
        "op.execute(\"UPDATE sqlite_master SET sql = replace(sql, 'isbn TEXT', 'isbn TEXT NOT NULL')\")",
        "title.isbn is another",
    ),
    "a column becomes unique": (
        'op.create_index("one_title", "title", ["name"], unique=True)',
        "('title', 'name') must be unique",
    ),
    "a trigger": (
        "op.execute(\"CREATE TRIGGER none BEFORE INSERT ON loan BEGIN SELECT RAISE(ABORT, 'no'); END\")",
        "none does something by itself",
    ),
    "a check": (
        'op.execute("ALTER TABLE loan ADD COLUMN fine INTEGER DEFAULT 0 CHECK (fine = 0)")',
        "loan checks more",
    ),
    "a reference": (
        'op.execute("ALTER TABLE item ADD COLUMN room TEXT REFERENCES title (id)")',
        "item refers to more",
    ),
    "what was written is changed": (
        "op.execute(\"UPDATE loan SET due_on = '2030-01-01'\")",
        "what was written is another",
    ),
    "rows are deleted": ('op.execute("DELETE FROM outbox")', "what was written is another"),
}


@pytest.mark.parametrize(("body", "why"), DESTROYS.values(), ids=DESTROYS.keys())
def test_the_rule_sees_a_migration_that_destroys(tmp_path: Path, body: str, why: str) -> None:
    assert why in what_breaks(*shapes_around(tmp_path, f"    {body}"))


def test_the_rule_lets_a_migration_expand(tmp_path: Path) -> None:
    assert what_breaks(*shapes_around(tmp_path, EXPANDS)) == []


@pytest.mark.parametrize(("older", "newer"), CHECKED)
def test_every_migration_only_expands(tmp_path: Path, older: str, newer: str) -> None:
    with knowing(tmp_path / "older", older):
        make_new_store(config_in(tmp_path))
    before = Shape(config_in(tmp_path))
    with knowing(tmp_path / "newer", newer):
        schema.upgrade(lambda: connected(config_in(tmp_path)))
    assert what_breaks(before, Shape(config_in(tmp_path))) == []


@contextmanager
def knowing(folder: Path, newest: str) -> Iterator[None]:
    """This program has no migration after `newest` meanwhile."""
    shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for later in REVISIONS[REVISIONS.index(newest) + 1 :]:
        (file,) = folder.glob(f"versions/r{later}_*.py")
        file.unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "_MIGRATIONS", folder)
        yield


def test_this_release_lends_on_the_schema_of_the_next_and_loses_nothing_of_it(tmp_path: Path) -> None:
    """What the contract's tests do not see: the station around it, backups, and the way there and back."""
    config = config_in(tmp_path)
    (tmp_path / "store.key").write_bytes(config.key)
    store_with_a_loan(config).close()
    with next_release(tmp_path):
        store = open_store(config)  # on trial: a loan is made, then it is taken back
        with store.unit_of_work() as work:
            during, _ = lend(work, ITEMS[1])
            work.commit()
        store.close()
    with second_medium(tmp_path) as stick:
        station = StationStore(tmp_path, config.library_id, config.device_id, 0, stick)
        store = station.open()
        with store.unit_of_work() as work:
            after, _ = lend(work, ITEMS[2])
            work.commit()
            loans = {loan.id for loan in work.open_loans_of_patron(LAN.id)}
        assert {during.id, after.id} < loans
        assert len(loans) == 3
        store.check()
        store.close()
        assert len(list(station.read().ledger())) == 3
        backup = station.back_up(station.read(), None, lambda: True)
        station.restore(backup.path, config.key)
        assert len(list(read_store(config).ledger())) == 3
    with closing(connected(config)) as inside:
        assert inside.execute("SELECT version_num FROM alembic_version").fetchall() == [(NEXT,)]
        noted = dict(inside.execute("SELECT id, noted FROM loan"))
        assert noted[after.id] is None
        assert list(noted.values()).count("by the migration") == 1
    with next_release(tmp_path / "again"):
        open_store(config).close()


@pytest.mark.parametrize("compatible_from", [NEXT, "", "0009-of-somebody"])
def test_a_newer_schema_that_does_not_name_this_one_is_left_as_it_is(tmp_path: Path, compatible_from: str) -> None:
    """The control: what opens above is refused when that release does not vouch for it."""
    config = bring_to_next(new_store(config_in(tmp_path)), tmp_path, compatible_from=compatible_from)
    before = config.path.read_bytes()
    for opens in (open_store, read_store):
        with pytest.raises(StoreBroken, match="newer than this program's") as said:
            opens(config)
        assert not isinstance(said.value, StoreDamaged)
    assert config.path.read_bytes() == before


def test_a_store_says_from_which_revision_on_programs_may_open_it(tmp_path: Path) -> None:
    store_with_a_loan(config_in(tmp_path)).close()
    with closing(connected(config_in(tmp_path))) as inside:
        assert inside.execute("SELECT value FROM meta WHERE key = 'compatible_from'").fetchall() == [(COMPATIBLE_FROM,)]
