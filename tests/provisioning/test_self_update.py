"""An update from a bundle to a release that has proved itself, or back: real bundles, real virtual environments."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from benchmarks.small_release import (
    BAD,
    BUILT_MS,
    EXPIRES_MS,
    GOOD,
    Publisher,
    install,
    start,
    station_with,
    version_that_runs,
)
from provisioning import self_update
from provisioning.bundle import BundleRefused, Why
from provisioning.chooser.choose import (
    TRIAL_BOOTS,
    Places,
    Releases,
    Trial,
    boot_id,
    boottime,
    choose,
    point_to,
    read_releases,
    write_releases,
)
from provisioning.release_folder import CannotBuild, build_release, releases_in
from provisioning.self_update import Busy, Outcome, Updater, signed_by

pytestmark = pytest.mark.slow

OLDEST, OLD, NEW, NEWER = "0.1.0", "0.2.0", "0.3.0", "0.4.0"


@dataclass
class Machine:
    """A station, its service manager, and who stands in front of it."""

    places: Places
    publisher: Publisher
    screen: str | None = "home"
    started: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    now_ms: int = BUILT_MS
    chooser: Callable[[], None] = lambda: None
    built: Mapping[str, Path] = field(default_factory=dict)

    def restart(self) -> None:
        self.chooser()
        self.started.append(version_that_runs(self.places))
        start(self.places)

    def updater(self, **other: float) -> Updater:
        return Updater(
            self.places,
            signed_by(self.places.publisher),
            self.restart,
            lambda: None if self.screen is None else {"screen": self.screen},
            lambda: self.now_ms,
            tell=self.steps.append,
            pause=lambda _: None,
            **{"within_s": 0.3, **other},
        )

    def update(self, version: str = NEW, run: str = GOOD, *, again: bool = False) -> Outcome:
        self.prepare(run)
        return self.updater().update(self.publisher.bundle(version, run), again=again)

    def prepare(self, run: str) -> None:
        """The new release as a run before has built it: that takes a second, and most tests are not about it."""
        if run in self.built and NEW not in self.there:
            shutil.copytree(self.built[run] / NEW, self.places.releases / NEW, symlinks=True)

    @property
    def known(self) -> Releases:
        return read_releases(self.places)

    @property
    def there(self) -> list[str]:
        return releases_in(self.places.releases)

    @property
    def halves(self) -> list[str]:
        return [path.name for path in self.places.releases.iterdir() if path.name.startswith(".")]


def proof_of(places: Places) -> Path:
    return places.marks / "proved"


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


# ---- with the chooser, which looks at the next start


def test_believes_the_chooser_that_has_taken_it_back(machine: Machine) -> None:
    def chooser() -> None:
        if machine.known.trial:
            # As it does: what it came from is the previous one.
            write_releases(machine.places, Releases(OLD, NEW, refused=(NEW,), boot_id="b"))
            point_to(machine.places, OLD)

    machine.chooser = chooser
    assert machine.update() is Outcome.TAKEN_BACK
    assert machine.known == Releases(OLD, OLDEST, refused=(NEW,), boot_id="b")
    assert machine.started == [OLD]
    assert machine.there == [OLDEST, OLD]


def test_keeps_what_the_chooser_has_counted_meanwhile(machine: Machine) -> None:
    def chooser() -> None:
        if trial := machine.known.trial:
            counted = Trial(trial.version, trial.starts + 1, trial.began_boottime, trial.boot_id)
            write_releases(machine.places, Releases(NEW, OLD, counted, rest={"of the chooser": [1]}))

    machine.chooser = chooser
    assert machine.update() is Outcome.PROVED
    assert machine.known == Releases(NEW, OLD, rest={"of the chooser": [1]})


@pytest.mark.parametrize(
    ("began_boottime", "boot", "outcome"),
    [
        (-1000.0, boot_id(), Outcome.TAKEN_BACK),
        (0.0, boot_id(), Outcome.TAKEN_BACK),
        (1e9, "another boot", Outcome.TAKEN_BACK),
    ],
    ids=["over", "just begun", "of an earlier boot"],
)
def test_a_trial_that_another_run_began_is_seen_through(
    machine: Machine, began_boottime: float, boot: str, outcome: Outcome
) -> None:
    machine.screen = "borrowing"
    machine.update(run=BAD)
    trial = Trial(NEW, 1, boottime() + began_boottime, boot)
    write_releases(machine.places, Releases(NEW, OLD, trial))
    point_to(machine.places, NEW)
    assert machine.updater().resume() is outcome
    assert machine.known == Releases(OLD, OLDEST, refused=(NEW,))
    assert machine.started == [OLD]


def chosen(machine: Machine, boottime: float, boot: str) -> None:
    """A start: the chooser looks, and whatever it chooses runs."""
    choose(machine.places, boottime, boot)
    start(machine.places)


@pytest.mark.parametrize("screen", ["home", "borrowing"])
def test_a_power_cut_at_the_restart_takes_no_proof_away(machine: Machine, screen: str) -> None:
    """The next boot begins the trial and proves it; an hour later comes the updater."""
    machine.prepare(GOOD)
    (machine.places.kept / "restart-due").touch()
    write_releases(machine.places, Releases(NEW, OLD, Trial(NEW, 0, boottime(), "the boot before")))
    chosen(machine, boottime() - 3600, boot_id())
    machine.chooser = lambda: chosen(machine, boottime(), boot_id())
    machine.screen = screen  # nobody need be away for it
    assert machine.updater().resume() is Outcome.PROVED
    assert (machine.known.current, machine.known.trial, machine.known.refused) == (NEW, None, ())
    assert machine.started == []
    assert not (machine.places.kept / "restart-due").exists()


@pytest.mark.parametrize("resumes", [True, False], ids=["", "control"])
def test_a_proof_that_is_noted_down_soon_outlives_all_power_cuts(machine: Machine, resumes: bool) -> None:
    """As tram-xanh-prove does it: an interrupted trial, a boot that proves itself, and many more before any update."""
    machine.prepare(GOOD)
    write_releases(machine.places, Releases(NEW, OLD, Trial(NEW, 1, 5.0, "the boot before", 1)))
    chosen(machine, 5.0, boot_id())
    if resumes:
        assert machine.updater().resume() is Outcome.PROVED
    for after in range(TRIAL_BOOTS):
        proof_of(machine.places).unlink(missing_ok=True)
        chosen(machine, 5.0, f"boot {after} after")
    assert version_that_runs(machine.places) == (NEW if resumes else OLD)


def test_finds_a_proof_that_came_while_nobody_waited(machine: Machine) -> None:
    machine.screen = "borrowing"
    machine.update()
    write_releases(machine.places, Releases(NEW, OLD, Trial(NEW, 1, boottime(), boot_id())))
    point_to(machine.places, NEW)
    proof_of(machine.places).write_text(NEW)
    assert machine.updater().resume() is Outcome.PROVED
    assert machine.known == Releases(NEW, OLD)
    assert machine.started == []


@pytest.mark.long
@pytest.mark.parametrize("kind", ["a FIFO", "a folder", "a link"])
def test_waits_for_nothing_in_the_stations_own_folder(machine: Machine, kind: str, tmp_path: Path) -> None:
    def spoil() -> None:
        if version_that_runs(machine.places) == OLD:  # it returns, and may write its own
            proof_of(machine.places).rmdir() if kind == "a folder" else proof_of(machine.places).unlink(missing_ok=True)
        elif kind == "a FIFO":
            os.mkfifo(proof_of(machine.places))
        elif kind == "a folder":
            proof_of(machine.places).mkdir(exist_ok=True)
        else:
            (tmp_path / "other").write_text(NEW)
            proof_of(machine.places).symlink_to(tmp_path / "other")

    machine.chooser = spoil
    assert machine.update(run="pass") is Outcome.TAKEN_BACK


def test_an_older_releases_proof_is_none_of_the_new_one(machine: Machine) -> None:
    proof_of(machine.places).write_text(OLD)
    assert machine.update(run=BAD) is Outcome.TAKEN_BACK
