"""Every page that a link leads to, on a telephone and on a desk, in Chromium. A new page is found by itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser as Chromium

from central_server.people import Role
from gallery.site.walk import kind_of, walk
from tests.central_server.web.chromium import axe, faults_in_every_size, seat, too_wide
from tests.central_server.web.town import CARD, LIBRARY, PASSWORD, PIN, Town

READER = "reader"

# So that a hundred pages more do not take an hour: nothing that is nearer is left out.
_MOST = 60


@pytest.mark.slow(20)
@pytest.mark.parametrize("who", [None, READER, *Role])
def test_every_page(hoa_sen: Town, chromium: Chromium, who: str | None) -> None:
    wrong, seen = [], 0
    with seat(chromium, hoa_sen.server.url) as taken:
        if who == READER:
            taken.enter_as_reader(LIBRARY, CARD, PIN)
        elif who is not None:
            taken.enter(hoa_sen.logins[Role(who)], PASSWORD)
        for shown in walk(taken.page, taken.url, most=_MOST):
            seen += shown.is_page
            found = [f"leads nowhere: {shown.status}"] if shown.status != 200 else []
            if shown.is_page:
                found += faults_in_every_size(taken.page)
            wrong += [f"{shown.path}: {one}" for one in found + taken.said]
            taken.said.clear()
    assert not wrong, "\n".join(wrong)
    assert seen > 0


@pytest.mark.slow
def test_the_rules_find_what_is_wrong(hoa_sen: Town, chromium: Chromium) -> None:
    """The control: a page that breaks each of them."""
    with seat(chromium, hoa_sen.server.url) as taken:
        taken.go("/enter")
        assert (axe(taken.page), too_wide(taken.page), taken.said) == ([], [], [])
        taken.page.evaluate("""() => {
            const broken = '<input name="x" style="color: red"><p class="code">' + "x".repeat(400) + "</p>";
            document.querySelector("main").innerHTML = broken;
        }""")
        assert any(one.startswith("label (critical)") for one in axe(taken.page))
        assert too_wide(taken.page)
        assert any("Content Security Policy" in one for one in taken.said)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("/desk/hoa-sen/titles/D1", "/desk/sao-khue/titles/12", True),
        ("/desk/hoa-sen/titles", "/desk/hoa-sen/readers", False),
        ("/desk/hoa-sen/?q=an", "/desk/hoa-sen/?q=be", True),
        ("/desk/hoa-sen/?q=an", "/desk/hoa-sen/?page=2", False),
        ("/", "/enter", False),
    ],
)
def test_knows_pages_of_one_kind(one: str, other: str, same: bool) -> None:
    assert (kind_of(one) == kind_of(other)) == same
