from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.processes import Server
from demo.school import fill


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """The sample school's server."""
    (tmp_path / "centre").mkdir()
    fill(tmp_path / "centre")
    server = Server(tmp_path / "centre")
    server.start()
    yield server
    server.stop()
