"""Releases that run, and a station that has two of them: made once, and copied."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks.small_release import (
    BAD,
    GOOD,
    Publisher,
    install,
    station_with,
)
from provisioning.chooser.choose import (
    Places,
)
from tests.provisioning.updating import NEW, OLD, OLDEST, Machine


@pytest.fixture(scope="session")
def publisher(tmp_path_factory: pytest.TempPathFactory) -> Publisher:
    return Publisher(tmp_path_factory.mktemp("publisher"))


@pytest.fixture(scope="session")
def installed(publisher: Publisher, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("installed") / "root"
    station_with(root, publisher, OLDEST, OLD)
    return root


@pytest.fixture(scope="session")
def built(publisher: Publisher, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Folders with the new release, by what it does."""
    roots = {run: Places(tmp_path_factory.mktemp("built")) for run in (GOOD, BAD)}
    for run, places in roots.items():
        places.releases.mkdir(parents=True)
        install(places, publisher.bundle(NEW, run))
    return {run: places.releases for run, places in roots.items()}


@pytest.fixture
def bare_machine(installed: Path, publisher: Publisher, tmp_path: Path) -> Machine:
    return Machine(Places(shutil.copytree(installed, tmp_path / "root", symlinks=True)), publisher)


@pytest.fixture
def machine(bare_machine: Machine, built: Mapping[str, Path]) -> Machine:
    bare_machine.built = built
    return bare_machine
