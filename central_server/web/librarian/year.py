"""The turn of the school year: the page proposes, a person looks at what would happen, then it is done, once."""

from dataclasses import dataclass
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from central_server import organisations, year_roll
from central_server.imports.dates import parse_date
from central_server.imports.words import tidy
from central_server.web.librarian import at
from central_server.web.site import Place, Site, text_of, to
from central_server.wire import Refused
from central_server.year_roll import CannotUndo, NotAsShown, Plan, WasDone

_MOST_CLASSES = 300
_STAYS, _LEAVES, _MOVES = "stays", "leaves", "moves"


@dataclass(frozen=True, slots=True)
class _Line:
    """A class in the form. `how`: what is chosen; `to`: the name, when it moves."""

    name: str
    count: int
    how: str
    to: str
    is_known: bool


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    look, change = site.at_library(*at.MAY_LOOK), site.at_library(*at.MAY_CHANGE)

    async def form_page(
        request: Request, place: Place, plan: Plan | None = None, fault: str = "", status: int = 200
    ) -> Response:
        today = at.today()

        def read(connection: sa.Connection) -> dict[str, Any]:
            level = _level(connection, place)
            lines = [
                _line(name, count, proposed, plan)
                for name, count, proposed in year_roll.proposal(connection, place.library, level)[:_MOST_CLASSES]
            ]
            return {"lines": lines, "rolls": year_roll.done(connection, place.library)}

        values = await site.read(read)
        years = year_roll.school_years(today)
        were = {one.school_year for one in values["rolls"]}
        ended = plan.school_year if plan else year_roll.just_ended(today, were) or ""
        valid_until = (plan.valid_until or "") if plan else f"{int(ended[5:]) + 1}-05-31" if ended else ""
        shown = {"years": years, "ended": ended, "valid_until": valid_until, "fault": fault, "today": today}
        asked = {name: request.query_params.get(name, "") for name in ("why", "was", "asked")}
        if asked["was"] not in were:  # nobody's address makes the page say so
            asked["was"] = ""
        return at.page(site, request, place, "year.html", {**values, **shown, **asked}, status)

    @pages.get("/desk/{library}/year")
    async def year(request: Request, place: Annotated[Place, Depends(look)]) -> Response:
        """What the names of the classes say, and what was done before."""
        return await form_page(request, place)

    @pages.post("/desk/{library}/year")
    async def looked(
        request: Request,
        place: Annotated[Place, Depends(change)],
        form: Annotated[FormData, Depends(site.form)],
    ) -> Response:
        """A dry run: what would happen, and nothing else."""
        plan = _plan(form)
        if fault := year_roll.fault_of(plan):
            return await form_page(request, place, plan, fault, 400)
        return await dry_run(request, place, plan)

    async def dry_run(request: Request, place: Place, plan: Plan, *, again: bool = False) -> Response:
        try:
            outcome = await site.read(lambda c: year_roll.look(c, place.library, plan, at.today()))
        except WasDone as was:
            return to(f"/desk/{place.library}/year?was={was.done}&asked={was.asked}")
        shown = {"plan": plan, "outcome": outcome, "again": again}
        return at.page(site, request, place, "year_look.html", shown, 409 if again else 200)

    @pages.post("/desk/{library}/year/do")
    async def carried_out(
        request: Request,
        place: Annotated[Place, Depends(change)],
        form: Annotated[FormData, Depends(site.form)],
    ) -> Response:
        """Do what was looked at."""
        plan, shown = _plan(form), text_of(form, "print")
        if fault := year_roll.fault_of(plan):
            return await form_page(request, place, plan, fault, 400)
        try:
            await at.act(
                site,
                place,
                "year_rolled",
                plan.school_year,
                lambda c, by, now_ms: year_roll.carry_out(c, place.library, plan, shown, by, now_ms),
            )
        except WasDone as was:
            return to(f"/desk/{place.library}/year?was={was.done}&asked={was.asked}")
        except NotAsShown:
            return await dry_run(request, place, plan, again=True)
        return to(f"/desk/{place.library}/year/{plan.school_year}")

    @pages.get("/desk/{library}/year/{school_year}")
    async def leavers(request: Request, place: Annotated[Place, Depends(look)], school_year: str) -> Response:
        """Who left, by class, with what they still have."""

        def read(connection: sa.Connection) -> dict[str, Any] | None:
            roll = year_roll.of_year(connection, place.library, school_year)
            if roll is None:
                return None
            return {"roll": roll, "leavers": year_roll.leavers(connection, place.library, school_year, at.today())}

        values = await site.read(read)
        if values is None:
            raise Refused(404, "Nothing was done for such a school year.")
        return at.page(site, request, place, "year_done.html", {**values, "today": at.today()})

    @pages.post("/desk/{library}/year/{school_year}/undo")
    async def undone(
        place: Annotated[Place, Depends(change)],
        school_year: str,
        _form: Annotated[FormData, Depends(site.form)],
    ) -> Response:
        """Take it back."""
        try:
            await at.act(
                site,
                place,
                "year_undone",
                school_year,
                lambda c, by, now_ms: year_roll.undo(c, place.library, school_year, by, now_ms),
            )
        except CannotUndo as cannot:
            return to(f"/desk/{place.library}/year?done=cannot_undo&why={cannot.why}")
        return to(f"/desk/{place.library}/year?done=undone")


def _line(name: str, count: int, proposed: str | None, plan: Plan | None) -> _Line:
    chosen = plan.moves.get(name) if plan else proposed
    how = _STAYS if chosen is None or chosen == name else _LEAVES if chosen == year_roll.LEAVES else _MOVES
    return _Line(name, count, how, chosen or "", proposed is not None)


def _plan(form: FormData) -> Plan:
    moves = {}
    for number in range(_MOST_CLASSES):
        name = text_of(form, f"class-{number}")
        if name:
            new = tidy(text_of(form, f"to-{number}"))
            chosen = {_LEAVES: year_roll.LEAVES, _MOVES: new or name}.get(text_of(form, f"how-{number}"), name)
            moves[name] = chosen
    said = text_of(form, "valid_until")
    day = parse_date(said)
    return Plan(text_of(form, "school_year"), moves, day.isoformat() if day else said or None)


def _level(connection: sa.Connection, place: Place) -> str | None:
    """The level of the school that the library is of."""
    node = place.node
    while node is not None:
        if node.level:
            return node.level
        node = organisations.find(connection, node.parent) if node.parent else None
    return None
