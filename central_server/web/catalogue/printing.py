"""Labels for books and cards for readers, as PDF sheets."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.datastructures import FormData

from central_server import clock, deeds
from central_server.among import among
from central_server.catalogue import items, paper
from central_server.catalogue.paper import Card, Label
from central_server.catalogue.stocktake import scans_of
from central_server.imports.words import fold
from central_server.people import Role
from central_server.tables.library import item, patron, title
from central_server.web.catalogue.forms import an_id, whole_number
from central_server.web.catalogue.giving_out import attached
from central_server.web.site import Place, Site, say, text_of

_MOST = 2_000
_MOST_TYPED = 100_000
# Of one class without a name: teachers and others.
_NO_CLASS = "-"


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    work = site.at_library(Role.LIBRARIAN)

    @pages.get("/desk/{library}/titles/labels")
    async def labels(
        request: Request, place: Annotated[Place, Depends(work)], of: Annotated[str, Query(max_length=40)] = ""
    ) -> Response:
        """Which labels, and from which place of the sheet on. `of`: those of a title's items."""
        found = await site.read(lambda c: items.of_title(c, place.library, an_id(of))) if of else []
        numbers = "\n".join(one["barcode"] for one in found if one["status"] != "withdrawn")
        return _labels(request, place, {"numbers": numbers})

    @pages.post("/desk/{library}/titles/labels")
    async def labels_made(
        request: Request, place: Annotated[Place, Depends(work)], form: Annotated[FormData, Depends(site.form)]
    ) -> Response:
        """The sheets."""
        typed = text_of(form, "numbers", _MOST_TYPED)
        numbers, start = scans_of(typed), whole_number(form, "start")
        found = await site.read(lambda c: _found(c, place.library, numbers))
        bad = _bad(place, numbers, [one.barcode for one in found], start, paper.LABELS)
        if bad:
            return _labels(request, place, {"numbers": typed, "start": text_of(form, "start"), "bad": bad}, 400)
        pdf = await site.read(lambda _c: paper.labels(found, place.name, start))  # in a thread
        return Response(pdf, media_type="application/pdf", headers=attached(f"{place.library}-labels.pdf"))

    @pages.get("/desk/{library}/cards")
    async def cards(request: Request, place: Annotated[Place, Depends(work)]) -> Response:
        """Whose cards, and from which place of the sheet on."""
        return await _cards(request, place, {})

    @pages.post("/desk/{library}/cards")
    async def cards_made(
        request: Request, place: Annotated[Place, Depends(work)], form: Annotated[FormData, Depends(site.form)]
    ) -> Response:
        """The sheets."""
        assert place.visit.person is not None
        whose, class_name, typed = place.visit.person.id, text_of(form, "class"), text_of(form, "numbers", _MOST_TYPED)
        numbers, start = scans_of(typed), whole_number(form, "start")
        found = await site.read(lambda c: _readers(c, place.library, class_name, numbers))
        bad = _bad(place, numbers or [one.number for one in found], [one.number for one in found], start, paper.CARDS)
        if bad:
            kept = {"numbers": typed, "class_name": class_name, "start": text_of(form, "start"), "bad": bad}
            return await _cards(request, place, kept, 400)
        await site.write_of(
            place.library,
            lambda c: deeds.note(c, whose, "cards_printed", str(len(found)), clock.now_ms(), library=place.library),
        )
        pdf = await site.read(lambda _c: paper.cards(found, place.name, start))
        return Response(pdf, media_type="application/pdf", headers=attached(f"{place.library}-cards.pdf"))

    def _labels(request: Request, place: Place, values: dict[str, Any], status: int = 200) -> Response:
        whole = {"place": place, "start": "1", "bad": "", **values}
        return site.page(request, place.visit, "catalogue/labels.html", whole, status)

    async def _cards(request: Request, place: Place, values: dict[str, Any], status: int = 200) -> Response:
        classes = await site.read(lambda c: _classes(c, place.library))
        whole = {"place": place, "classes": classes, "numbers": "", "class_name": "", "start": "1", "bad": "", **values}
        return site.page(request, place.visit, "catalogue/cards.html", whole, status)


def _bad(place: Place, asked: list[str], found: list[str], start: int, grid: paper.Grid) -> str:
    """What is wrong with what was asked for; "": nothing."""
    unknown = [one for one in asked if one not in set(found)]
    unfit = [one for one in found if not paper.is_printable(one, grid)]
    if not asked:
        return say(place.visit, "Nothing was chosen.")
    if unknown:
        shown = ", ".join(unknown[:10])
        return say(place.visit, "These numbers are not known here: {numbers}. Nothing was printed.", numbers=shown)
    if unfit:
        shown = ", ".join(unfit[:10])
        return say(
            place.visit, "These numbers are too long for bars, or have letters with marks: {numbers}.", numbers=shown
        )
    if len(found) > _MOST:
        return say(place.visit, "At most {most} at once, please.", most=_MOST)
    if not 1 <= start <= grid.places:
        return say(place.visit, "A sheet has the places 1 to {most}.", most=grid.places)
    return ""


def _found(connection: sa.Connection, library: str, numbers: list[str]) -> list[Label]:
    of = sa.and_(title.c.library_id == library, title.c.id == item.c.title_id)
    mine = sa.select(item.c.barcode, title.c.call_number, title.c.title).join(title, of)
    here = mine.where(item.c.library_id == library, among(item.c.barcode, numbers[: _MOST + 1]))
    by_number = {row.barcode: Label(*row) for row in connection.execute(here)}
    return [by_number[one] for one in numbers if one in by_number]


def _readers(connection: sa.Connection, library: str, class_name: str, numbers: list[str]) -> list[Card]:
    """Those with these cards, or else those of the class, by name; not whose card is lost."""
    mine = sa.select(patron.c.card, patron.c.name, patron.c.class_name)
    here = mine.where(patron.c.library_id == library, patron.c.card_lost.is_(False))
    if numbers:
        rows = connection.execute(here.where(among(patron.c.card, numbers[: _MOST + 1])))
        by_number = {row.card: Card(*row) for row in rows}
        return [by_number[one] for one in numbers if one in by_number]
    if not class_name:
        return []
    rows = connection.execute(here.where(patron.c.class_name == ("" if class_name == _NO_CLASS else class_name)))
    # As the class's own list has them: by the given name, which is the last word.
    return sorted((Card(*row) for row in rows), key=lambda one: (fold(one.name).split()[-1:], fold(one.name)))


def _classes(connection: sa.Connection, library: str) -> list[tuple[str, int]]:
    counted = sa.select(patron.c.class_name, sa.func.count()).where(patron.c.library_id == library)
    rows = connection.execute(counted.group_by(patron.c.class_name).order_by(patron.c.class_name))
    return [(row[0] or _NO_CLASS, row[1]) for row in rows]
