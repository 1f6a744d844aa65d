import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.processes import Server
from demo.school import fill


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of the sample school's server, to be copied."""
    folder = tmp_path_factory.mktemp("filled")
    fill(folder)
    return folder


@pytest.fixture
def server(filled: Path, tmp_path: Path) -> Iterator[Server]:
    """The sample school's server."""
    server = Server(Path(shutil.copytree(filled, tmp_path / "centre")))
    server.start()
    yield server
    server.stop()
