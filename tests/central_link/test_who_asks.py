"""Every request is signed as docs/protocol.md says, and a "no" is understood: against a centre that verifies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from central_link.identity import Identity
from central_link.native_rest import NativeRestConfig, NativeRestLink
from kiosk.ports.central import Standing
from kiosk.ports.errors import Unreachable
from tests.central_link.picky_centre import Picky, picky_centre
from tests.central_link.stand_in import StandIn, enrolled, reply
from tests.sync.chains import Chain


@pytest.fixture
def centre() -> Iterator[tuple[Picky, StandIn]]:
    with picky_centre() as made:
        yield made


def link_to(there: StandIn, folder: Path | None = None) -> NativeRestLink:
    return NativeRestLink(NativeRestConfig(there.url, "hoa-sen", "tram-1", folder or there.key_folder))


def known(picky: Picky, folder: Path, state: str = "active") -> str:
    key = Identity(folder).key()
    assert key is not None
    picky.know(key.public, state)
    return key.id


def refused(link: NativeRestLink) -> Unreachable:
    with pytest.raises(Unreachable) as caught:
        link.changes("", 10, 0.0)
    with pytest.raises(Unreachable) as sent:
        link.send(Chain().check_ins(2))
    assert (sent.value.standing, str(sent.value)) == (caught.value.standing, str(caught.value))
    return caught.value


def test_signs_what_the_protocol_names_and_no_time(centre: tuple[Picky, StandIn]) -> None:
    picky, there = centre
    key_id = known(picky, there.key_folder)
    link = link_to(there)
    assert len(link.send(Chain().check_ins(3))) == 3
    link.changes("a&b", 10, 0.0)
    sent, *_, asked = picky.signed
    first = ['"@method"', '"@path"', '"@query"']
    assert sent == {
        "label": "tram",
        "covered": [*first, '"content-digest"', '"@signature-params"'],
        "keyid": key_id,
        "alg": "ed25519",
    }
    assert asked["covered"] == [*first, '"@signature-params"']
    assert asked.keys() == {"label", "covered", "keyid", "alg", "nonce"}
    assert picky.denied == []


def test_asks_again_once_for_a_nonce_and_uses_each_once(centre: tuple[Picky, StandIn]) -> None:
    picky, there = centre
    known(picky, there.key_folder)
    link = link_to(there)
    for _ in range(3):
        link.changes("", 10, 0.0)
    assert len(there.requests) == 4  # the first had none
    nonces = [signed.get("nonce") for signed in picky.signed]
    assert nonces[0] is None
    assert len(set(nonces)) == 4
    picky.nonces.clear()  # the server was started anew
    link.changes("", 10, 0.0)
    assert len(there.requests) == 6


def test_asks_no_third_time(centre: tuple[Picky, StandIn]) -> None:
    picky, there = centre
    known(picky, there.key_folder)
    there.answer = lambda handler, _: reply(handler, b'{"error": "", "again": true}', 401, Tram_Nonce="n")
    with pytest.raises(Unreachable) as caught:
        link_to(there).changes("", 10, 0.0)
    assert caught.value.standing is Standing.UNREACHABLE
    assert len(there.requests) == 2


def test_control_the_centre_denies_what_was_altered_on_its_way(centre: tuple[Picky, StandIn]) -> None:
    picky, there = centre
    known(picky, there.key_folder)

    def altered(handler: object, request: object) -> None:
        request.body = request.body.replace(b"tram-1", b"tram-2")  # type: ignore[attr-defined]
        picky.answer(handler, request)  # type: ignore[arg-type]

    there.answer = altered
    with pytest.raises(Unreachable):
        link_to(there).send(Chain().check_ins(1))
    assert len(picky.denied) == 1


def test_is_not_enrolled_without_a_key_and_sends_nothing(centre: tuple[Picky, StandIn], tmp_path: Path) -> None:
    _, there = centre
    no = refused(link_to(there, tmp_path / "nothing"))
    assert no.standing is Standing.NOT_ENROLLED
    assert "provisioning enrol" in str(no)
    assert there.requests == []


def test_is_not_enrolled_when_the_centre_does_not_know_its_key(centre: tuple[Picky, StandIn]) -> None:
    _, there = centre
    no = refused(link_to(there))
    assert (no.standing, str(no)) == (Standing.NOT_ENROLLED, "the centre does not know this station's key")


def test_is_not_enrolled_with_a_key_that_cannot_be_read(centre: tuple[Picky, StandIn], tmp_path: Path) -> None:
    (tmp_path / "device.key").write_bytes(b"?")
    assert refused(link_to(centre[1], tmp_path)).standing is Standing.NOT_ENROLLED


@pytest.mark.parametrize("state", ["pending", "revoked"])
def test_says_why_the_centre_gives_nothing(centre: tuple[Picky, StandIn], state: str) -> None:
    picky, there = centre
    known(picky, there.key_folder, state)
    assert refused(link_to(there)).standing == state


@pytest.mark.parametrize("error", [b'{"error": "not yours"}', b'{"error": "", "state": "somewhere"}'])
def test_is_not_enrolled_under_a_name_that_is_not_its_own(centre: tuple[Picky, StandIn], error: bytes) -> None:
    _, there = centre
    there.answer = lambda handler, _: reply(handler, error, 403)
    assert refused(link_to(there)).standing is Standing.NOT_ENROLLED


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    ("content", "kind"), [(b"<html>Log in to the Wi-Fi</html>", "text/html"), (b"[]", "application/json")]
)
def test_takes_no_strangers_no_for_the_centres(
    centre: tuple[Picky, StandIn], status: int, content: bytes, kind: str
) -> None:
    _, there = centre
    there.answer = lambda handler, _: reply(handler, content, status, kind)
    no = refused(link_to(there))
    assert (no.standing, str(no)) == (Standing.UNREACHABLE, f"status {status}")


def test_goes_on_without_being_made_anew_when_it_is_enrolled_and_confirmed(
    centre: tuple[Picky, StandIn], tmp_path: Path
) -> None:
    picky, there = centre
    link = link_to(there, tmp_path)
    assert refused(link).standing is Standing.NOT_ENROLLED
    key = enrolled(tmp_path)
    picky.know(key.public, "pending")
    assert refused(link).standing is Standing.PENDING
    picky.states[key.id] = "active"
    assert len(link.send(Chain().check_ins(2))) == 2
    assert link.changes("", 10, 0.0).cursor == "1"
