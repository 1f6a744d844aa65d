"""For school IT: the stations of a library, how they are, and which may ask."""

from fastapi import APIRouter

from central_server.web.site import Site
from central_server.web.stations import enrolling, looking, releases, support


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    for part in (looking, enrolling, support, releases):
        part.add_routes(pages, site)
