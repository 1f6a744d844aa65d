"""An update and the chooser, which looks at the next start: a trial that is counted, taken back or proved by either."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.small_release import (
    BAD,
    GOOD,
    start,
    version_that_runs,
)
from provisioning.chooser.choose import (
    TRIAL_BOOTS,
    Releases,
    Trial,
    boot_id,
    boottime,
    choose,
    point_to,
    write_releases,
)
from provisioning.self_update import Outcome
from tests.provisioning.updating import NEW, OLD, OLDEST, Machine, proof_of

pytestmark = pytest.mark.slow


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
