"""What the station and the centre compute each for itself, and must be the same."""

from __future__ import annotations

import json
import secrets
from functools import partial
from pathlib import Path

import pytest

from central_link import enrolment as station
from central_link.enrolment import Told
from central_link.joining import settle
from central_server import enrolment as centre
from central_server.cannot import CannotDo
from central_server.changes import STATION, current
from central_server.database import open_store, reading
from central_server.enrolment_code import Wifi as CentreWifi
from central_server.enrolment_code import code_text
from central_server.imports.run import import_file
from demo.school import SAMPLES
from kiosk.config import BlankConfig, check_station, load, load_any
from kiosk.domain.code_formats import first_left
from kiosk.domain.enrolment_code import EnrolmentCode, Wifi, read, render
from kiosk.domain.server_address import server_address
from kiosk.ports.central import Standing


def test_both_ends_show_the_same_four_words() -> None:
    for library, device in (("hoa-sen", "tram-1"), ("hoa-sent", "ram-1"), ("bến tre", "trạm 1")):
        key, token = secrets.token_bytes(32), secrets.token_bytes(16)
        words = station.four_words(key, token, library, device)
        assert words == centre.four_words(key, token, library, device)
        assert words != centre.four_words(key, secrets.token_bytes(16), library, device)


def test_the_station_reads_the_tokens_that_the_centre_writes() -> None:
    for token in (bytes(16), b"\xff" * 16, *(secrets.token_bytes(16) for _ in range(50))):
        assert station.token_bytes(centre.token_text(token)) == token


SERVERS = [
    "https://thu-vien.example.vn",
    "https://Thu-Vien.Example.VN:8443/tram/",
    "HTTPS://thu-vien.example.vn",
    "https://192.168.1.10:8443",
    "https://[fd00::1]:8443",
    "http://127.0.0.1:8080",
    "http://localhost:8080/",
]
WIFIS = [None, ("Hoa Sen", "mat khau 1"), ("Thư viện", ""), ('"; rm -rf /', "\\ $(id) ';[wifi]")]


@pytest.mark.parametrize("url", SERVERS)
@pytest.mark.parametrize("wifi", WIFIS)
@pytest.mark.parametrize("pinned", [False, True])
def test_the_station_reads_the_code_that_the_centre_writes(
    url: str, wifi: tuple[str, str] | None, pinned: bool
) -> None:
    token, pin = secrets.token_bytes(16), secrets.token_bytes(32) if pinned and url.lower()[4] == "s" else None
    text = code_text(url, "hoa-sen", "trạm 1", token, pin, CentreWifi(*wifi) if wifi else None)
    wanted = EnrolmentCode(server_address(url), "hoa-sen", "trạm 1", token, pin, Wifi(*wifi) if wifi else None)
    assert read(text) == wanted
    assert render(wanted) == text
    assert wanted.token_text == centre.token_text(token).replace("-", "")


@pytest.mark.parametrize(
    ("url", "wifi"),
    [
        ("http://thu-vien.example.vn", None),
        ("ftp://thu-vien.example.vn", None),
        ("https://a@thu-vien.example.vn", None),
        ("https://thu-vien.example.vn?x", None),
        ("https://thu-vien.example.vn/" + "a" * 200, None),
        ("https://thu-viện.example.vn", None),
        ("https://thu-vien.example.vn:99999", None),
        (SERVERS[0], ("", "mat khau 1")),
        (SERVERS[0], ("a\nb", "mat khau 1")),
        (SERVERS[0], ("ễ" * 11, "mat khau 1")),
        (SERVERS[0], ("Hoa Sen", "1234567")),
        (SERVERS[0], ("Hoa Sen", "mật khẩu một")),
        (SERVERS[0], ("Hoa Sen", "1" * 64)),
    ],
)
def test_the_centre_writes_no_code_that_no_station_takes(url: str, wifi: tuple[str, str] | None) -> None:
    with pytest.raises(CannotDo):
        code_text(url, "hoa-sen", "tram-1", bytes(16), None, CentreWifi(*wifi) if wifi else None)


def test_a_station_can_live_by_what_the_centre_tells_it(tmp_path: Path) -> None:
    """Every form that the import takes is one that a station takes."""
    store = open_store(tmp_path)
    try:
        report = import_file(store, "hoa-sen", "Hoa Sen", "station", SAMPLES / "station.toml")
        assert report.readable
        with reading(store) as connection:
            told = json.loads(current(connection, "hoa-sen", STATION, "hoa-sen") or "")
    finally:
        store.close()
    config = tmp_path / "kiosk.toml"
    config.write_text('[station]\ndata = "data"\n')
    blank = load_any(config)
    assert isinstance(blank, BlankConfig)
    code = EnrolmentCode("https://thu-vien.example.vn", "hoa-sen", "tram-1", bytes(16))
    settle(code, blank.data, Told(Standing.ACTIVE, told), partial(check_station, machine=blank))
    formats = load(config).codes.formats()
    for sample, forms in (("HS250001", formats.cards), ("TK.00123", formats.items), ("TC.0001", formats.items)):
        assert first_left(forms, sample) == sample
