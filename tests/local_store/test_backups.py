"""Backups on a second medium: whole, checked, a few kept; a medium that fails costs the backup and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from kiosk.ports.errors import BackupFailed, StoreBroken, StoreDamaged
from local_store import SqlStore, StoreConfig, open_store
from local_store.backups import KEEP_MONTHS, KEEP_NEWEST, backups_in, check_backup, write_backup
from local_store.station import StationStore
from tests.local_store.backing_up import DAY, back_up, ledger, second_medium
from tests.local_store.shelf import BUILD_MS, CATALOGUE, ITEMS, KEY, LAN, config_in, lend, new_store, write_operation
from tests.local_store.test_damage import PAGE, flip

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def stick(tmp_path: Path) -> Iterator[Path]:
    with second_medium(tmp_path) as folder:
        yield folder


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    store = open_store(new_store(config_in(tmp_path)))
    with store.unit_of_work() as work:
        work.apply(CATALOGUE, "1")
        for item in ITEMS[:3]:
            lend(work, item)
        work.commit()
    yield store
    store.close()


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_holds_every_loan_of_one_moment_beside_a_store_at_work(store: SqlStore, tmp_path: Path, stick: Path) -> None:
    asked = 0

    def lend_meanwhile() -> bool:
        nonlocal asked
        asked += 1
        with store.unit_of_work() as work:
            write_operation(work)
            work.commit()
        return True

    with store.unit_of_work() as work:
        for _ in range(300):
            write_operation(work)
        work.commit()
    before = ledger(store)
    config = config_in(tmp_path)
    backup = back_up(config, stick, store=store, go_on=lend_meanwhile)
    assert asked > 0, "loans were recorded while it was written"
    assert len(ledger(store)) == len(before) + asked
    check_backup(backup.path, config)
    assert LAN.id.encode() not in backup.path.read_bytes()
    shutil.copy(backup.path, tmp_path / "copy.db")
    copied = open_store(StoreConfig(tmp_path / "copy.db", config.key, "hoa-sen", "tram-1", 0))
    assert ledger(copied) == before
    copied.close()


def test_is_written_from_another_process_too(store: SqlStore, tmp_path: Path, stick: Path) -> None:
    backup = back_up(config_in(tmp_path), stick)
    assert names(stick) == [backup.path.name]
    assert backup.path.name.startswith("tram-1.")
    assert backup.path.name.endswith(".000001.2026-11-24.backup")


def test_keeps_the_newest_and_one_of_each_month(store: SqlStore, tmp_path: Path, stick: Path) -> None:
    day = date(2025, 1, 1)
    last = back_up(config_in(tmp_path), stick, day).path
    while day < date(2026, 11, 20):  # as if one had been written every five days
        day += timedelta(days=5)
        number = backups_in(stick, config_in(tmp_path))[-1].number + 1
        stem = last.name.split(".")
        shutil.copy(last, stick / ".".join([*stem[:2], f"{number:06}", day.isoformat(), "backup"]))
    (stick / "tram-1.ffffffff.000001.2020-01-01.backup").write_bytes(b"another station's")
    back_up(config_in(tmp_path), stick)
    kept = backups_in(stick, config_in(tmp_path))
    assert len(kept) == KEEP_NEWEST + KEEP_MONTHS - 1, "the newest is also its month's"
    assert len({(one.day.year, one.day.month) for one in kept if one.day}) == KEEP_MONTHS
    assert (stick / "tram-1.ffffffff.000001.2020-01-01.backup").exists()


def test_counts_on_without_a_day_when_nobody_vouches_for_the_clock(
    store: SqlStore, tmp_path: Path, stick: Path
) -> None:
    for day in (DAY, None, None, None, None):
        back_up(config_in(tmp_path), stick, day)
    assert [(one.number, one.day) for one in backups_in(stick, config_in(tmp_path))] == [
        (1, DAY),
        (3, None),
        (4, None),
        (5, None),
    ]


def test_is_refused_on_the_disk_of_the_store_itself(store: SqlStore, tmp_path: Path) -> None:
    folder = tmp_path / "media"
    folder.mkdir()
    with pytest.raises(BackupFailed, match="own disk"):
        back_up(config_in(tmp_path), folder)
    assert names(folder) == []


def test_makes_its_folder_on_a_medium_that_is_there(store: SqlStore, tmp_path: Path, stick: Path) -> None:
    backup = back_up(config_in(tmp_path), stick / "tram")
    assert names(stick / "tram") == [backup.path.name]


def test_fails_and_no_more_when_the_medium_is_not_there(store: SqlStore, tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match="No such file"):
        back_up(config_in(tmp_path), tmp_path / "not" / "there")
    store.check()


def test_is_given_up_when_it_may_not_go_on(store: SqlStore, tmp_path: Path, stick: Path) -> None:
    with store.unit_of_work() as work:
        for _ in range(300):
            write_operation(work)
        work.commit()
    with pytest.raises(BackupFailed, match="INTERRUPT"):
        back_up(config_in(tmp_path), stick, store=store, go_on=lambda: False)
    assert names(stick) == []


def test_takes_away_what_a_kill_left_half_written(store: SqlStore, tmp_path: Path, stick: Path) -> None:
    name = back_up(config_in(tmp_path), stick).path.name
    (stick / name.replace("000001", "000002")).with_suffix(".backup.half").write_bytes(b"half")
    back_up(config_in(tmp_path), stick)
    assert [one.number for one in backups_in(stick, config_in(tmp_path))] == [1, 2]
    assert len(names(stick)) == 2


def test_two_are_never_written_at_once(store: SqlStore, tmp_path: Path, stick: Path) -> None:
    with store.unit_of_work() as work:
        for _ in range(300):
            write_operation(work)
        work.commit()

    def another() -> bool:
        with pytest.raises(BackupFailed, match="another backup"):
            back_up(config_in(tmp_path), stick)
        return True

    back_up(config_in(tmp_path), stick, store=store, go_on=another)


@pytest.mark.parametrize("fault", ["flipped", "cut short", "another station's", "not a store"])
def test_is_not_taken_for_one_when_it_is_not_whole(store: SqlStore, tmp_path: Path, stick: Path, fault: str) -> None:
    path = back_up(config_in(tmp_path), stick).path
    config = config_in(tmp_path)
    match fault:
        case "flipped":
            flip(path, path.stat().st_size // PAGE)
        case "cut short":
            os.truncate(path, path.stat().st_size - PAGE)
        case "another station's":
            config = config_in(tmp_path, device="tram-2")
        case _:
            path.write_bytes(b"photos" * 2000)
    with pytest.raises(StoreBroken):
        check_backup(path, config)


def test_says_that_the_store_is_damaged_when_it_cannot_be_read(store: SqlStore, tmp_path: Path, stick: Path) -> None:
    store.close()
    flip(tmp_path / "store.db", 10)
    with pytest.raises(StoreDamaged):
        back_up(config_in(tmp_path), stick)
    assert names(stick) == []
    assert (tmp_path / "store.db.suspect").exists()


# a small medium of its own, which is full, or pulled out

MEDIUM = """
import os, subprocess, sys
from pathlib import Path
from kiosk.ports.errors import BackupFailed
from local_store import open_store
from local_store.backups import backups_in, write_backup
from local_store.station import StationStore
from tests.local_store.shelf import config_in, write_operation

home, stick, how = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "stick", str(stick)], check=True)
config = config_in(home)
store = open_store(config)
with store.unit_of_work() as work:
    for _ in range(1000):
        write_operation(work)
    work.commit()
write_backup(store, config, stick, None, lambda: True)
if how == "full of its own":
    for _ in range(2):
        write_backup(store, config, stick, None, lambda: True)
    assert [one.number for one in backups_in(stick, config)] == [2, 3], "the oldest made room"
else:
    def pull_out():
        subprocess.run(["umount", "--lazy", str(stick)], check=False, stderr=subprocess.DEVNULL)
        return True
    if how == "full":
        (stick / "photos").write_bytes(bytes(os.statvfs(stick).f_bavail * 4096))
    source, go_on = store, pull_out if how == "pulled out" else lambda: True
    if how == "turned read-only":
        # As the kernel does with a FAT whose writes fail: first they fail, then nothing on it may be changed.
        class Source:
            def copy_to(self, target, go_on):
                try:
                    store.copy_to(target, lambda: False)
                finally:
                    assert target.exists()
                    subprocess.run(["mount", "-o", "remount,ro", str(stick)], check=True)
        source = Source()
    try:
        write_backup(source, config, stick, None, go_on)
    except BackupFailed as failed:
        print(failed)
    else:
        raise SystemExit("it was written")
    left = [] if how == "pulled out" else [one.number for one in backups_in(stick, config)]
    assert left == ([] if how == "pulled out" else [1]), left
    assert how != "pulled out" or os.listdir(stick) == [], "nothing lies where the medium was"
    if how == "turned read-only":
        try:
            write_backup(store, config, stick, None, go_on)
        except BackupFailed:
            subprocess.run(["mount", "-o", "remount,rw", str(stick)], check=True)
        write_backup(store, config, stick, None, go_on)
        assert len(os.listdir(stick)) == 2, "what was left half written is gone"
with store.unit_of_work() as work:
    write_operation(work)
    work.commit()
store.check()
store.close()
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", ["full", "full of its own", "pulled out", "turned read-only"])
def test_survives_a_medium_that_is(tmp_path: Path, how: str) -> None:
    of_ones_own = ["unshare", "--user", "--map-root-user", "--mount"], ["unshare", "--mount"]
    allowed = (one for one in of_ones_own if subprocess.run([*one, "true"], check=False).returncode == 0)
    alone = next(allowed, None)
    if alone is None:
        pytest.skip("nobody may mount here")
    home, stick = tmp_path / "home", tmp_path / "stick"
    home.mkdir()
    stick.mkdir()
    done = subprocess.run(
        [*alone, sys.executable, "-c", MEDIUM, str(home), str(stick), how],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert os.listdir(stick) == []


def test_control_is_read_back_because_writing_says_nothing_of_a_bad_medium(
    store: SqlStore, tmp_path: Path, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A medium that keeps something else than it was given: seen, and only because it is read back."""
    written = SqlStore.copy_to

    def spoilt(self: SqlStore, target: Path, go_on: object) -> None:
        written(self, target, go_on)  # type: ignore[arg-type]
        flip(target, 10)

    monkeypatch.setattr(SqlStore, "copy_to", spoilt)
    config = config_in(tmp_path)
    with pytest.raises(BackupFailed, match="read back"):
        write_backup(store, config, stick, DAY, lambda: True)
    assert names(stick) == []
    monkeypatch.setattr("local_store.backups.check_backup", lambda *_: None)
    assert write_backup(store, config, stick, DAY, lambda: True).path.exists()


def test_says_why_when_a_place_cannot_even_be_looked_at(store: SqlStore, tmp_path: Path) -> None:
    """By an error that is not that it is away: a broken stick answers many."""
    store.close()
    (tmp_path / "store.key").write_bytes(KEY)
    (tmp_path / "store.key").chmod(0o600)
    station = StationStore(tmp_path, "hoa-sen", "tram-1", BUILD_MS, tmp_path / ("x" * 300))
    with pytest.raises(StoreBroken, match="too long"):
        station.mend()
