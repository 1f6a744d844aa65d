"""The disk of the centre is full: 503, never 200, and everything goes on when there is room again."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests

from central_server.database import Where, open_store
from central_server.ledger import read_ledger
from central_server.postgresql import read_url
from demo import cluster as clusters
from demo.processes import ROOT
from tests.central_server.support import Station, bring_a_small_library, serving
from tests.faults.station_on_a_disk import NO_MOUNTS

pytestmark = pytest.mark.slow

ALONE = "TRAM_XANH_ALONE"
IN_A_WORLD_OF_ITS_OWN = ("unshare", "--user", "--map-root-user", "--mount")

# Whatever becomes of it in the database, the answer is 200.
SAYS_YES = """
import central_server.app as app
say = app._json
app._json = lambda content, status=200, headers=None: say(content, 200 if status == 503 else status, headers)
"""


def on_a_small_disk(request: pytest.FixtureRequest, act: Callable[[Path], None]) -> None:
    """`act` is given a file system of its own, of 200 MB, that PostgreSQL's account may reach. Where we may mount only
    as root of a world of our own, the whole test is run there."""
    folder = Path(tempfile.mkdtemp(prefix="tram-xanh-disk-"))
    try:
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", folder], check=False).returncode == 0:
            try:
                folder.chmod(0o755)
                act(folder)
            finally:
                subprocess.run(["umount", "--lazy", folder], check=True)
            return
    finally:
        folder.rmdir()
    if ALONE in os.environ or subprocess.run([*IN_A_WORLD_OF_ITS_OWN, "true"], check=False).returncode != 0:
        pytest.skip(NO_MOUNTS)
    again = [*IN_A_WORLD_OF_ITS_OWN, sys.executable, "-m", "pytest", "-p", "no:cacheprovider", request.node.nodeid]
    done = subprocess.run(
        again, cwd=ROOT, env={**os.environ, ALONE: "1"}, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout
    if "1 passed" not in done.stdout:
        pytest.skip(NO_MOUNTS)


@contextmanager
def database_on(kind: str, disk: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Where]:
    with ExitStack() as stack:
        if kind == "sqlite":
            yield disk / "centre"
            return
        if clusters.programs() is None:
            pytest.skip(clusters.HOW_TO_GET_IT)
        if ALONE in os.environ:
            pytest.skip(NO_MOUNTS)  # there is nobody but root, which PostgreSQL refuses to be
        with monkeypatch.context() as patch:
            patch.setattr(tempfile, "tempdir", str(disk))
            # Kept where there is room: without its log PostgreSQL ends, and whoever runs it starts it again.
            cluster = stack.enter_context(clusters.running(min_wal_size="96MB", max_wal_size="96MB"))
        yield read_url(cluster.url(cluster.create()))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_answers_503_when_the_disk_is_full_and_goes_on_when_there_is_room(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act(disk: Path) -> None:
        with database_on(kind, disk, monkeypatch) as where:
            fill_and_make_room(where, disk, tmp_path)

    on_a_small_disk(request, act)


def test_control_loses_what_it_answered_when_it_says_yes_all_the_same(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    def act(disk: Path) -> None:
        with pytest.raises(AssertionError, match="what was answered is there"):
            fill_and_make_room(disk / "centre", disk, tmp_path, SAYS_YES)

    on_a_small_disk(request, act)


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
