"""A whole station without its window: what is chosen at the desk or at the centre reaches it while it runs, and is
there at the next start."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from kiosk.bootstrap.kiosk import Kiosk
from kiosk.config import load
from kiosk.domain.model import Patron
from kiosk.domain.requests import ChangeSettings
from kiosk.domain.staff import ByStaff, Role, Staff
from kiosk.ports.central import Gone, PatronRecord, SettingTold
from kiosk.ports.devices import Sound
from kiosk.session.effects import Ask
from kiosk.session.states import Home, State
from tests.runtime.station import STATION

PATIENCE_S = 30.0
LAN = ByStaff(Staff("5ca1ab1e-0000-4000-8000-000000000001", Role.LIBRARIAN))


class Seen:
    """Who stands in front: what they see, and how loud it is."""

    def __init__(self) -> None:
        self.state = State()
        self.loudness: list[int | None] = []

    def show(self, state: State) -> None:
        self.state = state

    def set_loudness(self, percent: int | None) -> None:
        self.loudness.append(percent)

    def play(self, sound: Sound) -> None:
        pass

    def close(self) -> None:
        pass


@contextmanager
def running(folder: Path, *, online: bool = True) -> Iterator[tuple[Kiosk, Seen]]:
    path = folder / "kiosk.toml"
    path.write_text(STATION + "[session]\nlanguage = 'vi'\nwarn_after_s = 25\n", "utf-8")
    seen = Seen()
    kiosk = Kiosk(load(path), seen.show)
    kiosk._chosen._signaller = seen
    kiosk._link.set_online(online)  # type: ignore[attr-defined]
    kiosk.start()
    try:
        assert kiosk.store.opened.wait(PATIENCE_S)
        lan = PatronRecord(Patron("lan", "cô Lan", "", "gv", None, False, staff=LAN.staff), ())
        kiosk.store.call(lambda work: (work.apply([lan], work.cursor()), work.commit()))
        yield kiosk, seen
    finally:
        kiosk.stop()


def becomes(true: Callable[[], bool]) -> bool:
    ends = time.monotonic() + PATIENCE_S
    while not true() and time.monotonic() < ends:
        time.sleep(0.01)
    return true()


def change(kiosk: Kiosk, values: Mapping[str, str]) -> None:
    kiosk._ask(Ask(0, 0, None, ChangeSettings(values), LAN))


def test_what_was_chosen_at_the_desk_holds_at_once_and_at_the_next_start(tmp_path: Path) -> None:
    with running(tmp_path) as (kiosk, seen):
        assert (seen.state.language, kiosk.rules.warn_after_s) == ("vi", 25.0)
        change(kiosk, {"session.language": "en", "session.idle_s": "60", "sound.volume": "10"})
        assert becomes(lambda: kiosk.rules.warn_after_s == 60.0)
        assert becomes(lambda: seen.state.language == "en"), "the home page is in the new language by itself"
        assert isinstance(seen.state.doing, Home)
        assert seen.loudness[-1] == 10
    with running(tmp_path, online=False) as (kiosk, seen):
        assert becomes(lambda: kiosk.rules.warn_after_s == 60.0)
        assert becomes(lambda: seen.state.language == "en")
        assert seen.loudness == [10]


def test_what_the_centre_tells_holds_too_and_what_it_takes_back_is_as_set_up(tmp_path: Path) -> None:
    with running(tmp_path) as (kiosk, seen):
        centre = kiosk._link
        centre.publish(SettingTold("session.idle_s", "90", fixed=True))  # type: ignore[attr-defined]
        assert becomes(lambda: kiosk.rules.warn_after_s == 90.0)
        change(kiosk, {"session.idle_s": "60"})
        centre.publish(SettingTold("sound.volume", "loud"))  # type: ignore[attr-defined]
        assert becomes(lambda: len(seen.loudness) == 2)
        assert kiosk.rules.warn_after_s == 90.0, "the centre has fixed it"
        assert seen.loudness == [None, None], "what cannot be read counts as not set"
        centre.publish(Gone("setting", "session.idle_s"))  # type: ignore[attr-defined]
        assert becomes(lambda: kiosk.rules.warn_after_s == 25.0)
