"""What an admin does with the organisations and people at and below their own: nothing else is within their reach.

Who acts is looked up anew in the transaction of the act. Every act is noted.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from central_server import deeds, organisations, people
from central_server.cannot import CannotDo
from central_server.database import has_library, make_library
from central_server.organisations import Node
from central_server.people import OF_A_SCHOOL, Person, Role
from central_server.tables.organisations import organisation, person, person_role

_MOST_PUPILS = 1_000_000
_LONGEST_ID = 40


class OutOfReach(CannotDo):
    """Such an organisation or person is not there, or not for who asks: they do not hear which."""


class Why(StrEnum):
    """Why something was not done; a page has a sentence for each."""

    NO_NAME = "no_name"
    NO_KIND = "no_kind"
    BAD_PUPILS = "bad_pupils"
    BAD_LOGIN = "bad_login"
    LOGIN_TAKEN = "login_taken"
    OF_A_SCHOOL = "of_a_school"
    ELSEWHERE_TOO = "elsewhere_too"
    YOURSELF = "yourself"
    LAST_ROLE = "last_role"
    LAST_ADMIN = "last_admin"
    YOUR_OWN = "your_own"
    BELOW_ITSELF = "below_itself"
    INTO_A_SCHOOL = "into_a_school"
    TOO_DEEP = "too_deep"
    OTHERS_BELOW = "others_below"
    PEOPLE_THERE = "people_there"
    NOT_A_SCHOOL = "not_a_school"
    HAS_ONE = "has_one"
    NO_SUCH_LIBRARY = "no_such_library"


class NotDone(CannotDo):
    """`field`: which field of the form says so; "" for all of it."""

    def __init__(self, why: Why, field: str = "") -> None:
        super().__init__(why.value)
        self.why, self.field = why, field


@dataclass(frozen=True, slots=True)
class Facts:
    """What a form says of an organisation. `library`: "" none, "new" one of its own, else the code of one that is
    here and belongs to nobody."""

    kind: str
    name: str
    level: str = ""
    pupils: str = ""
    commends: bool = False
    one_school: bool = False
    library: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody with a role within reach. `elsewhere_too`: and one out of it, so that whoever acts here may not say
    how they sign in."""

    person: Person
    disabled: bool
    elsewhere_too: bool


NEW = "new"


def node_of(connection: sa.Connection, by: str, identity: str) -> Node:
    """The organisation, if `by` is admin there or above. Raises `OutOfReach`."""
    who, node = people.find(connection, by), organisations.find(connection, identity)
    if who is None or node is None or not who.may(node, {Role.ADMIN}):
        raise OutOfReach("There is no such organisation.")
    return node


def member(connection: sa.Connection, by: str, identity: str) -> Member:
    """The person, if they have a role within reach of `by`. Raises `OutOfReach`."""
    who, found = people.find(connection, by), people.known(connection, identity)
    if who is None or found is None:
        raise OutOfReach("There is no such person.")
    mine = [one.path for one in who.held if one.role is Role.ADMIN]
    within = [any(held.path.startswith(path) for path in mine) for held in found[0].held]
    if not any(within):
        raise OutOfReach("There is no such person.")
    return Member(found[0], found[1], not all(within))


def is_above(who: Person, node: Node) -> bool:
    """Whether `who` is admin above the organisation, so that it may be moved and removed by them."""
    return any(one.role is Role.ADMIN and one.path != node.path and node.is_within(one.path) for one in who.held)


# --- organisations


def add_organisation(connection: sa.Connection, by: str, under: str, facts: Facts, now_ms: int) -> Node:
    """Make one below `under`, under an id of its name. Raises `CannotDo`."""
    over = node_of(connection, by, under)
    kind, name, pupils = _checked(facts)
    if over.path.count("/") >= organisations.DEEPEST:
        raise NotDone(Why.TOO_DEEP)
    identity = _free_id(connection, name)
    node = organisations.add(
        connection,
        identity,
        kind,
        name,
        parent=over.id,
        one_school=facts.one_school,
        level=facts.level or None,
        pupils=pupils,
    )
    deeds.note(connection, by, "organisation_added", identity, now_ms, organisation=over.id)
    if facts.library:
        _attach(connection, by, node, facts.library, now_ms)
    if facts.commends:
        organisations.change(connection, identity, commends=True)
    return node


def change_organisation(connection: sa.Connection, by: str, identity: str, facts: Facts, now_ms: int) -> None:
    """Give it another name, kind, level, number of pupils, library; or say whether it commends. Raises `CannotDo`."""
    node = node_of(connection, by, identity)
    kind, name, pupils = _checked(facts)
    if facts.library != (node.library or ""):
        _attach(connection, by, node, facts.library, now_ms)
    values = {"kind": kind, "name": name, "level": facts.level or None, "pupils": pupils, "commends": facts.commends}
    organisations.change(connection, identity, **values)
    deeds.note(connection, by, "organisation_changed", identity, now_ms, organisation=identity)


def move_organisation(connection: sa.Connection, by: str, identity: str, parent: str, now_ms: int) -> None:
    """Put it, with all below it, below another one: both within reach. Raises `CannotDo`."""
    node, over = node_of(connection, by, identity), node_of(connection, by, parent)
    _must_be_above(connection, by, node)
    if over.is_within(node.path):
        raise NotDone(Why.BELOW_ITSELF, "parent")
    if over.one_school and not node.one_school:
        raise NotDone(Why.INTO_A_SCHOOL, "parent")
    deepest = max(one.path.count("/") for one in organisations.within(connection, node.path))
    if over.path.count("/") + deepest - node.path.count("/") + 1 > organisations.DEEPEST:
        raise NotDone(Why.TOO_DEEP, "parent")
    organisations.move(connection, identity, parent)
    deeds.note(connection, by, "organisation_moved", identity, now_ms, organisation=parent)


def remove_organisation(connection: sa.Connection, by: str, identity: str, now_ms: int) -> str:
    """Take it out of the tree; answers the id of what it was below. Its library stays, and belongs to nobody. Raises
    `CannotDo`."""
    node = node_of(connection, by, identity)
    _must_be_above(connection, by, node)
    if len(organisations.within(connection, node.path)) > 1:
        raise NotDone(Why.OTHERS_BELOW)
    if organisations.has_people(connection, identity):
        raise NotDone(Why.PEOPLE_THERE)
    organisations.remove(connection, identity, now_ms)
    deeds.note(connection, by, "organisation_removed", identity, now_ms, organisation=node.parent)
    return str(node.parent)


# --- people


def let_in(
    connection: sa.Connection, by: str, at: str, login: str, name: str, role: Role, now_ms: int
) -> tuple[str, str]:
    """Somebody new, with a role at `at`; answers their id and first password. Raises `CannotDo`."""
    node = node_of(connection, by, at)
    if not name:
        raise NotDone(Why.NO_NAME, "name")
    _must_fit(role, node)
    try:
        identity, password = people.add(connection, login, name, now_ms)
    except CannotDo:
        taken = connection.scalar(sa.select(person.c.id).where(person.c.login == people.plain(login)))
        raise NotDone(Why.LOGIN_TAKEN if taken else Why.BAD_LOGIN, "login") from None
    people.give_role(connection, identity, at, role)
    deeds.note(connection, by, "person_let_in", identity, now_ms, organisation=at)
    return identity, password


def give_role(connection: sa.Connection, by: str, identity: str, at: str, role: Role, now_ms: int) -> None:
    """A role at an organisation within reach, to somebody within reach. Raises `CannotDo`."""
    member(connection, by, identity)
    _must_fit(role, node_of(connection, by, at))
    people.give_role(connection, identity, at, role)
    deeds.note(connection, by, f"role_given:{role.value}", identity, now_ms, organisation=at)


def take_role(connection: sa.Connection, by: str, identity: str, at: str, role: Role, now_ms: int) -> None:
    """The reverse. Nobody is left without any: then nobody would find them. Raises `CannotDo`."""
    who, node = member(connection, by, identity), node_of(connection, by, at)
    if not any(one.organisation == at and one.role is role for one in who.person.held):
        raise OutOfReach("They do not have this role.")
    if identity == by and role is Role.ADMIN:
        raise NotDone(Why.YOURSELF)
    if len(who.person.held) == 1:
        raise NotDone(Why.LAST_ROLE)
    people.take_role(connection, identity, at, role)
    _must_have_admin(connection, node)
    deeds.note(connection, by, f"role_taken:{role.value}", identity, now_ms, organisation=at)


def give_password(connection: sa.Connection, by: str, identity: str, now_ms: int) -> str:
    """Another first password; their second step is off. Raises `CannotDo`."""
    who = _sole(connection, by, identity)
    password = people.give_password(connection, identity)
    deeds.note(connection, by, "password_given", identity, now_ms, organisation=who.held[0].organisation)
    return password


def set_disabled(connection: sa.Connection, by: str, identity: str, disabled: bool, now_ms: int) -> None:
    """Let somebody in no more, or again. Raises `CannotDo`."""
    who = _sole(connection, by, identity)
    people.set_disabled(connection, identity, disabled)
    for one in who.held:
        if one.role is Role.ADMIN and (node := organisations.find(connection, one.organisation)):
            _must_have_admin(connection, node)
    act = "person_disabled" if disabled else "person_enabled"
    deeds.note(connection, by, act, identity, now_ms, organisation=who.held[0].organisation)


def rename(connection: sa.Connection, by: str, identity: str, name: str, now_ms: int) -> None:
    """Call somebody `name` from now on. Raises `CannotDo`."""
    who = member(connection, by, identity)
    if who.elsewhere_too:
        raise NotDone(Why.ELSEWHERE_TOO)
    if not name:
        raise NotDone(Why.NO_NAME, "name")
    people.rename(connection, identity, name)
    deeds.note(connection, by, "person_renamed", identity, now_ms, organisation=who.person.held[0].organisation)


def _sole(connection: sa.Connection, by: str, identity: str) -> Person:
    """Somebody else, who has no role out of reach: whoever sets a password could else have that role, too."""
    who = member(connection, by, identity)
    if identity == by:
        raise NotDone(Why.YOURSELF)
    if who.elsewhere_too:
        raise NotDone(Why.ELSEWHERE_TOO)
    return who.person


def _must_fit(role: Role, node: Node) -> None:
    if role in OF_A_SCHOOL and not node.one_school:
        raise NotDone(Why.OF_A_SCHOOL, "role")


def _must_have_admin(connection: sa.Connection, node: Node) -> None:
    """A root without an admin has nobody who could give it one."""
    if node.parent is not None:
        return
    left = sa.select(person.c.id).join(person_role, person_role.c.person_id == person.c.id)
    mine = (person_role.c.organisation_id == node.id, person_role.c.role == Role.ADMIN.value, ~person.c.disabled)
    if connection.scalar(left.where(*mine).limit(1)) is None:
        raise NotDone(Why.LAST_ADMIN)


def _must_be_above(connection: sa.Connection, by: str, node: Node) -> None:
    who = people.find(connection, by)
    if who is None or not is_above(who, node):
        raise NotDone(Why.YOUR_OWN)


def _checked(facts: Facts) -> tuple[str, str, int | None]:
    if not facts.name:
        raise NotDone(Why.NO_NAME, "name")
    if not facts.kind:
        raise NotDone(Why.NO_KIND, "kind")
    digits = facts.pupils.replace(".", "").replace(",", "")
    if facts.pupils and not (digits.isascii() and digits.isdigit() and int(digits[:9]) <= _MOST_PUPILS):
        raise NotDone(Why.BAD_PUPILS, "pupils")
    return facts.kind, facts.name, int(digits[:9]) if digits else None


def _attach(connection: sa.Connection, by: str, node: Node, library: str, now_ms: int) -> None:
    """A library of its own, one that belongs to nobody, or none any more.

    Whose a library is that belongs to nobody is not known here: with a single tree it can only be this one's, and then
    who is admin of all of it may say so. Else it is said by a command, at the server.
    """
    if library and not node.one_school:
        raise NotDone(Why.NOT_A_SCHOOL, "library")
    if library and node.library:
        raise NotDone(Why.HAS_ONE, "library")
    if library == NEW:
        library = _free_library(connection, node.id)
        make_library(connection, library, node.name, now_ms)
    elif library and library not in may_attach(connection, by):
        raise NotDone(Why.NO_SUCH_LIBRARY, "library")
    organisations.attach(connection, node.id, library or None)
    act = "library_attached" if library else "library_detached"
    deeds.note(connection, by, act, library or str(node.library), now_ms, organisation=node.id)


def may_attach(connection: sa.Connection, by: str) -> dict[str, str]:
    """The libraries, by code, that belong to nobody and that `by` may take into their tree; with their names."""
    roots = list(connection.scalars(sa.select(organisation.c.id).where(organisation.c.parent_id.is_(None))))
    who = people.find(connection, by)
    if who is None or len(roots) != 1:
        return {}
    is_all = any(one.role is Role.ADMIN and one.organisation == roots[0] for one in who.held)
    return organisations.free_libraries(connection) if is_all else {}


def _free_id(connection: sa.Connection, name: str) -> str:
    plain = unicodedata.normalize("NFD", name.lower().replace("đ", "d")).encode("ascii", "ignore").decode()
    start = re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST_ID].strip("-") or "organisation"
    return _first_free(start, lambda one: organisations.find(connection, one) is None)


def _free_library(connection: sa.Connection, start: str) -> str:
    return _first_free(start, lambda one: not has_library(connection, one))


def _first_free(start: str, is_free: Callable[[str], bool]) -> str:
    number = 1
    while not is_free(one := start if number == 1 else f"{start}-{number}"):
        number += 1
    return one
