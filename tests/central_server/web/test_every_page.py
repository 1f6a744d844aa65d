"""Every page that a link leads to, on a telephone and on a desk, in Chromium, with its scripts and without. A new page
is found by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser as Chromium

from central_server.people import Role
from gallery.site.walk import kind_of, walk
from tests.central_server.web.chromium import Seat, axe, faults_in_every_size, seat, too_wide, what_it_offers
from tests.central_server.web.town import CARD, LIBRARY, PASSWORD, PIN, Town

READER = "reader"

_MOST = 100
_EVERY_QUESTION = 1_000


@pytest.mark.slow(15)
@pytest.mark.parametrize("who", [None, READER, *Role])
def test_every_page(hoa_sen: Town, chromium: Chromium, known: set[str], who: str | None) -> None:
    wrong, seen = [], 0
    with _at_work(hoa_sen, chromium, who) as taken, _without_scripts(chromium, taken) as plain:
        for shown in walk(taken.page, taken.url, most=_MOST):
            seen += shown.is_page
            found = [f"leads nowhere: {shown.status}"] if shown.status != 200 else []
            if shown.is_page and (own := _own(taken)) not in known:
                known.add(own)
                plain.go(shown.path)
                offered = what_it_offers(taken.page)
                assert offered, shown.path
                found += [f"without scripts there is no {one}" for one in offered - what_it_offers(plain.page)]
                found += faults_in_every_size(taken.page)
            wrong += [f"{shown.path}: {one}" for one in found + taken.said]
            taken.said.clear()
    assert not wrong, "\n".join(wrong)
    assert seen > 0


@pytest.mark.slow(30)
@pytest.mark.long
@pytest.mark.parametrize("who", [Role.LIBRARIAN, Role.HEAD, Role.OFFICE])
def test_every_page_however_it_is_asked(hoa_sen: Town, chromium: Chromium, who: Role) -> None:
    """Orders, months, pages of lists, with each other."""
    wrong = []
    with _at_work(hoa_sen, chromium, who) as taken:
        for shown in walk(taken.page, taken.url, most=_MOST, asked=_EVERY_QUESTION):
            found = too_wide(taken.page) + axe(taken.page) if shown.is_page else []
            wrong += [f"{shown.path}: {one}" for one in [*found, *taken.said, *([] if shown.status == 200 else "?")]]
    assert not wrong, "\n".join(wrong)


@pytest.fixture(scope="module")
def known() -> set[str]:
    """The pages that were held against the rules. What two people see alike is looked at once: axe takes the time."""
    return set()


def _own(taken: Seat) -> str:
    return re.sub(r'name="csrf" value="[^"]*"', "", taken.page.locator("main").inner_html())


@contextmanager
def _at_work(town: Town, chromium: Chromium, who: str | None) -> Iterator[Seat]:
    with seat(chromium, town.server.url) as taken:
        if who == READER:
            taken.enter_as_reader(LIBRARY, CARD, PIN)
        elif who is not None:
            taken.enter(town.logins[Role(who)], PASSWORD)
        yield taken


@contextmanager
def _without_scripts(chromium: Chromium, taken: Seat) -> Iterator[Seat]:
    """The same person, in a browser without JavaScript."""
    with seat(chromium, taken.url, scripts=False) as plain:
        plain.page.context.add_cookies(taken.page.context.cookies())  # type: ignore[arg-type]
        yield plain


@pytest.mark.slow
def test_the_rules_find_what_is_wrong(hoa_sen: Town, chromium: Chromium) -> None:
    """The control: a page that breaks each of them."""
    with seat(chromium, hoa_sen.server.url) as taken:
        taken.go("/enter")
        assert (axe(taken.page), too_wide(taken.page), taken.said) == ([], [], [])
        offered = what_it_offers(taken.page)
        taken.page.evaluate("""() => { document.querySelector("main form").hidden = true; }""")
        assert any("password" in one for one in offered - what_it_offers(taken.page))
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
