"""The pages of school IT: enrolling, letting in and shutting out, and what an attacker would try there."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from central_server import deeds, devices, support
from central_server.devices import Device, State
from central_server.people import Role
from tests.central_server.signing import Key
from tests.central_server.support import NOON_MS, let_in
from tests.central_server.test_enrolment import shown_at_the_station
from tests.central_server.web.browser import Browser
from tests.central_server.web.conftest import World

_PASSWORD = "mat khau cua truong"


@pytest.fixture
def it(world: World) -> Browser:
    """School IT, signed in."""
    return world.signed_in(Role.MAINTAINER, world.school)


def ask_for_code(it: Browser, world: World, device: str = "tram-2", **fields: str) -> int:
    it.go(f"/stations/{world.library}/new")
    return it.send(f"/stations/{world.library}/new", device=device, **fields)


def token_on(it: Browser) -> str:
    found = re.search(r"(?:[0-9A-Z]{5}-){5}[0-9A-Z]", it.text)
    assert found is not None
    return found[0]


def enrol(world: World, token: str, device: str = "tram-2", library: str = "") -> tuple[Key, int]:
    """As a station does."""
    key = Key()
    told: dict[str, Any] = {"protocol": 1, "token": token, "library": library or world.library, "device": device}
    body = json.dumps(told | {"public_key": key.public_text}).encode()
    return key, world.server.ask(key, "POST", "/v1/enrolments", body, nonce=False).status_code


def states(world: World, library: str = "") -> dict[str, State]:
    """The state of each key by its id."""
    with world.store.reading.connect() as connection:
        return {one.key_id: one.state for one in devices.listed(connection, library or world.library)}


def acts(world: World) -> list[tuple[str, str]]:
    with world.store.reading.connect() as connection:
        return [(one["act"], one["subject"]) for one in deeds.of_library(connection, world.library)][::-1]


def waits(world: World, library: str, words: str = "ấm trà, lâu đài, vàng anh, lều trại") -> Key:
    """A station that waits to be confirmed."""
    key = Key()
    with world.store.writing.begin() as connection:
        devices.add(connection, Device(library, "tram-2", key.id, key.public, State.PENDING, words, NOON_MS))
    return key


def test_enrols_a_station(world: World, it: Browser) -> None:
    assert ask_for_code(it, world, wifi="Hoa Sen", wifi_password=_PASSWORD) == 200
    token = token_on(it)
    waiting = f"/stations/{world.library}/waiting/tram-2"
    assert waiting in it.links
    it.go(waiting)
    assert "Trạm chưa liên lạc" in it.text
    key, status = enrol(world, token)
    assert status == 200
    words = ", ".join(shown_at_the_station(key, token, world.library, "tram-2"))
    it.go(waiting)
    assert words in it.text
    assert it.send(f"/stations/{world.library}/confirm") == 200
    assert "Đã xác nhận" in it.text
    assert states(world) == {key.id: State.ACTIVE}
    assert acts(world) == [("station_token_made", "tram-2"), ("station_confirmed", "tram-2")]
    for secret in (token, token.replace("-", ""), words, _PASSWORD):
        assert secret not in world.server.log()
    it.go(f"/stations/{world.library}/")
    assert "tram-2" in it.text


def test_confirms_once(world: World, it: Browser) -> None:
    key = waits(world, world.library)
    it.go(f"/stations/{world.library}/waiting/tram-2")
    form = next(one for one in it.forms if one.action.endswith("/confirm"))
    assert it.post(form.action, **form.fields) == 303
    assert it.post(form.action, **form.fields) == 400
    assert it.post(form.action.replace("confirm", "refuse"), **form.fields) == 400
    assert states(world) == {key.id: State.ACTIVE}
    assert [act for act, _ in acts(world)] == ["station_confirmed"]


@pytest.mark.parametrize("words", ["", "một, hai, ba, bốn", "ấm trà", "lâu đài, ấm trà, vàng anh, lều trại"])
def test_confirms_nobody_by_other_words(world: World, it: Browser, words: str) -> None:
    key = waits(world, world.library)
    it.go(f"/stations/{world.library}/waiting/tram-2")
    csrf = it.forms[-1].fields["csrf"]
    for action in ("confirm", "refuse"):
        assert it.post(f"/stations/{world.library}/{action}", csrf=csrf, device="tram-2", words=words) == 400
    assert states(world) == {key.id: State.PENDING}
    assert acts(world) == []


def test_decides_nothing_about_another_school(world: World, it: Browser) -> None:
    """By its own address, and by the name of a station of the other one at its own address."""
    key = waits(world, world.other_library)
    before = states(world, world.other_library)
    it.go("/account")
    form = {"csrf": it.forms[0].fields["csrf"], "device": "tram-2", "words": "ấm trà, lâu đài, vàng anh, lều trại"}
    for action in ("confirm", "refuse", "revoke", "admit", "pass"):
        for library in (world.library, world.other_library):
            assert it.post(f"/stations/{library}/{action}", hours="4", **form) in (400, 404)
    assert it.go(f"/stations/{world.other_library}/waiting/tram-2") == 404
    assert states(world, world.other_library) == before
    assert before[key.id] is State.PENDING
    with world.store.writing.begin() as connection:
        devices.revoke(connection, world.other_library, "tram-2")


def test_a_code_is_good_for_its_own_library_and_station(world: World, it: Browser) -> None:
    ask_for_code(it, world)
    token = token_on(it)
    assert enrol(world, token, library=world.other_library)[1] == 403
    assert enrol(world, token, device="tram-3")[1] == 403
    assert enrol(world, token)[1] == 200
    assert enrol(world, token)[1] == 403


def test_refuses_who_would_take_a_place_and_keeps_who_has_it(world: World, it: Browser) -> None:
    present = Key()
    let_in(world.store, present, world.library, "tram-2")
    assert ask_for_code(it, world) == 400
    assert "đánh dấu bên dưới" in it.text
    assert it.send(f"/stations/{world.library}/new") == 400, "who does not tick it replaces nothing"
    it.go(f"/stations/{world.library}/new?replaces=tram-2")
    assert it.send(f"/stations/{world.library}/new") == 200
    newcomer, _status = enrol(world, token_on(it))
    it.go(f"/stations/{world.library}/waiting/tram-2")
    assert it.send(f"/stations/{world.library}/refuse") == 200
    assert states(world) == {present.id: State.ACTIVE, newcomer.id: State.REVOKED}


def test_shuts_out_and_lets_in_again(world: World, it: Browser) -> None:
    key = Key()
    let_in(world.store, key, world.library, "tram-2")
    it.go(f"/stations/{world.library}/one/tram-2")
    assert it.send(f"/stations/{world.library}/revoke") == 200
    assert states(world) == {key.id: State.REVOKED}
    assert it.post(f"/stations/{world.library}/revoke", csrf=it.forms[0].fields["csrf"], device="tram-2") == 400
    it.go(f"/stations/{world.library}/one/tram-2")
    assert it.send(f"/stations/{world.library}/admit") == 200
    assert states(world) == {key.id: State.ACTIVE}
    assert [act for act, _ in acts(world)] == ["station_revoked", "station_admitted"]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"device": " "}, "Tên có tối đa 64"),
        ({"device": "a/b"}, "Tên có tối đa 64"),
        ({"device": "<script>"}, "Tên có tối đa 64"),
        ({"device": "tram-2\n"}, None),
        ({"wifi": "ễ" * 20}, "Tên mạng có"),
        ({"wifi": "Hoa Sen", "wifi_password": "ngan"}, "Tên mạng có"),
        ({"wifi": "Hoa Sen", "wifi_password": "mật khẩu có dấu"}, "Tên mạng có"),
        ({"wifi_password": _PASSWORD}, "Còn thiếu tên mạng"),
        ({"wifi": "x" * 65}, "Chưa thực hiện được"),
        ({"minutes": "99999"}, "Chưa thực hiện được"),
    ],
)
def test_says_what_is_wrong_and_makes_nothing(
    world: World, it: Browser, fields: dict[str, str], says: str | None
) -> None:
    status = ask_for_code(it, world, **({"device": "tram-2"} | fields))
    assert status == (400 if says else 200), "blanks around a name are nobody's intention"
    if says:
        assert says in it.text
        assert acts(world) == []
    assert _PASSWORD not in it.page.text


def test_tells_a_station_only_an_address_that_it_takes(world: World, it: Browser) -> None:
    it.go(f"/stations/{world.library}/new")
    form = it.forms[-1].fields | {"device": "tram-2"}
    path = f"/stations/{world.library}/new"
    asked = {"Host": "thu-vien.example.vn", "Cookie": f"visit={it.session.cookies['visit']}"}
    assert it.post(path, asked, **form) == 400
    assert "https" in it.text
    assert it.post(path, asked | {"X-Forwarded-Proto": "https"}, **form) == 200
    assert "https://thu-vien.example.vn" in it.text


def test_draws_a_service_pass_for_a_station_that_works(world: World, it: Browser) -> None:
    waits(world, world.library)
    it.go("/account")
    form = {"csrf": it.forms[0].fields["csrf"], "device": "tram-2"}
    path = f"/stations/{world.library}/pass"
    assert it.post(path, hours="4", **form) == 400
    let_in(world.store, Key(), world.library, "tram-2")
    assert it.post(path, hours="9999", **form) == 400
    assert it.post(path, hours="4", **form) == 200
    assert "data:image/svg+xml" in it.page.text
    assert acts(world) == [("station_pass_made", "tram-2")]


def test_hands_out_support_bundles_of_its_own_library_only(world: World, it: Browser) -> None:
    content = gzip.compress(b"log")
    for library in (world.library, world.other_library):
        key = Key()
        let_in(world.store, key, library, f"tram-{library}"[:64])
        with world.store.writing.begin() as connection:
            asking = devices.find(connection, key.id)
            assert asking is not None
            support.take(connection, asking, library, asking.name, content, NOON_MS)
            number = support.listed(connection, library)[-1].number
    it.go(f"/stations/{world.library}/support")
    assert f"/stations/{world.library}/support/1" in it.links
    assert it.go(f"/stations/{world.library}/support/1") == 200
    assert it.page.content == content
    assert "attachment" in it.page.headers["content-disposition"]
    assert it.go(f"/stations/{world.other_library}/support/{number}") == 404
    for missing in ("2", "0", "99999999999999999999"):
        assert it.go(f"/stations/{world.library}/support/{missing}") == 404
    assert acts(world) == [("support_bundle_taken", "1")]


@pytest.mark.parametrize("role", [Role.HEAD, Role.LIBRARIAN])
def test_others_of_the_school_only_look(world: World, at_work: Callable[[Role], Browser], role: Role) -> None:
    let_in(world.store, Key(), world.library, "tram-2")
    browser = at_work(role)
    assert browser.go(f"/stations/{world.library}/") == 200
    assert "tram-2" in browser.text
    assert not [one for one in browser.links if "/one/" in one or one.endswith("/new")]
    for path in ("new", "one/tram-2", "waiting/tram-2", "support", "releases"):
        assert browser.go(f"/stations/{world.library}/{path}") == 404
    csrf = browser.forms[0].fields["csrf"]
    for action in ("revoke", "admit", "confirm", "refuse", "pass", "new", "releases"):
        assert browser.post(f"/stations/{world.library}/{action}", csrf=csrf, device="tram-2") == 404
    assert list(states(world).values()) == [State.ACTIVE]


def test_takes_no_release_where_no_publisher_is_known(world: World, it: Browser) -> None:
    it.go(f"/stations/{world.library}/releases")
    assert "chỉ người phụ trách máy chủ" in it.text
