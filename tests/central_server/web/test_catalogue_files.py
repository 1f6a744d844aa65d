"""Files into the catalogue and out of it, and stocktakes, through the pages."""

import io
import re
import zipfile
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from openpyxl import Workbook

from central_server.imports import page_sentences, sentences
from central_server.people import Role
from central_server.tables.library import item, patron, title
from tests.central_server.test_marc import NAMES, as_file, titled
from tests.central_server.web.browser import Browser
from tests.central_server.web.conftest import World

AtWork = Callable[[Role], Browser]
TAKE = "import/take"
FLAG = re.compile(r"--[a-z]")


def desk(world: World) -> str:
    return f"/desk/{world.library}/titles"


def names(world: World) -> set[str]:
    with world.store.reading.connect() as connection:
        return set(connection.scalars(sa.select(title.c.title).where(title.c.library_id == world.library)))


def look_at(world: World, browser: Browser, kind: str, name: str, raw: bytes, **fields: str) -> int:
    browser.go(f"{desk(world)}/import?kind={kind}")
    return browser.send(f"{desk(world)}/import", files={"file": (name, raw)}, **fields)


def test_looks_at_a_file_first_and_takes_it_when_told(world: World, at_work: AtWork) -> None:
    browser = at_work(Role.LIBRARIAN)
    raw = as_file(*(titled(name, str(number)) for number, name in enumerate(NAMES[1:]))) + b"00099 and no more"
    assert look_at(world, browser, "marc", "kho.mrc", raw, value="STK") == 200
    assert "Chưa thay đổi gì" in browser.text
    assert "biểu ghi 5" in browser.text
    assert names(world) == {NAMES[0]}
    token = next(one for one in browser.forms if one.action.endswith(TAKE)).fields["token"]
    stranger = world.signed_in(Role.LIBRARIAN, world.school)
    stranger.go(f"{desk(world)}/import")
    csrf = stranger.forms[0].fields["csrf"]
    assert stranger.post(f"{desk(world)}/{TAKE}", csrf=csrf, token=token) == 409, "somebody else's file was taken"
    assert browser.send(f"{desk(world)}/{TAKE}") == 200
    assert "Đã nhập tệp" in browser.text
    assert names(world) == set(NAMES)
    csrf = browser.forms[0].fields["csrf"]
    assert browser.post(f"{desk(world)}/{TAKE}", csrf=csrf, token=token) == 409, "taken twice"


def a_workbook_with_formulas() -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Mã đầu sách", "Nhan đề", "Loại"])
    sheet.append(["D5", '=HYPERLINK("http://evil.example","Sách")', "STK"])
    sheet.append(["D6", "Sách thật", "STK"])
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def a_bomb() -> bytes:
    """A workbook of few bytes that would be 300 MB."""
    small, big = io.BytesIO(a_workbook_with_formulas()), io.BytesIO()
    with zipfile.ZipFile(small) as source, zipfile.ZipFile(big, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content + b" " * (300 << 20) if name.endswith("sheet1.xml") else content)
    return big.getvalue()


BAD = {
    "a zip bomb": ("titles", "sach.xlsx", a_bomb, "mở ra lớn hơn"),
    "no Excel at all": ("titles", "sach.xlsx", lambda: b"hello", "bên trong không phải"),
    "no MARC at all": ("marc", "sach.mrc", lambda: b"hello", "không phải MARC 21"),
    "entities": ("marc", "x.xml", lambda: b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "DTD"),
    "an empty file": ("titles", "sach.csv", lambda: b"", "Tệp trống"),
    "other columns": ("items", "x.csv", lambda: b"a,b\n1,2\n", "chọn nhầm tệp"),
}


@pytest.mark.parametrize("name", BAD)
def test_says_why_a_file_cannot_be_taken(world: World, at_work: AtWork, name: str) -> None:
    kind, file, raw, sentence = BAD[name]
    browser = at_work(Role.LIBRARIAN)
    assert look_at(world, browser, kind, file, raw()) == 400
    assert sentence in browser.text
    assert not [one for one in browser.forms if one.action.endswith(TAKE)]


def test_names_formulas_and_takes_only_their_values(world: World, at_work: AtWork) -> None:
    browser = at_work(Role.LIBRARIAN)
    assert look_at(world, browser, "titles", "sach.xlsx", a_workbook_with_formulas()) == 200
    assert "ô là công thức" in browser.text
    assert "chưa có giá trị" in browser.text
    browser.send(f"{desk(world)}/{TAKE}")
    assert names(world) == {NAMES[0], "Sách thật"}


def test_refuses_an_upload_without_end_and_keeps_answering(world: World, at_work: AtWork) -> None:
    browser = at_work(Role.LIBRARIAN)
    assert look_at(world, browser, "titles", "sach.csv", b"x" * (33 << 20)) == 413
    assert browser.go(desk(world)) == 200


def test_shows_what_stands_in_a_file_as_text(world: World, at_work: AtWork) -> None:
    browser = at_work(Role.LIBRARIAN)
    attack = "<script>alert(1)</script>"
    raw = f"Mã đầu sách,Nhan đề,Năm xuất bản,{attack}\nD5,x,{attack},1\n".encode()
    look_at(world, browser, "titles", f"{attack}.csv", raw)
    assert attack not in browser.page.text
    assert browser.page.text.count("&lt;script&gt;") == 2, "a column that is left out, and a year that is none"


def test_saves_the_catalogue_as_files_that_can_be_taken_in_again(world: World, at_work: AtWork) -> None:
    browser = at_work(Role.LIBRARIAN)
    files = {"titles": ("csv", "xlsx"), "items": ("csv", "xlsx"), "catalogue": ("mrc", "xml")}
    for stem, endings in files.items():
        for ending in endings:
            assert browser.go(f"{desk(world)}/export/{stem}.{ending}") == 200
            assert "attachment" in browser.page.headers["content-disposition"]
            kind = "marc" if stem == "catalogue" else stem
            assert look_at(world, browser, kind, f"x.{ending}", browser.page.content) == 200
            new, changed = (int(found) for found in re.findall(r"(\d+) (?:mới|đã đổi)", browser.text)[:2])
            assert (new, changed) == (0, 0), f"{stem}.{ending}"
    assert browser.go(f"{desk(world)}/export/..%2f..%2fetc") == 404


def test_compares_a_scanners_file_and_marks_what_is_missing(world: World, at_work: AtWork) -> None:
    browser = at_work(Role.LIBRARIAN)
    here = f"{desk(world)}/stocktakes"
    browser.go(here)
    assert browser.send(here, scans="") == 400
    assert browser.send(here, files={"file": ("scan.txt", b"TK.1\r\n<b>9\r\n")}) == 200
    assert "TK.2" in browser.text
    assert "<b>9" in browser.text
    assert "<b>9" not in browser.page.text
    one = urlsplit(browser.page.url).path
    assert browser.go(f"{one}/list.csv") == 200
    assert "TK.2,missing,Dế Mèn phiêu lưu ký," in browser.page.content.decode("utf-8-sig")
    browser.go(one)
    assert browser.send(one, scans="TK.3") == 200
    browser.go(f"{one}/lost")
    csrf = browser.forms[0].fields["csrf"]
    assert browser.post(f"{one}/lost", csrf=csrf) == 303
    assert statuses(world) == ["available"] * 3, "marked although nobody confirmed it"
    assert browser.post(f"{one}/lost", csrf=csrf, confirmed="on") == 303
    assert statuses(world) == ["available", "lost", "available"]
    assert browser.go(here) == 200
    assert one in browser.links
    assert browser.post(f"{one}/lost", csrf=csrf, confirmed="on") == 404
    head = at_work(Role.HEAD)
    assert head.go(one) == 200
    assert head.go(f"{one}/lost") == 404


def statuses(world: World) -> list[object]:
    with world.store.reading.connect() as connection:
        mine = sa.select(item.c.status).where(item.c.library_id == world.library).order_by(item.c.barcode)
        return list(connection.scalars(mine))


def test_prints_the_cards_of_a_class_for_the_librarian_alone(world: World, at_work: AtWork) -> None:
    with world.store.writing.begin() as connection:
        mine = patron.c.library_id == world.library
        connection.execute(sa.update(patron).where(mine, patron.c.card != "HS3").values(class_name="6A1"))
        connection.execute(sa.update(patron).where(mine, patron.c.card == "HS2").values(card_lost=True))
    browser = at_work(Role.LIBRARIAN)
    cards = f"/desk/{world.library}/cards"
    browser.go(cards)
    assert browser.post(cards, csrf=browser.forms[0].fields["csrf"], **{"class": "9Z9", "start": "1"}) == 400
    browser.go(cards)
    assert browser.post(cards, csrf=browser.forms[0].fields["csrf"], numbers="HS2", start="1") == 400, "a lost card"
    browser.go(cards)
    assert browser.send(cards, **{"class": "6A1"}) == 200
    assert browser.page.content.startswith(b"%PDF")
    assert at_work(Role.HEAD).go(cards) == 404


def test_names_the_fields_of_the_form_and_no_flags_of_a_command(world: World, at_work: AtWork) -> None:
    browser = at_work(Role.LIBRARIAN)
    browser.go(f"{desk(world)}/import?kind=titles")
    assert "Một loại cho tất cả" in browser.text
    assert not FLAG.search(browser.text)
    assert look_at(world, browser, "patrons", "hs.csv", "Số thẻ,Họ tên\nHS9,An\n".encode()) == 400
    assert "hãy điền vào ô “Một loại cho tất cả”" in browser.text
    assert not FLAG.search(browser.text)
    zeros = "Mã đầu sách,Nhan đề,Loại\n0001,Một,STK\n2,Hai,STK\n".encode()
    assert look_at(world, browser, "titles", "sach.csv", zeros) == 200
    assert "hãy đánh dấu ô “Mã là số thì vốn không có số 0 ở đầu”" in browser.text
    assert not FLAG.search(browser.text)


def test_asks_in_one_sentence_whether_the_wrong_file_was_chosen(world: World, at_work: AtWork) -> None:
    browser = at_work(Role.LIBRARIAN)
    pem = b"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n"
    assert look_at(world, browser, "titles", "khoa.pem", pem) == 400
    assert "Có phải đã chọn nhầm tệp không?" in browser.text
    assert "Thiếu cột" not in browser.text
    assert "BEGIN" not in browser.text
    assert look_at(world, browser, "titles", "sach.csv", "Nhan đề\nMột\n".encode()) == 400
    assert "Thiếu cột “Mã đầu sách”" in browser.text, "one column is known: it is such a list"


def test_has_a_sentence_of_its_own_for_the_page_where_a_command_would_be_named() -> None:
    for code in sentences._SENTENCES.keys() - {"no_library"}:
        for_all = page_sentences._SENTENCES.get(code, sentences._SENTENCES[code])
        assert not FLAG.search("".join(for_all)), code
