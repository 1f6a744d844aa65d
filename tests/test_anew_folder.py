"""Who a station is changes as one, whenever the power goes: the old one, or all of the new one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from kiosk.ports.anew import FOLDER, forget_anew, take_over
from kiosk.ports.station_file import AUTHORITY, ENROLMENT_CODE, NAME
from tests.local_store.test_restoring import killed_at

WHO = ("device.key", "centre.pub", AUTHORITY, NAME)


def station(data: Path, *, confirmed: bool = True) -> Path:
    (data / FOLDER).mkdir(parents=True)
    for name in (*WHO, "device.key.before", "store.db"):
        (data / name).write_text("old")
    for name in (*WHO, ENROLMENT_CODE):
        (data / FOLDER / name).write_text("new")
    if not confirmed:
        (data / FOLDER / NAME).unlink()
    return data


def who(data: Path) -> str:
    return " ".join((data / name).read_text() for name in WHO)


def cut_at_every_step(folder: Path, take: Callable[[Path], object]) -> list[str]:
    """Who the station is after the next start, for each step at which it was cut."""
    found = []
    for step in range(1, 60):
        data = station(folder / str(step))
        was_cut = killed_at(step, lambda data=data: take(data))  # type: ignore[misc]
        take_over(data)
        found.append(who(data))
        assert (data / "store.db").read_text() == "old"
        if not was_cut:
            return found
    raise AssertionError("it never came to its end")


def test_is_the_new_one_whole_wherever_it_was_cut(tmp_path: Path) -> None:
    found = cut_at_every_step(tmp_path, take_over)
    assert len(found) > 8
    assert set(found) == {"new new new new"}


def station_first(data: Path) -> None:
    """The file that says that it is not over goes first."""
    for name in reversed(WHO):
        with suppress(FileNotFoundError):
            os.rename(data / FOLDER / name, data / name)
    shutil.rmtree(data / FOLDER)


def test_control_is_half_of_each_when_station_toml_goes_first(tmp_path: Path) -> None:
    assert set(cut_at_every_step(tmp_path, station_first)) - {"new new new new", "old old old old"}


def test_changes_nothing_before_the_centre_has_confirmed_it(tmp_path: Path) -> None:
    data = station(tmp_path, confirmed=False)
    assert not take_over(data)
    assert who(data) == "old old old old"
    assert (data / FOLDER / ENROLMENT_CODE).exists(), "it goes on"
    forget_anew(data)
    assert not (data / FOLDER).exists()


@pytest.mark.parametrize("missing", [AUTHORITY, "centre.pub"])
def test_takes_what_there_is(tmp_path: Path, missing: str) -> None:
    """A centre with a certificate that everybody trusts has no authority of its own."""
    data = station(tmp_path)
    (data / FOLDER / missing).unlink()
    assert take_over(data)
    assert who(data) == " ".join("old" if name == missing else "new" for name in WHO)
    assert not (data / FOLDER).exists()
    assert not (data / "device.key.before").exists()


def test_is_not_forgotten_once_it_is_confirmed(tmp_path: Path) -> None:
    data = station(tmp_path)
    forget_anew(data)
    assert take_over(data)
