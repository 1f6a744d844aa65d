"""Who works in libraries: a school writes it down, offices see counts."""

from collections.abc import Collection
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi import Path as PathParameter

from central_server import clock, deeds
from central_server.cannot import CannotDo
from central_server.people import Role
from central_server.statistics import register
from central_server.statistics.register import Position, Qualification, Topic
from central_server.statistics.sums import FEWEST
from central_server.web.office.figures import knows_readers
from central_server.web.office.labels import word
from central_server.web.office.view import ALL
from central_server.web.site import Office, Site, say, text_of, to
from central_server.web.visits import Visit
from central_server.wire import Refused

_POSITIONS = {
    Position.LIBRARIAN: word("Librarian"),
    Position.TEACHER: word("Teacher who also does library work"),
    Position.CLERK: word("Office worker who also does library work"),
    Position.OTHER: word("Something else"),
}
_QUALIFICATIONS = {
    Qualification.NONE: word("None in library work"),
    Qualification.SHORT_COURSE: word("Short course"),
    Qualification.INTERMEDIATE: word("Intermediate diploma"),
    Qualification.COLLEGE: word("College"),
    Qualification.UNIVERSITY: word("University or higher"),
}
_TOPICS = {
    Topic.CATALOGUING: word("Cataloguing"),
    Topic.SOFTWARE: word("Library software"),
    Topic.READING: word("Reading activities"),
    Topic.ELECTRONIC: word("Electronic library"),
    Topic.PRESERVING: word("Mending and keeping books"),
}


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    at = Depends(site.at_organisation(*ALL))
    of_school = Depends(site.at_organisation(Role.HEAD, Role.LIBRARIAN))

    async def page(request: Request, office: Office, wrong: str = "", typed: Any = None) -> Response:
        own = knows_readers(office)
        counts, members = await site.read(
            lambda c: (register.counts(c, office.node), register.members(c, office.node) if own else [])
        )
        visit = office.visit
        positions, qualifications, topics = (_choices(visit, words) for words in (_POSITIONS, _QUALIFICATIONS, _TOPICS))
        years = sorted(counts.trained_in.items(), key=lambda one: -(one[0] or 0))
        said = {
            "office": office.node,
            "own": own,
            "counts": counts,
            "members": members,
            "positions": positions,
            "qualifications": qualifications,
            "topics": topics,
            "positions_by": dict(positions),
            "qualifications_by": dict(qualifications),
            "topics_by": dict(topics),
            "people": _sum(counts.qualifications.values(), own),
            "qualification_rows": [
                (name, _shown(counts.qualifications.get(one, 0), own)) for one, name in qualifications
            ],
            "topic_rows": [(name, _shown(counts.wanted.get(one, 0), own)) for one, name in topics],
            "year_rows": [(year or say(visit, "never"), _shown(count, own)) for year, count in years],
            "wrong": wrong,
            "typed": typed or {"position": "", "qualification": "", "trained_in": "", "wanted": ()},
            "is_whole_school": office.node.one_school,
        }
        return site.page(request, visit, "office/staff.html", said, 400 if wrong else 200)

    @pages.get("/office/{organisation}/staff")
    async def staff(request: Request, office: Annotated[Office, at]) -> Response:
        """Counts; for who is of the school, its rows, and a form for another one."""
        return await page(request, office)

    @pages.post("/office/{organisation}/staff")
    async def put(request: Request, office: Annotated[Office, of_school]) -> Response:
        """Write somebody down, without a name."""
        form = await site.form(request)
        if not office.node.one_school:
            raise Refused(404, "There is no such page.")
        typed = {name: text_of(form, name, 64) for name in ("position", "qualification", "trained_in")}
        wanted = [str(one) for one in form.getlist("wanted")]
        now_ms = clock.now_ms()

        def write(connection: Any) -> None:
            number = register.put(connection, office.node, None, **typed, wanted=wanted, now_ms=now_ms)
            _note(connection, office, "staff_register_put", str(number), now_ms)

        try:
            await site.write(write)
        except CannotDo:
            wrong = say(office.visit, "A year is four digits, and not one to come; and a choice is one of those shown.")
            return await page(request, office, wrong, {**typed, "wanted": wanted})
        return to(f"/office/{office.node.id}/staff")

    @pages.post("/office/{organisation}/staff/{number}/remove")
    async def remove(
        request: Request, office: Annotated[Office, of_school], number: Annotated[int, PathParameter(ge=0, le=2**31)]
    ) -> Response:
        """Somebody works there no more."""
        await site.form(request)
        now_ms = clock.now_ms()

        def write(connection: Any) -> None:
            if register.remove(connection, office.node, number):
                _note(connection, office, "staff_register_removed", str(number), now_ms)

        await site.write(write)
        return to(f"/office/{office.node.id}/staff")


def _note(connection: Any, office: Office, act: str, subject: str, now_ms: int) -> None:
    assert office.visit.person is not None
    deeds.note(connection, office.visit.person.id, act, subject, now_ms, organisation=office.node.id)


def _shown(count: int, own: bool) -> str:
    """Above a school one to four people are not counted out: each of them may be known."""
    return str(count) if own or count == 0 or count >= FEWEST else f"<{FEWEST}"


def _sum(counts: Collection[int], own: bool) -> str:
    """What is hidden cannot be told from the sum either: it leaves that out."""
    hidden = not own and any(0 < one < FEWEST for one in counts)
    told = sum(one for one in counts if own or one >= FEWEST)
    return f"{told}+" if hidden else str(told)


def _choices(visit: Visit, words: Any) -> list[tuple[str, str]]:
    return [(one.value, say(visit, sentence)) for one, sentence in words.items()]
