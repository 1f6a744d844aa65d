"""Who works with the pages: a login and a password of their own, and a role at an organisation and all below it."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from central_server import organisations, passwords, totp
from central_server.cannot import CannotDo
from central_server.organisations import Node
from central_server.tables.organisations import organisation, person, person_role, visit

_LONGEST_LOGIN = 64


class Role(StrEnum):
    """What somebody may do at an organisation and below it. The first three know readers, so they are for one school
    or a part of it; the others see sums."""

    LIBRARIAN = "librarian"
    MAINTAINER = "maintainer"
    HEAD = "head"
    OFFICE = "office"
    ADMIN = "admin"


OF_A_SCHOOL = frozenset({Role.LIBRARIAN, Role.MAINTAINER, Role.HEAD})


@dataclass(frozen=True, slots=True)
class Held:
    """A role at the organisation of `path`."""

    role: Role
    organisation: str
    path: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is known to the pages."""

    id: str
    login: str
    name: str
    must_change: bool
    has_totp: bool
    held: tuple[Held, ...]

    def may(self, node: Node, roles: Collection[Role]) -> bool:
        """Whether they have one of `roles` at `node` or above it."""
        return any(one.role in roles and node.is_within(one.path) for one in self.held)


def find(connection: sa.Connection, identity: str) -> Person | None:
    """Who has this id and may sign in."""
    row = connection.execute(sa.select(person).where(person.c.id == identity, ~person.c.disabled)).first()
    return _person(connection, row) if row else None


def known(connection: sa.Connection, identity: str) -> tuple[Person, bool] | None:
    """Who has this id, and whether they are disabled."""
    row = connection.execute(sa.select(person).where(person.c.id == identity)).first()
    return (_person(connection, row), row.disabled) if row else None


def of_login(connection: sa.Connection, login: str) -> Person:
    """Who signs in by this name, also when disabled. Raises `CannotDo`."""
    row = connection.execute(sa.select(person).where(person.c.login == plain(login))).first()
    if row is None:
        raise CannotDo(f"There is nobody with the login {login!r}.")
    return _person(connection, row)


def add(connection: sa.Connection, login: str, name: str, now_ms: int) -> tuple[str, str]:
    """Let somebody in; answers their id and the password to be given to them, which they must change.
    Raises `CannotDo`."""
    login = plain(login)
    if not login or len(login) > _LONGEST_LOGIN or any(char.isspace() for char in login):
        raise CannotDo("A login is one word of at most 64 characters, like `lan.nguyen` or an address for e-mail.")
    if connection.scalar(sa.select(person.c.id).where(person.c.login == login)):
        raise CannotDo(f"Somebody has the login {login!r} already.")
    identity, password = str(uuid4()), passwords.first_password()
    row = {
        "id": identity,
        "login": login,
        "name": name,
        "password": passwords.kept(password),
        "must_change": True,
        "added_ms": now_ms,
    }
    connection.execute(person.insert(), row)
    return identity, password


def give_role(connection: sa.Connection, identity: str, organisation_id: str, role: Role) -> None:
    """Let somebody do what `role` may, there and below. Raises `CannotDo`."""
    node = organisations.find(connection, organisation_id)
    if node is None:
        raise CannotDo(f"There is no organisation {organisation_id!r}.")
    if role in OF_A_SCHOOL and not node.one_school:
        raise CannotDo(f"The role {role.value} is for one school; {organisation_id!r} is more than that.")
    row = {"person_id": identity, "organisation_id": organisation_id, "role": role.value}
    known = sa.select(person_role).filter_by(**row)
    if connection.execute(known).first() is None:
        connection.execute(person_role.insert(), row)


def take_role(connection: sa.Connection, identity: str, organisation_id: str, role: Role) -> None:
    """The reverse; what they do not have is not taken."""
    mine = {"person_id": identity, "organisation_id": organisation_id, "role": role.value}
    connection.execute(sa.delete(person_role).filter_by(**mine))


def kept(password: str) -> str:
    """What is kept of a password that a person chose. Takes as long as `fits`, and needs no database. Raises
    `CannotDo`."""
    if not passwords.LEAST_PASSWORD <= len(password) <= passwords.MOST:
        raise CannotDo(f"A password has {passwords.LEAST_PASSWORD} to {passwords.MOST} characters.")
    return passwords.kept(password)


def set_password(connection: sa.Connection, identity: str, password: str, *, must_change: bool = False) -> None:
    """The new one holds from now on, and whoever is signed in as them is signed out. Raises `CannotDo`."""
    set_kept(connection, identity, kept(password), must_change=must_change)


def set_kept(connection: sa.Connection, identity: str, kept: str, *, must_change: bool = False) -> None:
    """The same, of what `kept` answered before, with nothing locked."""
    values = {"password": kept, "must_change": must_change, "failed": 0, "wait_until_ms": 0}
    _change(connection, identity, values)
    sign_out_everywhere(connection, identity)


def give_password(connection: sa.Connection, identity: str) -> str:
    """Another first password, which they must change; the second step is asked for no more."""
    password = passwords.first_password()
    set_password(connection, identity, password, must_change=True)
    set_totp(connection, identity, None)
    return password


def set_totp(connection: sa.Connection, identity: str, secret: bytes | None, step: int | None = None) -> None:
    """Ask for a second step from now on, or not any more. `step`: whose code was used already."""
    _change(connection, identity, {"totp": secret, "totp_step": step})


def rename(connection: sa.Connection, identity: str, name: str) -> None:
    """Call somebody `name` from now on."""
    _change(connection, identity, {"name": name})


def set_disabled(connection: sa.Connection, identity: str, disabled: bool) -> None:
    """Let somebody in no more, or again."""
    _change(connection, identity, {"disabled": disabled})
    sign_out_everywhere(connection, identity)


def sign_out_everywhere(connection: sa.Connection, identity: str) -> None:
    """End every visit of theirs."""
    connection.execute(sa.delete(visit).where(visit.c.person_id == identity))


@dataclass(frozen=True, slots=True)
class Look:
    """A try to sign in that has been counted. `id`: whose; `None` of a name that nobody has, or that must wait: both
    are looked at as long, so that nobody learns which names there are."""

    id: str | None
    password: str
    totp: bytes | None = None
    totp_step: int | None = None


def look_at(connection: sa.Connection, login: str, now_ms: int) -> Look:
    """Count a try, before it is looked at: the transaction must be committed whatever comes of it."""
    row = connection.execute(sa.select(person).where(person.c.login == plain(login))).first()
    if row is None or row.disabled or row.wait_until_ms > now_ms:
        return Look(None, passwords.NOBODY)
    failed = row.failed + 1
    # Of several at the same moment one is looked at.
    mine = sa.update(person).where(person.c.id == row.id, person.c.failed == row.failed)
    counted = connection.execute(mine.values(failed=failed, wait_until_ms=now_ms + passwords.wait_ms(failed)))
    return Look(row.id, row.password, row.totp, row.totp_step) if counted.rowcount else Look(None, passwords.NOBODY)


def fits(look: Look, password: str) -> bool:
    """Whether it is that person's password. Takes some 40 ms of a processor, and needs no database."""
    is_right = passwords.fits(password[: passwords.MOST], look.password)
    return is_right and look.id is not None and len(password) <= passwords.MOST


def let_in(connection: sa.Connection, look: Look, code: str, now_ms: int) -> Person | None:
    """Who signed in, the password being right; `None`: the code of the second step is not."""
    row = connection.execute(sa.select(person).where(person.c.id == look.id, ~person.c.disabled)).first()
    if row is None or row.password != look.password:
        return None
    step = row.totp_step
    if row.totp is not None:
        step = totp.step_of(row.totp, code, now_ms, after=row.totp_step)
        if step is None:
            return None
    same = person.c.totp_step.is_(None) if row.totp_step is None else person.c.totp_step == row.totp_step
    used = sa.update(person).where(person.c.id == row.id, same).values(failed=0, wait_until_ms=0, totp_step=step)
    return _person(connection, row) if connection.execute(used).rowcount else None


def sign_in(connection: sa.Connection, login: str, password: str, code: str, now_ms: int) -> Person | None:
    """The three in one; `None` when name, password or code is wrong, or a try must wait, and nobody hears which."""
    look = look_at(connection, login, now_ms)
    return let_in(connection, look, code, now_ms) if fits(look, password) else None


def has_password(connection: sa.Connection, identity: str, password: str, now_ms: int) -> bool:
    """Whether this is the password of somebody who is signed in already. Counted as in `sign_in`."""
    login = connection.scalar(sa.select(person.c.login).where(person.c.id == identity))
    look = look_at(connection, str(login), now_ms)
    if not fits(look, password):
        return False
    _change(connection, identity, {"failed": 0, "wait_until_ms": 0})
    return True


def listed(connection: sa.Connection, path: str = "") -> list[dict[str, Any]]:
    """Who has a role within the organisation of `path`, by name; all there are without one."""
    found = sa.select(person.c.id, person.c.login, person.c.name, person.c.disabled, organisation.c.name.label("where"))
    found = found.add_columns(person_role.c.role, person_role.c.organisation_id)
    at = organisation.c.id == person_role.c.organisation_id
    found = found.join(person_role, person_role.c.person_id == person.c.id).join(organisation, at)
    if path:
        found = found.where(organisations.below(path))
    rows = connection.execute(found.order_by(person.c.name, person.c.login, organisation.c.path))
    return [dict(row) for row in rows.mappings()]


def plain(login: str) -> str:
    """As it is kept: nobody remembers how they wrote it."""
    return login.strip().casefold()


def _change(connection: sa.Connection, identity: str, values: dict[str, Any]) -> None:
    connection.execute(sa.update(person).where(person.c.id == identity).values(**values))


def _person(connection: sa.Connection, row: Any) -> Person:
    at = organisation.c.id == person_role.c.organisation_id
    theirs = sa.select(person_role.c.role, organisation.c.id, organisation.c.path).join(organisation, at)
    held = connection.execute(theirs.where(person_role.c.person_id == row.id).order_by(organisation.c.path))
    roles = tuple(Held(Role(one.role), one.id, one.path) for one in held)
    return Person(row.id, row.login, row.name, row.must_change, row.totp is not None, roles)
