"""An admin's pages, and everybody's second step."""

import base64
import re

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

from central_server import clock, organisations, people
from central_server.database import Store
from central_server.people import Role
from central_server.tables.organisations import deed, person, person_role
from central_server.web.people import _MOST_NODES, _MOST_PEOPLE, _tree
from central_server.web.second_step import opened, sealed
from central_server.web.site import Office
from central_server.web.visits import Visit
from central_server.wire import Refused
from tests.central_server.web.conftest import PASSWORD, World


def test_an_admin_lets_somebody_in_who_then_works(world: World) -> None:
    admin = world.signed_in(Role.ADMIN, world.commune)
    assert admin.go("/people/") == 200
    assert admin.path == f"/people/{world.commune}/"
    assert "Trường Tiểu học Hoa Sen" in admin.text
    assert "Vĩnh Long" not in admin.text
    assert admin.go(f"/people/{world.school}/let-in") == 200
    login = f"moi.{world.library}"
    assert admin.send(f"/people/{world.school}/let-in", name="", login=login, role="librarian") == 400
    assert "Cần có tên" in admin.text
    assert admin.send(f"/people/{world.school}/let-in", name="Cô Mới", login="hai từ", role="librarian") == 400
    assert admin.send(f"/people/{world.school}/let-in", name="Cô Mới", login=login.upper(), role="librarian") == 200
    found = re.search(r"[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}", admin.text)
    assert found
    first = found[0]
    newcomer = world.browser()
    newcomer.enter(login, first, then="/account")
    assert newcomer.send("/account", old=first, new=PASSWORD) == 200
    newcomer.go("/")
    assert "Thư viện Hoa Sen" in newcomer.text
    # Nowhere but on that one page.
    admin.go(f"/people/{world.school}/")
    assert first not in admin.page.text
    assert "Cô Mới" in admin.text
    # Another first password, then shut out.
    who = world.one(sa.select(person.c.id).where(person.c.login == login))
    page = f"/people/{world.school}/person/{who}"
    admin.go(page)
    assert admin.send(f"{page}/give", role="head", at=world.school) == 200
    assert admin.text.count("Ban giám hiệu") >= 2
    assert admin.send(f"{page}/password") == 200
    assert first not in admin.page.text
    admin.go(page)
    assert admin.send(f"{page}/disabled") == 200
    assert "đã khoá" in admin.text
    assert world.browser().enter(login, PASSWORD) == 403
    admin.go(f"/people/{world.commune}/deeds")
    for words in ("Cấp tài khoản", "Giao vai trò : Ban giám hiệu", "Khoá tài khoản", "Cô Mới"):
        assert words in admin.text.replace("vai trò:", "vai trò :")
    assert first not in admin.page.text


def test_an_admin_builds_a_school_with_its_library(world: World) -> None:
    admin = world.signed_in(Role.ADMIN, world.province)
    here = f"/people/{world.commune}"
    admin.go(f"{here}/add")
    csrf = admin.forms[-1].fields["csrf"]
    name = f"Trường Tiểu học {world.library[-6:]}"
    facts = {"csrf": csrf, "kind": "school", "name": name, "pupils": "nhiều", "one_school": "on", "library": "new"}
    assert admin.post(f"{here}/add", **facts) == 400
    assert "Hãy ghi số học sinh" in admin.text
    assert name in admin.page.text, "what was typed is lost"
    assert admin.post(f"{here}/add", **(facts | {"pupils": "420"})) == 303
    made = admin.page.headers["location"]
    admin.go(made)
    assert "420" in admin.text
    assert admin.go(f"{made}change") == 200
    assert admin.send(f"{made}change", name="<b>Hoa Mai</b>", level="primary") == 200
    assert "&lt;b&gt;Hoa Mai" in admin.page.text
    admin.go(f"{made}change")
    assert '<option value="primary" selected>Tiểu học' in admin.page.text
    assert admin.send(f"{made}change", level="kindergarten") == 200
    admin.go(made)
    assert "Mầm non" in admin.text
    office = world.signed_in(Role.OFFICE, world.commune)
    office.go(f"/office/{world.commune}/?by=school")
    assert "Mầm non" in office.text, "what an admin chose has no name for an office"
    admin.go(f"{made}change")
    assert admin.send(f"{made}move", parent=world.province) == 200
    admin.go(f"{made}change")
    assert admin.send(f"{made}remove") == 200
    assert admin.path == f"/people/{world.province}/"
    assert "Hoa Mai" not in admin.text


def test_what_is_of_others_is_not_there_for_an_admin(world: World) -> None:
    """By HTTP what the table of test_administering says of the functions: foreign ids in every place of a form."""
    admin = world.signed_in(Role.ADMIN, world.commune)
    login = world.person(Role.LIBRARIAN, world.other_school)
    mine = world.person(Role.HEAD, world.school)
    with world.store.reading.connect() as connection:
        stranger, member = people.of_login(connection, login).id, people.of_login(connection, mine).id
    here = f"/people/{world.commune}"
    admin.go(f"{here}/add")
    csrf = admin.forms[-1].fields["csrf"]
    tries: list[tuple[str, dict[str, str]]] = [
        (f"/person/{stranger}/give", {"at": world.school, "role": "admin"}),
        (f"/person/{member}/give", {"at": world.province, "role": "admin"}),
        (f"/person/{member}/give", {"at": world.other_school, "role": "librarian"}),
        (f"/person/{member}/take", {"at": world.other_school, "role": "head"}),
        (f"/person/{stranger}/take", {"at": world.other_school, "role": "librarian"}),
        (f"/person/{stranger}/password", {}),
        (f"/person/{stranger}/disabled", {"disabled": "yes"}),
        (f"/person/{stranger}/name", {"name": "x"}),
        ("/move", {"parent": world.other_school}),
        ("/move", {"parent": world.province}),
    ]
    for path, fields in tries:
        assert admin.post(here + path, csrf=csrf, **fields) == 404, path
    assert admin.go(f"{here}/person/{stranger}") == 404
    assert admin.post(f"{here}/person/{member}/give", csrf=csrf, at=world.school, role="emperor") == 400
    assert admin.post(f"{here}/person/{member}/give", csrf=csrf, at=world.commune, role="librarian") == 400
    assert admin.post(f"{here}/remove", csrf=csrf) == 400
    noted = world.one(sa.select(sa.func.count()).where(deed.c.organisation_id == world.commune))
    assert noted == 0, "something was done"
    for role in (Role.OFFICE, Role.HEAD):
        at = world.school if role is Role.HEAD else world.commune
        assert world.signed_in(role, at).go("/people/") == 404


def test_a_second_step_counts_from_its_first_code(world: World) -> None:
    login = world.person(Role.LIBRARIAN, world.school)
    browser, elsewhere = world.browser(), world.browser()
    browser.enter(login, PASSWORD)
    elsewhere.enter(login, PASSWORD)
    page = "/account/second-step"
    browser.go(page)
    shown = re.search(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", browser.text)
    assert shown
    secret = base64.b32decode(shown[0].replace(" ", ""))
    assert 'src="data:image/svg+xml' in browser.page.text

    def code(later: int = 0) -> str:
        return HOTP(secret, 6, SHA1()).generate(clock.now_ms() // 30_000 + later).decode()

    assert browser.send(f"{page}/on", code="000000" if code() != "000000" else "111111", password=PASSWORD) == 403
    assert world.one(sa.select(person.c.totp).where(person.c.login == login)) is None
    assert shown[0] in browser.text, "the telephone has this secret already"
    assert browser.send(f"{page}/on", code=code(), password="sai rồi nhé bạn") == 403
    assert browser.send(f"{page}/on", code=code(), password=PASSWORD) == 200
    assert "Đã bật xác thực hai bước" in browser.text
    elsewhere.go("/account")
    assert elsewhere.path == "/enter", "who was signed in without it still is"
    assert world.browser().enter(login, PASSWORD) == 403
    other = world.browser()
    other.go("/enter")
    assert other.send("/enter", login=login, password=PASSWORD, code=code(1)) == 200
    other.go(page)
    assert shown[0] not in other.page.text
    assert other.send(f"{page}/off", password="sai rồi nhé bạn") == 403
    assert other.send(f"{page}/off", password=PASSWORD) == 200
    assert world.browser().enter(login, PASSWORD) == 200


def test_takes_no_secret_that_it_did_not_make() -> None:
    good = sealed(b"x" * 20, "key-of-this-visit")
    assert opened(good, "key-of-this-visit") == b"x" * 20
    other = sealed(b"y" * 20, "another visit")
    for wrong in ("", ".", "zz.zz", other, good[:-1], good.replace("78", "79", 1), "00" * 20 + "." + "0" * 64, "é.é"):
        with pytest.raises(Refused) as refused:
            opened(wrong, "key-of-this-visit")
        assert refused.value.status == 400, wrong


def test_a_large_tree_is_shown_level_by_level_and_people_are_found_by_name(store: Store) -> None:
    with store.writing.begin() as c:
        organisations.add(c, "vl", "province", "Vĩnh Long")
        by, _ = people.add(c, "root", "Thầy Quản", 0)
        people.give_role(c, by, "vl", Role.ADMIN)
        for number in range(_MOST_NODES):
            organisations.add(c, f"c-{number}", "commune", f"Xã {number}", parent="vl")
        organisations.add(c, "s", "school", "Hoa Sen", parent="c-7", one_school=True)
        rows = [
            {"id": f"p-{n}", "login": f"p-{n}", "name": f"Cô {n}", "password": "", "added_ms": 0}
            for n in range(_MOST_PEOPLE)
        ]
        c.execute(person.insert(), rows)
        held = [{"person_id": one["id"], "organisation_id": "s", "role": "librarian"} for one in rows]
        c.execute(person_role.insert(), held)
        node, who = organisations.find(c, "vl"), people.find(c, by)
        assert node
        office = Office(Visit("k" * 43, False, "vi", person=who), node)
        whole = _tree(c, office, "")
        assert (len(whole["nodes"]), whole["below"]) == (_MOST_NODES + 1, _MOST_NODES + 1)
        assert ([one["login"] for one in whole["people"]], whole["crowd"]) == (["root"], _MOST_PEOPLE + 1)
        assert [one["login"] for one in _tree(c, office, "CÔ 199")["people"]] == ["p-199"]
        many = _tree(c, office, "p-")
        assert (len(many["people"]), many["crowd"]) == (_MOST_PEOPLE, 0)
