"""The power goes at any moment of a station's life: nothing that a pupil was told is lost, half or corrupt, nothing
was pruned too soon, and the newest backup that was noted down is whole.

The protection is that each commit, and each backup, is synced before anybody is told. The controls take it away.
"""

from __future__ import annotations

import dataclasses
import re
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from benchmarks.power_cut import scene
from benchmarks.power_cut.disk import Disk
from benchmarks.power_cut.judge import Judge
from benchmarks.power_cut.recording import HOW_TO_GET_IT, can_record
from benchmarks.power_cut.scene import Recording
from benchmarks.power_cut.station import BACKUPS, Boot
from benchmarks.power_cut.trial import cut
from kiosk.bootstrap import stores

pytestmark = [pytest.mark.slow(15), pytest.mark.skipif(not can_record(), reason=HOW_TO_GET_IT)]

CHANGING = {
    "write": "write",
    "pwrite64": "write",
    "writev": "write",
    "pwritev": "write",
    "pwritev2": "write",
    "sendfile": "write",
    "copy_file_range": "write",
    "fallocate": "resize",
    "truncate": "resize",
    "ftruncate": "resize",
    "fsync": "sync",
    "fdatasync": "sync",
    "rename": "rename",
    "renameat": "rename",
    "renameat2": "rename",
    "link": "link",
    "linkat": "link",
    "unlink": "unlink",
    "unlinkat": "unlink",
    "mkdir": "mkdir",
}
"""The system's calls that may change a disk, and as what they are recorded."""

MEDIA = ("card", "stick")
PRUNES_ONE_MORE = """
    UPDATE pruned SET last = last + 1, (epoch, seq, hash, audit_hash) = (
        SELECT outbox.epoch, outbox.seq, outbox.hash, audit.hash FROM outbox JOIN audit USING (place)
        WHERE outbox.place = pruned.last + 1) WHERE first = (SELECT max(first) FROM pruned);
    DELETE FROM outbox WHERE place = (SELECT max(last) FROM pruned);
    DELETE FROM audit WHERE place = (SELECT max(last) FROM pruned)"""

LIFE = (Boot(8, sudden=True), Boot(7, first=8, later=True, checkpoint=40), Boot(5, first=15, window=True))


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return scene.record(tmp_path_factory.mktemp("life"), LIFE)


def files_in(folder: Path) -> dict[str, bytes]:
    """On card and stick."""
    paths = [folder / medium for medium in MEDIA]
    paths += [path for medium in paths for path in medium.rglob("*")]
    return {
        f"{path.relative_to(folder)}{'/' * path.is_dir()}": b"" if path.is_dir() else path.read_bytes()
        for path in sorted(paths)
    }


def test_loses_nothing_that_was_told_when_the_power_goes_at_any_moment(life: Recording) -> None:
    found = cut(life, 300, processes=1)
    assert found.images == 300
    assert (found.broken, found.said) == (0, [])


def test_shows_losses_on_a_disk_that_syncs_nothing(life: Recording) -> None:
    assert cut(life.without_syncs(), 60, processes=1).faulty["lost"] > 0


def test_shows_a_backup_that_is_not_whole_on_a_stick_that_syncs_nothing(life: Recording) -> None:
    assert cut(life.without_syncs(of="stick"), 60, processes=1).faulty["lost"] > 0


@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
def test_shows_losses_when_a_commit_is_not_synced(tmp_path: Path, synchronous: str) -> None:
    without = [dataclasses.replace(boot, synchronous=synchronous) for boot in LIFE[:2]]
    assert cut(scene.record(tmp_path, without), 60, processes=1).faulty["lost"] > 0


def test_rebuilds_the_very_files_that_the_station_left(life: Recording) -> None:
    disk = Disk(life.before)
    for event in life.events:
        disk.happens(event)
    assert disk.as_written() == files_in(life.config.folder)


@pytest.mark.parametrize(
    ("damage", "of"),
    [
        ("SELECT 1", set()),
        ("DELETE FROM outbox WHERE place = (SELECT max(place) FROM outbox)", {"lost", "half"}),
        ("DELETE FROM audit WHERE place = (SELECT max(place) - 3 FROM audit)", {"half"}),
        ("DELETE FROM loan WHERE id = (SELECT min(id) FROM loan)", {"half"}),
        ("UPDATE loan SET due_on = '2030-01-01' WHERE id = (SELECT min(id) FROM loan)", {"half"}),
        ("DELETE FROM request WHERE id = (SELECT min(id) FROM request)", {"half"}),
        ("DELETE FROM to_check", {"half"}),
        ("DELETE FROM patron", {"corrupt"}),
        (PRUNES_ONE_MORE, {"half"}),
    ],
)
def test_sees_what_is_missing_from_an_image(life: Recording, tmp_path: Path, damage: str, of: set[str]) -> None:
    copy_of(life, tmp_path)
    with closing(stores.open_store(msgspec.structs.replace(life.config, folder=tmp_path))) as store:
        for statement in damage.split(";"):
            store._database.tell(statement)
    assert faults_in(life, tmp_path) == of


@pytest.mark.parametrize(
    ("damage", "of"),
    [
        (lambda _, newest: newest.unlink(), {"lost"}),
        (lambda _, newest: newest.write_bytes(newest.read_bytes()[:-4096]), {"corrupt"}),
        (lambda older, newest: older.rename(newest), {"lost"}),
    ],
    ids=["gone", "cut", "older"],
)
def test_sees_that_the_newest_backup_is_not_what_was_noted(
    life: Recording, tmp_path: Path, damage: Callable[[Path, Path], object], of: set[str]
) -> None:
    copy_of(life, tmp_path)
    older, newest = sorted((tmp_path / BACKUPS).iterdir())  # and nothing is left of the one that was cut off
    damage(older, newest)
    assert faults_in(life, tmp_path) == of


def copy_of(life: Recording, folder: Path) -> None:
    for medium in MEDIA:
        shutil.copytree(life.config.folder / medium, folder / medium)


def faults_in(life: Recording, folder: Path) -> set[str]:
    return {fault.of for fault in Judge(life.config, folder / "image").faults(files_in(folder), life.known[-1])}


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: sudo apt-get install strace")
def test_records_every_call_that_changes_the_disk(tmp_path: Path) -> None:
    under = ("strace", "-f", "-qq", "-y", "-z", "-e", f"trace={','.join(CHANGING)}", "-o", str(tmp_path / "trace"))
    recorded = scene.record(tmp_path, [Boot(5, checkpoint=20)], under=under)
    called: Counter[str] = Counter()
    for line in (tmp_path / "trace").read_text(errors="replace").splitlines():
        call, _, what = line.partition(" ")[2].strip().partition("(")
        if call in CHANGING and re.search(f'/({MEDIA[0]}|{MEDIA[1]})[/>"]', what):
            called[CHANGING[call]] += 1
    noted = Counter("sync" if event.what == "folder" else event.what for event in recorded.events)
    del noted["create"]
    noted["unlink"] -= 1  # of the status socket, by another path
    assert called == noted
