"""The catalogue as files: Excel, CSV, MARC 21."""

from collections.abc import Callable
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response

from central_server.catalogue import marc_out, tables_out
from central_server.people import Role
from central_server.web.site import Place, Site
from central_server.wire import Refused

_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Name of the file → its type, and its content.
_FILES: dict[str, tuple[str, Callable[[sa.Connection, str], bytes]]] = {
    "titles.xlsx": (
        _EXCEL,
        lambda c, library: tables_out.as_xlsx(tables_out.rows_of(c, library, "titles"), "Đầu sách"),
    ),
    "items.xlsx": (_EXCEL, lambda c, library: tables_out.as_xlsx(tables_out.rows_of(c, library, "items"), "Bản sách")),
    "titles.csv": ("text/csv", lambda c, library: tables_out.as_csv(tables_out.rows_of(c, library, "titles"))),
    "items.csv": ("text/csv", lambda c, library: tables_out.as_csv(tables_out.rows_of(c, library, "items"))),
    "catalogue.mrc": ("application/marc", lambda c, library: marc_out.as_iso2709(marc_out.records(c, library))),
    "catalogue.xml": ("application/marcxml+xml", lambda c, library: marc_out.as_xml(marc_out.records(c, library))),
}


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    look = site.at_library(Role.LIBRARIAN, Role.HEAD)

    @pages.get("/desk/{library}/titles/export")
    async def files(request: Request, place: Annotated[Place, Depends(look)]) -> Response:
        """Which files there are."""
        return site.page(request, place.visit, "catalogue/export.html", {"place": place})

    @pages.get("/desk/{library}/titles/export/{name}")
    async def file(place: Annotated[Place, Depends(look)], name: str) -> Response:
        """One of them."""
        if name not in _FILES:
            raise Refused(404, "There is no such file.")
        kind, content = _FILES[name]
        whole = await site.read(lambda c: content(c, place.library))
        return Response(whole, media_type=kind, headers=attached(f"{place.library}-{name}"))


def attached(name: str) -> dict[str, str]:
    """Headers by which a browser saves the answer as `name`."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}
