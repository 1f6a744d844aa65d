"""Starts, crashes, hangs, power cuts, deletions and garbage in any order: something is always started, and what works
is found."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisioning.chooser.choose import (
    CALL_STAFF,
    Releases,
    Trial,
    choose,
    next_start,
    read_releases,
    usable_releases,
    write_releases,
)
from tests.provisioning.chooser.station_root import StationRoot
from tests.provisioning.chooser.test_choose import GARBAGE, now

VERSIONS = ("0.1.0", "0.2.0", "0.3.0")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "start",
                "start",
                "start",
                "crash",
                "well",
                "proved",
                "hang",
                "reboot",
                "delete",
                "restore",
                "trial",
                "garbage",
            ]
        ),
        st.sampled_from(VERSIONS),
        st.sampled_from([b"", b"{", *GARBAGE.values()]),
    ),
    max_size=40,
)
ENOUGH = 6 * (len(VERSIONS) + 1)


class Simulated:
    """A station whose wall clock nobody asks; `works`: its releases that would."""

    def __init__(self, root: Path, works: set[str]) -> None:
        self.there = StationRoot(root)
        self.works = works
        self.boottime, self.boot = 1.0, 0

    def start(self) -> str:
        """The version that is started, or "staff"."""
        self.boottime += 1
        chosen = choose(self.there.places, self.boottime, f"boot {self.boot}")
        usable = usable_releases(self.there.places)
        if chosen.current in usable and chosen.crashes < CALL_STAFF:
            assert os.readlink(self.there.places.current) == f"releases/{chosen.current}"
            return chosen.current
        assert chosen.crashes == CALL_STAFF or not usable, "nothing is started though there is something"
        return "staff"

    def do(self, step: str, version: str, garbage: bytes) -> None:
        places, release = self.there.places, self.there.places.releases / version
        match step:
            case "well" | "proved":
                self.there.mark(step, version)
            case "hang":
                self.boottime += 130
            case "reboot":
                self.boottime, self.boot = 0.0, self.boot + 1
                for mark in places.marks.iterdir():
                    mark.unlink()
            case "delete":
                if release.exists():
                    self.there.delete(version)
            case "restore":
                if not release.exists():
                    self.there.install(version)
            case "trial":
                before = read_releases(places)
                on_trial = Trial(version, 0, self.boottime, f"boot {self.boot}")
                write_releases(places, Releases(version, before.current, on_trial, before.refused))
            case "garbage":
                places.state.parent.mkdir(parents=True, exist_ok=True)
                places.state.write_bytes(garbage)
            case _:
                self.start()


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=STEPS, works=st.sets(st.sampled_from(VERSIONS), min_size=1))
def test_something_is_always_started_and_what_works_is_found(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, bytes]], works: set[str]
) -> None:
    station = Simulated(tmp_path_factory.mktemp("any") / "station", works)
    for step, version, garbage in steps:
        station.do(step, version, garbage)
    station.do("restore", min(works), b"")
    for mark in station.there.places.marks.iterdir():
        mark.unlink()  # what does not work says that it was well no more
    assert any(station.start() in works for _ in range(ENOUGH))


def test_control_that_a_release_which_works_is_found_needs_its_turn() -> None:
    """The same with two that change places: of three, the third never has its turn."""
    station = Releases("0.3.0", "0.2.0", boot_id="boot")
    seen = set()
    for at in range(ENOUGH):
        if station.crashes == 3:
            station = Releases(station.previous, station.current, crashes=3, boot_id="boot")
        else:
            station = next_start(station, now(float(at), usable=VERSIONS))
        seen.add(station.current)
    assert "0.1.0" not in seen
