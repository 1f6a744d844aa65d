"""What no link leads to: what somebody types, and what comes of it. A scene is a function that acts in a page and says,
with a name, when there is something to see."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urljoin

from playwright.sync_api import Page

from demo.school import LIBRARY
from gallery.site.school import CARD, PIN, SUSPENDED, School

Scene = Callable[[Page, School], Iterator[str]]
_DESK, _READERS = f"/desk/{LIBRARY}", f"/l/{LIBRARY}"
# A file as it comes from somebody's desk: a number twice, a title without a name, a year that is none.
_TITLES = """Mã đầu sách,Nhan đề,Tác giả,Năm xuất bản,ISBN,Loại
DS0901,Góc sân và khoảng trời,Trần Đăng Khoa,2021,9786042190121,STK
DS0901,Góc sân và khoảng trời,Trần Đăng Khoa,2021,,STK
DS0902,,Võ Quảng,2019,,STK
DS0903,Quê nội,Võ Quảng,năm ngoái,9786042190122,STK
DS0904,Tuổi thơ dữ dội,Phùng Quán,2020,,STK
"""
_ON_THE_SHELF = "\n".join(["TK.00101", "TK.00102", "TK.00104", "TK.00105", "TK.00001", "PM.000123"])


def prepare(librarian: Page, reader: Page, here: School) -> None:
    """A reader gets a PIN, chooses one, waits for a book and wishes for another."""
    _to_reader(librarian, here, CARD)
    _press(librarian, "form[action$='/pin'] button")
    first = librarian.locator("main .tile .code").last.inner_text()
    go(reader, here, f"{_READERS}/enter")
    _send(reader, "/enter", card=CARD, pin=first)
    _send(reader, "/pin", pin=PIN, twice=PIN)
    go(reader, here, f"{_READERS}/find?q=cho toi xin")
    reader.locator("main .list a").first.click()
    _press(reader, "form[action$='/hold'] button")
    go(reader, here, f"{_READERS}/suggest")
    _send(reader, "/suggest", text="Đất rừng phương Nam – Đoàn Giỏi. Lớp em ai cũng muốn đọc sau khi xem phim.")


def enter_as_reader(page: Page, here: School) -> None:
    go(page, here, f"{_READERS}/enter")
    _send(page, "/enter", card=CARD, pin=PIN)


def _readers(page: Page, here: School) -> Iterator[str]:
    _to_reader(page, here, CARD)
    yield "a reader's sheet"
    _to_reader(page, here, SUSPENDED)
    yield "one who is suspended"


def _import(page: Page, here: School) -> Iterator[str]:
    go(page, here, f"{_DESK}/titles/import")
    page.locator("main [name=file]").set_input_files(
        {"name": "sach-moi.csv", "mimeType": "text/csv", "buffer": _TITLES.encode()}
    )
    _press(page, "main button.primary")
    yield "a file that is only looked at, with what is to be mended"


def _stocktake(page: Page, here: School) -> Iterator[str]:
    go(page, here, f"{_DESK}/titles/stocktakes")
    page.locator("main [name=scans]").fill(_ON_THE_SHELF)
    yield "a stocktake in progress"
    _press(page, "main button.primary")
    yield "its result"


def _year(page: Page, here: School) -> Iterator[str]:
    go(page, here, f"{_DESK}/year")
    page.select_option("[name=school_year]", index=1)
    _press(page, "main button.primary")
    yield "the year's end, looked at"
    page.once("dialog", lambda dialog: dialog.accept())
    _press(page, "form[action$='/year/do'] button.primary")
    yield "the year's end, done"
    go(page, here, f"{_DESK}/year")
    page.once("dialog", lambda dialog: dialog.accept())
    _press(page, "form[action$='/undo'] button")


def _on_paper(page: Page, here: School) -> Iterator[str]:
    page.emulate_media(media="print")
    for path, what in (
        (f"{_DESK}/reports/overdue", "books that are late, on paper"),
        (f"{_DESK}/reports/slips", "slips to cut out, on paper"),
    ):
        go(page, here, path)
        yield what
    page.emulate_media(media="screen")


def _words(page: Page, here: School) -> Iterator[str]:
    go(page, here, f"/stations/{LIBRARY}/waiting/{here.waiting}")
    yield "four words to compare"


def _figures(*places: str) -> Scene:
    def look(page: Page, here: School) -> Iterator[str]:
        for place in places:
            go(page, here, f"/office/{place}/?kind=school_year&at=2026")
            yield f"figures of {place}"

    return look


SCENES: Mapping[str, tuple[Scene, ...]] = {
    "librarian": (_readers, _import, _stocktake, _year, _on_paper),
    "maintainer": (_words,),
    "head": (_figures("thcs-hoa-sen", LIBRARY),),
    "office": (_figures("an-hoi"),),
    "admin": (_figures("vinh-long", "an-hoi", "thcs-hoa-sen"),),
}


def go(page: Page, here: School, path: str) -> None:
    page.goto(urljoin(here.url, path))


def _to_reader(page: Page, here: School, card: str) -> None:
    go(page, here, f"{_DESK}/readers?find={card}")
    if "/readers?" in page.url:
        page.locator("main tbody a").first.click()
    page.wait_for_url(f"**{_DESK}/readers/*")


def _press(page: Page, what: str) -> None:
    with page.expect_navigation():
        page.locator(what).first.click()


def _send(page: Page, action: str, **fields: str) -> None:
    for name, value in fields.items():
        page.locator(f"main [name={name}]").fill(value)
    _press(page, f"form[action$='{action}'] button.primary")
