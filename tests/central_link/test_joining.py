"""What a centre tells of its stations is looked at before anything of it is kept."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from central_link.enrolment import Told
from central_link.joining import NothingTold, settle
from kiosk.config import BlankConfig, KioskConfig, check_station, load_any
from kiosk.domain.enrolment_code import EnrolmentCode
from kiosk.ports.central import Standing
from kiosk.ports.station_file import NAME, is_enrolled

CODE = EnrolmentCode("https://thu-vien.example.vn", "hoa-sen", "tram-1", bytes(16))
RIGHT: dict[str, Any] = {
    "place": "Thư viện xanh",
    "brand": "Trạm Xanh",
    "codes": {"item_example": "TK.1", "card": [{"pattern": "H.*"}], "item": [{"prefix": "T", "length": [3, 8]}]},
}

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
_names = st.sampled_from(
    ["pattern", "prefix", "suffix", "length", "check_digit", "strip", "colour", "card", "item", "item_example", "\n[x]"]
)
_forms = st.lists(st.dictionaries(_names, _json, max_size=3), max_size=3)
_codes = st.dictionaries(_names, _json | _forms, max_size=4)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.none()
    | st.dictionaries(st.sampled_from(["place", "brand", "codes", "data", "library"]), _json, max_size=5)
    | st.builds(lambda codes: RIGHT | {"codes": RIGHT["codes"] | codes}, _codes)
)
@example(RIGHT)
@example(RIGHT | {"codes": "H.*"})
@example(RIGHT | {"codes": ["H.*"]})
@example(RIGHT | {"place": 'a"\n[central]\nurl = "https://thief.example"'})
@example(RIGHT | {"place": "\ud800"})
@example(RIGHT | {"place": "\x7f"})
@example(RIGHT | {"library": "ben-tre", "data": "/etc"})
@example(RIGHT | {"codes": {**RIGHT["codes"], "card": [{"pattern": "("}]}})
@example(RIGHT | {"codes": {**RIGHT["codes"], "card": []}})
@example(RIGHT | {"codes": {**RIGHT["codes"], "card": [{"length": 10**30}]}})
def test_a_station_can_live_by_it_or_stays_blank(
    tmp_path_factory: pytest.TempPathFactory, said: dict[str, Any] | None
) -> None:
    folder = tmp_path_factory.mktemp("machine")
    (folder / "kiosk.toml").write_text('[station]\ndata = "data"\n')
    blank = load_any(folder / "kiosk.toml")
    assert isinstance(blank, BlankConfig)
    try:
        settle(CODE, blank.data, Told(Standing.ACTIVE, said), partial(check_station, machine=blank))
    except NothingTold:
        assert not (blank.data / NAME).exists()
        assert not is_enrolled(blank.data)
    else:
        config = load_any(folder / "kiosk.toml")
        assert isinstance(config, KioskConfig)
        assert (config.station.library, config.station.device) == ("hoa-sen", "tram-1")
        assert config.central == {"kind": "native_rest", "url": "https://thu-vien.example.vn"}
        assert config.data == folder / "data"


def test_what_is_right_is_kept(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The control of the test above."""
    folder = tmp_path_factory.mktemp("machine")
    (folder / "kiosk.toml").write_text('[station]\ndata = "data"\n')
    blank = load_any(folder / "kiosk.toml")
    assert isinstance(blank, BlankConfig)
    settle(CODE, blank.data, Told(Standing.ACTIVE, RIGHT), partial(check_station, machine=blank))
    assert is_enrolled(blank.data)
