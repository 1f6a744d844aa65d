"""The disk of the centre is full: 503, never 200, and everything goes on when there is room again."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests

from central_server.database import Where, open_store
from central_server.ledger import read_ledger
from central_server.postgresql import read_url
from demo import cluster as clusters
from tests.central_server.support import Station, bring_a_small_library, serving

pytestmark = pytest.mark.slow

# Whatever becomes of it in the database, the answer is 200.
SAYS_YES = """
import central_server.app as app
say = app._json
app._json = lambda content, status=200, headers=None: say(content, 200 if status == 503 else status, headers)
"""


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of its own, of 200 MB, that PostgreSQL's account may reach."""
    folder = Path(tempfile.mkdtemp(prefix="tram-xanh-disk-"))
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", folder], check=False)
    if mounted.returncode != 0:
        folder.rmdir()
        pytest.skip("mount: only root may mount a small disk")
    folder.chmod(0o755)
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)
    folder.rmdir()


@contextmanager
def database_on(kind: str, disk: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Where]:
    with ExitStack() as stack:
        if kind == "sqlite":
            yield disk / "centre"
            return
        if clusters.programs() is None:
            pytest.skip(clusters.HOW_TO_GET_IT)
        with monkeypatch.context() as patch:
            patch.setattr(tempfile, "tempdir", str(disk))
            # Kept where there is room: without its log PostgreSQL ends, and whoever runs it starts it again.
            cluster = stack.enter_context(clusters.running(min_wal_size="96MB", max_wal_size="96MB"))
        yield read_url(cluster.url(cluster.create()))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_answers_503_when_the_disk_is_full_and_goes_on_when_there_is_room(
    kind: str, small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database_on(kind, small_disk, monkeypatch) as where:
        fill_and_make_room(where, small_disk, tmp_path)


def test_control_loses_what_it_answered_when_it_says_yes_all_the_same(small_disk: Path, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="what was answered is there"):
        fill_and_make_room(small_disk / "centre", small_disk, tmp_path, SAYS_YES)


def fill_and_make_room(where: Where, small_disk: Path, tmp_path: Path, spoilt: str = "") -> None:
    store = open_store(where)
    bring_a_small_library(store, tmp_path)
    store.close()
    station = Station()
    answered: list[str] = []
    refused: list[list[dict[str, object]]] = []
    with serving(where, spoilt=spoilt) as server:
        server.key("hoa-sen")
        fill(small_disk / "fill")
        for _ in range(60):
            batch = [station.check_in("TK.1") for _ in range(200)]
            answer = server.post(batch)
            if answer.status_code == 200:
                answered += [one["hash"] for one in batch]
            else:
                assert (answer.status_code, list(answer.json())) == (503, ["error"])
                refused.append(batch)
        assert requests.get(f"{server.url}/v1/health", timeout=5).status_code == 200
        (small_disk / "fill").unlink()
        for batch in refused:
            assert server.post(batch).status_code == 200
            answered += [one["hash"] for one in batch]
    store = open_store(where)
    there = [one["hash"] for one in read_ledger(store, "hoa-sen")["operations"]]
    store.close()
    assert not set(answered) - set(there), "what was answered is there"
    assert refused, "the disk was full"
    assert sorted(there) == sorted(answered), "each batch once"


def fill(path: Path) -> None:
    """Leave no byte on the disk of `path`."""
    with path.open("wb", buffering=0) as file:
        size = 1 << 20
        while size:
            try:
                if file.write(bytes(size)) < size:
                    size //= 2
            except OSError:
                size //= 2
    os.sync()
