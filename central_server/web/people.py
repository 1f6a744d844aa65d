"""For admins: the organisations at and below their own, the people with roles there, and what was done."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.datastructures import FormData

from central_server import administering, clock, deeds, organisations, people
from central_server.administering import Facts, NotDone, OutOfReach
from central_server.organisations import Node
from central_server.people import OF_A_SCHOOL, Role
from central_server.web.office import labels
from central_server.web.site import Office, Site, text_of, to
from central_server.web.visits import Visit
from central_server.wire import Refused

T = TypeVar("T")

# More organisations than that, and only the next level is shown; more people, and only those of this very place.
_MOST_NODES = 200
_MOST_PEOPLE = 200
KINDS = ("province", "commune", "department", "school", "branch", "library")


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    admin = site.at_organisation(Role.ADMIN)
    At = Annotated[Office, Depends(admin)]
    Sent = Annotated[FormData, Depends(site.form)]

    async def done(work: Callable[[sa.Connection], T]) -> T:
        """Do it; what is out of reach is not there. Raises `NotDone`."""
        try:
            return await site.write(work)
        except OutOfReach:
            raise Refused(404, "There is no such organisation or person.") from None

    def by(office: Office) -> str:
        assert office.visit.person is not None
        return office.visit.person.id

    @pages.get("/people/")
    async def mine(visit: Annotated[Visit, Depends(site.signed_in)]) -> Response:
        """The first organisation where they are admin."""
        assert visit.person is not None
        first = next((one.organisation for one in visit.person.held if one.role is Role.ADMIN), None)
        if first is None:
            raise Refused(404, "They are admin nowhere.")
        return to(f"/people/{first}/")

    @pages.get("/people/{organisation}/")
    async def tree(request: Request, office: At, who: Annotated[str, Query(max_length=100)] = "") -> Response:
        """What is below, and who works there; `who`: only those whose name or login has this."""
        values = await site.read(lambda c: _tree(c, office, who.strip()))
        return site.page(request, office.visit, "people/tree.html", values)

    # --- organisations

    def adding(request: Request, office: Office, facts: Facts, no: NotDone | None = None) -> Response:
        values = {"node": office.node, "facts": facts, "no": no, "labels": labels, "kinds": KINDS}
        return site.page(request, office.visit, "people/add.html", values, 400 if no else 200)

    @pages.get("/people/{organisation}/add")
    async def add(request: Request, office: At) -> Response:
        """The form for another organisation below this one."""
        return adding(
            request,
            office,
            Facts("library" if office.node.one_school else "school", "", one_school=office.node.one_school),
        )

    @pages.post("/people/{organisation}/add")
    async def added(request: Request, office: At, form: Sent) -> Response:
        """Make it."""
        facts, now_ms = _facts(form), clock.now_ms()
        try:
            node = await done(lambda c: administering.add_organisation(c, by(office), office.node.id, facts, now_ms))
        except NotDone as no:
            return adding(request, office, facts, no)
        return to(f"/people/{node.id}/")

    async def changing(
        request: Request, office: Office, facts: Facts | None = None, no: NotDone | None = None
    ) -> Response:
        values = await site.read(lambda c: _changing(c, office))
        node = office.node
        shown = facts or Facts(
            node.kind,
            node.name,
            node.level or "",
            "" if node.pupils is None else str(node.pupils),
            node.commends,
            node.one_school,
            node.library or "",
        )
        return site.page(
            request, office.visit, "people/change.html", {**values, "facts": shown, "no": no}, 400 if no else 200
        )

    @pages.get("/people/{organisation}/change")
    async def change(request: Request, office: At) -> Response:
        """The forms for what this organisation is, and where."""
        return await changing(request, office)

    @pages.post("/people/{organisation}/change")
    async def changed(request: Request, office: At, form: Sent) -> Response:
        """Another name, kind, level, number of pupils or library."""
        facts, now_ms = _facts(form), clock.now_ms()
        try:
            await done(lambda c: administering.change_organisation(c, by(office), office.node.id, facts, now_ms))
        except NotDone as no:
            return await changing(request, office, facts, no)
        return to(f"/people/{office.node.id}/")

    @pages.post("/people/{organisation}/move")
    async def moved(request: Request, office: At, form: Sent) -> Response:
        """Below another one."""
        parent, now_ms = text_of(form, "parent"), clock.now_ms()
        try:
            await done(lambda c: administering.move_organisation(c, by(office), office.node.id, parent, now_ms))
        except NotDone as no:
            return await changing(request, office, None, no)
        return to(f"/people/{office.node.id}/")

    @pages.post("/people/{organisation}/remove")
    async def removed(request: Request, office: At, _form: Sent) -> Response:
        """Out of the tree."""
        now_ms = clock.now_ms()
        try:
            over = await done(lambda c: administering.remove_organisation(c, by(office), office.node.id, now_ms))
        except NotDone as no:
            return await changing(request, office, None, no)
        return to(f"/people/{over}/")

    # --- people

    def letting_in(request: Request, office: Office, typed: dict[str, str], no: NotDone | None = None) -> Response:
        values = {"node": office.node, "typed": typed, "no": no, "roles": _roles(office.node)}
        return site.page(request, office.visit, "people/let_in.html", values, 400 if no else 200)

    @pages.get("/people/{organisation}/let-in")
    async def let_in(request: Request, office: At) -> Response:
        """The form for somebody new."""
        return letting_in(request, office, {"name": "", "login": "", "role": ""})

    @pages.post("/people/{organisation}/let-in")
    async def let_in_now(request: Request, office: At, form: Sent) -> Response:
        """Let them in; their first password is shown this once."""
        typed = {name: text_of(form, name, 200) for name in ("name", "login", "role")}
        role, now_ms = _role(typed["role"]), clock.now_ms()
        try:
            identity, password = await done(
                lambda c: administering.let_in(
                    c, by(office), office.node.id, typed["login"], typed["name"], role, now_ms
                )
            )
        except NotDone as no:
            return letting_in(request, office, typed, no)
        return slip(request, office, identity, typed["name"], people.plain(typed["login"]), password)

    def slip(request: Request, office: Office, identity: str, name: str, login: str, password: str) -> Response:
        values = {"node": office.node, "person": identity, "name": name, "login": login, "password": password}
        return site.page(request, office.visit, "people/password.html", values)

    async def one_person(request: Request, office: Office, person: str, no: NotDone | None = None) -> Response:
        try:
            values = await site.read(lambda c: _one_person(c, office, by(office), person))
        except OutOfReach:
            raise Refused(404, "There is no such person.") from None
        return site.page(request, office.visit, "people/person.html", {**values, "no": no}, 400 if no else 200)

    @pages.get("/people/{organisation}/person/{person}")
    async def person_page(request: Request, office: At, person: str) -> Response:
        """Somebody's roles, and what may be done about them."""
        return await one_person(request, office, person)

    async def of_person(
        request: Request, office: Office, person: str, work: Callable[[sa.Connection], object]
    ) -> Response:
        try:
            await done(work)
        except NotDone as no:
            return await one_person(request, office, person, no)
        return to(f"/people/{office.node.id}/person/{person}")

    @pages.post("/people/{organisation}/person/{person}/name")
    async def renamed(request: Request, office: At, person: str, form: Sent) -> Response:
        """Another name."""
        name, now_ms = text_of(form, "name", 200), clock.now_ms()
        return await of_person(
            request, office, person, lambda c: administering.rename(c, by(office), person, name, now_ms)
        )

    @pages.post("/people/{organisation}/person/{person}/give")
    async def given(request: Request, office: At, person: str, form: Sent) -> Response:
        """A role more."""
        at, role, now_ms = text_of(form, "at"), _role(text_of(form, "role")), clock.now_ms()
        return await of_person(
            request, office, person, lambda c: administering.give_role(c, by(office), person, at, role, now_ms)
        )

    @pages.post("/people/{organisation}/person/{person}/take")
    async def taken(request: Request, office: At, person: str, form: Sent) -> Response:
        """A role less."""
        at, role, now_ms = text_of(form, "at"), _role(text_of(form, "role")), clock.now_ms()
        return await of_person(
            request, office, person, lambda c: administering.take_role(c, by(office), person, at, role, now_ms)
        )

    @pages.post("/people/{organisation}/person/{person}/disabled")
    async def disabled(request: Request, office: At, person: str, form: Sent) -> Response:
        """Let them in no more, or again."""
        off, now_ms = text_of(form, "disabled") == "yes", clock.now_ms()
        return await of_person(
            request, office, person, lambda c: administering.set_disabled(c, by(office), person, off, now_ms)
        )

    @pages.post("/people/{organisation}/person/{person}/password")
    async def password(request: Request, office: At, person: str, _form: Sent) -> Response:
        """Another first password, shown this once."""
        now_ms = clock.now_ms()

        def give(connection: sa.Connection) -> tuple[str, people.Person]:
            who = administering.member(connection, by(office), person).person
            return administering.give_password(connection, by(office), person, now_ms), who

        try:
            first, who = await done(give)
        except NotDone as no:
            return await one_person(request, office, person, no)
        return slip(request, office, person, who.name, who.login, first)

    @pages.get("/people/{organisation}/deeds")
    async def done_here(request: Request, office: At) -> Response:
        """What was done at and below this organisation, the newest first."""
        found = await site.read(lambda c: _deeds(c, office.node))
        return site.page(request, office.visit, "people/deeds.html", {"node": office.node, "deeds": found})


def _tree(connection: sa.Connection, office: Office, asked: str) -> dict[str, Any]:
    who, node = office.visit.person, office.node
    assert who is not None
    over = organisations.find(connection, node.parent) if node.parent else None
    nodes = organisations.within(connection, node.path)
    deep = len(nodes) <= _MOST_NODES
    depth = node.path.count("/")
    together: dict[str, dict[str, Any]] = {}
    for row in people.listed(connection, node.path):
        one = together.setdefault(row["id"], {**row, "roles": [], "here": False})
        one["roles"].append((row["role"], row["where"]))
        one["here"] |= row["organisation_id"] == node.id
    found = [one for one in together.values() if asked.casefold() in f"{one['name']}\n{one['login']}".casefold()]
    crowd = len(found)
    if crowd > _MOST_PEOPLE:
        found = [one for one in found if one["here"]][:_MOST_PEOPLE] if not asked else found[:_MOST_PEOPLE]
    return {
        "node": node,
        "labels": labels,
        "over": over if over and who.may(over, {Role.ADMIN}) else None,
        "nodes": [(one, one.path.count("/") - depth) for one in nodes if deep or one.path.count("/") <= depth + 1],
        "below": 0 if deep else len(nodes) - 1,
        "people": found,
        "crowd": crowd if crowd > len(found) else 0,
        "asked": asked,
        "tops": [one.organisation for one in who.held if one.role is Role.ADMIN],
    }


def _changing(connection: sa.Connection, office: Office) -> dict[str, Any]:
    who, node = office.visit.person, office.node
    assert who is not None
    places = {
        one.id: one.name
        for one in _reach(connection, office)
        if not one.is_within(node.path) and (node.one_school or not one.one_school)
    }
    return {
        "node": node,
        "labels": labels,
        "kinds": KINDS,
        "above": administering.is_above(who, node),
        "places": list(places.items()),
        "free": list(administering.may_attach(connection, who.id).items()) if node.one_school else [],
    }


def _one_person(connection: sa.Connection, office: Office, by: str, identity: str) -> dict[str, Any]:
    found = administering.member(connection, by, identity)
    who = office.visit.person
    assert who is not None
    held = []
    for one in found.person.held:
        node = organisations.find(connection, one.organisation)
        if node is not None:
            # A role out of reach is told without its place: that is of other people's tree.
            held.append((one.role, node if who.may(node, {Role.ADMIN}) else None))
    return {
        "node": office.node,
        "one": found,
        "held": held,
        "is_self": identity == by,
        "places": [(one.id, one.name) for one in organisations.within(connection, office.node.path)],
        "roles": list(Role),
    }


def _reach(connection: sa.Connection, office: Office) -> list[Node]:
    """Every organisation where who looks is admin."""
    assert office.visit.person is not None
    tops = [one.path for one in office.visit.person.held if one.role is Role.ADMIN]
    return [node for path in tops for node in organisations.within(connection, path)]


def _deeds(connection: sa.Connection, node: Node) -> list[dict[str, Any]]:
    names = {one.id: one.name for one in organisations.within(connection, node.path)}
    libraries = {one.library: one.name for one in organisations.within(connection, node.path) if one.library}
    found = deeds.within(connection, node.path)
    about = {row["id"]: row["name"] for row in people.listed(connection, node.path)}
    for one in found:
        one["place"] = names.get(one["organisation_id"]) or libraries.get(one["library_id"]) or ""
        act, _colon, one["role"] = one["act"].partition(":")
        one["act"], subject = act, one["subject"]
        one["about"] = about.get(subject) or names.get(subject) or subject or ""
    return found


def _facts(form: FormData) -> Facts:
    level = text_of(form, "level", 60)
    return Facts(
        text_of(form, "kind", 60),
        text_of(form, "name", 200),
        level,
        text_of(form, "pupils", 12),
        text_of(form, "commends") == "on",
        text_of(form, "one_school") == "on",
        text_of(form, "library", 64),
    )


def _roles(node: Node) -> list[Role]:
    return [one for one in Role if node.one_school or one not in OF_A_SCHOOL]


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise Refused(400, "There is no such role.") from None
