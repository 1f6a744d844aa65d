"""Figures for programs with a key: sums of the key's organisation and of all below it, as the pages show them."""

from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from central_server import api_document, api_keys, clock, organisations
from central_server.open_wire import (
    FigureMeaning,
    FiguresAnswer,
    MonthsAnswer,
    OrganisationFigures,
    PeriodTold,
    Shown,
)
from central_server.organisations import Node
from central_server.statistics import sets, sums
from central_server.statistics.periods import period
from central_server.statistics.sets import HERE_NOW, Figure
from central_server.statistics.sums import Line, Sum
from central_server.tries import Tries
from central_server.web.site import Site, Threads
from central_server.wire import Refused

_PAGE = 100
_MOST_A_MINUTE = 120
_BEARER = HTTPBearer(auto_error=False, description="A key that an office makes on its page of keys.")

_Kind = Annotated[str, Query(pattern="^(month|school_year|year)$")]
_At = Annotated[str, Query(pattern="^([0-9]{4}(-(0[1-9]|1[0-2]))?)?$", max_length=7, description="2026-11, or 2026")]
_Organisation = Annotated[str | None, Query(max_length=64, pattern="^[a-z0-9-]+$", description="the key's own without")]
_Level = Annotated[str | None, Query(max_length=64, pattern="^[a-z_]+$")]


def add_routes(app: FastAPI, site: Site, threads: Threads) -> None:
    """Let `app` answer them."""
    wrong, asked = Tries(), Tries(most=_MOST_A_MINUTE)

    async def key_of(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> Node:
        address, now_ms = request.client.host if request.client else "", clock.now_ms()
        if not wrong.may(address):
            raise Refused(429, "Too many wrong keys came from this address; wait a minute.")
        known = None
        if given is not None and len(given.credentials) <= 100:
            said = given.credentials
            known = await site.read(lambda c: api_keys.recognise(c, said, now_ms))
        if known is None:
            wrong.failed(address)
            raise Refused(401, "A key is needed: Authorization: Bearer tx_…")
        key, node, is_due = known
        if not asked.may(key.id):
            raise Refused(429, f"A key asks at most {_MOST_A_MINUTE} times a minute.")
        asked.failed(key.id)
        if is_due:
            await threads.note(lambda c: api_keys.used(c, key.id, now_ms))
        return node

    @app.get("/open/v1/figures", openapi_extra=api_document.FIGURES)
    async def figures(
        node: Annotated[Node, Depends(key_of)],
        organisation: _Organisation = None,
        kind: _Kind = "month",
        at: _At = "",
        by: Annotated[
            str, Query(pattern="^(child|school)$", description="what is right below, or all schools")
        ] = "child",
        level: _Level = None,
        page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    ) -> Response:
        """The figures of an organisation and of those below it."""

        def read(connection: sa.Connection) -> FiguresAnswer:
            mine = _within(connection, node, organisation)
            setting = sets.of(connection, mine)
            chosen = period(kind, at, setting, clock.today())
            who = sums.schools(mine) if by == "school" else sums.children(mine)
            (total,) = sums.lines(connection, sums.itself(mine), chosen, setting.figures, level=level)
            found = sums.lines(connection, who, chosen, setting.figures, level=level)
            if level is not None and by == "school":
                found = [one for one in found if one.level == level]
            start = (page - 1) * _PAGE
            return FiguresAnswer(
                mine.id,
                PeriodTold(chosen.kind.value, chosen.first, chosen.last),
                [FigureMeaning(one.name, one.measure, one.unit, one.per_pupil, one.level) for one in setting.figures],
                _row(total, setting.figures),
                [_row(one, setting.figures) for one in found[start : start + _PAGE]],
                page,
                len(found) > start + _PAGE,
            )

        return _json(await site.read(read))

    @app.get("/open/v1/figures/months", openapi_extra=api_document.FIGURES_BY_MONTH)
    async def by_month(
        node: Annotated[Node, Depends(key_of)],
        figure: Annotated[str, Query(max_length=64, pattern="^[A-Za-z_0-9]+$")],
        organisation: _Organisation = None,
        kind: _Kind = "year",
        at: _At = "",
        level: _Level = None,
    ) -> Response:
        """A figure of an organisation, month by month."""

        def read(connection: sa.Connection) -> MonthsAnswer:
            mine = _within(connection, node, organisation)
            setting = sets.of(connection, mine)
            one = next((known for known in setting.figures if known.name == figure), None)
            if one is None or one.measure in HERE_NOW or one.per_pupil:
                raise Refused(404, "There is no such figure by months.")
            chosen = period(kind, at, setting, clock.today())
            found = sums.by_month(connection, mine, one, chosen.first, chosen.last, level=level)
            return MonthsAnswer(mine.id, figure, {month: _shown(found.get(month, Sum())) for month in chosen.months()})

        return _json(await site.read(read))


def _within(connection: sa.Connection, node: Node, organisation: str | None) -> Node:
    """The organisation that is asked for, if it is the key's own or below it. Raises `Refused` (404)."""
    found = node if organisation is None else organisations.find(connection, organisation)
    if found is None or not found.is_within(node.path):
        raise Refused(404, "There is no such organisation.")
    return found


def _row(line: Line, figures: tuple[Figure, ...]) -> OrganisationFigures:
    values = {one.name: _value(line, one) for one in figures}
    return OrganisationFigures(line.id, line.name, line.level, line.count_of_pupils() or None, values)


def _value(line: Line, figure: Figure) -> Shown:
    if figure.per_pupil:
        per = line.per_pupil(figure)
        whole = line.value(figure)
        return Shown(None) if per is None or whole is None else Shown(round(per, 3), left_out=whole.hidden)
    whole = line.value(figure)
    return Shown(None) if whole is None else _shown(whole)


def _shown(one: Sum) -> Shown:
    return Shown(None, one.below) if one.below is not None else Shown(one.value, None, one.hidden)


def _json(content: Any) -> Response:
    return Response(msgspec.json.encode(content), 200, {"Cache-Control": "no-store"}, "application/json")
