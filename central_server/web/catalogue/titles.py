"""Finding titles, the page of one, adding, changing and removing them."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.datastructures import FormData

from central_server import clock, deeds
from central_server.catalogue import items, titles
from central_server.catalogue.titles import ChangedSince
from central_server.catalogue.typed import Wrong
from central_server.imports import rules
from central_server.imports.titles import is_isbn, plain_isbn
from central_server.people import Role
from central_server.web.catalogue.forms import MOST_PAGES, an_id, sentences, words_of
from central_server.web.site import Place, Site, say, text_of, to
from central_server.wire import Refused

_MOST_TYPED = 2_000


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    look, work = site.at_library(Role.LIBRARIAN, Role.HEAD), site.at_library(Role.LIBRARIAN)

    @pages.get("/desk/{library}/titles")
    async def listed(
        request: Request,
        place: Annotated[Place, Depends(look)],
        q: Annotated[str, Query(max_length=200)] = "",
        page: Annotated[int, Query(ge=1, le=MOST_PAGES)] = 1,
    ) -> Response:
        """The titles that were looked for, or all."""
        words = words_of(q)
        found = await site.read(lambda c: titles.search(c, place.library, words, page))
        address = f"/desk/{place.library}/titles?" + (urlencode({"q": words}) + "&" if words else "")
        values = {"place": place, "words": words, "found": found, "page": page, "address": address}
        return site.page(request, place.visit, "catalogue/titles.html", values)

    @pages.get("/desk/{library}/titles/new")
    async def new(
        request: Request,
        place: Annotated[Place, Depends(work)],
        isbn: Annotated[str, Query(max_length=40)] = "",
    ) -> Response:
        """The form of a new title, filled in with what is known of its ISBN."""
        digits = plain_isbn(words_of(isbn))
        values = await site.read(lambda c: _new(c, place.library, digits))
        wrong = {} if not digits or is_isbn(digits) else {"isbn": "isbn"}
        return _form(request, place, values | {"wrong": sentences(place.visit, wrong)})

    @pages.post("/desk/{library}/titles")
    async def added(
        request: Request, place: Annotated[Place, Depends(work)], form: Annotated[FormData, Depends(site.form)]
    ) -> Response:
        """Add the title, then show it: its items come next."""
        typed = _typed(form)

        def add(connection: sa.Connection) -> str:
            identity = titles.add(connection, place.library, typed)
            _note(connection, place, "title_added", identity)
            return identity

        try:
            identity = await site.write_of(place.library, add)
        except Wrong as wrong:
            known = await site.read(lambda c: _lists(c, place.library))
            said = sentences(place.visit, wrong.fields)
            return _form(request, place, known | {"typed": typed, "wrong": said}, 400)
        return to(f"/desk/{place.library}/titles/{identity}?done=added")

    @pages.get("/desk/{library}/titles/{title}")
    async def one(
        request: Request,
        place: Annotated[Place, Depends(look)],
        title: str,
        done: Annotated[str, Query(max_length=20)] = "",
    ) -> Response:
        """A title with its items."""
        values = await site.read(lambda c: shown(c, place.library, an_id(title)))
        return title_page(site, request, place, values | {"done": done})

    @pages.get("/desk/{library}/titles/{title}/edit")
    async def edit(request: Request, place: Annotated[Place, Depends(work)], title: str) -> Response:
        """The form for changing a title."""

        def read(connection: sa.Connection) -> dict[str, Any]:
            row = _find(connection, place.library, an_id(title))
            return _lists(connection, place.library) | {"typed": titles.as_typed(row), "row": row, **_version(row)}

        return _form(request, place, await site.read(read))

    @pages.post("/desk/{library}/titles/{title}/edit")
    async def edited(
        request: Request,
        place: Annotated[Place, Depends(work)],
        title: str,
        form: Annotated[FormData, Depends(site.form)],
    ) -> Response:
        """Change it, unless somebody else did since the form was shown: then both are shown, and nothing is lost."""
        typed, version, identity = _typed(form), text_of(form, "version"), an_id(title)

        def change(connection: sa.Connection) -> None:
            try:
                titles.change(connection, place.library, identity, version, typed)
            except KeyError:
                raise Refused(404, "There is no such title.") from None
            _note(connection, place, "title_changed", identity)

        try:
            await site.write_of(place.library, change)
        except Wrong as wrong:
            known = await site.read(lambda c: _lists(c, place.library) | {"row": _find(c, place.library, identity)})
            said = {"typed": typed, "wrong": sentences(place.visit, wrong.fields), "version": version}
            return _form(request, place, known | said, 400)
        except ChangedSince as since:
            row, theirs = since.row, titles.as_typed(since.row)
            known = await site.read(lambda c: _lists(c, place.library))
            differs = {name: theirs[name] for name in titles.FIELDS if theirs[name] != typed[name]}
            return _form(request, place, known | {"typed": typed, "row": row, "theirs": differs, **_version(row)}, 409)
        return to(f"/desk/{place.library}/titles/{identity}?done=changed")

    @pages.post("/desk/{library}/titles/{title}/remove")
    async def removed(
        request: Request,
        place: Annotated[Place, Depends(work)],
        title: str,
        _form: Annotated[FormData, Depends(site.form)],
    ) -> Response:
        """Take a title away that has nothing, and never had."""
        identity = an_id(title)

        def remove(connection: sa.Connection) -> bool:
            _find(connection, place.library, identity)
            is_done = titles.remove(connection, place.library, identity)
            if is_done:
                _note(connection, place, "title_removed", identity)
            return is_done

        if await site.write_of(place.library, remove):
            return to(f"/desk/{place.library}/titles")
        values = await site.read(lambda c: shown(c, place.library, identity))
        sentence = say(place.visit, "This title has copies or a history, so it stays. Withdraw its copies instead.")
        return title_page(site, request, place, values | {"bad": sentence}, 409)

    def _form(request: Request, place: Place, values: Mapping[str, Any], status: int = 200) -> Response:
        whole: dict[str, Any] = {
            "place": place,
            "row": None,
            "version": "",
            "wrong": {},
            "theirs": None,
            "described": None,
            "own": [],
        }
        return site.page(request, place.visit, "catalogue/title_form.html", whole | dict(values), status)


def shown(connection: sa.Connection, library: str, identity: str) -> dict[str, Any]:
    """What the page of a title shows. Raises `Refused` (404)."""
    row = _find(connection, library, identity)
    return {
        "row": row,
        "items": items.of_title(connection, library, identity),
        "removable": titles.is_removable(connection, library, identity),
        "new": {
            "first": items.proposed(connection, library, row),
            "count": "1",
            "status": "available",
            "source": "",
            "in_house_only": False,
        },
    }


def title_page(site: Site, request: Request, place: Place, values: Mapping[str, Any], status: int = 200) -> Response:
    """The page of a title."""
    whole = {"place": place, "done": "", "bad": "", "wrong": {}, **values}
    return site.page(request, place.visit, "catalogue/title.html", whole, status)


def _new(connection: sa.Connection, library: str, isbn: str) -> dict[str, Any]:
    described = titles.described_elsewhere(connection, library, isbn)
    typed = titles.blank(connection, library) | {"isbn": isbn} | (described or {})
    own = titles.of_isbn(connection, library, isbn)
    return _lists(connection, library) | {
        "typed": typed,
        "described": described is not None if isbn else None,
        "own": own,
    }


def _lists(connection: sa.Connection, library: str) -> dict[str, Any]:
    known = rules.item_types(connection, library) | set(titles.types(connection, library))
    return {"types": sorted(known), "shelves": titles.shelves(connection, library)}


def _find(connection: sa.Connection, library: str, identity: str) -> dict[str, Any]:
    row = titles.find(connection, library, identity)
    if row is None:
        raise Refused(404, "There is no such title.")
    return row


def _version(row: Mapping[str, Any]) -> dict[str, str]:
    return {"version": titles.version_of(row)}


def _typed(form: FormData) -> dict[str, str]:
    return {name: text_of(form, name, _MOST_TYPED) for name in titles.FIELDS}


def _note(connection: sa.Connection, place: Place, act: str, subject: str) -> None:
    assert place.visit.person is not None
    deeds.note(connection, place.visit.person.id, act, subject, clock.now_ms(), library=place.library)
