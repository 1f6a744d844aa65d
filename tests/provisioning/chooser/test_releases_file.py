"""releases.json, which chooser, updater and installer of different releases share."""

from __future__ import annotations

import json

import pytest

from provisioning.chooser.choose import Releases, Trial, point_to, read_releases, write_releases
from tests.provisioning.chooser.station_root import StationRoot

OLD, NEW = "0.1.0", "0.2.0"


def test_the_symlink_says_what_runs_where_nothing_is_written_yet(station: StationRoot) -> None:
    assert read_releases(station.places) == Releases()
    point_to(station.places, NEW)
    assert read_releases(station.places) == Releases(NEW)


def test_its_form(station: StationRoot) -> None:
    known = Releases(NEW, OLD, Trial(NEW, 1, 12.5, "boot", 3), ("0.0.9",), 2, "boot")
    write_releases(station.places, known)
    assert json.loads(station.places.state.read_text()) == {
        "current": NEW,
        "previous": OLD,
        "trial": {"version": NEW, "starts": 1, "began_boottime": 12.5, "boot_id": "boot", "boots": 3},
        "refused": ["0.0.9"],
        "crashes": 2,
        "boot_id": "boot",
    }
    assert read_releases(station.places) == known


OF_ANOTHER = {"of another release": {"a": [1, None]}, "rest": 7, "half of it": "\ud800"}


def test_what_another_release_wrote_survives_everybody(station: StationRoot) -> None:
    """An older chooser beside a newer updater, and the other way round."""
    station.install(OLD)
    station.install(NEW)
    trial = {"version": NEW, "starts": 0, "began_boottime": 1.0, "boot_id": "b", "of another release": 1}
    station.places.kept.mkdir(parents=True)
    station.places.state.write_text(json.dumps({"current": NEW, "previous": OLD, "trial": trial} | OF_ANOTHER))
    assert [station.start() for _ in range(3)] == [NEW, NEW, OLD]
    known = read_releases(station.places)
    for after in (known.trying(NEW), known.trying(NEW).proved(), known.trying(NEW).taken_back([OLD])):
        write_releases(station.places, after)
        table = json.loads(station.places.state.read_text())
        assert {name: table[name] for name in OF_ANOTHER} == OF_ANOTHER


@pytest.mark.parametrize("depth", [200, 600, 940, *range(980, 1000)])
def test_what_can_be_read_can_be_written_again(station: StationRoot, depth: int) -> None:
    """Else nobody could ever choose again."""
    station.install(OLD)
    station.places.kept.mkdir(parents=True)
    station.places.state.write_text('{"refused": ["0.0.9"], "of another": ' + "[" * depth + "]" * depth + "}")
    chosen = station.run("choose.py")
    assert (chosen.returncode, chosen.stderr) == (0, f"release {OLD}, start 1\n")
    assert f'"current": "{OLD}"' in station.places.state.read_text()


def test_what_is_taken_back_without_another_one_goes_on_and_is_refused() -> None:
    assert Releases(NEW, OLD).trying(NEW).taken_back([NEW]) == Releases(NEW, NEW, refused=(NEW,))
