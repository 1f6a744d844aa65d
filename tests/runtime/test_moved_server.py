"""The centre has moved: a code that names another server, for a station whose kiosk.toml names none."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from central_link.enrolment import token_bytes
from central_link.identity import Identity
from devices.host.clock import HostClock
from gallery.samples import borrowing
from kiosk.__main__ import _as_it_is_now
from kiosk.bootstrap.anew import _LOOK_S, _SHOW_THE_END_S, Anew
from kiosk.config import BUILD_MS, KioskConfig, load
from kiosk.domain.enrolment_code import EnrolmentCode
from kiosk.ports.anew import FOLDER
from kiosk.ports.station_file import NAME, write_station
from kiosk.session.enrolment import Begin, Confirmed, Enrol, WordsKnown
from kiosk.session.states import State
from tests.central_link.picky_centre import picky_centre
from tests.central_link.stand_in import enrolled
from tests.provisioning.test_enrol import TOKEN
from tests.sync.test_engine import eventually

pytestmark = pytest.mark.slow

CODES = {"item_example": "TK.1", "card": [{"prefix": "H"}], "item": [{"prefix": "T"}]}


def test_the_station_that_starts_again_speaks_to_the_new_one(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with picky_centre() as (old, _), picky_centre() as (new, _):
        (tmp_path / "kiosk.toml").write_text('[station]\ndata = "data"\n')
        tables = {"station": {"library": "hoa-sen", "device": "tram-1"}, "codes": CODES}
        write_station(data, tables | {"central": {"kind": "native_rest", "url": old.url}})
        before = enrolled(data).id
        config = load(tmp_path / "kiosk.toml")
        told: list[object] = []
        left: list[bool] = []
        clock = HostClock(battery_clock=True, build_ms=BUILD_MS)
        anew = Anew(config, clock, told.append, lambda: left.append(True), lambda: False)
        stop = threading.Event()
        thread = threading.Thread(target=anew.run, args=(stop,))
        thread.start()
        try:
            secret = token_bytes(TOKEN)
            assert secret is not None
            code = EnrolmentCode(new.url, "hoa-sen", "tram-1", secret)
            new.expect(code.token_text)
            new.station = {"codes": CODES, "place": "Trường mới"}
            anew.perform(Enrol(1, code))
            eventually(lambda: any(isinstance(one, WordsKnown) for one in told))
            identity = Identity(data).key()
            assert identity is not None
            assert identity.id == before
            assert str(load(tmp_path / "kiosk.toml").central["url"]) == old.url
            for key in new.states:
                new.states[key] = "active"
            eventually(lambda: Confirmed(1) in told)
            assert (data / FOLDER / NAME).exists()
            anew.shown(State(borrowing(1)))
            anew.perform(Begin())
            time.sleep(_LOOK_S + _SHOW_THE_END_S + 1)
            assert left == [], "somebody stands there"
            anew.shown(State())
            eventually(lambda: left == [True])
        finally:
            stop.set()
            anew.stop()
            thread.join()
    now = _as_it_is_now(tmp_path / "kiosk.toml")
    assert isinstance(now, KioskConfig)
    assert (now.central["url"], now.station.place) == (new.url, "Trường mới")
    identity = Identity(data).key()
    assert identity is not None
    assert identity.id in new.states
    assert not (data / FOLDER).exists()
