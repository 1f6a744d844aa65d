"""What people do from one page to the next, in Chromium, with its scripts and without."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy
import pytest
import zxingcpp
from playwright.sync_api import Browser as Chromium

from central_server import people
from central_server.people import Role
from gallery.site.chromium import DESKTOP
from tests.central_server.support import ROOT
from tests.central_server.web.chromium import Seat, seat
from tests.central_server.web.town import PASSWORD, Town

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])]


def test_chooses_a_password_of_her_own_first(hoa_sen: Town, chromium: Chromium, scripts: bool) -> None:
    login = f"moi-{scripts}".lower()
    with hoa_sen.store.writing.begin() as connection:
        identity, first = people.add(connection, login, "Cô Mai", 0)
        people.give_role(connection, identity, "thcs-hoa-sen", Role.LIBRARIAN)
    with seat(chromium, hoa_sen.server.url, scripts=scripts) as taken:
        taken.enter(login, first)
        assert taken.path == "/account"
        taken.fill(old=first, new=PASSWORD)
        taken.send("/account")
        assert "Từ giờ dùng mật khẩu mới" in taken.text
        taken.page.get_by_role("button", name="Thoát").click()
        taken.enter(login, first)
        assert "chưa đúng" in taken.text
        taken.fill(login=login, password=PASSWORD)
        taken.send("/enter")
        assert "Thư viện xanh THCS Hoa Sen" in taken.text
        assert not [one for one in taken.said if "Failed to load" not in one]


def test_speaks_english_to_who_wants_it(hoa_sen: Town, chromium: Chromium, scripts: bool) -> None:
    with seat(chromium, hoa_sen.server.url, DESKTOP, scripts=scripts) as taken:
        taken.enter(hoa_sen.logins[Role.HEAD], PASSWORD)
        taken.page.get_by_role("link", name="English").click()
        assert "Hello" in taken.text
        assert taken.said == []


def _scanned(taken: Seat) -> str:
    """What a station reads off this screen."""
    drawn = cv2.imdecode(numpy.frombuffer(taken.page.locator("img.qr").screenshot(), numpy.uint8), cv2.IMREAD_COLOR)
    assert drawn is not None
    # Among the squares of some codes a reader of bars believes to see bars, too.
    (read,) = zxingcpp.read_barcodes(drawn, formats=zxingcpp.BarcodeFormat.QRCode)
    return read.text


def test_enrols_a_station_from_a_telephone(hoa_sen: Town, chromium: Chromium, scripts: bool, tmp_path: Path) -> None:
    """A real station takes the code off the screen; the page that waits shows its words by itself."""
    name, config = f"moi-{scripts}".lower(), tmp_path / "kiosk.toml"
    config.write_text('[station]\ndata = "data"\n')
    with seat(chromium, hoa_sen.server.url, scripts=scripts) as taken:
        taken.enter(hoa_sen.logins[Role.MAINTAINER], PASSWORD)
        taken.go("/stations/hoa-sen/new")
        taken.fill(device=name, wifi="Hoa Sen", wifi_password="mat khau 1")
        taken.send("/stations/hoa-sen/new")
        command = ["provisioning", "enrol", "--code", _scanned(taken), "--config", str(config), "--json"]
        taken.page.get_by_role("link", name="Trạm đã hiện bốn từ").click()
        assert "Trạm chưa liên lạc" in taken.text
        asked = [sys.executable, "-m", *command]
        with subprocess.Popen(asked, cwd=ROOT, stdout=subprocess.PIPE, text=True) as station:
            assert station.stdout is not None
            words = json.loads(station.stdout.readline())["words"]
            shown = taken.page.locator(".words")
            shown.wait_for(timeout=60_000)
            assert shown.inner_text() == ", ".join(words)
            taken.page.get_by_role("button", name="Đúng, giống cả bốn từ").click()
            taken.page.get_by_text("Đã xác nhận.").wait_for()
            assert station.wait(60) == 0
        assert taken.said == []
