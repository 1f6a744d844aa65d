"""The power goes at any moment of a station's life: nothing that a pupil was told is lost, half or corrupt.

The protection is that each commit is synced before anybody is told. The controls take it away.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections import Counter
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from benchmarks.power_cut import scene
from benchmarks.power_cut.disk import Disk
from benchmarks.power_cut.judge import Judge
from benchmarks.power_cut.recording import HOW_TO_GET_IT, can_record
from benchmarks.power_cut.scene import Recording
from benchmarks.power_cut.station import Boot
from benchmarks.power_cut.trial import cut
from kiosk import bootstrap

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

LIFE = (Boot(8, sudden=True), Boot(7, first=8, later=True, checkpoint=40), Boot(5, first=15, window=True))


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return scene.record(tmp_path_factory.mktemp("life"), LIFE)


def files_in(card: Path) -> dict[str, bytes]:
    files = [path for path in card.rglob("*") if path.is_file()]
    return {"data/": b""} | {str(path.relative_to(card)): path.read_bytes() for path in files}


def test_loses_nothing_that_was_told_when_the_power_goes_at_any_moment(life: Recording) -> None:
    found = cut(life, 300)
    assert found.images == 300
    assert (found.broken, found.said) == (0, [])


def test_shows_losses_on_a_disk_that_syncs_nothing(life: Recording) -> None:
    assert cut(life.without_syncs(), 60).faulty["lost"] > 0


@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
def test_shows_losses_when_a_commit_is_not_synced(tmp_path: Path, synchronous: str) -> None:
    without = [dataclasses.replace(boot, synchronous=synchronous) for boot in LIFE[:2]]
    assert cut(scene.record(tmp_path, without), 60).faulty["lost"] > 0


def test_rebuilds_the_very_files_that_the_station_left(life: Recording) -> None:
    disk = Disk()
    for event in life.events:
        disk.happens(event)
    assert disk.as_written() == files_in(life.card)


@pytest.mark.parametrize(
    ("damage", "of"),
    [
        ("SELECT 1", set()),
        ("DELETE FROM outbox WHERE place = (SELECT max(place) FROM outbox)", {"lost", "half"}),
        ("DELETE FROM audit WHERE place = 3", {"half"}),
        ("DELETE FROM loan WHERE id = (SELECT min(id) FROM loan)", {"half"}),
        ("UPDATE loan SET due_on = '2030-01-01' WHERE id = (SELECT min(id) FROM loan)", {"half"}),
        ("DELETE FROM request WHERE id = (SELECT min(id) FROM request)", {"half"}),
        ("DELETE FROM to_check", {"half"}),
        ("DELETE FROM patron", {"corrupt"}),
    ],
)
def test_sees_what_is_missing_from_an_image(life: Recording, tmp_path: Path, damage: str, of: set[str]) -> None:
    shutil.copytree(life.card, tmp_path / "card")
    with closing(bootstrap.open_store(msgspec.structs.replace(life.config, folder=tmp_path))) as store:
        store._database.tell(damage)
    faults = Judge(life.config, tmp_path / "image").faults(files_in(tmp_path / "card"), life.told)
    assert {fault.of for fault in faults} == of


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: sudo apt-get install strace")
def test_records_every_call_that_changes_the_disk(tmp_path: Path) -> None:
    under = ("strace", "-f", "-qq", "-y", "-z", "-e", f"trace={','.join(CHANGING)}", "-o", str(tmp_path / "trace"))
    recorded = scene.record(tmp_path, [Boot(5, checkpoint=20)], under=under)
    called: Counter[str] = Counter()
    for line in (tmp_path / "trace").read_text(errors="replace").splitlines():
        call, _, what = line.partition(" ")[2].strip().partition("(")
        if call in CHANGING and str(recorded.card) in what:
            called[CHANGING[call]] += 1
    noted = Counter("sync" if event.what == "folder" else event.what for event in recorded.events)
    del noted["create"]
    noted["unlink"] -= 1  # of the status socket, by another path
    assert called == noted
