"""A reader with a small telephone, with large letters, with keys alone: what they look for, wait for, wish for."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, ViewportSize

from tests.central_server.web.chromium import Seat, axe, seat, too_wide
from tests.central_server.web.town import CARD, LIBRARY, PIN, Town

SMALL: ViewportSize = {"width": 360, "height": 640}
TWICE_AS_LARGE: ViewportSize = {"width": 180, "height": 320}
"""What is left of it when everything is shown at 200 %."""
_HAS_FOCUS = """() => {
    const it = document.activeElement, here = it.getBoundingClientRect();
    const is_seen = here.top >= 0 && here.bottom <= innerHeight && getComputedStyle(it).outlineStyle === "solid";
    return [(it.name ?? "") + "|" + it.textContent.trim(), is_seen];
}"""


@pytest.mark.slow
@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("size", [SMALL, TWICE_AS_LARGE], ids=["small", "large letters"])
def test_needs_no_finger_and_no_width(hoa_sen: Town, chromium: Chromium, size: ViewportSize, language: str) -> None:
    with seat(chromium, hoa_sen.server.url, size, language=language) as taken:
        page = taken.page
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        _looks_well(taken, f"/l/{LIBRARY}/")
        _tab_to(page, "q|")
        page.keyboard.type("de men")
        _enter(page)
        _looks_well(taken)
        _tab_to(page, "Dế Mèn")
        _enter(page)
        _tab_to(page, {"vi": "Đăng nhập để đặt trước", "en": "Sign in to place a hold"}[language])
        _enter(page)
        _tab_to(page, "card|")
        page.keyboard.type(CARD)
        page.keyboard.press("Tab")
        page.keyboard.type(PIN)
        _enter(page)
        _looks_well(taken)
        _tab_to(page, {"vi": "Đặt trước", "en": "Place a hold"}[language])
        _enter(page)
        _looks_well(taken, f"/l/{LIBRARY}/suggest")
        _tab_to(page, "text|")
        page.keyboard.type("Quê nội")
        page.keyboard.press("Tab")
        _enter(page)
        assert "said=suggested" in page.url
        _looks_well(taken)


def _looks_well(taken: Seat, path: str = "") -> None:
    if path:
        taken.go(path)
    assert (too_wide(taken.page), axe(taken.page), taken.said) == ([], [], []), taken.path


def _tab_to(page: Page, what: str) -> None:
    for _ in range(40):
        page.keyboard.press("Tab")
        says, is_seen = page.evaluate(_HAS_FOCUS)
        if what in says:
            assert is_seen, f"{what} has the focus, and nobody sees it"
            return
    raise AssertionError(f"no key leads to {what}")


def _enter(page: Page) -> None:
    with page.expect_navigation():
        page.keyboard.press("Enter")
