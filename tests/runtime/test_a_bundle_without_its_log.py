"""A support bundle that went without the station's log is not called whole: neither on the screen nor in itself."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from central_link.simulated import SimulatedCentral
from kiosk.session.inputs import Button
from kiosk.session.maintenance import Maintaining, Outcome, Service
from tests.runtime.test_locking import Bench, until


@pytest.mark.parametrize("has_log", [False, True])
def test_is_said_on_the_screen_and_in_the_bundle(tmp_path: Path, has_log: bool) -> None:
    if has_log:
        (tmp_path / "station.log").write_text('{"says": "first frame"}\n')
    bench = Bench(tmp_path, '[log]\nfile = "station.log"\n')
    try:
        bench.show()
        until(bench.is_open)
        bench.touch(Button.SUPPORT_BUNDLE)
        until(lambda: isinstance(link := bench.kiosk._link, SimulatedCentral) and bool(link.bundles))

        def outcome() -> Outcome | None:
            doing = bench.kiosk._state.doing
            return doing.outcome if isinstance(doing, Maintaining) else None

        until(lambda: (told := outcome()) is not None and told.well is not None)
        assert outcome() == Outcome(Service.SUPPORT_BUNDLE, True, without_log=not has_log)
        assert isinstance(bench.kiosk._link, SimulatedCentral)
        with tarfile.open(fileobj=io.BytesIO(bench.kiosk._link.bundles[0])) as archive:
            inside = archive.extractfile("support/about.json")
            assert inside is not None
            assert (json.loads(inside.read())["log_lacks"] == "") is has_log
    finally:
        bench.kiosk.stop()
