"""The figures of an organisation: its totals, what is below it, its months, its stations; and the table as a file."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response

from central_server import clock, organisations
from central_server.sheets import Cell
from central_server.statistics import groups, sets, sheets, stations
from central_server.statistics.periods import Kind, Period, period
from central_server.statistics.sets import HERE_NOW, Figure
from central_server.statistics.sums import FEWEST, Line
from central_server.web.office import labels
from central_server.web.office.chart import HEIGHT, LEFT, WIDTH, chart
from central_server.web.office.view import ALL, KNOW_READERS, Asked, View, months, seen
from central_server.web.site import Office, Site, say
from central_server.web.visits import Visit
from central_server.wire import Refused


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    at = Depends(site.at_organisation(*ALL))

    @pages.get("/office/{organisation}/")
    async def office_page(request: Request, office: Annotated[Office, at]) -> Response:
        """The figures, as a page."""
        asked = Asked.of(request)

        def read(connection: sa.Connection) -> dict[str, Any]:
            view = seen(connection, office.visit, office.node, asked)
            drawn = months(connection, view)
            return {
                "view": view,
                "chart": chart(drawn) if drawn else None,
                "months": drawn,
                "groups": groups.of(connection, office.node, view.period) if view.whole else None,
                "stations": stations.counts(connection, office.node, clock.now_ms()),
                "over": organisations.find(connection, office.node.parent) if office.node.parent else None,
            }

        values = await site.read(read)
        return site.page(request, office.visit, "office/figures.html", values | _said(office, values["view"]))

    @pages.get("/office/{organisation}/figures.{ending}")
    async def office_file(request: Request, office: Annotated[Office, at], ending: str) -> Response:
        """The table that the page shows, as a file."""
        if ending not in sheets.WAYS:
            raise Refused(404, "There is no such file.")
        view = await site.read(lambda c: seen(c, office.visit, office.node, Asked.of(request)))
        make, kind = sheets.WAYS[ending]
        sheet = _sheet(office.visit, view)
        name = f"{office.node.id}-{view.period.text}.{ending}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(await site.read(lambda _: make(sheet)), 200, headers, kind)

    @pages.get("/office/{organisation}/groups.{ending}")
    async def groups_file(request: Request, office: Annotated[Office, at], ending: str) -> Response:
        """Readers by category, and loans by category and grade, for the school's own people."""
        if ending not in sheets.WAYS or not knows_readers(office):
            raise Refused(404, "There is no such file.")
        asked = Asked.of(request)

        def read(connection: sa.Connection) -> tuple[Period, groups.Groups]:
            setting = sets.of(connection, office.node)
            chosen = period(asked.kind, asked.at, setting, clock.today())
            return chosen, groups.of(connection, office.node, chosen)

        chosen, found = await site.read(read)
        make, kind = sheets.WAYS[ending]
        sheet = _groups_sheet(office, chosen, found)
        name = f"{office.node.id}-groups-{chosen.text}.{ending}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(await site.read(lambda _: make(sheet)), 200, headers, kind)


def _groups_sheet(office: Office, chosen: Period, found: groups.Groups) -> sheets.Sheet:
    visit = office.visit
    listed, lent = say(visit, "Readers on the list"), say(visit, "Loans")
    rows: list[list[Cell]] = [[one, "", count, None] for one, count in found.patrons.items()]
    rows += [[one.category, one.grade, None, one.loans] for one in found.loans]
    headings = [say(visit, "Category"), say(visit, "Grade"), listed, lent]
    return sheets.Sheet(f"{office.node.name}: {labels.of_period(visit, chosen)}", headings, rows)


def _said(office: Office, view: View) -> dict[str, Any]:
    visit, node = office.visit, office.node
    return {
        "office": node,
        "is_own": view.whole,
        "labels": labels,
        "heads": [(one, labels.of_figure(visit, one)) for one in view.figures],
        "level_choices": [(one, labels.of_level(visit, one)) for one in view.levels],
        "chart_choices": [
            (one.name, labels.of_figure(visit, one))
            for one in view.figures
            if one.measure not in HERE_NOW and not one.per_pupil
        ],
        "kept": [
            (name, getattr(view.asked, name))
            for name in ("kind", "at", "by", "level", "sort", "figure")
            if getattr(view.asked, name)
        ],
        "here_now": HERE_NOW,
        "hidden_note": hidden_note(visit),
        "period_name": labels.of_period(visit, view.period),
        "before_name": labels.of_period(visit, view.period.ago(1)),
        "kinds": [(one.value, _kind(visit, one)) for one in Kind],
        "left": LEFT,
        "width": WIDTH,
        "height": HEIGHT,
        "keeps_register": knows_readers(office),
    }


def knows_readers(office: Office) -> bool:
    """Whether who looks is of the school itself."""
    person = office.visit.person
    return office.node.one_school and person is not None and person.may(office.node, KNOW_READERS)


def _kind(visit: Visit, kind: Kind) -> str:
    match kind:
        case Kind.MONTH:
            return say(visit, "Month")
        case Kind.SCHOOL_YEAR:
            return say(visit, "School year")
        case _:
            return say(visit, "Statistics' year")


def _sheet(visit: Visit, view: View) -> sheets.Sheet:
    total = [say(visit, "All together"), "", *(_cell(view.total, one) for one in view.figures)]
    rows = [
        [one.name, labels.of_level(visit, one.level), *(_cell(one, of) for of in view.figures)] for one in view.lines
    ]
    hidden = any(one.hidden for line in (view.total, *view.lines) for one in line.sums.values())
    notes = [hidden_note(visit)] if hidden else []
    return sheets.Sheet(
        f"{view.node.name}: {labels.of_period(visit, view.period)}",
        [say(visit, "Name"), say(visit, "Level"), *(labels.of_figure(visit, one) for one in view.figures)],
        [*rows, total],
        notes,
    )


def hidden_note(visit: Visit) -> str:
    """Why some numbers are not shown."""
    return say(
        visit,
        "Counts under {fewest} readers, and under {fewest} of what they did, are not shown, so that nobody is known by "
        "them; sums with + leave them out. A school year's readers are not shown where those of a month are not.",
        fewest=FEWEST,
    )


def _cell(line: Line, figure: Figure) -> Cell:
    if figure.per_pupil:
        per = line.per_pupil(figure)
        whole = line.value(figure)
        if per is None or whole is None:
            return None
        return f"{per:.2f}+" if whole.hidden else round(per, 2)
    found = line.value(figure)
    if found is None:
        return None
    if found.below is not None:
        return f"<{found.below}"
    return f"{found.value}+" if found.hidden else found.value
