"""The librarian's pages for what readers ask about their own data."""

import json

import pytest
import sqlalchemy as sa

from central_server.people import Role
from central_server.tables.library import patron
from central_server.tables.organisations import deed
from central_server.tables.subjects import subject_request
from tests.central_server.support import Station, take
from tests.central_server.web.conftest import World


def patron_of(world: World, card: str, library: str = "") -> str:
    return str(
        world.one(
            sa.select(patron.c.id).where(patron.c.library_id == (library or world.library), patron.c.card == card)
        )
    )


def test_a_reader_asks_is_told_and_is_erased(world: World) -> None:
    an = patron_of(world, "HS1")
    take(world.store, Station(library=world.library).check_out("TK.1", an), library=world.library)
    librarian = world.signed_in(Role.LIBRARIAN, world.school)
    register = f"/desk/{world.library}/subjects/"
    librarian.go(register)
    librarian.send(register, card="HS999")
    assert "không có ai mang thẻ đó" in librarian.text
    assert librarian.send(register, card="HS1") == 200
    here = f"{register}{an}"
    assert librarian.path == here
    assert librarian.send(here, kind="export", asked_on="2031-01-01") == 400
    assert librarian.send(here, kind="export", asked_on="hôm nay") == 400
    assert librarian.send(here, kind="export") == 200
    with world.store.writing.begin() as connection:
        mine = sa.update(subject_request).where(subject_request.c.library_id == world.library)
        connection.execute(mine.values(due_on="2026-01-05"))
    librarian.go(register)
    assert "Quá hạn từ 05/01/2026" in librarian.text
    librarian.go(here)
    csrf = librarian.forms[-1].fields["csrf"]
    assert librarian.post(f"{here}/export", csrf=csrf, **{"as": "json"}) == 200
    assert "attachment" in librarian.page.headers["content-disposition"]
    held = json.loads(librarian.page.content)
    assert (held["patron"]["name"], held["loan"][0]["title"]) == ("Nguyễn Minh An", "Dế Mèn phiêu lưu ký")
    assert librarian.post(f"{here}/export", csrf=csrf, **{"as": "text"}) == 200
    assert "Nguyễn Minh An" in librarian.page.content.decode()
    librarian.go(register)
    assert "Quá hạn" not in librarian.text
    assert librarian.post(f"{here}/done", csrf=csrf, number="1") == 400
    librarian.go(here)
    assert "Bạn đọc còn giữ 1 cuốn" in librarian.text
    assert librarian.send(f"{here}/erase", card="HS2") == 400
    assert librarian.send(f"{here}/erase", card="HS1") == 400
    assert patron_of(world, "HS1") == an
    assert librarian.post(f"{here}/erase", csrf=csrf, card="HS1", although="on") == 303
    librarian.go(librarian.page.headers["location"])
    assert "Đã xoá" in librarian.text
    assert "Nguyễn Minh An" not in librarian.text
    assert "Bạn đọc đã xoá" in librarian.text
    assert librarian.go(here) == 404
    for one in (subject_request, deed):
        with world.store.reading.connect() as connection:
            rows = connection.execute(sa.select(one).where(one.c.library_id == world.library)).all()
        assert rows
        assert an not in str(rows)


@pytest.mark.parametrize("what", ["", "/export", "/erase", "/done"])
def test_nothing_is_done_to_a_reader_of_another_library(world: World, what: str) -> None:
    librarian = world.signed_in(Role.LIBRARIAN, world.school)
    stranger = patron_of(world, "HS1", world.other_library)
    here = f"/desk/{world.library}/subjects/{stranger}"
    assert librarian.go(here) == 404
    librarian.go("/account")
    csrf = librarian.forms[0].fields["csrf"]
    fields = {"card": "HS1", "although": "on", "kind": "export", "asked_on": "2026-11-01", "number": "1", "as": "json"}
    assert librarian.post(here + what, csrf=csrf, **fields) == 404
    assert patron_of(world, "HS1", world.other_library) == stranger


@pytest.mark.parametrize("role", [Role.HEAD, Role.MAINTAINER])
def test_only_a_librarian_sees_it(world: World, role: Role) -> None:
    assert world.signed_in(role, world.school).go(f"/desk/{world.library}/subjects/") == 404
