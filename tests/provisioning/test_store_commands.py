"""python -m provisioning backup, backup-key, restore and recover, as a teacher types them."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from devices.host.checks.store import look_at_store
from devices.host.usb_stick import usb_stick
from kiosk.domain.findings import State
from kiosk.runtime.diary import Diary
from local_store import StoreConfig, open_store, read_store
from local_store.recovery_code import code_of, key_of
from local_store.station import StationStore
from provisioning import __main__ as command
from provisioning import store_commands
from tests.local_store.backing_up import ledger, second_medium
from tests.local_store.shelf import CATALOGUE, ITEMS, lend
from tests.local_store.test_damage import flip, stores_aside
from tests.provisioning.root_rig import FakeMachine, NamedSticks, serving
from tests.runtime.station import STATION

pytestmark = pytest.mark.slow


class Machine:
    """A station's kiosk.toml, its stick, and somebody in front of its terminal."""

    def __init__(self, folder: Path, stick: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder.mkdir(parents=True)
        self.data, self.stick, self._capsys = folder / "data", stick, capsys
        self.config = folder / "kiosk.toml"
        self.config.write_text(f'{STATION}\n[backup]\nfolder = "{stick}"\n', encoding="utf-8")

    def type(self, *words: str) -> tuple[int, str]:
        status = command.main([*words, "--config", str(self.config), "--language", "en"])
        said = self._capsys.readouterr()
        assert bool(said.out) != bool(said.err)
        assert bool(said.err) == bool(status)
        return status, said.out + said.err

    @property
    def store(self) -> StoreConfig:
        return StationStore(self.data, "hoa-sen", "tram-1", 0).config(may_create_key=True)

    def lend(self, *numbers: int, catalogue: bool = False) -> list[str]:
        """Every operation there is then."""
        store = open_store(self.store)
        with store.unit_of_work() as work:
            if catalogue:
                work.apply(CATALOGUE, "57")
            for number in numbers:
                lend(work, ITEMS[number])
            work.commit()
        held = ledger(store)
        store.close()
        return held

    def held(self) -> list[str]:
        return ledger(read_store(self.store))


@pytest.fixture
def machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Machine]:
    with second_medium(tmp_path) as stick:
        yield Machine(tmp_path / "station", stick, capsys)


def test_backs_up_beside_a_station_at_work_and_notes_it(machine: Machine) -> None:
    machine.lend(0, catalogue=True)
    running = open_store(machine.store)
    status, said = machine.type("backup")
    running.close()
    (name,) = os.listdir(machine.stick)
    assert (status, said) == (0, f"Written and read back: {machine.stick / name}\n")
    entry = Diary(machine.data / "upkeep.json").read()["backup"]
    assert entry is not None
    assert entry["well"] is True


def test_says_why_there_is_no_backup(machine: Machine) -> None:
    machine.lend(0, catalogue=True)
    text = machine.config.read_text()
    machine.config.write_text(text.replace(str(machine.stick), str(machine.stick / "not" / "there")))
    status, said = machine.type("backup")
    assert (status, "No such file or directory" in said) == (1, True)
    entry = Diary(machine.data / "upkeep.json").read()["backup"]
    assert entry is not None
    assert (entry["well"], entry["why"]) == (False, "No such file or directory")


def test_restores_only_when_told_so_and_from_the_newest_whole_backup(machine: Machine) -> None:
    old = machine.lend(0, catalogue=True)
    machine.type("backup")
    machine.lend(1)
    machine.type("backup")
    flip(sorted(machine.stick.iterdir())[-1], 10)
    new = machine.lend(2)
    status, said = machine.type("restore", "--from", str(machine.stick))
    assert (status, "000001" in said, "--yes" in said) == (2, True, True)
    assert machine.held() == new
    status, said = machine.type("restore", "--from", str(machine.stick), "--yes")
    assert status == 0, said
    assert machine.held() == old
    assert len(stores_aside(machine.data)) == 1


def test_restores_to_a_new_card_with_the_recovery_code(
    machine: Machine, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = machine.lend(0, 1, catalogue=True)
    machine.type("backup")
    status, said = machine.type("backup-key")
    code = "".join(line for line in said.splitlines() if line.startswith("    "))
    assert (status, key_of(code)) == (0, machine.store.key)

    empty, begun = (Machine(tmp_path / name, machine.stick, capsys) for name in ("empty", "begun"))
    begun.lend(3, catalogue=True)
    with_its_own = begun.store.key
    slip = code[:-1] + ("7" if code[-1] != "7" else "8")
    for card in (empty, begun):
        status, said = card.type("restore", "--from", str(machine.stick), "--yes", "--code", slip)
        assert (status, "56 letters" in said) == (2, True)
        monkeypatch.setattr("builtins.input", lambda question: code.lower())
        status, said = card.type("restore", "--from", str(machine.stick), "--yes")
        assert status == 0, said
        assert card.held() == held
    assert empty.store.key == machine.store.key
    assert begun.store.key == with_its_own, "the store that was set aside can still be read"


def test_refuses_the_code_of_another_station(machine: Machine) -> None:
    machine.lend(0, catalogue=True)
    machine.type("backup")
    status, said = machine.type(
        "restore", "--from", str(machine.stick), "--yes", "--code", code_of(bytes(range(100, 132)))
    )
    assert (status, said.startswith("Nothing was changed")) == (1, True)


def test_touches_nothing_while_the_station_runs(machine: Machine) -> None:
    machine.lend(0, catalogue=True)
    machine.type("backup")
    running = open_store(machine.store)
    for words in (["restore", "--from", str(machine.stick), "--yes"], ["recover", "--yes"]):
        status, said = machine.type(*words)
        assert (status, "another process" in said) == (1, True)
    running.close()


def test_says_that_a_backup_or_the_stick_is_not_there(machine: Machine, tmp_path: Path) -> None:
    machine.lend(0, catalogue=True)
    for place in (machine.stick, tmp_path / "nowhere"):
        status, said = machine.type("restore", "--from", str(place), "--yes")
        assert (status, said.startswith("Nothing was changed")) == (1, True)


def test_recovers_a_damaged_store_in_two_commands(machine: Machine) -> None:
    machine.lend(0, catalogue=True)
    machine.type("backup")
    held = machine.lend(1, 2)
    flip(machine.data / "store.db", 1)
    status, said = machine.type("recover")
    assert (status, "carried over from the damaged store: 2." in said, "--yes" in said) == (2, True, True)
    status, said = machine.type("recover", "--yes")
    assert (status, "Done." in said) == (0, True)
    assert machine.held() == held
    assert machine.type("recover") == (0, "The store is well; there is nothing to recover.\n")


def test_finds_the_damage_itself_when_the_station_has_not_met_it(machine: Machine) -> None:
    machine.lend(0, catalogue=True)
    machine.type("backup")
    held = machine.lend(1, 2)
    flip(machine.data / "store.db", 10)
    status, _ = machine.type("recover", "--yes")
    assert (status, machine.held()) == (0, held)


def test_asks_for_nothing_that_a_slip_of_the_pen_could_pass_for() -> None:
    key = random.Random(7).randbytes(32)
    code = code_of(key)
    assert key_of(code.replace("-", " ").lower()) == key
    for at, letter in enumerate(code):
        if letter != "-":
            other = "0" if letter != "0" else "2"
            assert key_of(code[:at] + other + code[at + 1 :]) is None
    assert key_of("") is None
    assert key_of("É" * 56) is None


def named_sticks(machine: Machine, folder: Path, monkeypatch: pytest.MonkeyPatch, label: str | None) -> NamedSticks:
    """kiosk.toml knows of no folder."""
    machine.config.write_text(STATION, encoding="utf-8")
    sticks = NamedSticks(folder, machine.stick, label)
    sticks.plug_into(store_commands, monkeypatch)
    return sticks


@pytest.mark.parametrize("label", ["TXBACKUP", "TXBACKUP2", "PHOTOS", None])
def test_the_daily_backup_goes_onto_the_stick_of_that_name_only(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, label: str | None
) -> None:
    """As udev has read it, also where another stick is plugged in beside it; nothing else is mounted by a timer."""
    machine.lend(0, catalogue=True)
    fake = named_sticks(machine, tmp_path, monkeypatch, label).fake
    with serving(fake):
        status, said = machine.type("backup", "--daily")
    assert status == 0, said
    if label == "TXBACKUP":
        assert str(fake.folder / "dev/sdb1") in fake.asked.read_text().splitlines()
        assert len(os.listdir(machine.stick / "tram-xanh")) == 1
    else:
        assert not fake.asked.exists()
        assert Diary(machine.data / "upkeep.json").read()["backup"] is None, "this school has no such stick"


@pytest.mark.parametrize("how", ["pulled out", "with another name", "with another file system"])
def test_a_stick_for_backups_that_is_missed_is_noted_down(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Else the tile would be green for ever."""
    machine.lend(0, catalogue=True)
    sticks = named_sticks(machine, tmp_path, monkeypatch, "TXBACKUP")
    diary = Diary(machine.data / "upkeep.json")
    with serving(sticks.fake):
        assert machine.type("backup", "--daily")[0] == 0
        before = diary.read()["backup"]
        match how:
            case "with another name":
                sticks.name("TXBACKUP2")
            case "with another file system":
                (sticks.fake.folder / "dev/sdb1").write_bytes(bytes(512))
            case _:
                (sticks.fake.folder / "sys/class/block/sdb1").unlink()
        assert machine.type("backup", "--daily")[0] == 1
    now = diary.read()["backup"]
    assert before is not None
    assert now is not None
    assert now["well"] is False
    assert now["why"] == ("file-system" if how == "with another file system" else "no stick is called TXBACKUP")
    assert now["good_at"] == before["good_at"]
    place = StationStore(machine.data, "hoa-sen", "tram-1", 0)
    assert look_at_store(place, None, now, backs_up=False).state is State.LOOK


@pytest.mark.parametrize("label", ["TXBACKUP", "PHOTOS"])
def test_recovers_with_the_stick_of_the_daily_backup(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, label: str
) -> None:
    """Else it would say that there is no backup, while it is plugged in."""
    machine.lend(0, catalogue=True)
    sticks = named_sticks(machine, tmp_path, monkeypatch, label)
    with serving(sticks.fake):
        machine.type("backup", "--daily")
        machine.lend(1)
        flip(machine.data / "store.db", 1)
        status, said = machine.type("recover")
    assert (status, "There is no backup" in said) == (2, label != "TXBACKUP")
    assert label != "TXBACKUP" or "--options=ro," in sticks.fake.asked.read_text()


def test_the_daily_backup_goes_to_the_folder_that_kiosk_toml_names(machine: Machine) -> None:
    machine.lend(0, catalogue=True)
    assert machine.type("backup", "--daily")[0] == 0
    assert len(os.listdir(machine.stick)) == 1


def test_backs_up_onto_a_stick_and_restores_from_it_which_nothing_else_mounts(
    machine: Machine, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """kiosk.toml knows of no folder; root's helper is asked, to write for the one and to read for the other."""
    held = machine.lend(0, 1, catalogue=True)
    fake = FakeMachine(tmp_path / "root")
    fake.stick = machine.stick
    monkeypatch.setattr(store_commands, "usb_stick", partial(usb_stick, at=fake.socket))
    machine.config.write_text(STATION, encoding="utf-8")
    assert machine.type("backup", "--stick") == (1, "No helper for sticks is installed on this machine.\n")
    with serving(fake):
        assert machine.type("backup", "--stick")[0] == 1, "none is plugged in"
        fake.disk()
        assert machine.type("backup", "--stick")[0] == 0
        assert "--options=rw," in fake.asked.read_text()
        assert len(os.listdir(machine.stick / "tram-xanh")) == 1
        machine.lend(2)
        status, said = machine.type("restore", "--stick", "--yes")
        assert status == 0, said
        assert "--options=ro," in fake.asked.read_text()
    assert machine.held() == held
