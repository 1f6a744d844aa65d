"""After a power cut at the wrong moment: neither a Wi-Fi password nor a second store stays on a working station."""

from __future__ import annotations

import threading
from pathlib import Path

from kiosk.bootstrap.kiosk import Kiosk
from kiosk.config import load
from kiosk.ports.station_file import ENROLMENT_CODE
from kiosk.upkeep.leftovers import OLD_CARD, STICK_PART, clear_leftovers
from provisioning import __main__ as command

STATION = (
    '[station]\nlibrary = "hoa-sen"\ndevice = "tram-1"\ndata = "data"\n[codes]\ncard = "H.*"\nitem = "T.*"\n'
    '[sound]\nkind = "none"\n[central]\n'
)


def after_a_power_cut(folder: Path, central: str) -> Path:
    """The data folder of a station that is enrolled."""
    (folder / "kiosk.toml").write_text(STATION + central)
    data = folder / "data"
    (data / f"{OLD_CARD}x1y2").mkdir(parents=True, mode=0o700)
    (data / f"{OLD_CARD}x1y2" / "store.key").write_bytes(bytes(32))
    (data / ENROLMENT_CODE).write_text("TXE1:")
    (data / "store.note").write_text("stays")
    return data


def test_clears_half_an_update_from_a_stick_and_nothing_that_can_be_gone_on_with(tmp_path: Path) -> None:
    data = after_a_power_cut(tmp_path, "")
    incoming = (data / STICK_PART).parent
    incoming.mkdir()
    stay = {f"{'a' * 64}.part", f"{'b' * 64}.bundle"}
    for name in (*stay, "stick.part"):
        (incoming / name).write_bytes(b"half")
    clear_leftovers(data)
    assert names(incoming) == stay


def names(data: Path) -> set[str]:
    return {path.name for path in data.iterdir()}


def test_clears_what_is_over_and_nothing_else(tmp_path: Path) -> None:
    data = after_a_power_cut(tmp_path, "")
    clear_leftovers(data)
    clear_leftovers(data)
    clear_leftovers(tmp_path / "nothing")
    assert names(data) == {"store.note"}


def test_a_station_that_starts_clears_them(tmp_path: Path) -> None:
    data = after_a_power_cut(tmp_path, 'kind = "simulated"\n')
    kiosk = Kiosk(load(tmp_path / "kiosk.toml"), lambda _: None, painted=threading.Event())
    kiosk.start()
    kiosk.stop()
    assert not {name for name in names(data) if name == ENROLMENT_CODE or name.startswith(OLD_CARD)}


def test_the_next_bring_in_clears_them(tmp_path: Path) -> None:
    """Though this one finds that the old store cannot be read."""
    data = after_a_power_cut(tmp_path, 'kind = "native_rest"\nurl = "http://127.0.0.1:1"\n')
    old = tmp_path / "old"
    old.mkdir()
    (old / "store.db").write_bytes(b"spoilt")
    (old / "store.key").write_bytes(bytes(32))
    assert command.main(["bring-in", "--from", str(old), "--config", str(tmp_path / "kiosk.toml")]) == 1
    assert names(data) == {"store.note"}
