"""A station that rests asks its centre for nothing, for it could not note the answer. It says that it rests all the
same, and how it is; nothing else speaks to the centre meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from central_link.simulated import SimulatedCentral
from kiosk.bootstrap.kiosk import Kiosk
from kiosk.config import KioskConfig, load
from kiosk.session.states import Resting
from tests.runtime.station import STATION
from tests.runtime.test_status import until


@contextmanager
def running(config: KioskConfig) -> Iterator[tuple[Kiosk, SimulatedCentral]]:
    kiosk = Kiosk(config, lambda _: None)
    kiosk.start()
    try:
        assert isinstance(kiosk._link, SimulatedCentral)
        yield kiosk, kiosk._link
    finally:
        kiosk.stop()


@pytest.mark.parametrize("code", ["K-03", "K-04"])
def test_the_centre_hears_that_a_station_rests(tmp_path: Path, code: str) -> None:
    (tmp_path / "kiosk.toml").write_text(STATION)
    config = load(tmp_path / "kiosk.toml")
    with ExitStack() as before:
        first, centre = before.enter_context(running(config))
        until(lambda: centre.health is not None)
        assert centre.health is not None
        assert centre.health["staff_code"] is None
        assert first.store.opened.wait(10)
        if code == "K-04":
            before.close()  # and its store is spoilt; else it goes on, and holds the store
            (config.data / "store.db").write_bytes(b"spoilt" * 4_096)
        with running(config) as (kiosk, centre):
            until(lambda: isinstance(kiosk._state.doing, Resting))
            until(lambda: centre.health is not None and centre.health["staff_code"] is not None)
            assert centre.health is not None
            assert centre.health["staff_code"] == code
            assert (centre.asked, centre.sent) == (0, 0)
