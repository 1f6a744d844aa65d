"""Reports: each a table to look at, to print, and to take along as CSV or for Excel."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request, Response

from central_server import clock, organisations, reports, sheets
from central_server.sheets import Cell, Table
from central_server.web.librarian import at
from central_server.web.librarian.words import names
from central_server.web.site import Place, Site, say
from central_server.web.visits import Visit
from central_server.wire import Refused

_MOST_SHOWN = 500
_YEARS = (1, 2, 3, 5, 10)


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose report, of which days; `years`: for books that nobody borrowed."""

    visit: Visit
    library: str
    first: date
    last: date
    today: date
    years: int


@dataclass(frozen=True, slots=True)
class Report:
    """`numbers`: the columns that are numbers. `spans`: whether it is about days, or about years back."""

    title: str
    hint: str
    columns: list[str]
    rows: list[list[Cell]]
    numbers: frozenset[int] = frozenset()
    is_of_days: bool = False
    is_of_years: bool = False


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    look = site.at_library(*at.MAY_LOOK)

    @pages.get("/desk/{library}/reports")
    async def index(request: Request, place: Annotated[Place, Depends(look)]) -> Response:
        """Which there are."""
        commends = await site.read(lambda c: _commends(c, place))
        return at.page(site, request, place, "reports.html", {"titles": _titles(place.visit, commends)})

    @pages.get("/desk/{library}/reports/slips")
    async def slips(
        request: Request,
        place: Annotated[Place, Depends(look)],
        class_name: Annotated[str, Query(alias="class", max_length=100)] = "",
    ) -> Response:
        """Reminders to cut out, one for each reader with something late; of a class or of all."""
        today = at.today()
        late = await site.read(lambda c: reports.overdue(c, place.library, today))
        mine = [one for one in late if one.patron and class_name in ("", one.class_name)]
        by_reader: dict[str, list[reports.Late]] = {}
        for one in mine:
            by_reader.setdefault(str(one.patron), []).append(one)
        classes = list(dict.fromkeys(one.class_name for one in late if one.patron))
        values = {"slips": list(by_reader.values()), "class_name": class_name, "classes": classes, "today": today}
        return at.page(site, request, place, "slips.html", values)

    @pages.get("/desk/{library}/reports/{name}")
    async def one(
        request: Request,
        place: Annotated[Place, Depends(look)],
        name: str,
        first: Annotated[str, Query(alias="from", max_length=10)] = "",
        last: Annotated[str, Query(alias="to", max_length=10)] = "",
        years: Annotated[int, Query(ge=1, le=50)] = 3,
        form: Annotated[str, Query(alias="as", max_length=10)] = "",
    ) -> Response:
        """One report, on the page or as a file."""
        today = at.today()
        begin, end = _days(first, last, today)
        asked = Asked(place.visit, place.library, begin, end, today, years)

        def read(connection: sa.Connection) -> Report | None:
            build = _REPORTS.get(name)
            may = name != "commended" or _commends(connection, place)
            return build(connection, asked) if build and may else None

        report = await site.read(read)
        if report is None:
            raise Refused(404, "There is no such report.")
        if form in ("csv", "xlsx"):
            table = Table(report.title, report.columns, report.rows)
            content, kind = (
                (sheets.as_csv(table), sheets.CSV) if form == "csv" else (sheets.as_xlsx(table), sheets.XLSX)
            )
            file = f'attachment; filename="{name}-{today.isoformat()}.{form}"'
            return Response(content, media_type=kind, headers={"Content-Disposition": file})
        address = f"/desk/{place.library}/reports/{name}?from={begin}&to={end}&years={years}"
        values = {"report": report, "asked": asked, "address": address, "most": _MOST_SHOWN, "choices": _YEARS}
        return at.page(site, request, place, "report.html", {**values, "name": name})


def _days(first: str, last: str, today: date) -> tuple[date, date]:
    """The days that were asked for, at most ten years; else this school year until now (from 1 June, decision 39)."""
    begin = date(today.year if today.month >= 6 else today.year - 1, 6, 1)
    try:
        begin = date.fromisoformat(first) if first else begin
        end = date.fromisoformat(last) if last else today
    except ValueError:
        raise Refused(400, "That is no date.") from None
    if end < begin or (end - begin).days > 3_660 or not 2000 <= begin.year <= end.year <= 2200:
        raise Refused(400, "The last day is before the first, or too long after it.")
    return begin, end


def _titles(visit: Visit, commends: bool) -> list[tuple[str, str]]:
    found = [
        ("overdue", say(visit, "Overdue books by class")),
        ("slips", say(visit, "Reminder slips")),
        ("months", say(visit, "Loans, check-ins and visits by month")),
        ("classes", say(visit, "Loans by class")),
        ("most", say(visit, "Most borrowed")),
        ("new", say(visit, "New titles")),
        ("never", say(visit, "Not borrowed for years")),
        ("gone", say(visit, "Damaged, lost and withdrawn")),
        ("sources", say(visit, "Where the books come from")),
        ("faults", say(visit, "Fault reports")),
        ("wishes", say(visit, "Suggested books")),
    ]
    return [*found, ("commended", say(visit, "Commended readers"))] if commends else found


def _commends(connection: sa.Connection, place: Place) -> bool:
    """Whether the school wants its list of commended readers."""
    node = place.node
    while node is not None and node.one_school:
        if node.commends:
            return True
        node = organisations.find(connection, node.parent) if node.parent else None
    return False


def _overdue(connection: sa.Connection, asked: Asked) -> Report:
    visit = asked.visit
    columns = [
        say(visit, "Class"),
        say(visit, "Name"),
        say(visit, "Card"),
        say(visit, "Barcode"),
        say(visit, "Title"),
        say(visit, "Due on"),
        say(visit, "Days late"),
    ]
    rows: list[list[Cell]] = [
        [
            one.class_name,
            one.name or say(visit, "(not known)"),
            one.card,
            one.barcode,
            one.title,
            _day(one.due_on),
            one.days,
        ]
        for one in reports.overdue(connection, asked.library, asked.today)
    ]
    return Report(say(visit, "Overdue books by class"), "", columns, rows, frozenset({6}))


def _months(connection: sa.Connection, asked: Asked) -> Report:
    visit = asked.visit
    columns = [
        say(visit, "Month"),
        say(visit, "Loans"),
        say(visit, "Check-ins"),
        say(visit, "Read in the library"),
        say(visit, "Visits"),
    ]
    months = reports.by_month(connection, asked.library, asked.first, asked.last)
    rows: list[list[Cell]] = [[_month(one.month), one.loans, one.returns, one.in_house, one.visits] for one in months]
    sums = [sum(getattr(one, name) for one in months) for name in ("loans", "returns", "in_house", "visits")]
    rows.append([say(visit, "Together"), *sums])
    numbers = frozenset({1, 2, 3, 4})
    return Report(say(visit, "Loans, check-ins and visits by month"), "", columns, rows, numbers, is_of_days=True)


def _classes(connection: sa.Connection, asked: Asked) -> Report:
    visit = asked.visit
    found = reports.loans_by_class(connection, asked.library, asked.first, asked.last)
    months = sorted({month for _, counts in found for month in counts})
    columns = [say(visit, "Class"), *map(_month, months), say(visit, "Together")]
    rows: list[list[Cell]] = [
        [name or say(visit, "(no class)"), *(counts.get(one, 0) for one in months), sum(counts.values())]
        for name, counts in found
    ]
    hint = say(visit, "By the class in which a reader is now.")
    numbers = frozenset(range(1, len(columns)))
    return Report(say(visit, "Loans by class"), hint, columns, rows, numbers, is_of_days=True)


def _most(connection: sa.Connection, asked: Asked) -> Report:
    visit = asked.visit
    books = reports.most_borrowed(connection, asked.library, asked.first, asked.last)
    columns = [
        say(visit, "Title"),
        say(visit, "Author"),
        say(visit, "Call number"),
        say(visit, "Copies"),
        say(visit, "Loans"),
    ]
    rows: list[list[Cell]] = [[one.title, one.author, one.call_number, one.copies, one.count] for one in books]
    return Report(say(visit, "Most borrowed"), "", columns, rows, frozenset({3, 4}), is_of_days=True)


def _new(connection: sa.Connection, asked: Asked) -> Report:
    visit = asked.visit
    columns = [
        say(visit, "Title"),
        say(visit, "Author"),
        say(visit, "Call number"),
        say(visit, "Copies"),
        say(visit, "Came on"),
    ]
    rows: list[list[Cell]] = [
        [one.title, one.author, one.call_number, one.copies, _day(day.isoformat())]
        for one, day in reports.new_titles(connection, asked.library, asked.first, asked.last)
    ]
    return Report(say(visit, "New titles"), "", columns, rows, frozenset({3}), is_of_days=True)


def _never(connection: sa.Connection, asked: Asked) -> Report:
    visit = asked.visit
    since = asked.today - timedelta(days=round(365.25 * asked.years))
    books = reports.never_borrowed(connection, asked.library, since)
    columns = [say(visit, "Title"), say(visit, "Author"), say(visit, "Call number"), say(visit, "Copies")]
    rows: list[list[Cell]] = [[one.title, one.author, one.call_number, one.count] for one in books]
    hint = say(visit, "Neither lent nor read in the library since {day}.", day=_day(since.isoformat()))
    return Report(say(visit, "Not borrowed for years"), hint, columns, rows, frozenset({3}), is_of_years=True)


def _gone(connection: sa.Connection, asked: Asked) -> Report:
    visit, said = asked.visit, names(asked.visit)
    columns = [say(visit, "Barcode"), say(visit, "Title"), say(visit, "State"), say(visit, "Source")]
    rows: list[list[Cell]] = [
        [one.barcode, one.title, said["status"][one.status], said["source"].get(one.source or "", one.source)]
        for one in reports.gone(connection, asked.library)
    ]
    return Report(say(visit, "Damaged, lost and withdrawn"), "", columns, rows)


def _sources(connection: sa.Connection, asked: Asked) -> Report:
    visit, said = asked.visit, names(asked.visit)["source"]
    columns = [say(visit, "Source"), say(visit, "Copies"), say(visit, "Of them in use")]
    found = reports.sources(connection, asked.library)
    rows: list[list[Cell]] = [[said.get(one or "", one), *counts] for one, counts in found.items()]
    return Report(say(visit, "Where the books come from"), "", columns, rows, frozenset({1, 2}))


def _faults(connection: sa.Connection, asked: Asked) -> Report:
    visit, said = asked.visit, names(asked.visit)
    columns = [say(visit, "When"), say(visit, "About"), say(visit, "Barcode"), say(visit, "What was said")]
    columns.append(say(visit, "State"))
    rows: list[list[Cell]] = [
        [_when(one.asked_ms), said["about"].get(one.about, one.about), one.barcode, one.text, said["state"][one.state]]
        for one in reports.said(connection, asked.library, "fault_report")
    ]
    return Report(say(visit, "Fault reports"), "", columns, rows)


def _wishes(connection: sa.Connection, asked: Asked) -> Report:
    visit, said = asked.visit, names(asked.visit)
    columns = [say(visit, "When"), say(visit, "What was said"), say(visit, "State")]
    rows: list[list[Cell]] = [
        [_when(one.asked_ms), one.text, said["state"][one.state]]
        for one in reports.said(connection, asked.library, "suggestion")
    ]
    return Report(say(visit, "Suggested books"), "", columns, rows)


def _commended(connection: sa.Connection, asked: Asked) -> Report:
    visit = asked.visit
    columns = [say(visit, "Class"), say(visit, "Name"), say(visit, "Loans")]
    found = reports.commended(connection, asked.library, asked.first, asked.last, asked.today)
    rows: list[list[Cell]] = [list(one) for one in found]
    hint = say(visit, "Who borrowed most and has nothing late.")
    return Report(say(visit, "Commended readers"), hint, columns, rows, frozenset({2}), is_of_days=True)


def _day(text: str) -> str:
    return date.fromisoformat(text).strftime("%d/%m/%Y")


def _month(text: str) -> str:
    year, month = text.split("-")
    return f"{month}/{year}"


def _when(at_ms: int) -> str:
    return clock.shown_time(at_ms)[:10]


_REPORTS: dict[str, Callable[[sa.Connection, Asked], Report]] = {
    "overdue": _overdue,
    "months": _months,
    "classes": _classes,
    "most": _most,
    "new": _new,
    "never": _never,
    "gone": _gone,
    "sources": _sources,
    "faults": _faults,
    "wishes": _wishes,
    "commended": _commended,
}
