"""The librarian's catalogue through the pages: journeys of one who works, and of two who do so at once."""

import html
import io
from collections.abc import Callable
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit

import pypdfium2
import pytest
import sqlalchemy as sa
import zxingcpp

from central_server.people import Role
from central_server.tables.library import change, item, title
from central_server.tables.organisations import deed
from tests.central_server.web.browser import Browser
from tests.central_server.web.conftest import World

AtWork = Callable[[Role], Browser]


def desk(world: World) -> str:
    return f"/desk/{world.library}/titles"


def rows(world: World, table: sa.Table) -> list[sa.RowMapping]:
    with world.store.reading.connect() as connection:
        return list(connection.execute(sa.select(table).where(table.c.library_id == world.library)).mappings())


def add_a_title(world: World, browser: Browser, name: str = "Đất rừng phương Nam") -> str:
    """Answers the path of its page."""
    assert browser.go(f"{desk(world)}/new") == 200
    assert browser.send(desk(world), title=name, author="Đoàn Giỏi", item_type="STK") == 200
    return urlsplit(browser.page.url).path


def test_adds_a_title_with_copies_finds_and_changes_it(world: World, at_work: AtWork) -> None:
    browser = at_work(Role.LIBRARIAN)
    here = add_a_title(world, browser)
    assert browser.send(f"{here}/items", count="3", source="donation") == 200
    assert all(number in browser.text for number in ("TK.4", "TK.5", "TK.6"))
    assert browser.go(f"{desk(world)}?q=dat+rung+GIOI") == 200
    assert "Đất rừng phương Nam" in browser.text
    assert "Dế Mèn" not in browser.text
    browser.go(f"{desk(world)}?q=TK.5")
    assert here in browser.links
    browser.go(f"{here}/edit")
    assert browser.send(f"{here}/edit", year="199", isbn="9786042531291") == 400
    assert "bốn chữ số" in browser.text
    assert "Số kiểm tra của ISBN" in browser.text
    assert browser.send(f"{here}/edit", year="1957", isbn="978-604-2-53129-0", shelf="Kệ 2") == 200
    told = {row["kind"]: row["data"] for row in rows(world, change) if here.rpartition("/")[2] in (row["id"], "")}
    assert '"isbn":"9786042531290"' in told["title"]
    acts = [row["act"] for row in rows(world, deed)]
    assert acts == ["title_added", "item_added", "item_added", "item_added", "title_changed"]


def test_says_that_a_title_without_a_type_cannot_be_lent(world: World, at_work: AtWork) -> None:
    browser = at_work(Role.LIBRARIAN)
    browser.go(f"{desk(world)}/new")
    assert "Chưa ghi loại thì chưa ai mượn được" in browser.text
    assert browser.send(desk(world), title="Góc sân và khoảng trời", item_type="") == 200
    here = urlsplit(browser.page.url).path
    assert "chưa ghi loại nên chưa cho mượn được" in browser.text
    browser.go(f"{here}/edit")
    assert browser.send(f"{here}/edit", item_type="STK") == 200
    assert "chưa ghi loại" not in browser.text


def test_tells_the_second_of_two_and_loses_nothing(world: World, at_work: AtWork) -> None:
    first, second = at_work(Role.LIBRARIAN), at_work(Role.LIBRARIAN)
    here = add_a_title(world, first)
    for browser in (first, second):
        browser.go(f"{here}/edit")
    assert first.send(f"{here}/edit", shelf="Kệ của Lan") == 200
    assert second.send(f"{here}/edit", publisher="Kim Đồng") == 409
    assert "người khác cũng đã sửa" in second.text
    assert "Người khác đã lưu: Kệ của Lan" in second.text
    typed = next(one for one in second.forms if urlsplit(one.action).path == f"{here}/edit").fields
    assert (typed["publisher"], typed["shelf"]) == ("Kim Đồng", "")
    assert second.send(f"{here}/edit", shelf="Kệ của Lan") == 200
    kept = next(row for row in rows(world, title) if row["id"] == here.rpartition("/")[2])
    assert (kept["publisher"], kept["shelf"]) == ("Kim Đồng", "Kệ của Lan")


def test_fills_in_the_form_from_another_library_but_only_what_the_book_is(world: World, at_work: AtWork) -> None:
    isbn = "9786041063914"
    with world.store.writing.begin() as connection:
        connection.execute(sa.delete(title).where(title.c.library_id == world.other_library, title.c.isbn == isbn))
        theirs = {"code": f"bí mật {world.library}", "title": "Cho tôi xin một vé", "author": "Nguyễn Nhật Ánh"}
        where = {"publisher": "Trẻ", "year": 2018, "isbn": isbn, "call_number": "895 / CH400T"}
        rest = {"shelf": "Kệ bí mật", "item_type": "BIMAT", "id": f"t-{world.library}"}
        connection.execute(title.insert(), {"library_id": world.other_library, **theirs, **where, **rest})
    browser = at_work(Role.LIBRARIAN)
    browser.go(f"{desk(world)}/new")
    assert browser.send(f"{desk(world)}/new", isbn="604-1-06391-6") == 200, "by its ISBN of ten digits"
    typed = next(one for one in browser.forms if one.method == "post" and one.action == desk(world)).fields
    assert (typed["title"], typed["author"], typed["year"]) == ("Cho tôi xin một vé", "Nguyễn Nhật Ánh", "2018")
    assert "bí mật" not in browser.page.text
    assert "BIMAT" not in browser.page.text


def test_lets_the_head_look_and_change_nothing(world: World, at_work: AtWork) -> None:
    here = add_a_title(world, at_work(Role.LIBRARIAN))
    head = at_work(Role.HEAD)
    for path in (desk(world), here, f"{desk(world)}/export", f"{desk(world)}/stocktakes"):
        assert head.go(path) == 200
        assert [one.action for one in head.forms if one.method == "post"] == ["/leave"]
    csrf = head.forms[0].fields["csrf"]
    for path in (desk(world), f"{here}/edit", f"{here}/items", f"{here}/remove", f"{desk(world)}/labels"):
        assert head.post(path, csrf=csrf, title="Khác", first="X.1", count="1") == 404
    for path in (f"{desk(world)}/new", f"{here}/edit", f"{desk(world)}/import", f"/desk/{world.library}/cards"):
        assert head.go(path) == 404
    assert "Đất rừng phương Nam" in {row["title"] for row in rows(world, title)}


def test_removes_only_what_has_no_history(world: World, at_work: AtWork) -> None:
    browser = at_work(Role.LIBRARIAN)
    here = add_a_title(world, browser)
    browser.send(f"{here}/items")
    csrf = browser.forms[0].fields["csrf"]
    assert browser.post(f"{here}/remove", csrf=csrf) == 409
    copy = next(one for one in rows(world, item) if one["barcode"] == "TK.4")
    browser.go(f"{here}/items/{copy['id']}")
    assert browser.send(f"{here}/items/{copy['id']}/remove") == 200
    assert browser.send(f"{here}/remove") == 200
    assert browser.path == desk(world)
    nothing = {row["id"]: row["data"] for row in rows(world, change)}
    assert nothing[copy["id"]] == nothing[here.rpartition("/")[2]] == "null"


def test_prints_labels_that_a_scanner_reads(world: World, at_work: AtWork) -> None:
    browser = at_work(Role.LIBRARIAN)
    browser.go(f"{desk(world)}/labels")
    assert browser.post(f"{desk(world)}/labels", csrf=browser.forms[0].fields["csrf"], numbers="KH.9", start="1") == 400
    assert "KH.9" in browser.text
    assert browser.send(f"{desk(world)}/labels", numbers="TK.1\nTK.3", start="24") == 200
    document = pypdfium2.PdfDocument(io.BytesIO(browser.page.content))
    pages = [page.render(scale=200 / 72).to_pil().convert("L") for page in document]
    read = [[code.text for code in zxingcpp.read_barcodes(page)] for page in pages]
    assert read == [["TK.1"], ["TK.3"]]


class Tags(HTMLParser):
    """What a page could do by itself, beside our own script and picture."""

    def __init__(self) -> None:
        super().__init__()
        self.harm: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            leads = name in ("href", "src", "action", "formaction")
            if name.startswith("on") or (leads and (value or "").strip().startswith("javascript:")):
                self.harm.append(f"{tag} {name}={value}")
        if tag in ("script", "img", "iframe", "object") and not (dict(attrs).get("src") or "").startswith("/static/"):
            self.harm.append(tag)


ATTACKS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onfocus='alert(1)",
    "</textarea><script>alert(1)</script>",
    "javascript:alert(1)",
    "{{ 7*7 }}{% raw %}",
    "%(name)s %s {x} {0.__class__}",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_shows_what_is_typed_as_text_and_nothing_else(world: World, at_work: AtWork, attack: str) -> None:
    browser = at_work(Role.LIBRARIAN)
    here = add_a_title(world, browser, f"Sách {attack}")
    browser.go(f"{here}/edit")
    assert browser.send(f"{here}/edit", author=attack, publisher=attack, call_number=attack, shelf=attack) == 200
    assert browser.send(f"{here}/items", first=f"{attack}1") == 200
    found = f"{desk(world)}?{urlencode({'q': attack})}"
    for path in (found, here, f"{here}/edit", f"{desk(world)}/stocktakes", f"{desk(world)}/labels?of={here[-36:]}"):
        assert browser.go(path) == 200
        tags = Tags()
        tags.feed(browser.page.text)
        assert tags.harm == []
        assert attack in html.unescape(browser.page.text)


def test_finds_nothing_by_sql(world: World, at_work: AtWork) -> None:
    browser = at_work(Role.LIBRARIAN)
    for words in ("' OR '1'='1", "%", "_", "x'; DROP TABLE title; --", "\\", "\u0000"):
        page = browser.session.get(browser.url + desk(world), params={"q": words}, timeout=30)
        assert page.status_code == 200
    assert rows(world, title)


def test_reaches_nothing_of_another_library_by_its_id(world: World, at_work: AtWork) -> None:
    with world.store.reading.connect() as connection:
        theirs = connection.execute(sa.select(item).where(item.c.library_id == world.other_library)).mappings().first()
    assert theirs
    browser = at_work(Role.LIBRARIAN)
    here = add_a_title(world, browser)
    csrf = browser.forms[0].fields["csrf"]
    of, one = f"{desk(world)}/{theirs['title_id']}", theirs["id"]
    for path in (of, f"{of}/edit", f"{of}/items/{one}", f"{here}/items/{one}", f"{desk(world)}/stocktakes/{one}"):
        assert browser.go(path) == 404
    fields = {
        "csrf": csrf,
        "title": "x",
        "code": "x",
        "first": "X.1",
        "count": "1",
        "status": "lost",
        "confirmed": "on",
    }
    for path in (f"{of}/edit", f"{of}/items", f"{of}/remove", f"{here}/items/{one}", f"{here}/items/{one}/remove"):
        assert browser.post(path, **fields) == 404, path
    assert browser.post(f"{desk(world)}/stocktakes/{one}/lost", **fields) == 404
    with world.store.reading.connect() as connection:
        after = connection.execute(sa.select(item).where(item.c.library_id == world.other_library)).mappings().first()
    assert after == theirs
