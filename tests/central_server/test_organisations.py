"""The tree of organisations, roles in it, and the second step."""

from contextlib import suppress

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from hypothesis import given, settings
from hypothesis import strategies as st

from central_server import organisations, people, totp
from central_server.cannot import CannotDo
from central_server.database import Store
from central_server.organisations import Node
from central_server.people import OF_A_SCHOOL, Held, Person, Role
from central_server.tables import metadata


def test_a_subtree_is_what_was_put_below(store: Store) -> None:
    with store.writing.begin() as connection:
        organisations.add(connection, "vl", "province", "Vĩnh Long")
        organisations.add(connection, "vl-2", "province", "A name that begins alike")
        organisations.add(connection, "an-binh", "commune", "Xã An Bình", parent="vl")
        organisations.add(connection, "hoa-sen", "school", "Hoa Sen", parent="an-binh", one_school=True)
        organisations.add(connection, "corner", "library", "Góc vườn", parent="hoa-sen")
        assert [one.id for one in organisations.within(connection, "vl/")] == ["vl", "an-binh", "hoa-sen", "corner"]
        assert organisations.find(connection, "corner") == Node(
            "corner", "hoa-sen", "vl/an-binh/hoa-sen/corner/", "library", "Góc vườn", one_school=True
        )
        organisations.move(connection, "an-binh", "vl-2")
        assert [one.path for one in organisations.within(connection, "vl-2/")] == [
            "vl-2/",
            "vl-2/an-binh/",
            "vl-2/an-binh/hoa-sen/",
            "vl-2/an-binh/hoa-sen/corner/",
        ]
        assert [one.id for one in organisations.within(connection, "vl/")] == ["vl"]
        for wrong in ("an-binh", "corner"):
            with pytest.raises(CannotDo, match="below"):
                organisations.move(connection, "an-binh", wrong)
        with pytest.raises(CannotDo, match="below"):
            organisations.remove(connection, "an-binh", 1)
        organisations.remove(connection, "corner", 1)


@pytest.mark.slow
@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(["", *"abcdef"])), max_size=30))
def test_every_path_is_that_of_the_parents_whatever_is_moved(moves: list[tuple[str, str]]) -> None:
    engine = sa.create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.begin() as connection:
        for name in "abcdef":
            organisations.add(connection, name, "any", name)
        for what, where in moves:
            with suppress(CannotDo):
                organisations.move(connection, what, where or None)
        nodes = {one.id: one for one in organisations.within(connection)}
        for one in nodes.values():
            over = nodes[one.parent].path if one.parent else ""
            assert one.path == f"{over}{one.id}/"


def test_a_role_reaches_down_and_never_up_or_aside() -> None:
    school = Node("s", "c", "p/c/s/", "school", "", one_school=True)
    near = Node("s-2", "c", "p/c/s-2/", "school", "", one_school=True)
    who = Person("1", "", "", False, False, (Held(Role.LIBRARIAN, "s", "p/c/s/"),))
    assert who.may(school, OF_A_SCHOOL)
    assert not who.may(school, {Role.HEAD})
    assert not who.may(near, OF_A_SCHOOL)
    assert not who.may(Node("c", "p", "p/c/", "commune", "", one_school=False), OF_A_SCHOOL)


# RFC 6238, appendix B, for SHA-1: the last six digits.
@pytest.mark.parametrize(
    ("at_s", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037"), (20000000000, "353130")],
)
def test_a_telephone_and_we_make_the_same_codes(at_s: int, code: str) -> None:
    secret = b"12345678901234567890"
    step = totp.step_of(secret, code, at_s * 1000, after=None)
    assert step == at_s // 30
    assert totp.step_of(secret, code, at_s * 1000, after=step) is None, "a code counts twice"
    assert totp.step_of(secret, code, (at_s + 90) * 1000, after=None) is None
    for wrong in ("", "28708", "２８７０８２", "2870821", "abcdef"):
        assert totp.step_of(secret, wrong, at_s * 1000, after=None) is None


def test_the_second_step_is_asked_for_and_none_counts_twice(store: Store) -> None:
    secret, now_ms = totp.new_secret(), 1_700_000_000_000
    with store.writing.begin() as connection:
        identity, password = people.add(connection, "lan", "Cô Lan", 0)
        people.set_totp(connection, identity, secret)
        code = HOTP(secret, 6, SHA1()).generate(now_ms // 30_000).decode()
        assert people.sign_in(connection, "lan", password, "", now_ms) is None
        assert people.sign_in(connection, "lan", password, code, now_ms)
        assert people.sign_in(connection, "lan", password, code, now_ms) is None
        people.set_disabled(connection, identity, True)
        assert people.sign_in(connection, "lan", password, code, now_ms + 30_000) is None
