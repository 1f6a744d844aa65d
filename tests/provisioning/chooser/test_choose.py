"""Whatever becomes of releases, and of what is known of them: something is started, and what works is found."""

from __future__ import annotations

import ast
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioning.chooser import start as starter
from provisioning.chooser.choose import (
    CALL_STAFF,
    TRIAL_BOOTS,
    TRIAL_S,
    Now,
    Places,
    Releases,
    Trial,
    choose,
    lock,
    next_start,
    read_mark,
    usable_releases,
    write_releases,
)
from tests.provisioning.chooser.station_root import CHOOSER, StationRoot

pytestmark = pytest.mark.slow

OLD, NEW = "0.1.0", "0.2.0"
BOTH = Releases(current=NEW, previous=OLD, boot_id="boot")


def known(station: StationRoot) -> dict[str, object]:
    return dict(json.loads(station.places.state.read_text()))


# ---- programs that stand alone


@pytest.mark.parametrize("program", sorted(CHOOSER.glob("*.py")), ids=lambda path: path.name)
def test_imports_the_standard_library_and_nothing_of_ours(program: Path) -> None:
    for node in ast.walk(ast.parse(program.read_text("utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, program
            names = [node.module or ""]
        assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names, program


def test_the_programs_agree_on_when_staff_are_called() -> None:
    assert starter.CALL_STAFF == CALL_STAFF


# ---- with real programs and files


def test_starts_the_release_that_the_link_names_when_nothing_else_is_known(station: StationRoot) -> None:
    station.install(OLD)
    station.install(NEW)
    station.places.current.symlink_to(f"releases/{OLD}")
    assert station.start() == OLD
    assert station.starts()[0].split()[2:6] == ["-I", "-X", "faulthandler", "-m"]
    assert known(station)["current"] == OLD


def test_starts_the_newest_when_there_is_not_even_a_link(station: StationRoot) -> None:
    for version in ("0.9.0", "0.10.0"):
        station.install(version)
    assert station.start() == "0.10.0"
    assert os.readlink(station.places.current) == "releases/0.10.0"


def test_begins_a_compositor_beside_the_release_and_tells_it_where_windows_are_shown(station: StationRoot) -> None:
    station.install(NEW)
    station.run("choose.py")
    with station.popen("start.py", "/usr/bin/env", "DISPLAY=:7") as process:
        # Whoever was started stays what it is: systemd watches it. Its own end is not that of the compositor.
        assert process.wait(60) == 1
        os.killpg(process.pid, signal.SIGKILL)
    assert station.starts() == [
        f":7 {NEW} -I -X faulthandler -m kiosk run --config {station.root}/etc/tram-xanh/kiosk.toml"
    ]


@pytest.mark.parametrize("compositor", ["/bin/true", "/bin/false", "/no/such/compositor"])
def test_a_compositor_that_shows_nothing_is_a_start_that_failed(station: StationRoot, compositor: str) -> None:
    station.install(NEW)
    station.run("choose.py")
    done = station.run("start.py", compositor)
    assert done.returncode == 1
    assert station.starts() == []


def test_the_old_one_runs_when_all_of_the_new_one_is_deleted_and_staff_are_called_when_both_are(
    station: StationRoot,
) -> None:
    station.install(OLD)
    station.install(NEW)
    write_releases(station.places, BOTH)
    assert station.start() == NEW
    station.delete(NEW)
    assert station.start() == OLD
    station.delete(OLD)
    assert [station.start() for _ in range(2)] == ["staff", "staff"]
    station.install(OLD)
    assert station.start() == OLD


def test_control_without_the_chooser_nothing_is_started_when_the_new_one_is_deleted(station: StationRoot) -> None:
    station.install(OLD)
    station.install(NEW)
    assert station.start() == NEW
    station.delete(NEW)
    assert station.start(chooses=False) == "staff"


HALVES: dict[str, Callable[[Path], object]] = {
    "no interpreter": lambda release: (release / "bin/python").unlink(),
    "an interpreter that leads nowhere": lambda release: _replaced(release / "bin/python"),
    "one that may not be run": lambda release: (release / "bin/python").chmod(0o644),
    "a folder for one": lambda release: _folder(release / "bin/python"),
    "no release.json": lambda release: (release / "release.json").unlink(),
    "an empty release.json": lambda release: (release / "release.json").write_bytes(b""),
    "a list for a release.json": lambda release: (release / "release.json").write_text("[1]"),
    "one that nests without end": lambda release: (release / "release.json").write_text("[" * 100_000),
    "that of another version": lambda release: (release / "release.json").write_text('{"version": "0.3.0"}'),
}


def _replaced(python: Path) -> None:
    python.unlink()
    python.symlink_to("/no/such/python")


def _folder(python: Path) -> None:
    python.unlink()
    python.mkdir()


@pytest.mark.parametrize("half", HALVES.values(), ids=list(HALVES))
def test_a_release_that_is_half_there_is_none(station: StationRoot, half: Callable[[Path], object]) -> None:
    station.install(OLD)
    station.install(NEW)
    half(station.places.releases / NEW)
    write_releases(station.places, BOTH)
    assert choose(station.places, 1.0, "boot").current == OLD
    assert os.readlink(station.places.current) == f"releases/{OLD}"


def test_folders_that_are_no_releases_are_left_alone(station: StationRoot) -> None:
    for name in (".0.3.0.half", "0.3.0.gone", "latest", "00.1.0", "0.3", "٠.١.٠"):
        station.install(name)
    (station.places.releases / "0.4.0").write_text("a file")
    assert usable_releases(station.places) == []


GARBAGE = {
    "nothing": b"",
    "half": b'{"current": "0.1.0", "prev',
    "zeros": bytes(4096),
    "not UTF-8": b"\xff\xfe\x00",
    "a list": b"[]",
    "a number": b"7",
    "nested": b"[" * 100_000,
    "other types": b'{"current": 5, "previous": [], "trial": "x", "refused": {}, "crashes": "many", "boot_id": 1}',
    "a path": b'{"current": "../../etc", "previous": "/", "trial": {"version": "../x", "starts": 1}}',
    "numbers beyond": b'{"crashes": 1e999, "trial": {"version": "0.1.0", "starts": -5, "began_boottime": NaN}}',
    "huge": b'{"crashes": ' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=list(GARBAGE))
def test_garbage_in_releases_json_is_survived(station: StationRoot, garbage: bytes) -> None:
    station.install(OLD)
    station.install(NEW)
    station.places.current.symlink_to(f"releases/{OLD}")
    station.places.state.parent.mkdir(parents=True)
    station.places.state.write_bytes(garbage)
    assert station.start() == OLD
    assert known(station)["current"] == OLD


def test_three_crashes_then_the_other_one_then_staff_then_again_for_ever(station: StationRoot) -> None:
    station.install(OLD)
    station.install(NEW)
    write_releases(station.places, BOTH)
    starts = [station.start() for _ in range(21)]
    assert starts[:7] == [NEW] * 3 + [OLD] * 3 + ["staff"]
    assert starts[7:14] == [OLD] * 3 + [NEW] * 3 + ["staff"]
    assert starts[14:] == starts[:7]


def test_a_minute_that_was_well_ends_the_count(station: StationRoot) -> None:
    station.install(OLD)
    station.install(NEW)
    write_releases(station.places, BOTH)
    for _ in range(4):
        assert [station.start() for _ in range(3)] == [NEW] * 3
        station.mark("well")
    assert station.start() == NEW
    assert not (station.places.marks / "well").exists()


def test_a_disk_that_cannot_be_written_stops_nobody(station: StationRoot) -> None:
    station.install(NEW)
    station.run("choose.py")
    station.places.state.unlink()
    station.places.state.mkdir()  # a rename onto it fails, also for root
    done = station.run("choose.py")
    assert (done.returncode, done.stderr) == (1, "the chooser cannot write: Is a directory\n")
    assert station.start(chooses=False) == NEW


def test_a_lock_that_somebody_keeps_is_waited_for_and_then_passed(station: StationRoot) -> None:
    station.install(NEW)
    with lock(station.places) as first, lock(station.places, wait_s=0.2) as second:
        assert (first, second) == (True, False)
    with lock(station.places, wait_s=0.0) as free:
        assert free


@pytest.mark.parametrize("what", ["fifo", "link", "folder", "huge", "binary"])
def test_a_mark_may_be_anything_for_its_folder_is_the_stations(station: StationRoot, what: str) -> None:
    path = station.places.marks / "proved"
    secret = station.root / "secret"
    secret.write_text(NEW)
    match what:
        case "fifo":
            os.mkfifo(path)
        case "link":
            path.symlink_to(secret)
        case "folder":
            path.mkdir()
        case "huge":
            path.write_bytes(b"9" * 10_000_000)
        case _:
            path.write_bytes(b"\xff\0" * 8)
    assert read_mark(station.places, "proved") != NEW
    station.install(NEW)
    assert station.start() == NEW


# ---- a trial


def trial(starts: int = 0, began: float = 100.0, boot: str = "boot", **more: object) -> Releases:
    return Releases(NEW, OLD, Trial(NEW, starts, began, boot), boot_id="boot", **more)  # type: ignore[arg-type]


def now(at: float = 100.0, boot: str = "boot", usable: tuple[str, ...] = (OLD, NEW), **more: object) -> Now:
    return Now(usable, at, boot, **more)  # type: ignore[arg-type]


def test_what_is_on_trial_is_started_twice_then_the_old_one_returns() -> None:
    first = next_start(trial(), now())
    second = next_start(first, now(101.0))
    third = next_start(second, now(102.0))
    assert [one.current for one in (first, second, third)] == [NEW, NEW, OLD]
    assert (third.trial, third.refused, third.previous, third.crashes) == (None, (NEW,), NEW, 1)


def test_what_is_proved_stays() -> None:
    proved = next_start(trial(starts=1), now(101.0, proved=NEW))
    assert (proved.current, proved.trial, proved.refused, proved.crashes) == (NEW, None, (), 1)


def test_what_another_release_proved_proves_nothing() -> None:
    assert next_start(trial(starts=2), now(101.0, proved=OLD)).current == OLD


def test_a_minute_that_was_well_proves_nothing() -> None:
    assert next_start(trial(starts=2), now(101.0, well=True)).current == OLD


@pytest.mark.parametrize(("seconds", "stays"), [(TRIAL_S - 1, True), (TRIAL_S, False), (10 * TRIAL_S, False)])
def test_a_trial_has_two_minutes(seconds: float, stays: bool) -> None:
    assert (next_start(trial(starts=1), now(100.0 + seconds)).current == NEW) is stays


def test_the_time_counts_from_the_first_start_and_anew_in_another_boot() -> None:
    began = next_start(trial(starts=0, began=0.0), now(5_000.0))
    assert began.trial == Trial(NEW, 1, 5_000.0, "boot", 1)
    after_a_cut = next_start(began, now(3.0, boot="next boot"))
    assert after_a_cut.trial == Trial(NEW, 1, 3.0, "next boot", 2)
    crashed = next_start(after_a_cut, now(4.0, boot="next boot"))
    assert (crashed.current, next_start(crashed, now(5.0, boot="next boot")).current) == (NEW, OLD)


def test_power_cuts_end_a_trial_only_when_there_is_no_end_of_them() -> None:
    """It may be the release that ends each boot; two cuts say nothing of it."""
    station, seen = trial(), []
    for boot in range(TRIAL_BOOTS + 1):
        station = next_start(station, now(9.0, boot=f"boot {boot}"))
        seen.append(station.current)
    assert seen == [NEW] * TRIAL_BOOTS + [OLD]
    assert station.refused == (NEW,)


def test_a_proof_after_power_cuts_counts() -> None:
    station = trial()
    for boot in range(TRIAL_BOOTS):
        station = next_start(station, now(9.0, boot=f"boot {boot}"))
    proved = next_start(station, now(10.0, boot=f"boot {TRIAL_BOOTS - 1}", proved=NEW))
    assert (proved.current, proved.trial, proved.refused) == (NEW, None, ())


def test_what_is_refused_is_the_last_resort_only() -> None:
    refused = Releases("0.3.0", "", refused=(NEW,), boot_id="boot")
    assert next_start(refused, now(usable=(OLD, NEW))).current == OLD
    assert next_start(refused, now(usable=(NEW,))).current == NEW


def test_a_trial_that_has_nobody_to_return_to_goes_on() -> None:
    assert next_start(trial(starts=2), now(usable=(NEW,))).current == NEW


def test_starts_of_an_earlier_boot_do_not_count() -> None:
    """Each morning the power comes back, and what says that it was well is gone with the memory."""
    station = BOTH
    for day in range(20):
        station = next_start(station, now(boot=f"day {day}"))
        assert (station.current, station.crashes) == (NEW, 1)


def test_control_they_would_if_boots_were_not_told_apart() -> None:
    station = BOTH
    for _ in range(4):
        station = next_start(station, now())
    assert station.current == OLD


def test_the_station_can_read_what_runs_whatever_the_umask_of_its_unit(station: StationRoot) -> None:
    """Before it fetches a release; control: without a word of ours the file is root's alone."""
    before = os.umask(0o077)
    try:
        write_releases(station.places, BOTH)
        (station.places.state.parent / "control").touch()
    finally:
        os.umask(before)
    assert station.places.state.stat().st_mode & 0o777 == 0o644
    assert (station.places.state.parent / "control").stat().st_mode & 0o777 == 0o600


def test_places_are_those_of_decision_29() -> None:
    places = Places()
    assert (str(places.current), str(places.state)) == (
        "/opt/tram-xanh/current",
        "/var/lib/tram-xanh-chooser/releases.json",
    )
