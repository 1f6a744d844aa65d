import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.processes import Server, run_or_fail
from demo.school import LIBRARY, fill
from tests.journeys.librarian import GAM, LOAN, PHUOC, School


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


@pytest.fixture(scope="session")
def staffed(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, with three of the staff."""
    folder = Path(shutil.copytree(filled, tmp_path_factory.mktemp("staffed") / "centre"))
    for card, role in ((LOAN, "librarian"), (GAM, "librarian"), (PHUOC, "maintainer")):
        words = ("--data", str(folder), "--library", LIBRARY, "--card", card, "--role", role)
        run_or_fail("central_server", "staff", "add", *words)
    return folder


@pytest.fixture
def school(staffed: Path, tmp_path: Path) -> Iterator[School]:
    """The sample school with its librarians, and no station yet."""
    server = Server(Path(shutil.copytree(staffed, tmp_path / "centre")))
    server.start()
    try:
        with School(tmp_path, server) as made:
            yield made
    finally:
        server.stop()
