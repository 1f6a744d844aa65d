"""The offices' pages and the open API, by real HTTP."""

import io
import re
from typing import Any

import openpyxl
import pypdfium2
import pytest
import requests
import sqlalchemy as sa

from central_server import clock, organisations
from central_server.people import Role
from central_server.tables.figures import api_key, staff_register, tally
from central_server.tables.organisations import deed
from tests.central_server.support import Station, take
from tests.central_server.web.conftest import World

MONTH = clock.today()[:7]


def count(world: World, library: str, **measures: int) -> None:
    """Let the library have these counts in this month."""
    rows = [
        {"library_id": library, "measure": name, "month": MONTH, "part": "", "count": number}
        for name, number in measures.items()
    ]
    with world.store.writing.begin() as connection:
        names = [row["measure"] for row in rows]
        connection.execute(sa.delete(tally).where(tally.c.library_id == library, tally.c.measure.in_(names)))
        connection.execute(tally.insert(), rows)


def test_shows_an_office_sums_and_no_small_counts(world: World) -> None:
    count(world, world.library, readers=3, loans=4712)
    count(world, world.other_library, readers=250, loans=800)
    office = world.signed_in(Role.OFFICE, world.province)
    assert office.go(f"/office/{world.province}/?by=school&sort=loans") == 200
    text = office.text
    assert "5.512" in text, "the sum of both schools"
    assert "250+" in text
    assert "<5" in text
    assert "253" not in text
    assert text.index("Hoa Sen") < text.index("Sao Khuê"), "put in order by loans"
    assert "style=" not in office.page.text
    # The school itself knows its readers; whoever is above sees no more there than from above.
    assert office.go(f"/office/{world.school}/") == 200
    assert "<5" in office.text
    head = world.signed_in(Role.HEAD, world.school)
    assert head.go(f"/office/{world.school}/") == 200
    assert "<5" not in head.text
    assert head.go(f"/office/{world.commune}/") == 404


def test_counts_what_stations_send(world: World) -> None:
    station = Station(library=world.library, wall_ms=clock.now_ms())
    with world.store.reading.connect() as connection:
        patron = connection.exec_driver_sql(
            f"SELECT id FROM patron WHERE library_id = '{world.library}' AND card = 'HS1'"
        ).scalar()
    take(world.store, station.check_out("TK.1", str(patron)), library=world.library)
    head = world.signed_in(Role.HEAD, world.school)
    head.go(f"/office/{world.school}/")
    assert re.search(r"Lượt mượn 1 0", head.text)
    assert re.search(r"Bạn đọc có mượn 1 0", head.text)


def test_shows_readers_and_loans_by_category_and_grade_only_to_the_school(world: World) -> None:
    rows = [
        ("patrons", "", "nha-bao", 3),
        ("loans_by_group", MONTH, "nha-bao/10", 4),
        ("loans_by_group", MONTH, "/", 2),
    ]
    with world.store.writing.begin() as connection:
        connection.execute(sa.delete(tally).where(tally.c.library_id == world.library))
        names = ("measure", "month", "part", "count")
        every = [dict(zip(names, row, strict=True)) | {"library_id": world.library} for row in rows]
        connection.execute(tally.insert(), every)
    head = world.signed_in(Role.HEAD, world.school)
    head.go(f"/office/{world.school}/")
    assert "nha-bao 3" in head.text
    assert "nha-bao 10 4" in head.text
    where = f"/office/{world.school}/groups.csv"
    assert head.go(where) == 200
    lines = head.page.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "Loại bạn đọc,Khối lớp,Bạn đọc trong danh sách,Lượt mượn"
    assert lines[1:] == ["nha-bao,,3,", ",,,2", "nha-bao,10,,4"]
    office = world.signed_in(Role.OFFICE, world.province)
    assert office.go(f"/office/{world.school}/") == 200
    assert "nha-bao" not in office.text
    assert office.go(where) == 404


@pytest.mark.parametrize("ending", ["csv", "xlsx", "pdf"])
def test_gives_the_table_as_a_file(world: World, ending: str) -> None:
    count(world, world.library, loans=4712)
    with world.store.writing.begin() as connection:
        organisations.change(connection, world.school, name='=HYPERLINK("http://evil.example")')
    office = world.signed_in(Role.OFFICE, world.commune)
    assert office.go(f"/office/{world.commune}/figures.{ending}") == 200
    content = office.page.content
    if ending == "csv":
        assert content.decode("utf-8-sig").splitlines()[1].startswith("\"'=HYPERLINK")
        assert ",4712," in content.decode("utf-8-sig")
    elif ending == "xlsx":
        page = openpyxl.load_workbook(io.BytesIO(content)).active
        assert page is not None
        assert (page["A4"].data_type, page["C4"].value) == ("s", 4712)
    else:
        text = pypdfium2.PdfDocument(content)[0].get_textpage().get_text_range()
        words = " ".join(text.split())
        assert "Xã An Bình" in words
        assert "Lượt mượn" in words
        assert "4712" in words


@pytest.mark.parametrize(
    "query",
    ["kind=x&at=9&by=z&level=%00&sort=%27&figure=a", "kind=year&at=0000", "kind=month&at=9999-13", "pick=" * 60],
)
def test_shows_the_usual_when_an_address_is_nonsense(world: World, query: str) -> None:
    office = world.signed_in(Role.OFFICE, world.province)
    assert office.go(f"/office/{world.province}/?{query}") == 200


@pytest.mark.parametrize("typed", ["03/2026", "3/2026", "2026-03"])
def test_takes_a_month_as_people_write_it_and_shows_it_so(world: World, typed: str) -> None:
    office = world.signed_in(Role.OFFICE, world.province)
    office.go(f"/office/{world.province}/?kind=month&at={typed}")
    assert next(one.fields["at"] for one in office.forms if "at" in one.fields) == "03/2026"
    assert "Tổng cộng: 03/2026" in office.text


def test_says_who_writes_down_how_many_pupils_there_are_only_where_nobody_has(world: World) -> None:
    where, sentence = f"/office/{world.school}/", "khi chưa ai ghi trường có bao nhiêu học sinh"
    head = world.signed_in(Role.HEAD, world.school)
    head.go(where)
    assert sentence not in head.text
    with world.store.writing.begin() as connection:
        organisations.change(connection, world.school, pupils=None)
    head.go(where)
    assert sentence in head.text
    assert "Số bản sách còn tốt" in head.text


def test_compares_the_schools_that_are_ticked(world: World) -> None:
    office = world.signed_in(Role.OFFICE, world.province)
    office.go(f"/office/{world.province}/?by=school&pick={world.school}")
    assert "Hoa Sen" in office.text
    assert "Sao Khuê" not in office.text


def test_lets_a_school_write_down_its_staff_and_offices_count_them(world: World) -> None:
    head = world.signed_in(Role.HEAD, world.school)
    where = f"/office/{world.school}/staff"
    head.go(where)
    csrf = head.forms[-1].fields["csrf"]
    said = {"qualification": "short_course", "trained_in": "2023", "wanted": "software"}
    assert head.post(where, None, csrf=csrf, position="teacher", **said) == 303
    head.go(where)
    assert "Giáo viên kiêm nhiệm" in head.text
    assert head.send(where, position="teacher", qualification="none", trained_in="3023") == 400
    assert 'value="3023"' in head.page.text
    office = world.signed_in(Role.OFFICE, world.province)
    office.go(f"/office/{world.province}/staff")
    assert "Bồi dưỡng ngắn hạn <5" in office.text
    assert "2023 <5" in office.text
    assert "0+ người" in office.text, "the sum tells what its parts hide"
    assert "Giáo viên kiêm nhiệm" not in office.text
    csrf = next(form.fields["csrf"] for form in office.forms)
    assert office.post(where, csrf=csrf, position="teacher", qualification="none", trained_in="") == 404
    assert head.go(where) == 200
    assert head.send(f"{where}/1/remove") == 200
    assert world.one(sa.select(sa.func.count()).where(staff_register.c.organisation_id == world.school)) == 0
    assert world.one(sa.select(sa.func.count()).where(deed.c.organisation_id == world.school)) == 2


def test_commends_readers_only_where_the_school_wants_it(world: World) -> None:
    head = world.signed_in(Role.HEAD, world.school)
    where = f"/office/{world.school}/commended"
    assert head.go(where) == 200
    assert "Bạn đọc của trường" not in head.text
    with world.store.writing.begin() as connection:
        organisations.change(connection, world.school, commends=True)
    head.go(where)
    assert "Bạn đọc của trường" in head.text
    office = world.signed_in(Role.OFFICE, world.province)
    office.go(where)
    assert "Bạn đọc của trường" not in office.text


def test_gives_programs_with_a_key_what_the_pages_show(world: World) -> None:
    count(world, world.library, readers=3, loans=4712)
    count(world, world.other_library, readers=250, loans=800)
    office = world.signed_in(Role.OFFICE, world.province)
    where = f"/office/{world.province}/keys"
    office.go(where)
    assert office.send(where, name="") == 400
    assert office.send(where, name="Phần mềm của Sở") == 200
    found = re.search(r"tx_[\w-]{43}", office.text)
    assert found
    office.go(where)
    assert "tx_" not in office.text
    assert world.one(sa.select(sa.func.count()).where(api_key.c.hash == found[0])) == 0

    def ask(query: str = "", key: str = found[0], path: str = "figures") -> requests.Response:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return requests.get(f"{world.server.url}/open/v1/{path}?{query}", headers=headers, timeout=30)

    told: dict[str, Any] = ask("by=school").json()
    assert told["total"]["figures"]["loans"] == {"value": 5512}
    assert told["total"]["figures"]["readers"] == {"value": 250, "left_out": 1}
    rows = {row["id"]: row["figures"] for row in told["rows"]}
    assert rows[world.school]["readers"] == {"value": None, "below": 5}
    assert rows[world.school]["loans_per_pupil"] == {"value": round(4712 / 400, 3)}
    assert ask(f"organisation={world.school}").json()["total"]["figures"]["readers"] == {"value": None, "below": 5}
    months = ask("figure=loans", path="figures/months").json()["months"]
    assert (len(months), months[MONTH]) == (12, {"value": 5512})
    for answer, status in (
        (ask(key=""), 401),
        (ask(key="tx_wrong"), 401),
        (ask("organisation=nowhere"), 404),
        (ask("page=0"), 400),
        (ask("figure=titles", path="figures/months"), 404),
    ):
        assert (answer.status_code, "error" in answer.json()) == (status, True)
    office.go(where)
    revoke = next(form.action for form in office.forms if form.action.endswith("/revoke"))
    assert office.send(revoke) == 200
    assert ask().status_code == 401


def test_a_key_of_a_commune_tells_nothing_of_another(world: World) -> None:
    office = world.signed_in(Role.OFFICE, world.commune)
    where = f"/office/{world.commune}/keys"
    office.go(where)
    office.send(where, name="Xã")
    found = re.search(r"tx_[\w-]{43}", office.text)
    assert found
    for other in (world.province, world.other_school):
        answer = requests.get(
            f"{world.server.url}/open/v1/figures?organisation={other}",
            headers={"Authorization": f"Bearer {found[0]}"},
            timeout=30,
        )
        assert answer.status_code == 404
