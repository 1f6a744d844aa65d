"""An update from a bundle to a release that has proved itself, or back: real bundles, real virtual environments."""

from __future__ import annotations

import fcntl
import shutil
from pathlib import Path

import pytest

from benchmarks.small_release import (
    BAD,
    EXPIRES_MS,
    GOOD,
    Publisher,
    version_that_runs,
)
from provisioning import self_update
from provisioning.bundle import BundleRefused, Why
from provisioning.chooser.choose import (
    Releases,
    write_releases,
)
from provisioning.release_folder import CannotBuild, build_release
from provisioning.self_update import Busy, Outcome
from tests.provisioning.updating import NEW, OLD, OLDEST, Machine

pytestmark = pytest.mark.slow


def test_a_release_that_works_is_the_stations_and_the_oldest_goes(bare_machine: Machine) -> None:
    machine, seen = bare_machine, list[list[str]]()
    machine.chooser = lambda: seen.append(machine.there)
    assert machine.update() is Outcome.PROVED
    assert version_that_runs(machine.places) == NEW
    assert machine.known == Releases(NEW, OLD)
    assert machine.started == [NEW]
    assert seen == [[OLDEST, OLD, NEW]]  # the oldest was there until the new one was proved
    assert (machine.there, machine.halves) == ([OLD, NEW], [])
    assert not (machine.places.kept / "restart-due").exists()


def test_a_release_that_does_not_work_is_taken_back_and_never_tried_again_unasked(machine: Machine) -> None:
    assert machine.update(run=BAD) is Outcome.TAKEN_BACK
    assert version_that_runs(machine.places) == OLD
    assert machine.started == [NEW, OLD]
    assert machine.known == Releases(OLD, OLDEST, refused=(NEW,))
    assert (machine.there, machine.halves) == ([OLDEST, OLD], [])
    with pytest.raises(BundleRefused) as refused:
        machine.update(run=BAD)
    assert refused.value.why is Why.TAKEN_BACK
    assert machine.update(NEW, GOOD, again=True) is Outcome.PROVED
    assert machine.known == Releases(NEW, OLD)


def test_control_without_its_proof_a_release_that_does_not_work_would_stay(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(self_update, "read_mark", lambda *_: NEW)
    assert machine.update(run=BAD) is Outcome.PROVED
    assert version_that_runs(machine.places) == NEW


@pytest.mark.parametrize("screen", ["borrowing", "returning", "finished", "what comes one day"])
def test_waits_while_somebody_stands_there(machine: Machine, screen: str) -> None:
    machine.screen = screen
    assert machine.update() is Outcome.IN_USE
    assert (machine.known, machine.started) == (Releases(OLD, OLDEST), [])
    assert version_that_runs(machine.places) == OLD
    machine.screen = "home"
    assert machine.update() is Outcome.PROVED


def test_goes_on_with_what_it_has_prepared(bare_machine: Machine) -> None:
    bare_machine.screen = "borrowing"
    assert bare_machine.update() is Outcome.IN_USE
    assert "unpack" in bare_machine.steps
    bare_machine.screen, bare_machine.steps[:] = "home", []
    assert bare_machine.update() is Outcome.PROVED
    assert "unpack" not in bare_machine.steps
    assert bare_machine.halves == []


@pytest.mark.parametrize("screen", ["home", None])
def test_begins_when_nobody_is_in_the_middle_of_something(machine: Machine, screen: str | None) -> None:
    """Neither a backlog nor disputes are asked for."""
    machine.screen = screen
    assert machine.updater()._why_it_waits(though_it_rests=False) is None


def test_tries_nothing_on_a_station_whose_store_does_not_open_unasked(machine: Machine) -> None:
    """There no release proves itself: it would be refused for good."""
    machine.screen = "resting"
    assert machine.update() is Outcome.RESTS
    assert (machine.known, machine.started) == (Releases(OLD, OLDEST), [])
    assert machine.update(again=True) is Outcome.PROVED  # one that mends the store, say


def test_a_release_that_rests_is_left_for_the_one_before(machine: Machine) -> None:
    """The way back was decided, and the updater killed before the restart."""
    (machine.places.kept / "restart-due").touch()
    write_releases(machine.places, Releases(OLD, OLDEST, refused=(NEW,)))
    machine.screen = "resting"
    assert machine.updater().resume() is None
    assert machine.started == [OLD]


def test_looks_twice_whether_somebody_stands_there(machine: Machine) -> None:
    screens = iter(["home", "borrowing", "home", "home"])
    updater = machine.updater(patience_s=60)
    updater._status = lambda: {"screen": next(screens)}
    assert updater._why_it_waits(though_it_rests=False) is None
    assert next(screens, None) is None


def test_is_refused_by_the_stations_own_state(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    for version, other, why in (
        (OLD, {}, Why.SAME),
        (OLDEST, {}, Why.OLDER),
        (NEW, {"architecture": "riscv64"}, Why.OTHER_MACHINE),
    ):
        machine.steps.clear()
        with pytest.raises(BundleRefused) as refused:
            machine.updater().update(machine.publisher.bundle(version, **other))
        assert refused.value.why is why
        assert "unpack" not in machine.steps
    for why in (Why.EXPIRED, Why.NO_ROOM):
        machine.now_ms = EXPIRES_MS + (why is Why.EXPIRED)
        monkeypatch.setattr(self_update, "_SPARE_BYTES", 1 << 60)
        with pytest.raises(BundleRefused) as refused:
            machine.updater().update(machine.publisher.bundle(NEW))
        assert refused.value.why is why
    assert (machine.known, machine.there, machine.halves) == (Releases(OLD, OLDEST), [OLDEST, OLD], [])


def test_a_foreign_bundle_changes_nothing(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "thief").mkdir()
    with pytest.raises(BundleRefused) as refused:
        machine.updater().update(Publisher(tmp_path / "thief").bundle(NEW))
    assert refused.value.why is Why.FOREIGN
    assert (machine.there, machine.halves) == ([OLDEST, OLD], [])


def test_only_one_update_at_a_time(machine: Machine) -> None:
    with (machine.places.kept / "update.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(Busy):
            machine.update()
        with pytest.raises(Busy):
            machine.updater().resume()
    assert machine.updater().resume() is None


@pytest.mark.parametrize("how", ["a wheel that the disk has spoilt", "another version than its manifest's"])
def test_a_release_that_cannot_be_installed_leaves_nothing(
    bare_machine: Machine, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    run = GOOD
    if how.startswith("a wheel"):

        def build(unpacked: Path, releases: Path) -> Path:
            wheel = next((unpacked / "wheels").glob("tram_xanh*"))
            wheel.write_bytes(wheel.read_bytes()[:-1] + b"x")  # pip holds it against the lock
            return build_release(unpacked, releases)

        monkeypatch.setattr(self_update, "build_release", build)
    else:
        run = '"""'  # no program at all
    with pytest.raises(CannotBuild):
        bare_machine.updater().update(bare_machine.publisher.bundle(NEW, run))
    assert (bare_machine.there, bare_machine.halves) == ([OLDEST, OLD], [])
    assert bare_machine.known == Releases(OLD, OLDEST)
    assert bare_machine.updater().resume() is None


@pytest.mark.long
def test_another_build_of_a_version_that_was_never_used_takes_its_place(bare_machine: Machine) -> None:
    bare_machine.screen = "borrowing"
    assert bare_machine.update(run=BAD) is Outcome.IN_USE
    bare_machine.screen = "home"
    assert bare_machine.update(run=GOOD) is Outcome.PROVED


def test_garbage_in_releases_json_costs_no_release(machine: Machine) -> None:
    machine.places.state.write_bytes(b'{"current": "0.2')
    assert machine.updater().resume() is None
    assert (machine.known, machine.there) == (Releases(OLD, OLDEST), [OLDEST, OLD])


def test_what_is_taken_back_with_nobody_to_return_to_is_not_called_proved(machine: Machine) -> None:
    def lose_the_others() -> None:
        for version in (OLDEST, OLD):
            shutil.rmtree(machine.places.releases / version, ignore_errors=True)

    machine.chooser = lose_the_others
    assert machine.update(run=BAD) is Outcome.TAKEN_BACK
    assert machine.known == Releases(NEW, OLD, refused=(NEW,))
