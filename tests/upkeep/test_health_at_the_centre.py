"""The whole station below its window and the real server process: what the centre knows of a station's health."""

from __future__ import annotations

from pathlib import Path

import pytest

from central_server import health
from central_server.database import reading
from central_server.wire import HealthReport
from demo.school import LIBRARY
from provisioning.__main__ import main
from tests.faults.corner import Corner, corner, stocked
from tests.sync.test_engine import eventually

pytestmark = pytest.mark.slow


def told(there: Corner) -> HealthReport | None:
    with reading(there.centre) as connection:
        [one] = health.known(connection, LIBRARY)
    return one.report


def test_the_centre_hears_of_a_running_station_and_of_one_that_does_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with corner(tmp_path, stocked(tmp_path / "stocked" / "data")) as there:
        there.lend(3)
        eventually(lambda: told(there) is not None)
        report = told(there)
        assert report is not None
        assert (report.running, report.staff_code) == (True, None)
        assert report.disk_free_mb
        assert report.parts["keys"] == "good"
        assert list(report.devices.values()) == ["ready"]
        file = str(there.config.folder / "kiosk.toml")
        assert main(["check", "--config", file, "--language", "en"]) == 0, capsys.readouterr().out
        assert "This station can lend." in capsys.readouterr().out
        assert main(["health", "--config", file]) == 0
        assert (report := told(there)) is not None
        assert report.running, "a station that runs tells the centre itself"
        there.kiosk.stop()
        assert main(["health", "--config", file, "--language", "en"]) == 0
        assert "The centre was told." in capsys.readouterr().out
        assert (report := told(there)) is not None
        assert not report.running
        there.server.stop()
        assert main(["health", "--config", file, "--language", "en"]) == 0
        assert "could not be told" in capsys.readouterr().out
        there.server.start()
