"""Every centre that hears how a station is keeps the newest, and takes its support bundles."""

from __future__ import annotations

import gzip

import pytest

from kiosk.ports.errors import Unreachable
from tests.contracts.central_rigs import Centre

REPORT: dict[str, object] = {"version": "0.1.0", "pending": 3, "devices": {"serial /dev/ttyACM0": "ready"}}


def test_hears_how_a_station_is(centre: Centre) -> None:
    link = centre.station().link
    assert link.capabilities.health
    link.tell_health(REPORT)
    link.tell_health(REPORT | {"pending": 0})


def test_takes_a_support_bundle(centre: Centre) -> None:
    centre.station().link.send_support(gzip.compress(b"says nothing"))


def test_a_closed_link_tells_nothing(closable_centre: Centre) -> None:
    station = closable_centre.station()
    station.link.close()
    with pytest.raises(Unreachable):
        station.link.tell_health(REPORT)
    with pytest.raises(Unreachable):
        station.link.send_support(gzip.compress(b""))
