"""The items of a title: adding several at once, and what became of one."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData

from central_server import clock, deeds
from central_server.catalogue import items, titles
from central_server.catalogue.titles import ChangedSince
from central_server.catalogue.typed import Wrong
from central_server.people import Role
from central_server.web.catalogue.forms import an_id, sentences, whole_number
from central_server.web.catalogue.titles import shown, title_page
from central_server.web.site import Place, Site, say, text_of, to
from central_server.wire import Refused


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    look, work = site.at_library(Role.LIBRARIAN, Role.HEAD), site.at_library(Role.LIBRARIAN)

    @pages.post("/desk/{library}/titles/{title}/items")
    async def added(
        request: Request,
        place: Annotated[Place, Depends(work)],
        title: str,
        form: Annotated[FormData, Depends(site.form)],
    ) -> Response:
        """Add items, each with the next number."""
        identity, first, count = an_id(title), text_of(form, "first"), whole_number(form, "count")

        def add(connection: sa.Connection) -> None:
            row = titles.find(connection, place.library, identity)
            if row is None:
                raise Refused(404, "There is no such title.")
            for barcode in items.add(connection, place.library, row, first, count, _typed(form)):
                _note(connection, place, "item_added", barcode)

        try:
            await site.write_of(place.library, add)
        except Wrong as wrong:
            values = await site.read(lambda c: shown(c, place.library, identity))
            typed = {"first": first, "count": text_of(form, "count"), **_typed(form)}
            said = sentences(place.visit, wrong.fields)
            return title_page(site, request, place, values | {"new": typed, "wrong": said}, 400)
        return to(f"/desk/{place.library}/titles/{identity}?done=items")

    @pages.get("/desk/{library}/titles/{title}/items/{item}")
    async def one(request: Request, place: Annotated[Place, Depends(look)], title: str, item: str) -> Response:
        """An item, and the form for what became of it."""
        return _page(request, place, await site.read(lambda c: _shown(c, place.library, title, item)))

    @pages.post("/desk/{library}/titles/{title}/items/{item}")
    async def changed(
        request: Request,
        place: Annotated[Place, Depends(work)],
        title: str,
        item: str,
        form: Annotated[FormData, Depends(site.form)],
    ) -> Response:
        """Change it, unless somebody or a station did since the form was shown."""
        version, typed = text_of(form, "version"), _typed(form)

        def change(connection: sa.Connection) -> None:
            assert place.visit.person is not None
            by, now_ms = place.visit.person.id, clock.now_ms()
            try:
                row = items.change(connection, place.library, an_id(item), version, typed, by, now_ms)
            except KeyError:
                raise Refused(404, "There is no such item.") from None
            _note(connection, place, "item_changed", row["barcode"])

        try:
            await site.write_of(place.library, change)
        except Wrong as wrong:
            values = await site.read(lambda c: _shown(c, place.library, title, item))
            said = {"typed": typed, "version": version, "wrong": sentences(place.visit, wrong.fields)}
            return _page(request, place, values | said, 400)
        except ChangedSince:
            values = await site.read(lambda c: _shown(c, place.library, title, item))
            return _page(request, place, values | {"typed": typed, "since": True}, 409)
        return to(f"/desk/{place.library}/titles/{an_id(title)}?done=item")

    @pages.post("/desk/{library}/titles/{title}/items/{item}/remove")
    async def removed(
        request: Request,
        place: Annotated[Place, Depends(work)],
        title: str,
        item: str,
        _form: Annotated[FormData, Depends(site.form)],
    ) -> Response:
        """Take an item away with which nothing was ever done: its number was mistyped."""

        def remove(connection: sa.Connection) -> bool:
            row = items.find(connection, place.library, an_id(item))
            if row is None:
                raise Refused(404, "There is no such item.")
            is_done = items.remove(connection, place.library, row["id"])
            if is_done:
                _note(connection, place, "item_removed", row["barcode"])
            return is_done

        if await site.write_of(place.library, remove):
            return to(f"/desk/{place.library}/titles/{an_id(title)}?done=removed")
        values = await site.read(lambda c: _shown(c, place.library, title, item))
        sentence = say(place.visit, "Something was done with this copy, so it stays. Mark it as withdrawn instead.")
        return _page(request, place, values | {"bad": sentence}, 409)

    def _page(request: Request, place: Place, values: dict[str, Any], status: int = 200) -> Response:
        whole = {"place": place, "wrong": {}, "since": False, "bad": "", **values}
        return site.page(request, place.visit, "catalogue/item.html", whole, status)


def _shown(connection: sa.Connection, library: str, title: str, item: str) -> dict[str, Any]:
    row, of = items.find(connection, library, an_id(item)), titles.find(connection, library, an_id(title))
    if row is None or of is None or row["title_id"] != of["id"]:
        raise Refused(404, "There is no such item.")
    return {
        "row": row,
        "of": of,
        "typed": {name: row[name] for name in ("status", "source", "in_house_only")},
        "version": titles.version_of(row),
        "due_on": items.lent(connection, library, [row["barcode"]]).get(row["barcode"]),
        "removable": items.is_removable(connection, library, row["barcode"]),
    }


def _typed(form: FormData) -> dict[str, Any]:
    return {
        "status": text_of(form, "status"),
        "source": text_of(form, "source"),
        "in_house_only": text_of(form, "in_house_only") == "on",
    }


def _note(connection: sa.Connection, place: Place, act: str, subject: str) -> None:
    assert place.visit.person is not None
    deeds.note(connection, place.visit.person.id, act, subject, clock.now_ms(), library=place.library)
