"""What the librarian works with, but for the catalogue: what waits, readers, the year's turn, settings, reports. A head
sees all of it and changes nothing."""

from fastapi import APIRouter

from central_server.web.librarian import calendar, first, one_reader, readers, reports, settings, work, year
from central_server.web.site import Site


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    for part in (first, readers, one_reader, year, settings, calendar, work, reports):
        part.add_routes(pages, site)
