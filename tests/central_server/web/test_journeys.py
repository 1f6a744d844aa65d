"""What people do from one page to the next, in Chromium, with its scripts and without."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser as Chromium

from central_server import people
from central_server.people import Role
from gallery.site.chromium import DESKTOP
from tests.central_server.web.chromium import seat
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
        assert "sai" in taken.text
        taken.fill(login=login, password=PASSWORD)
        taken.send("/enter")
        assert "Thư viện xanh THCS Hoa Sen" in taken.text
        # The browser itself complains of an answer that is none: once, of the password that is wrong now.
        assert all("403" in one for one in taken.said), taken.said


def test_speaks_english_to_who_wants_it(hoa_sen: Town, chromium: Chromium, scripts: bool) -> None:
    with seat(chromium, hoa_sen.server.url, DESKTOP, scripts=scripts) as taken:
        taken.enter(hoa_sen.logins[Role.HEAD], PASSWORD)
        taken.page.get_by_role("link", name="English").click()
        assert "Hello" in taken.text
        assert taken.said == []
