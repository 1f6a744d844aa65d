"""Readers: finding them, classes, adding one, and a class's PINs on paper."""

from itertools import zip_longest
from typing import Annotated, Any
from urllib.parse import quote

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.datastructures import FormData

from central_server import reader_pins, readers
from central_server.imports import rules
from central_server.imports.dates import parse_date
from central_server.readers import Line, Unfit, Values
from central_server.web.librarian import at
from central_server.web.site import Place, Site, text_of, to

_PER_PAGE = 50
# In the address: readers who are in no class.
_NO_CLASS = "-"


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    look, change = site.at_library(*at.MAY_LOOK), site.at_library(*at.MAY_CHANGE)

    @pages.get("/desk/{library}/readers")
    async def found(
        request: Request,
        place: Annotated[Place, Depends(look)],
        find: Annotated[str, Query(max_length=200)] = "",
        class_name: Annotated[str, Query(alias="class", max_length=100)] = "",
        page: Annotated[int, Query(ge=1, le=1_000)] = 1,
    ) -> Response:
        """Who was looked for, or a class, or which classes there are."""
        library, find = place.library, find.replace("\0", "").strip()
        class_name = class_name.replace("\0", "")

        def read(connection: sa.Connection) -> dict[str, Any]:
            lines: list[Line] = []
            more = False
            if find:
                lines, more = readers.find(connection, library, find, at.today(), _PER_PAGE, (page - 1) * _PER_PAGE)
            elif class_name:
                lines = readers.of_class(connection, library, "" if class_name == _NO_CLASS else class_name, at.today())
            return {"lines": lines, "more": more, "classes": readers.classes(connection, library)}

        values = await site.read(read)
        asked = {"find": find, "class_name": class_name, "page": page, "no_class": _NO_CLASS}
        gone = "gone" in request.query_params
        return at.page(site, request, place, "readers.html", {**values, **asked, "gone": gone})

    @pages.get("/desk/{library}/readers/new")
    async def new(request: Request, place: Annotated[Place, Depends(change)]) -> Response:
        """The form for a reader who is on no list."""
        empty = Values("", "", request.query_params.get("class", "")[: readers.MOST_CLASS], "hs")
        return await _form(site, request, place, empty, {}, "")

    @pages.post("/desk/{library}/readers/new")
    async def added(
        request: Request,
        place: Annotated[Place, Depends(change)],
        form: Annotated[FormData, Depends(site.form)],
    ) -> Response:
        """Add them."""
        values = read_values(form)
        try:
            identity = await at.act(
                site, place, "reader_added", None, lambda c, _by, _ms: readers.add(c, place.library, values)
            )
        except Unfit as unfit:
            return await _form(site, request, place, values, unfit.faults, "", 400)
        return to(f"/desk/{place.library}/readers/{identity}?done=added")

    @pages.post("/desk/{library}/readers/pins")
    async def pins(
        request: Request,
        place: Annotated[Place, Depends(change)],
        form: Annotated[FormData, Depends(site.form)],
    ) -> Response:
        """New PINs for a whole class, on one sheet; shown this once."""
        class_name = text_of(form, "class")
        if not class_name or class_name == _NO_CLASS:
            return to(f"/desk/{place.library}/readers")

        def them(connection: sa.Connection) -> list[Line]:
            found = readers.of_class(connection, place.library, class_name, at.today())
            return [one for one in found if not one.blocked]

        many = len(await site.read(them))
        # Each takes its time, and a whole class would keep the library's stations waiting.
        made = await site.aside(lambda: [reader_pins.first() for _ in range(many)])

        def give(connection: sa.Connection, _by: str, _now_ms: int) -> list[tuple[Line, str]]:
            pairs = zip_longest(them(connection), made[:many])
            return [(one, reader_pins.give(connection, place.library, one.id, pin)) for one, pin in pairs if one]

        given = await at.act(site, place, "pins_given", "", give)
        back = f"/desk/{place.library}/readers?class={quote(class_name)}"
        return at.page(site, request, place, "pins.html", {"given": given, "class_name": class_name, "back": back})


def read_values(form: FormData) -> Values:
    """What a form says of a reader; what is no date stays as it was typed."""
    said = text_of(form, "valid_until")
    day = parse_date(said)
    return Values(
        text_of(form, "card"),
        text_of(form, "name"),
        text_of(form, "class_name"),
        text_of(form, "category"),
        day.isoformat() if day else said or None,
    )


async def _form(
    site: Site,
    request: Request,
    place: Place,
    values: Values,
    faults: dict[str, str],
    reader: str,
    status: int = 200,
) -> Response:
    def known(connection: sa.Connection) -> tuple[list[str], list[str]]:
        classes = [name for name, _ in readers.classes(connection, place.library)]
        return rules.patron_categories(connection, place.library) or ["hs", "gv"], classes

    categories, classes = await site.read(known)
    if values.category and values.category not in categories:
        categories = [*categories, values.category]
    shown = {"values": values, "faults": faults, "reader": reader, "categories": categories, "classes": classes}
    return at.page(site, request, place, "reader_form.html", shown, status)


form_page = _form
