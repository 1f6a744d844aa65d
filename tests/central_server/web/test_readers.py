"""A library's page for its readers, as they use it, without JavaScript."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from central_server import clock, reader_pins
from central_server.catalogue import titles
from central_server.people import Role
from central_server.tables.library import hold, patron, request
from central_server.tables.operations import loan, operation_body, operation_reader
from tests.central_server.support import CIRCULATION, bring
from tests.central_server.web.conftest import World
from tests.central_server.web.readers import browser_of, enter, have_pin, lend, signed_in, title_of
from tests.central_server.web.readers import patron as patron_of

CALENDAR = """version = "1"
closed_weekdays = ["chủ nhật"]
[[school_year]]
name = "2026-2027"
begins = "05/09/2026"
ends = "31/05/2027"
"""


def days_from_now(days: int) -> str:
    return (clock.day_of(clock.now_ms()) + timedelta(days=days)).isoformat()


@pytest.fixture
def lending(world: World, tmp_path: Path) -> World:
    """With rules by which pupils borrow."""
    bring(world.store, "circulation", CIRCULATION, tmp_path, world.library)
    return world


def lend_since(world: World, card: str, barcode: str, days_ago: int, due_in: int) -> str:
    wall_ms = clock.now_ms() - days_ago * 24 * 3_600_000 - 10_000
    return lend(world, card, barcode, wall_ms, lent_on=days_from_now(-days_ago), due_on=days_from_now(due_in))


def test_shows_the_library_to_everybody(world: World) -> None:
    browser = browser_of(world)
    assert browser.go(f"/l/{world.library}/") == 200
    assert "Dế Mèn phiêu lưu ký" in browser.text, "the newest books"
    assert "Mở cửa tất cả các ngày trong tuần" in browser.text
    browser.send(f"/l/{world.library}/find", q="de men PHIEU")
    assert "còn 3 trong 3 bản" in browser.text
    browser.go(f"/l/{world.library}/find?q=men+de+khong")
    assert "Không tìm thấy" in browser.text
    browser.go(f"/l/{world.library}/title/{title_of(world)}")
    assert "TK.1" in browser.text
    assert "Đăng nhập để đặt trước" in browser.text


def test_calls_a_type_by_its_name_where_there_is_one(world: World, tmp_path: Path) -> None:
    with world.store.writing.begin() as connection:
        titles.add(
            connection, world.library, titles.blank(connection, world.library) | {"title": "Toán 6", "item_type": "SGK"}
        )
    named = CIRCULATION + '[names]\nSTK = "sách tham khảo"\n'
    bring(world.store, "circulation", named, tmp_path, world.library)
    browser = browser_of(world)
    for page in ("", f"title/{title_of(world)}"):
        browser.go(f"/l/{world.library}/{page}")
        assert "sách tham khảo" in browser.text
        assert "STK" not in browser.text
    browser.go(f"/l/{world.library}/find?of_type=STK")
    assert '<option value="STK" selected>sách tham khảo</option>' in browser.page.text
    assert '<option value="SGK">SGK</option>' in browser.page.text, "it has no name"
    assert '<span class="tag">sách tham khảo</span>' in browser.page.text


def test_tells_of_a_loan_until_when_and_not_whose(lending: World) -> None:
    lend_since(lending, "HS2", "TK.1", 2, 9)
    browser = browser_of(lending)
    browser.go(f"/l/{lending.library}/title/{title_of(lending)}")
    day = "/".join(reversed(days_from_now(9).split("-")))
    assert f"có bạn mượn đến {day}" in browser.text
    assert "còn 2 trong 3 bản" in browser.text
    for secret in ("Trần", "Hà", "HS2", patron_of(lending, "HS2")):
        assert secret not in browser.page.text


def test_a_first_pin_opens_nothing_but_the_choice_of_another(world: World) -> None:
    with world.store.writing.begin() as connection:
        first = reader_pins.give(connection, world.library, patron_of(world))
    browser = browser_of(world)
    enter(browser, world.library, pin=first)
    assert browser.path == f"/l/{world.library}/pin"
    for page in ("mine", "suggest"):
        browser.go(f"/l/{world.library}/{page}")
        assert browser.path == f"/l/{world.library}/pin"
    assert browser.send(f"/l/{world.library}/pin", pin="123456", twice="123456") == 400
    assert "dễ đoán" in browser.text
    assert browser.send(f"/l/{world.library}/pin", pin=first, twice=first) == 400
    assert browser.send(f"/l/{world.library}/pin", pin="590412", twice="590413") == 400
    assert browser.send(f"/l/{world.library}/pin", pin="590412", twice="590412") == 200
    assert browser.path == f"/l/{world.library}/mine"
    again = browser_of(world)
    assert enter(again, world.library, pin=first) == 403
    assert enter(again, world.library, pin="590412") == 200
    again.go(f"/l/{world.library}/pin")
    assert again.send(f"/l/{world.library}/pin", old="590413", pin="803157", twice="803157") == 400
    assert again.send(f"/l/{world.library}/pin", old="590412", pin="803157", twice="803157") == 200
    browser.go(f"/l/{world.library}/mine")
    assert browser.path == f"/l/{world.library}/enter", "who was signed in with the one from before"


def test_says_the_same_of_every_card_that_cannot_sign_in(world: World) -> None:
    have_pin(world, "HS1")
    have_pin(world, "HS2")
    have_pin(world, "HS3")
    with world.store.writing.begin() as connection:
        here = patron.c.library_id == world.library
        connection.execute(sa.update(patron).where(here, patron.c.card == "HS2").values(blocked=True))
        connection.execute(sa.update(patron).where(here, patron.c.card == "HS3").values(card_lost=True))
    said = set()
    for card, pin in (("HS1", "111213"), ("HS2", "471902"), ("HS3", "471902"), ("HS9", "471902"), ("' OR 1=1", "1")):
        browser = browser_of(world)
        assert enter(browser, world.library, card, pin) == 403
        said.add(browser.text)
    assert len(said) == 1
    assert enter(browser_of(world), world.library) == 200, "the control"


def test_who_is_blocked_meanwhile_looks_no_more(world: World) -> None:
    browser = signed_in(world)
    with world.store.writing.begin() as connection:
        mine = (patron.c.library_id == world.library, patron.c.card == "HS1")
        connection.execute(sa.update(patron).where(*mine).values(blocked=True))
    browser.go(f"/l/{world.library}/mine")
    assert browser.path == f"/l/{world.library}/enter"


def test_renews_what_may_be_and_says_why_else(lending: World) -> None:
    one = lend_since(lending, "HS1", "TK.1", 3, 5)
    two = lend_since(lending, "HS1", "TK.2", 0, 14)
    browser = signed_in(lending)
    assert "còn 5 ngày" in browser.text
    assert "Bạn gia hạn hôm khác nhé" in browser.text
    browser.send(f"/l/{lending.library}/mine/renew", loan=one)
    assert "Đã gia hạn" in browser.text
    assert "còn 14 ngày" in browser.text
    assert "đã gia hạn đủ 1 lần" in browser.text
    row = sa.select(loan.c.due_on).where(loan.c.library_id == lending.library, loan.c.id == one)
    assert lending.one(row) == days_from_now(14)
    assert lending.one(row.with_only_columns(loan.c.renewals).where(loan.c.id != two)) == 1


def test_places_and_cancels_a_hold(lending: World) -> None:
    for card, barcode in (("HS2", "TK.1"), ("HS2", "TK.2"), ("HS3", "TK.3")):
        lend_since(lending, card, barcode, 1, 13)
    browser = signed_in(lending)
    title = title_of(lending)
    browser.go(f"/l/{lending.library}/title/{title}")
    assert "cả 3 bản đang vắng" in browser.text
    browser.send(f"/l/{lending.library}/hold")
    assert "Bạn đứng thứ 1" in browser.text
    browser.go(f"/l/{lending.library}/title/{title}")
    assert "1 bạn đang chờ" in browser.text
    browser.send(f"/l/{lending.library}/hold")
    assert "đã đặt trước cuốn này rồi" in browser.text
    browser.go(f"/l/{lending.library}/mine")
    browser.send(f"/l/{lending.library}/mine/cancel")
    assert "Đã bỏ đặt trước" in browser.text
    assert lending.one(sa.select(sa.func.count()).where(hold.c.library_id == lending.library)) == 0


def test_suggests_in_words_that_are_kept_apart(world: World) -> None:
    browser = signed_in(world)
    browser.go(f"/l/{world.library}/suggest")
    assert browser.send(f"/l/{world.library}/suggest", text="x" * 501) == 400
    assert "x" * 501 in browser.page.text, "what was typed is kept"
    words = "Sách về <b>khủng long</b> 🦕\nvì lớp em thích"
    assert browser.send(f"/l/{world.library}/suggest", text=words) == 200
    assert "Thủ thư sẽ đọc" in browser.text
    mine = (request.c.library_id == world.library, request.c.kind == "suggestion")
    assert world.one(sa.select(request.c.state).where(*mine)) == "waiting"
    assert "khủng long" not in str(world.one(sa.select(request.c.data).where(*mine)))
    kept = sa.select(operation_reader.c.private).where(operation_reader.c.library_id == world.library)
    assert world.one(kept.where(operation_reader.c.private.is_not(None))) == words
    body = world.one(sa.select(operation_body.c.body).where(operation_body.c.library_id == world.library))
    assert b"khung" not in bytes(body)
    assert "khủng".encode() not in bytes(body)
    for _ in range(4):
        browser.go(f"/l/{world.library}/suggest")
        assert browser.send(f"/l/{world.library}/suggest", text="thêm") == 200
    browser.go(f"/l/{world.library}/suggest")
    assert browser.send(f"/l/{world.library}/suggest", text="thêm nữa") == 400


def test_the_librarian_says_the_hours(world: World, tmp_path: Path) -> None:
    bring(world.store, "calendar", CALENDAR, tmp_path, world.library)
    browser = world.signed_in(Role.LIBRARIAN, world.school)
    browser.go(f"/desk/{world.library}/hours")
    browser.send(f"/desk/{world.library}/hours", text="Giờ ra chơi <script>alert(1)</script>")
    browser.go(f"/l/{world.library}/")
    assert "Giờ ra chơi <script>alert(1)</script>" in browser.text
    assert "<script>alert" not in browser.page.text
    assert "Thứ Bảy" in browser.text
    assert "Chủ nhật" not in browser.text


FOREIGN = ["loan", "hold", "title", "cancel of a title", "nothing at all"]


@pytest.mark.parametrize("what", FOREIGN)
def test_touches_nothing_of_anybody_else(lending: World, what: str) -> None:
    theirs = lend_since(lending, "HS2", "TK.1", 3, 5)
    other = signed_in(lending, "HS2")
    lend_since(lending, "HS3", "TK.2", 3, 5)
    browser = signed_in(lending)
    csrf = next(one for one in browser.forms if one.action == "/leave").fields["csrf"]
    start = f"/l/{lending.library}"
    waits = signed_in(lending, "HS3", lending.other_library)
    waits.go(f"/l/{lending.other_library}/title/{title_of(lending, lending.other_library)}")
    waits.send(f"/l/{lending.other_library}/hold")
    held = str(lending.one(sa.select(hold.c.id).where(hold.c.library_id == lending.other_library)))
    if what == "loan":
        status = browser.post(f"{start}/mine/renew", csrf=csrf, loan=theirs)
    elif what == "hold":
        status = browser.post(f"{start}/mine/cancel", csrf=csrf, hold=held)
    elif what == "title":
        status = browser.post(f"{start}/hold", csrf=csrf, title=title_of(lending, lending.other_library))
    elif what == "cancel of a title":
        status = browser.post(f"{start}/mine/cancel", csrf=csrf, hold=title_of(lending))
    else:
        status = browser.post(f"{start}/mine/renew", csrf=csrf)
    assert status == 404
    assert lending.one(sa.select(loan.c.renewals).where(loan.c.id == theirs)) == 0
    assert lending.one(sa.select(sa.func.count()).where(hold.c.id == held)) == 1
    other.go(f"{start}/mine")
    other.send(f"{start}/mine/renew", loan=theirs)
    assert lending.one(sa.select(loan.c.renewals).where(loan.c.id == theirs)) == 1, "the control"


def test_a_reader_of_one_library_is_nobody_in_another(world: World) -> None:
    browser = signed_in(world)
    for page in ("mine", "pin", "suggest"):
        browser.go(f"/l/{world.other_library}/{page}")
        assert browser.path == f"/l/{world.other_library}/enter"
    csrf = next(one for one in browser.forms if one.action == "/leave").fields["csrf"]
    for page, data in (("mine/renew", {"loan": "all"}), ("hold", {"title": "x"}), ("suggest", {"text": "x"})):
        assert browser.post(f"/l/{world.other_library}/{page}", csrf=csrf, **data) == 303
        assert browser.page.headers["location"].startswith(f"/l/{world.other_library}/enter")
    title = title_of(world, world.other_library)
    assert browser.go(f"/l/{world.library}/title/{title}") == 404
    assert browser.go(f"/desk/{world.library}/hours") == 200
    assert browser.path == "/enter", "a reader is no librarian"


QUERIES = ["%", "_", "100%", "'", "' OR ''='", '"', "\\", "\\%", "a" * 10_000, "книга", "図書館", "🦕", "\t\n"]
QUERIES += ["<script>", "{{ 7*7 }}", "%s%s%s", "a b c d e f g h i j k", "\u0000", "\ufeff", "ế" * 3_000]
QUERIES += ["'; DROP TABLE title; --", "1\u0662\u0663", "\udbff".encode("utf-8", "replace").decode()]


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: repr(query[:12]))
def test_finds_nothing_by_what_is_no_word(world: World, query: str) -> None:
    browser = browser_of(world)
    page = browser.session.get(f"{world.server.url}/l/{world.library}/find", params={"q": query}, timeout=30)
    assert page.status_code == 200
    assert ("Dế Mèn" in page.text) == (query in ("\t\n",)), "a blank is no word: everything is shown"
    assert "<script>alert" not in page.text
    assert "<script></" not in page.text
    assert browser.go(f"/l/{world.library}/find?q=men") == 200
    assert "Dế Mèn" in browser.text, "the control"
