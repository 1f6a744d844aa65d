"""A copy of the database that is worked on, and what is made of it."""

import os
import sqlite3
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from central_server import backups
from central_server.cannot import CannotDo
from central_server.changes import read_page
from central_server.database import REVISION, CannotOpen, Store, Where, open_store, reading
from central_server.ledger import read_ledger
from central_server.postgresql import read_url
from central_server.wire import Refused
from tests.central_server.databases import Databases
from tests.central_server.support import Station, bring, feed, option_of, run, take
from tests.central_server.test_database import at_revision

Known = dict[str, dict[str, str]]


def empty(databases: Databases, store: Store, tmp_path: Path) -> Where:
    return databases.new() if isinstance(store.where, sa.URL) else tmp_path / "restored"


def test_what_was_backed_up_is_restored_and_the_stations_find_out(
    store: Store, known: Known, databases: Databases, tmp_path: Path
) -> None:
    station = Station()
    take(store, station.check_out("TK.1", known["patron"]["HS1"]))
    was = read_ledger(store, "hoa-sen")
    _, cursor_then = feed(store)
    path = backups.backup(store.where, tmp_path / "centre.backup")
    assert path.stat().st_mode & 0o077 == 0
    # What came after it is lost with the machine.
    bring(store, "items", "Số ĐKCB,Mã đầu sách\nTK.4,D1\n", tmp_path)
    take(store, station.check_out("TK.2", known["patron"]["HS2"]))
    _, cursor_now = feed(store)
    where = empty(databases, store, tmp_path)
    assert backups.restore(where, path) == REVISION
    again = open_store(where, create=False)
    try:
        assert read_ledger(again, "hoa-sen") == was
        # Who had heard no more than the backup holds goes on; who had heard more begins again.
        with reading(again) as connection:
            assert read_page(connection, "hoa-sen", cursor_then, 500).changes == []
            with pytest.raises(Refused) as refused:
                read_page(connection, "hoa-sen", cursor_now, 500)
        assert refused.value.status == 410
        # And the chain goes on where the restored one ends.
        assert take(again, Station(device="tram-2").check_in("TK.1"), device="tram-2")[0][0] == "accepted"
    finally:
        again.close()


def test_control_without_another_generation_a_station_would_not_notice(
    store: Store, known: Known, databases: Databases, tmp_path: Path
) -> None:
    path = backups.backup(store.where, tmp_path / "centre.backup")
    bring(store, "items", "Số ĐKCB,Mã đầu sách\nTK.4,D1\n", tmp_path)
    _, cursor_now = feed(store)
    where = empty(databases, store, tmp_path)
    backups.restore(where, path)
    again = open_store(where, create=False)
    try:
        with again.writing.begin() as connection:
            newest = "SELECT max(number) FROM generation WHERE library_id = 'hoa-sen'"
            connection.exec_driver_sql(f"DELETE FROM generation WHERE number = ({newest})")
        bring(again, "items", "Số ĐKCB,Mã đầu sách\nTK.5,D1\n", tmp_path)
        assert [one["kind"] for one in feed(again, cursor=cursor_now)[0]] == [], "TK.5 is never heard of"
    finally:
        again.close()


def test_a_backup_is_whole_though_others_write(
    store: Store, known: Known, databases: Databases, tmp_path: Path
) -> None:
    stop = threading.Event()

    def write() -> None:
        station = Station(device="tram-9")
        while not stop.is_set():
            take(store, station.check_in("TK.1"), device="tram-9")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        paths = [backups.backup(store.where, tmp_path / f"{number}.backup") for number in range(2)]
    finally:
        stop.set()
        writer.join()
    where = empty(databases, store, tmp_path)
    backups.restore(where, paths[1])
    with_less, live = open_store(where, create=False), read_ledger(store, "hoa-sen")["operations"]
    kept = read_ledger(with_less, "hoa-sen")["operations"]
    with_less.close()
    assert kept == live[: len(kept)]


def test_is_restored_into_an_empty_place_only(store: Store, known: Known, databases: Databases, tmp_path: Path) -> None:
    path = backups.backup(store.where, tmp_path / "centre.backup")
    before = read_ledger(store, "hoa-sen")
    with pytest.raises(CannotDo, match="already"):
        backups.restore(store.where, path)
    assert read_ledger(store, "hoa-sen") == before
    with pytest.raises(CannotDo, match="already"):
        backups.backup(store.where, path)


def damaged(path: Path, tmp_path: Path, how: str) -> Path:
    raw = bytearray(path.read_bytes())
    if how == "cut":
        raw = raw[: len(raw) // 2]
    elif how == "overwritten":
        middle = len(raw) // 3
        raw[middle : middle + 8192] = os.urandom(8192)
    elif how == "empty":
        raw = bytearray()
    else:
        raw = bytearray(b"no backup at all, but some text")
    spoilt = tmp_path / f"{how}.backup"
    spoilt.write_bytes(raw)
    return spoilt


@pytest.mark.parametrize("how", ["cut", "overwritten", "empty", "text"])
def test_a_damaged_backup_makes_no_database(
    store: Store, known: Known, databases: Databases, tmp_path: Path, how: str
) -> None:
    spoilt = damaged(backups.backup(store.where, tmp_path / "centre.backup"), tmp_path, how)
    where = empty(databases, store, tmp_path)
    with pytest.raises(CannotDo):
        backups.restore(where, spoilt)
    if isinstance(where, Path):
        assert list(where.glob("*")) == []
    with pytest.raises(CannotOpen):
        open_store(where, create=False)


def test_takes_no_others_database_for_ours(tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE cat (name)")
    with pytest.raises(CannotDo, match="no backup of a central server"):
        backups.restore(tmp_path / "new", other)
    (tmp_path / "dump").write_bytes(b"PGDMP and more")
    with pytest.raises(CannotDo, match="other kind"):
        backups.restore(tmp_path / "new", tmp_path / "dump")
    with pytest.raises(CannotDo, match="cannot be read"):
        backups.restore(tmp_path / "new", tmp_path / "nothing")
    assert not (tmp_path / "new").exists() or list((tmp_path / "new").iterdir()) == []


def test_an_older_database_is_backed_up_restored_and_waits_to_be_migrated(
    store: Store, known: Known, databases: Databases, tmp_path: Path
) -> None:
    with store.writing.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0009'")
    path = backups.backup(store.where, tmp_path / "old.backup")
    where = empty(databases, store, tmp_path)
    assert backups.restore(where, path) == "0009"
    with pytest.raises(CannotOpen, match="--migrate"):
        open_store(where)


def test_backs_up_nothing_where_there_is_nothing(store: Store, databases: Databases, tmp_path: Path) -> None:
    with pytest.raises(CannotDo, match="no database"):
        backups.backup(empty(databases, store, tmp_path), tmp_path / "none.backup")
    assert not list(tmp_path.glob("none*"))


def test_says_so_when_postgresqls_programs_are_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotDo, match="apt-get install postgresql-client"):
        backups._run(read_url("postgresql://nobody@/none"), "pg_dump")


def test_no_password_is_among_a_commands_words() -> None:
    for text in ("postgresql://u:s3cret@h/d", "postgresql://u@h/d?password=s3cret&sslmode=require"):
        assert "s3cret" not in backups._plain(read_url(text))
    assert "sslmode=require" in backups._plain(read_url("postgresql://u@h/d?password=x&sslmode=require"))


def test_keeps_the_newest_of_ours_and_nobody_elses(tmp_path: Path) -> None:
    names = [f"central-2026110{day}-020000.backup" for day in range(1, 6)]
    for name in [*names, "letters.backup", "central-notes.txt"]:
        (tmp_path / name).touch()
    assert [path.name for path in backups.keep_newest(tmp_path, 2)] == names[:3]
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {*names[3:], "letters.backup", "central-notes.txt"}


@pytest.mark.slow
def test_migrates_only_when_asked(tmp_path: Path) -> None:
    where = tmp_path / "centre"
    assert run("migrate", "--data", where).returncode == 2
    assert not where.exists()
    where.mkdir()
    at_revision(where, "0010").dispose()
    refused = run("serve", "--data", where, "--port", "0")
    assert (refused.returncode, "--migrate" in refused.stderr) == (2, True)
    assert run("migrate", "--data", where).stdout == f"The database has the schema revision {REVISION}.\n"
    open_store(where).close()


@pytest.mark.slow
def test_backs_up_and_restores_on_the_command_line(
    store: Store, known: Known, databases: Databases, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    done = run("backup", *option_of(store.where), "--to", folder, "--keep", "3")
    assert (done.returncode, done.stderr) == (0, "")
    (path,) = folder.iterdir()
    where = empty(databases, store, tmp_path)
    done = run("restore", *option_of(where), "--from", path)
    assert (done.returncode, done.stderr) == (0, "")
    again = run("restore", *option_of(where), "--from", path)
    assert (again.returncode, again.stdout) == (2, "")
    assert "empty" in again.stderr
    assert run("ledger", *option_of(where), "--library", "hoa-sen").returncode == 0
