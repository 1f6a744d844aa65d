"""What an admin may do, and all that is out of their reach."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from central_server import administering, deeds, organisations, people
from central_server.administering import Facts, NotDone, OutOfReach, Why
from central_server.database import Store, has_library
from central_server.people import Role
from central_server.tables.organisations import deed, person_role
from tests.central_server.support import bring_a_small_library


@dataclass
class Tree:
    """Two provinces; `an-binh` below the first with the school `hoa-sen`, whose admin is `school_admin`."""

    store: Store
    root_admin: str
    commune_admin: str
    school_admin: str
    other_admin: str
    librarian: str
    stranger: str
    both: str

    def do(self, work: Callable[[sa.Connection], object]) -> object:
        with self.store.writing.begin() as connection:
            return work(connection)


@pytest.fixture
def tree(store: Store) -> Tree:
    with store.writing.begin() as connection:
        add = organisations.add
        add(connection, "vl", "province", "Vĩnh Long")
        add(connection, "ct", "province", "Cần Thơ")
        add(connection, "an-binh", "commune", "Xã An Bình", parent="vl")
        add(connection, "long-chau", "commune", "Phường Long Châu", parent="vl")
        add(connection, "hoa-sen", "school", "Hoa Sen", parent="an-binh", one_school=True)
        add(connection, "sao-khue", "school", "Sao Khuê", parent="long-chau", one_school=True)
        add(connection, "can-tho-1", "school", "Cần Thơ 1", parent="ct", one_school=True)

        def somebody(login: str, *roles: tuple[Role, str]) -> str:
            identity, _ = people.add(connection, login, login, 0)
            for role, at in roles:
                people.give_role(connection, identity, at, role)
            return identity

        return Tree(
            store,
            somebody("root", (Role.ADMIN, "vl")),
            somebody("commune", (Role.ADMIN, "an-binh")),
            somebody("school", (Role.ADMIN, "hoa-sen")),
            somebody("other", (Role.ADMIN, "ct")),
            somebody("librarian", (Role.LIBRARIAN, "hoa-sen")),
            somebody("stranger", (Role.LIBRARIAN, "can-tho-1")),
            somebody("both", (Role.LIBRARIAN, "hoa-sen"), (Role.LIBRARIAN, "sao-khue")),
        )


def everything(tree: Tree) -> list[object]:
    """Roles, the tree, who may sign in and how: what an attack must not have changed."""
    with tree.store.reading.connect() as connection:
        asked = (
            "SELECT person_id, organisation_id, role FROM person_role ORDER BY 1, 2, 3",
            "SELECT id, path, name, library_id, pupils FROM organisation ORDER BY 1",
            "SELECT id, name, password, disabled FROM person ORDER BY 1",
            "SELECT count(*) FROM deed",
        )
        return [[tuple(row) for row in connection.exec_driver_sql(one)] for one in asked]


FACTS = Facts("school", "Trường mới")
NOBODY = "00000000-0000-4000-8000-000000000000"

# Who acts, what they try, and what they hear.
ATTACKS: dict[str, tuple[str, Callable[[sa.Connection, str, Tree], object], Why | None]] = {
    "a role above": (
        "school",
        lambda c, by, t: administering.give_role(c, by, t.librarian, "an-binh", Role.ADMIN, 1),
        None,
    ),
    "a role for oneself above": (
        "school",
        lambda c, by, t: administering.give_role(c, by, by, "vl", Role.ADMIN, 1),
        None,
    ),
    "a role in another province": (
        "commune",
        lambda c, by, t: administering.give_role(c, by, t.librarian, "can-tho-1", Role.LIBRARIAN, 1),
        None,
    ),
    "a role at no organisation": (
        "root",
        lambda c, by, t: administering.give_role(c, by, t.librarian, "no-such", Role.ADMIN, 1),
        None,
    ),
    "a role for a stranger": (
        "commune",
        lambda c, by, t: administering.give_role(c, by, t.stranger, "hoa-sen", Role.ADMIN, 1),
        None,
    ),
    "a role for nobody": ("root", lambda c, by, t: administering.give_role(c, by, NOBODY, "vl", Role.ADMIN, 1), None),
    "a librarian of a whole commune": (
        "root",
        lambda c, by, t: administering.give_role(c, by, t.librarian, "an-binh", Role.LIBRARIAN, 1),
        Why.OF_A_SCHOOL,
    ),
    "taking the role of who is above": (
        "school",
        lambda c, by, t: administering.take_role(c, by, t.root_admin, "vl", Role.ADMIN, 1),
        None,
    ),
    "taking a role elsewhere of one's own member": (
        "commune",
        lambda c, by, t: administering.take_role(c, by, t.both, "sao-khue", Role.LIBRARIAN, 1),
        None,
    ),
    "taking a role that they do not have": (
        "root",
        lambda c, by, t: administering.take_role(c, by, t.librarian, "hoa-sen", Role.HEAD, 1),
        None,
    ),
    "taking the last role": (
        "commune",
        lambda c, by, t: administering.take_role(c, by, t.librarian, "hoa-sen", Role.LIBRARIAN, 1),
        Why.LAST_ROLE,
    ),
    "one's own admin role": (
        "root",
        lambda c, by, t: administering.take_role(c, by, by, "vl", Role.ADMIN, 1),
        Why.YOURSELF,
    ),
    "the password of who is above": (
        "school",
        lambda c, by, t: administering.give_password(c, by, t.commune_admin, 1),
        None,
    ),
    "the password of a stranger": ("root", lambda c, by, t: administering.give_password(c, by, t.stranger, 1), None),
    "the password of who has a role elsewhere, too": (
        "commune",
        lambda c, by, t: administering.give_password(c, by, t.both, 1),
        Why.ELSEWHERE_TOO,
    ),
    "disabling who has a role elsewhere, too": (
        "school",
        lambda c, by, t: administering.set_disabled(c, by, t.both, True, 1),
        Why.ELSEWHERE_TOO,
    ),
    "renaming who has a role elsewhere, too": (
        "school",
        lambda c, by, t: administering.rename(c, by, t.both, "x", 1),
        Why.ELSEWHERE_TOO,
    ),
    "disabling oneself": ("root", lambda c, by, t: administering.set_disabled(c, by, by, True, 1), Why.YOURSELF),
    "disabling a stranger": ("root", lambda c, by, t: administering.set_disabled(c, by, t.other_admin, True, 1), None),
    "letting in above": (
        "school",
        lambda c, by, t: administering.let_in(c, by, "an-binh", "new", "New", Role.ADMIN, 1),
        None,
    ),
    "letting in a login that somebody has": (
        "school",
        lambda c, by, t: administering.let_in(c, by, "hoa-sen", "STRANGER", "New", Role.HEAD, 1),
        Why.LOGIN_TAKEN,
    ),
    "an organisation below a foreign one": (
        "commune",
        lambda c, by, t: administering.add_organisation(c, by, "long-chau", FACTS, 1),
        None,
    ),
    "changing a foreign one": (
        "commune",
        lambda c, by, t: administering.change_organisation(c, by, "sao-khue", FACTS, 1),
        None,
    ),
    "changing what is above": (
        "school",
        lambda c, by, t: administering.change_organisation(c, by, "an-binh", FACTS, 1),
        None,
    ),
    "pulling a foreign school over": (
        "commune",
        lambda c, by, t: administering.move_organisation(c, by, "sao-khue", "an-binh", 1),
        None,
    ),
    "pushing one's own elsewhere": (
        "commune",
        lambda c, by, t: administering.move_organisation(c, by, "hoa-sen", "long-chau", 1),
        None,
    ),
    "moving what one is admin of itself": (
        "school",
        lambda c, by, t: administering.move_organisation(c, by, "hoa-sen", "hoa-sen", 1),
        Why.YOUR_OWN,
    ),
    "removing what one is admin of itself": (
        "school",
        lambda c, by, t: administering.remove_organisation(c, by, "hoa-sen", 1),
        Why.YOUR_OWN,
    ),
    "removing a foreign one": (
        "commune",
        lambda c, by, t: administering.remove_organisation(c, by, "sao-khue", 1),
        None,
    ),
    "removing where people are": (
        "root",
        lambda c, by, t: administering.remove_organisation(c, by, "hoa-sen", 1),
        Why.PEOPLE_THERE,
    ),
    "a library that nobody said is theirs": (
        "root",
        lambda c, by, t: administering.change_organisation(
            c, by, "hoa-sen", Facts("school", "Hoa Sen", library="lib"), 1
        ),
        Why.NO_SUCH_LIBRARY,
    ),
    "anything by a librarian": (
        "librarian",
        lambda c, by, t: administering.give_role(c, by, by, "hoa-sen", Role.ADMIN, 1),
        None,
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_is_done_out_of_reach(tree: Tree, attack: str) -> None:
    acting, work, why = ATTACKS[attack]
    by = {
        "root": tree.root_admin,
        "commune": tree.commune_admin,
        "school": tree.school_admin,
        "librarian": tree.librarian,
    }[acting]
    before = everything(tree)
    with pytest.raises(OutOfReach if why is None else NotDone) as refused:
        tree.do(lambda c: work(c, by, tree))
    assert getattr(refused.value, "why", None) is why
    assert everything(tree) == before


def test_control_the_same_is_done_within_reach(tree: Tree) -> None:
    """So that the table above does not refuse whatever comes."""
    root = tree.root_admin

    def work(c: sa.Connection) -> None:
        administering.give_role(c, root, tree.librarian, "an-binh", Role.ADMIN, 1)
        administering.take_role(c, root, tree.librarian, "hoa-sen", Role.LIBRARIAN, 1)
        administering.take_role(c, root, tree.both, "sao-khue", Role.LIBRARIAN, 1)
        administering.give_password(c, tree.commune_admin, tree.both, 1)
        administering.set_disabled(c, root, tree.school_admin, True, 1)
        administering.rename(c, root, tree.both, "Cô Hai", 1)
        administering.move_organisation(c, root, "sao-khue", "an-binh", 1)
        made = administering.add_organisation(c, root, "vl", Facts("commune", "Xã Đồng Phú"), 1)
        assert made.id == "xa-dong-phu"
        assert administering.add_organisation(c, root, "vl", Facts("commune", "Xã Đồng Phú"), 1).id == "xa-dong-phu-2"
        assert administering.remove_organisation(c, root, "xa-dong-phu-2", 1) == "vl"
        identity, first = administering.let_in(c, root, "an-binh", "Moi", "Cô Mới", Role.OFFICE, 1)
        assert people.sign_in(c, "moi", first, "", 1)
        assert administering.member(c, root, identity).person.must_change

    tree.do(work)
    with tree.store.reading.connect() as connection:
        assert [one.id for one in organisations.within(connection, "vl/an-binh/")] == ["an-binh", "hoa-sen", "sao-khue"]
        assert connection.scalar(sa.select(sa.func.count()).select_from(deed)) == 11


def test_a_root_keeps_an_admin(tree: Tree) -> None:
    """Two of them, who both may: the second of two acts is refused, in whichever order they come."""

    def second(c: sa.Connection) -> str:
        identity, _ = administering.let_in(c, tree.root_admin, "vl", "second", "Second", Role.ADMIN, 1)
        people.give_role(c, identity, "an-binh", Role.OFFICE)
        return identity

    other = str(tree.do(second))
    tree.do(lambda c: administering.set_disabled(c, other, tree.root_admin, True, 1))
    # Who was disabled acts no more, though their page was open.
    with pytest.raises(OutOfReach):
        tree.do(lambda c: administering.take_role(c, tree.root_admin, other, "vl", Role.ADMIN, 1))
    tree.do(lambda c: administering.set_disabled(c, other, tree.root_admin, False, 1))
    tree.do(lambda c: administering.take_role(c, tree.root_admin, other, "vl", Role.ADMIN, 1))
    with pytest.raises(OutOfReach):
        tree.do(lambda c: administering.set_disabled(c, other, tree.root_admin, True, 1))


def test_the_last_admin_of_a_root_is_missed_whoever_acts(tree: Tree) -> None:
    with tree.store.writing.begin() as connection:
        connection.execute(sa.delete(person_role).where(person_role.c.person_id == tree.root_admin))
        node = organisations.find(connection, "vl")
        assert node
        with pytest.raises(NotDone) as refused:
            administering._must_have_admin(connection, node)
        assert refused.value.why is Why.LAST_ADMIN
        below = organisations.find(connection, "an-binh")
        assert below
        administering._must_have_admin(connection, below)


def test_a_library_is_made_with_its_organisation_or_taken_by_the_only_root(tree: Tree, tmp_path: Path) -> None:
    bring_a_small_library(tree.store, tmp_path, "cu")
    new = Facts("library", "Thư viện Hoa Sen", library="new")
    with tree.store.writing.begin() as c:
        node = administering.add_organisation(c, tree.school_admin, "hoa-sen", new, 1)
        assert has_library(c, "thu-vien-hoa-sen")
        assert (node.id, organisations.find(c, node.id).library) == ("thu-vien-hoa-sen",) * 2  # type: ignore[union-attr]
        with pytest.raises(NotDone) as refused:
            administering.add_organisation(c, tree.commune_admin, "an-binh", new, 1)
        assert refused.value.why is Why.NOT_A_SCHOOL
    with tree.store.writing.begin() as c:
        assert administering.may_attach(c, tree.root_admin) == {}, "with two trees nobody knows whose it is"
        organisations.move(c, "ct", "vl")
        assert administering.may_attach(c, tree.commune_admin) == {}
        assert administering.may_attach(c, tree.root_admin) == {"cu": "Hoa Sen"}
        administering.change_organisation(c, tree.root_admin, "sao-khue", Facts("school", "S", library="cu"), 1)
        with pytest.raises(NotDone) as refused:
            administering.change_organisation(c, tree.root_admin, "sao-khue", Facts("school", "S", library="x"), 1)
        assert refused.value.why is Why.HAS_ONE
        administering.change_organisation(c, tree.root_admin, "sao-khue", Facts("school", "S", pupils="1.234"), 1)
        after = organisations.find(c, "sao-khue")
        assert after
        assert (after.library, after.pupils) == (None, 1234)


@pytest.mark.parametrize("pupils", ["-1", "12a", "9999999999", "１２"])
def test_takes_no_strange_number_of_pupils(tree: Tree, pupils: str) -> None:
    with pytest.raises(NotDone) as refused:
        tree.do(lambda c: administering.add_organisation(c, tree.root_admin, "vl", Facts("x", "X", pupils=pupils), 1))
    assert refused.value.why is Why.BAD_PUPILS


def test_deeds_of_a_library_name_no_thing(tree: Tree) -> None:
    with tree.store.writing.begin() as c:
        organisations.add(c, "tv", "library", "Thư viện", parent="hoa-sen", library="tv")
        deeds.note(c, tree.librarian, "hold_placed", "a-reader", 1, library="tv")
        deeds.note(c, tree.root_admin, "organisation_added", "tv", 2, organisation="hoa-sen")
        deeds.note(c, tree.other_admin, "organisation_added", "elsewhere", 3, organisation="ct")
        seen = [(one["act"], one["subject"]) for one in deeds.within(c, "vl/")]
        assert seen == [("organisation_added", "tv"), ("hold_placed", None)]
        assert deeds.within(c, "vl/long-chau/") == []
