"""The librarian's pages, as people use them: by a browser's requests to the real server."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from openpyxl import load_workbook

from central_server import clock, erasing, organisations
from central_server.people import Role
from central_server.tables.library import patron, patron_card, request, setting
from central_server.tables.operations import dispute, late_return, settlement
from central_server.tables.organisations import reader_pin
from tests.central_server.late import SUSPENDING
from tests.central_server.support import CIRCULATION, Station, bring, feed, take
from tests.central_server.web.browser import Browser
from tests.central_server.web.conftest import World
from tests.central_server.web.known import deeds, lend, of, told, who

AtWork = Callable[[Role], Browser]
CALENDAR = """version = "1"
closed_weekdays = ["sunday"]
[[school_year]]
name = "2026-2027"
begins = 2026-09-05
ends = 2027-05-31
"""
SCRIPT = "<script>alert(1)</script>"


def test_shows_every_page_to_the_head_and_lets_the_librarian_alone_change(
    world: World, at_work: AtWork, desk: str, tmp_path: Path
) -> None:
    bring(world.store, "circulation", CIRCULATION, tmp_path, world.library)
    bring(world.store, "calendar", CALENDAR, tmp_path, world.library)
    station = lend(world)
    again = station.check_out("TK.1", who(world, "HS2"))
    asks = station.ask("suggestion", text="<b>Sách tô màu</b>")
    take(world.store, again, asks, station.void(again), library=world.library)
    pages = ["/", "/readers", "/readers?find=an", f"/readers/{who(world)}", "/year", "/settings", "/settings/calendar"]
    pages += ["/work", "/reports", "/reports/slips"]
    pages += [f"/reports/{one}" for one in ("overdue", "months", "classes", "most", "never", "gone", "sources")]
    pages += ["/reports/new", "/reports/faults", "/reports/wishes", "/readers?class=-"]
    head, librarian = at_work(Role.HEAD), at_work(Role.LIBRARIAN)
    for page in pages:
        assert librarian.go(desk + page) == 200, page
        assert head.go(desk + page) == 200, page
        changes = {one.action for one in head.forms if one.method == "post"} - {"/leave"}
        assert changes == set(), page
        assert "<b>Sách tô màu</b>" not in head.page.text
    assert head.go(f"{desk}/readers/new") == 404
    head.go("/account")
    csrf = head.forms[0].fields["csrf"]
    assert head.post(f"{desk}/readers/{who(world)}/block", csrf=csrf, blocked="yes") == 404


def test_finds_a_reader_without_marks_and_does_all_that_can_be_done_for_them(
    world: World, librarian: Browser, desk: str, tmp_path: Path
) -> None:
    lend(world)
    here = f"{desk}/readers/{who(world)}"
    librarian.go(f"{desk}/")
    assert librarian.send(f"{desk}/readers", find="nguyen AN") == 200
    assert f"/readers/{who(world)}" in "".join(librarian.links)
    librarian.go(here)
    assert "Dế Mèn phiêu lưu ký" in librarian.text
    assert "quá hạn" not in librarian.text  # due on 1 December 2026, in the tests' own time

    assert librarian.send(f"{here}/block") == 200
    assert "Đã tạm ngừng" in librarian.text
    assert [one["blocked"] for one in told(world, "patron") if "Minh An" in one["shown_name"]] == [True]
    librarian.send(f"{here}/block")
    assert of(world, patron.c.blocked) is False

    librarian.send(f"{here}/note", note="Mẹ đến lấy giúp")
    assert of(world, patron.c.note) == "Mẹ đến lấy giúp"
    librarian.send(f"{here}/note", note="")
    assert of(world, patron.c.note) is None

    assert librarian.send(f"{here}/cards", card="HS2") == 400
    assert "bạn đọc khác" in librarian.text
    assert librarian.send(f"{here}/cards", card="079204001234") == 400
    assert "số định danh" in librarian.text
    librarian.send(f"{here}/cards", card="MOI.7")
    assert "MOI.7" in librarian.text
    csrf = librarian.forms[-1].fields["csrf"]
    assert librarian.post(f"{here}/cards", csrf=csrf, card="MOI.8", lost="yes") == 303
    assert [one["cards"] for one in told(world, "patron") if "Minh An" in one["shown_name"]] == [["MOI.8"]]
    with world.store.reading.connect() as connection:
        mine = sa.select(patron_card.c.number).where(patron_card.c.library_id == world.library)
        assert list(connection.scalars(mine)) == ["MOI.8"]

    bring(world.store, "circulation", SUSPENDING, tmp_path, world.library)
    with world.store.writing.begin() as connection:
        back = {"came_on": clock.today(), "due_on": "2026-01-01", "barcode": "TK.1", "loan_id": "back"}
        connection.execute(late_return.insert(), back | {"library_id": world.library, "patron_id": who(world, "HS2")})
    late = f"{desk}/readers/{who(world, 'HS2')}"
    librarian.go(late)
    assert "tạm ngừng mượn" in librarian.text
    librarian.send(f"{late}/lift")
    assert of(world, patron.c.lifted_on, "HS2") == clock.today()
    assert "tạm ngừng mượn" not in librarian.text

    librarian.go(f"{here}/edit")
    assert librarian.send(f"{here}/edit", name=" ", valid_until="31/02/2027") == 400
    assert "ký tự" in librarian.text
    assert "Ngày không đúng" in librarian.text
    assert librarian.send(f"{here}/edit", name=" Nguyễn  Minh Ân ", class_name="7A", valid_until="2028-05-31") == 200
    assert (of(world, patron.c.name), of(world, patron.c.class_name)) == ("Nguyễn Minh Ân", "7A")
    assert {"reader_blocked", "reader_freed", "reader_noted", "reader_card_lost", "reader_lifted"} <= set(deeds(world))


def test_adds_a_reader_and_hands_out_pins_for_the_class(world: World, librarian: Browser, desk: str) -> None:
    librarian.go(f"{desk}/readers/new?class=7A")
    assert librarian.send(f"{desk}/readers/new", name="Võ Thị Sáu", card="HS1") == 400
    assert "bạn đọc khác" in librarian.text
    assert librarian.send(f"{desk}/readers/new", name="Võ Thị Sáu", card="007") == 200
    assert "Đã thêm bạn đọc" in librarian.text
    assert of(world, patron.c.class_name, "007") == "7A"
    assert ["007"] in [one["cards"] for one in told(world, "patron")]

    librarian.go(f"{desk}/readers?class=7A")
    assert librarian.send(f"{desk}/readers/pins") == 200
    first = [word for word in librarian.text.split() if word.isdecimal() and len(word) == 6]
    assert (len(first), "Võ Thị Sáu" in librarian.text) == (1, True)
    kept = sa.select(reader_pin.c.must_change).where(
        reader_pin.c.library_id == world.library, reader_pin.c.patron_id == who(world, "007")
    )
    assert world.one(kept) is True
    librarian.go(f"{desk}/readers/{who(world, '007')}")
    assert librarian.send(f"{desk}/readers/{who(world, '007')}/pin") == 200
    assert first[0] not in librarian.text
    assert first[0] not in world.server.log()


def test_tells_who_acts_on_a_reader_that_was_erased_meanwhile(world: World, librarian: Browser, desk: str) -> None:
    gone = who(world)
    librarian.go(f"{desk}/readers/{gone}")
    csrf = librarian.forms[-1].fields["csrf"]
    with world.store.writing.begin() as connection:
        erasing.erase(connection, world.library, gone, clock.now_ms())
    before = feed(world.store, world.library)[0], deeds(world)
    for act, fields in (
        ("block", {"blocked": "yes"}),
        ("note", {"note": "x"}),
        ("cards", {"card": "MOI.9"}),
        ("cards", {"card": "MOI.9", "lost": "yes"}),
        ("lift", {}),
        ("pin", {}),
        ("edit", {"name": "Nguyễn Minh An", "category": "hs"}),
    ):
        assert librarian.post(f"{desk}/readers/{gone}/{act}", csrf=csrf, **fields) == 303
        assert librarian.page.headers["location"] == f"{desk}/readers?gone=1"
    assert (feed(world.store, world.library)[0], deeds(world)) == before
    librarian.go(f"{desk}/readers?gone=1")
    assert "không còn trong danh sách" in librarian.text
    assert librarian.go(f"{desk}/readers/{gone}") == 404
    for column in (patron_card.c.patron_id, reader_pin.c.patron_id, request.c.patron_id):
        assert world.one(sa.select(sa.func.count()).where(column == gone)) == 0


def test_shows_what_people_typed_as_text_on_every_page(world: World, librarian: Browser, desk: str) -> None:
    librarian.go(f"{desk}/readers/new")
    named = {"name": f"Bạn {SCRIPT}", "class_name": '7"><b>', "card": "'<i>"}
    assert librarian.send(f"{desk}/readers/new", **named) == 200
    evil = who(world, "'<i>")
    station = Station(world.library)
    asks = station.ask("fault_report", evil, about="other", barcode=None, text=SCRIPT)
    take(world.store, station.check_out("TK.1", evil), asks, library=world.library)
    librarian.send(f"{desk}/readers/{evil}/note", note=SCRIPT)
    shown = ["", f"/{evil}", f"/{evil}/edit", "?find=ban", f"?class={quote(named['class_name'])}"]
    pages = [
        *(f"/readers{one}" for one in shown),
        f"/readers?find={quote(SCRIPT)}",
        "/year",
        "/work",
        "/reports/faults",
    ]
    for page in [*pages, "/reports/overdue", "/reports/slips", "/reports/classes"]:
        assert librarian.go(desk + page) == 200
        assert SCRIPT not in librarian.page.text
        assert '7"><b>' not in librarian.page.text
    assert librarian.go(f"{desk}/readers/{evil}") == 200
    assert SCRIPT in librarian.text, "the control: it is shown"


def disputed(world: World) -> str:
    station = lend(world)
    take(world.store, station.check_out("TK.1", who(world, "HS2")), library=world.library)
    return str(world.one(sa.select(dispute.c.id).where(dispute.c.library_id == world.library)))


def test_of_two_people_on_one_dispute_one_settles_it_and_the_other_hears_so(
    world: World, at_work: AtWork, desk: str
) -> None:
    found = disputed(world)
    both = [at_work(Role.LIBRARIAN) for _ in range(2)]
    for one in both:
        assert one.go(f"{desk}/work") == 200
        assert "Nguyễn Minh An" in one.text
        assert "Trần Thu Hà" in one.text

    def settle(one: Browser, way: str) -> str:
        csrf = one.forms[-1].fields["csrf"]
        assert one.post(f"{desk}/work/disputes/{found}", csrf=csrf, way=way) == 303
        return one.page.headers["location"].partition("=")[2]

    with ThreadPoolExecutor(2) as threads:
        heard = list(threads.map(settle, both, ("first_over", "first_has_it")))
    assert sorted(heard) == ["settled", "settled_already"]
    ways = sa.select(settlement.c.way).where(settlement.c.library_id == world.library)
    with world.store.reading.connect() as connection:
        said = list(connection.scalars(ways))
    assert said == [("first_over", "first_has_it")[heard.index("settled")]]
    assert deeds(world) == ["dispute_settled"]
    csrf = both[0].go(f"{desk}/work") and both[0].forms[-1].fields["csrf"]
    assert both[0].post(f"{desk}/work/disputes/nothing", csrf=csrf, way="seen") == 404
    assert both[0].post(f"{desk}/work/disputes/{found}", csrf=csrf, way="seen") in (303, 400)


def test_grants_and_declines_requests(world: World, librarian: Browser, desk: str) -> None:
    station = Station(world.library)
    wish = station.ask("suggestion", who(world), text="Đất rừng phương Nam")
    link = station.ask("card_link", who(world), private="HS2")
    take(world.store, wish, link, library=world.library)
    librarian.go(f"{desk}/work")
    assert "Đất rừng phương Nam" in librarian.text
    csrf = librarian.forms[-1].fields["csrf"]
    by_kind = {}
    with world.store.reading.connect() as connection:
        for row in connection.execute(sa.select(request).where(request.c.library_id == world.library)):
            by_kind[row.kind] = row.id
    asked = f"{desk}/work/requests/"
    assert librarian.post(asked + by_kind["card_link"], csrf=csrf, decision="grant") == 303
    assert librarian.page.headers["location"].endswith("done=cannot"), "the card is another reader's"
    for kind, decision, state in (("suggestion", "grant", "granted"), ("card_link", "decline", "declined")):
        assert librarian.post(asked + by_kind[kind], csrf=csrf, decision=decision, why="Cảm ơn em") == 303
        assert librarian.page.headers["location"].endswith(f"done={state}")
        assert world.one(sa.select(request.c.state).where(request.c.id == by_kind[kind])) == state
    librarian.post(asked + by_kind["suggestion"], csrf=csrf, decision="decline")
    assert librarian.page.headers["location"].endswith("done=cannot")
    assert librarian.post(f"{asked}nothing", csrf=csrf, decision="grant") == 404


def test_sets_what_was_touched_and_shows_what_comes_of_it(
    world: World, librarian: Browser, desk: str, tmp_path: Path
) -> None:
    bring(world.store, "circulation", CIRCULATION, tmp_path, world.library)
    librarian.go(f"{desk}/settings")
    assert "Chưa có lịch" in librarian.text
    page = f"{desk}/settings/calendar"
    librarian.go(page)
    year = {"year-name-0": "2026-2027", "year-first-0": "2026-09-05", "year-last-0": "2099-05-31"}
    assert librarian.send(page, **year) == 400
    assert librarian.send(page, **year | {"year-last-0": "2027-05-31"}) == 200
    stale = librarian.forms[-1].fields["print"]
    tet = {"closed-name-0": "Tết", "closed-first-0": "2027-02-01", "closed-last-0": "2027-02-14"}
    assert librarian.send(page, **tet) == 200
    (calendar,) = told(world, "calendar")
    assert [(one["from"], one["to"], one["name"]) for one in calendar["closed"]] == [
        ("2027-02-01", "2027-02-14", "Tết")
    ]
    assert librarian.send(page, print=stale, **{"closed-name-0": "Tết khác"}) == 400
    assert "vừa sửa lịch" in librarian.text

    librarian.go(f"{desk}/settings")
    assert "Chưa có lịch" not in librarian.text
    days = "value:policy.hs.STK.days"
    stale_form = dict(librarian.forms[-1].fields)
    assert librarian.send(f"{desk}/settings", **{days: "400"}) == 400
    assert librarian.send(f"{desk}/settings", **{days: "21", "value:closed": "20/11/2026, 30/11/2026"}) == 200
    (rules,) = told(world, "circulation")
    assert rules["policies"][0]["days"] == 21
    (calendar,) = told(world, "calendar")
    assert [one["name"] for one in calendar["closed"]] == ["Tết", "", ""]
    # A form from before, in which something else is touched, changes that alone.
    librarian.post(f"{desk}/settings", **stale_form | {"value:limits.hs.total": "7"})
    (rules,) = told(world, "circulation")
    assert (rules["limits"]["hs"]["total"], rules["policies"][0]["days"]) == (7, 21)
    librarian.post(f"{desk}/settings", **stale_form | {"fixed:limits.hs.total": "on"})
    fixed = sa.select(setting.c.fixed).where(setting.c.library_id == world.library, setting.c.name == "limits.hs.total")
    assert world.one(fixed) is True
    librarian.go(f"{desk}/settings")
    fields = {**librarian.forms[-1].fields}
    fields.pop("fixed:limits.hs.total")
    librarian.post(f"{desk}/settings", **fields)
    assert world.one(fixed) is False
    librarian.go(page)
    closed = [value for key, value in librarian.forms[-1].fields.items() if key.startswith("closed-name")]
    assert [one for one in closed if one] == ["Tết"]


def test_takes_reports_along_without_a_formula(world: World, librarian: Browser, desk: str) -> None:
    evil = '=HYPERLINK("http://x","y")'
    librarian.go(f"{desk}/readers/new")
    librarian.send(f"{desk}/readers/new", name=evil, class_name="+7A", card="@SUM(1)")
    station = Station(world.library)
    body = station.check_out("TK.1", who(world, "@SUM(1)"))
    late = body["body"].replace('"due_on": "2026-12-01"', '"due_on": "2026-11-01"')
    station.last_hash = "00" * 32
    take(world.store, station.seal(late, body["reader"]), library=world.library)
    assert librarian.go(f"{desk}/reports/overdue?as=csv") == 200
    text = librarian.page.content.decode("utf-8-sig")
    assert f"'{evil}".replace('"', '""') in text
    assert all(not cell.startswith(("=", "+", "-", "@")) for cell in text.replace('"', "").split(","))
    assert librarian.go(f"{desk}/reports/overdue?as=xlsx") == 200
    sheet = load_workbook(BytesIO(librarian.page.content)).active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row]
    assert [cell.value for cell in cells[:3]] == ["'+7A", f"'{evil}", "'@SUM(1)"]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    librarian.go(f"{desk}/reports/slips")
    assert "TK.1" in librarian.text
    assert librarian.go(f"{desk}/reports/nothing") == 404
    assert librarian.go(f"{desk}/reports/months?from=2026-01-01&to=2025-01-01") == 400


def test_commends_only_where_the_school_wants_it(world: World, librarian: Browser, desk: str) -> None:
    lend(world)
    assert librarian.go(f"{desk}/reports/commended") == 404
    librarian.go(f"{desk}/reports")
    assert "được khen" not in librarian.text
    with world.store.writing.begin() as connection:
        organisations.change(connection, world.school, commends=True)
    assert librarian.go(f"{desk}/reports/commended") == 200
    assert "Nguyễn Minh An" in librarian.text
