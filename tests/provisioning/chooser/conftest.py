from pathlib import Path

import pytest

from tests.provisioning.chooser.station_root import StationRoot


@pytest.fixture
def station(tmp_path: Path) -> StationRoot:
    return StationRoot(tmp_path / "station")
