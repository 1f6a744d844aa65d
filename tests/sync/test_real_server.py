"""The whole station below its window and the real server process: what each hears of the other, and a full resync."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from central_server import backups
from central_server.database import open_store
from central_server.ledger import read_ledger
from demo.school import LIBRARY
from kiosk.__main__ import main
from kiosk.ports.store import Stage, ToTellAgain
from local_store.unit_of_work import SqlUnitOfWork
from tests.central_server.support import bring
from tests.faults.corner import TITLES, Corner, corner, stocked
from tests.sync.test_engine import eventually

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stocked(tmp_path_factory.mktemp("stocked") / "data")


def titles(there: Corner) -> int:
    store = there.kiosk.store._store
    assert store is not None
    return int(store.counts()["titles"])


def has_come(there: Corner, operations: int) -> bool:
    return len(read_ledger(there.centre, LIBRARY)["operations"]) == operations


def test_each_hears_of_the_other_while_it_waits(tmp_path: Path, data: Path) -> None:
    """The station's question lies at the server when something happens there; a loan does not wait for its answer."""
    with corner(tmp_path, data) as there:
        for number in range(3):
            there.lend(1)
            eventually(lambda number=number: has_come(there, number + 1))  # type: ignore[misc]
            before = titles(there)
            bring(there.centre, "titles", f"Mã đầu sách,Nhan đề,Loại\nMới {number},Sách mới,STK\n", tmp_path, LIBRARY)
            eventually(lambda before=before: titles(there) == before + 1)  # type: ignore[misc]


@contextmanager
def restored(tmp_path: Path, data: Path) -> Iterator[Corner]:
    """The centre is as it was five operations after the beginning, and had settled six more since; the station has
    heard all of it."""
    with corner(tmp_path, data) as there:
        there.lend(5)
        eventually(lambda: there.counts().settled == 5)
        backup = backups.backup(there.server.data, tmp_path / "centre.backup")
        there.lend(5)
        there.take_back()
        bring(there.centre, "titles", "Mã đầu sách,Nhan đề,Loại\nMới,Không còn nữa,STK\n", tmp_path, LIBRARY)
        eventually(lambda: there.counts().settled == 11 and titles(there) == TITLES + 1)
        there.server.kill()
        there.centre.close()
        for name in ("central.sqlite", "central.sqlite-wal", "central.sqlite-shm"):
            (there.server.data / name).unlink(missing_ok=True)
        backups.restore(there.server.data, backup)
        there.server.start()
        there.centre = open_store(there.server.data, create=False)
        eventually(lambda: titles(there) == TITLES)
        yield there


def test_a_centre_restored_from_a_backup_gets_everything_again(tmp_path: Path, data: Path) -> None:
    with restored(tmp_path, data) as there:
        assert has_come(there, 11)
        assert there.differences() == []
        assert there.counts().settled == 11


def test_control_a_restored_centre_lacks_what_is_not_told_again(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SqlUnitOfWork, "to_tell_again", lambda *_: ToTellAgain(0, ()))
    with restored(tmp_path, data) as there:
        assert has_come(there, 5)
        assert [one for one in there.differences() if one.startswith("operation")]


def test_a_resync_that_is_asked_for_ends_and_changes_nothing(tmp_path: Path, data: Path) -> None:
    with corner(tmp_path, data) as there:
        there.lend(5)
        eventually(lambda: there.counts().settled == 5)
        assert main(["resync", "--config", str(there.config.folder / "kiosk.toml")]) == 0
        there.restart()
        there.lend(5)
        eventually(lambda: there.kiosk.store.call(lambda work: work.stage()) is Stage.FOLLOWING)
        assert there.differences() == []
        assert titles(there) == TITLES
