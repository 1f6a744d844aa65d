"""The turn of the school year on the librarian's pages."""

from pathlib import Path

import sqlalchemy as sa

from central_server import clock, year_roll
from central_server.tables.library import patron
from tests.central_server.support import bring, feed
from tests.central_server.web.browser import Browser
from tests.central_server.web.conftest import World
from tests.central_server.web.known import deeds, lend, of

ENDED = year_roll.school_years(clock.day_of(clock.now_ms()))[0]


def test_rolls_the_year_once(world: World, librarian: Browser, desk: str, tmp_path: Path) -> None:
    people = "A1,Bé Một,1A,hs,31/05/2027\nB1,Bé Hai,2A,hs,\nC1,Bé Năm,5A,hs,\nD1,Bé Đội,Cờ đỏ,hs,\n"
    bring(world.store, "patrons", f"Số thẻ,Họ và tên,Lớp,Loại bạn đọc,Hạn thẻ\n{people}", tmp_path, world.library)
    lend(world, "TK.2", "C1")
    librarian.go(f"{desk}/year")
    form = next(one for one in librarian.forms if one.action == f"{desk}/year")
    assert [form.fields[f"how-{number}"] for number in range(4)] == ["moves", "moves", "leaves", "stays"]
    before = feed(world.store, world.library)[0]
    assert librarian.send(f"{desk}/year", school_year="") == 400, "the page means none in the middle of the year"
    assert librarian.send(f"{desk}/year", school_year=ENDED, valid_until="2028-05-31") == 200
    assert "Dế Mèn phiêu lưu ký" in librarian.text, "what the leaver still has"
    assert (feed(world.store, world.library)[0], deeds(world)) == (before, [])
    looked = librarian.forms[-1].fields

    assert librarian.send(f"{desk}/year/do") == 200
    assert librarian.path.startswith(f"{desk}/year/20")
    assert "TK.2" in librarian.text
    classes = [of(world, patron.c.class_name, card) for card in ("A1", "B1", "C1", "D1")]
    year = looked["school_year"]
    assert classes == ["2A", "3A", f"5A · {year}", "Cờ đỏ"]
    assert (of(world, patron.c.blocked, "C1"), of(world, patron.c.valid_until, "A1")) == (True, "2028-05-31")

    after = feed(world.store, world.library)[0]
    for _ in range(2):
        librarian.post(f"{desk}/year/do", **looked)
        assert librarian.page.headers["location"] == f"{desk}/year?was={year}&asked={year}"
    librarian.go(f"{desk}/year?was={year}&asked={year}")
    assert f"Năm học {year} các lớp đã lên lớp rồi" in librarian.text
    other = f"{int(year[:4]) + 1}-{int(year[5:]) + 1}"
    librarian.post(f"{desk}/year/do", **looked | {"school_year": other})
    librarian.go(librarian.page.headers["location"])
    assert f"vừa lên lớp cho năm học {year} chưa đầy nửa năm" in librarian.text
    assert f"chưa thể lên lớp cho năm học {other}" in librarian.text
    librarian.go(f"{desk}/year?was=1999-2000&asked={year}")
    assert "1999" not in librarian.text
    assert (feed(world.store, world.library)[0], deeds(world)) == (after, ["year_rolled"])

    assert librarian.send(f"{desk}/year/{year}/undo") == 200
    assert "trở lại như trước" in librarian.text
    assert of(world, patron.c.class_name, "A1") == "1A"
    librarian.go(f"{desk}/year")
    assert librarian.send(f"{desk}/year", school_year=ENDED, **{f"how-{number}": "stays" for number in range(4)}) == 400


def test_looks_again_when_readers_changed_meanwhile(world: World, librarian: Browser, desk: str) -> None:
    with world.store.writing.begin() as connection:
        mine = sa.update(patron).where(patron.c.library_id == world.library)
        connection.execute(mine.values(class_name="1A"))
    librarian.go(f"{desk}/year")
    librarian.send(f"{desk}/year", school_year=ENDED)
    with world.store.writing.begin() as connection:
        connection.execute(mine.where(patron.c.card == "HS2").values(class_name="Khác"))
    assert librarian.send(f"{desk}/year/do") == 409
    assert "đã thay đổi" in librarian.text
    assert librarian.send(f"{desk}/year/do") == 200
    assert [of(world, patron.c.class_name, card) for card in ("HS1", "HS2")] == ["2A", "Khác"]
