"""Signing in and out, and the forms that only a visit of ours can send."""

import pytest
import sqlalchemy as sa

from central_server import people
from central_server.people import Role
from central_server.tables.organisations import person, visit
from tests.central_server.web.conftest import PASSWORD, World
from tests.central_server.web.readers import PIN, have_pin


def test_lets_in_who_knows_the_password_and_out_again(world: World) -> None:
    browser = world.browser()
    login = world.person(Role.LIBRARIAN, world.school)
    assert browser.enter(login.upper(), PASSWORD) == 200
    assert "Thư viện Hoa Sen" in browser.text
    was = browser.session.cookies["visit"]
    assert browser.send("/leave") == 200
    browser.session.cookies.set("visit", was, domain="127.0.0.1")
    browser.go("/account")
    assert browser.path == "/enter"


def test_says_the_same_of_a_wrong_name_and_a_wrong_password(world: World) -> None:
    browser = world.browser()
    login = world.person(Role.LIBRARIAN, world.school)
    answers = set()
    for name, password in ((login, "sai rồi nhé bạn"), ("nobody-here", PASSWORD)):
        assert browser.enter(name, password) == 403
        answers.add(browser.text.replace(name, ""))
    assert len(answers) == 1


def test_looks_ever_more_slowly_after_wrong_ones_and_tells_nobody_of_whom(world: World) -> None:
    login = world.person(Role.LIBRARIAN, world.school)
    for _ in range(4):
        assert world.browser().enter(login, "sai rồi nhé bạn") == 403
    browser = world.browser()
    assert browser.enter(login, PASSWORD) == 403, "it is looked at though it must wait"
    for _ in range(5):
        assert world.browser().enter("nobody-here", PASSWORD) == 403
    assert world.browser().enter("nobody-here", PASSWORD) == 403, "a name that nobody has is told by another answer"
    with world.store.writing.begin() as connection:
        connection.execute(sa.update(person).where(person.c.login == login).values(wait_until_ms=0))
    assert world.browser().enter(login, PASSWORD) == 200


def test_gives_a_new_cookie_to_who_signs_in(world: World) -> None:
    browser = world.browser()
    browser.go("/enter")
    before = browser.session.cookies["visit"]
    browser.send("/enter", login=world.person(Role.HEAD, world.school), password=PASSWORD)
    assert browser.session.cookies["visit"] != before
    kept = world.one(sa.select(sa.func.count()).where(visit.c.hash == browser.session.cookies["visit"]))
    assert kept == 0, "the cookie itself stands in the database"


def test_asks_for_a_password_of_ones_own_first(world: World) -> None:
    with world.store.writing.begin() as connection:
        identity, first = people.add(connection, f"moi.{world.library}", "Thầy Minh", 0)
        people.give_role(connection, identity, world.school, Role.LIBRARIAN)
    browser = world.browser()
    browser.enter(f"moi.{world.library}", first, then="/account")
    assert "lần đầu" in browser.text
    assert browser.send("/account", old=first, new="ngắn") == 400
    other = world.browser()
    other.enter(f"moi.{world.library}", first, then="/account")
    assert browser.send("/account", old=first, new="một câu mà thầy thuộc") == 200
    assert "Từ giờ dùng mật khẩu mới" in browser.text
    other.go("/account")
    assert other.path == "/enter", "somebody with the password from before is still signed in"


@pytest.mark.parametrize("then", ["//evil.example/", "https://evil.example/", "/\\evil.example", "evil", "/a\nb"])
def test_leads_nobody_to_another_site(world: World, then: str) -> None:
    browser = world.browser()
    browser.go("/enter")
    csrf = next(one for one in browser.forms if one.action == "/enter").fields["csrf"]
    login = world.person(Role.LIBRARIAN, world.school)
    assert browser.post("/enter", csrf=csrf, then=then, login=login, password=PASSWORD, code="") == 303
    assert browser.page.headers["location"] == "/"


@pytest.mark.parametrize("token", ["", "0" * 64, "another visit's"])
def test_takes_no_form_of_anybody_else(world: World, token: str) -> None:
    browser = world.signed_in(Role.LIBRARIAN, world.school)
    browser.go("/account")
    if token == "another visit's":
        stranger = world.signed_in(Role.LIBRARIAN, world.school)
        stranger.go("/account")
        token = stranger.forms[0].fields["csrf"]
    assert browser.post("/leave", csrf=token) == 403
    assert browser.post("/leave") == 403
    assert browser.go("/account") == 200
    assert browser.path == "/account", "somebody was signed out by another site"


def test_takes_no_form_from_another_origin(world: World) -> None:
    browser = world.signed_in(Role.LIBRARIAN, world.school)
    browser.go("/account")
    csrf = browser.forms[0].fields["csrf"]
    assert browser.post("/leave", {"Origin": "https://evil.example"}, csrf=csrf) == 403
    assert browser.post("/leave", {"Origin": world.server.url}, csrf=csrf) == 303


def test_takes_no_endless_form(world: World) -> None:
    browser = world.browser()
    browser.go("/enter")
    csrf = browser.forms[-1].fields["csrf"]
    assert browser.post("/enter", csrf=csrf, login="x" * 300_000, password="y") == 413
    many = {f"f{number}": "1" for number in range(2_000)}
    assert browser.post("/enter", csrf=csrf, **many) == 400


def test_speaks_english_to_who_wants_it(world: World) -> None:
    browser = world.browser()
    browser.go("/language/en?then=/enter")
    assert (browser.path, "Password" in browser.text) == ("/enter", True)
    browser.go("/language/xx?then=/enter")
    assert "Mật khẩu" in browser.text


def test_every_page_forbids_what_is_not_ours(world: World) -> None:
    browser = world.browser()
    for path in ("/enter", "/no-such-page"):
        browser.go(path)
        assert "default-src 'none'" in browser.page.headers["content-security-policy"]
        assert browser.page.headers["x-content-type-options"] == "nosniff"
        assert browser.page.headers["content-type"].startswith("text/html")


def test_what_no_database_keeps_is_no_page(world: World) -> None:
    browser = world.signed_in(Role.OFFICE, world.province)
    for path in ("/office/%00/", "/people/%00/", f"/stations/{world.library}/one/%00"):
        assert browser.go(path) == 400, path
    for path in (f"/office/{world.province}/staff/{10**30}/remove",):
        csrf = browser.forms[0].fields["csrf"] if browser.forms else ""
        assert browser.post(path, csrf=csrf) in (400, 404), path
    raw = 'name="csrf"\r\nContent-Type: text/plain; charset=utf-7\r\n\r\n+2AA-'
    body = f"--b\r\nContent-Disposition: form-data; {raw}\r\n--b--\r\n".encode()
    sent = browser.session.post(
        f"{world.server.url}/enter", data=body, headers={"Content-Type": "multipart/form-data; boundary=b"}, timeout=30
    )
    assert sent.status_code in (400, 403)


def test_a_visit_from_before_is_worth_nothing_once_somebody_signs_in(world: World) -> None:
    browser = world.signed_in(Role.LIBRARIAN, world.school)
    was = browser.session.cookies["visit"]
    browser.enter(world.person(Role.HEAD, world.school), PASSWORD)
    other = world.browser()
    other.session.cookies.set("visit", was, domain="127.0.0.1")
    other.go("/account")
    assert other.path == "/enter"


def test_a_first_password_is_changed_to_another_one(world: World) -> None:
    with world.store.writing.begin() as connection:
        identity, first = people.add(connection, f"moi.{world.library}", "Thầy Minh", 0)
        people.give_role(connection, identity, world.school, Role.LIBRARIAN)
    browser = world.browser()
    browser.enter(f"moi.{world.library}", first, then="/account")
    assert browser.send("/account", old=first, new=first) == 400
    browser.go("/")
    assert browser.path == "/account"


@pytest.mark.parametrize("of_reader", [False, True])
def test_an_address_too_long_to_come_back_to_is_left_out(world: World, of_reader: bool) -> None:
    """A search with many words, looked at after the visit is over."""
    login = world.person(Role.LIBRARIAN, world.school)
    start = f"/l/{world.library}" if of_reader else ""
    long = f"{start}/mine?q=" + "x" * 5_000 if of_reader else f"/desk/{world.library}/titles?q=" + "x" * 5_000
    browser = world.browser()
    assert browser.go(long) == 200
    assert browser.path == f"{start}/enter"
    assert browser.go(f"{start}/enter?then={long}") == 200, "a link of somebody else's"
    if of_reader:
        have_pin(world)
        assert browser.send(f"{start}/enter", card="HS1", pin=PIN, then=long) == 200
        assert browser.path == f"/l/{world.library}/mine"
        assert "xxx" not in browser.page.url
    else:
        assert browser.send("/enter", login=login, password=PASSWORD, then=long) == 200
        assert browser.path == "/"
    assert browser.go(f"/language/vi?then={long}") == 200
