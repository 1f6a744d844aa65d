"""A library's page for its readers: look up, their own books, and when it is open."""

from fastapi import APIRouter

from central_server.web.readers import books, catalogue, entering, hours
from central_server.web.site import Site


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    catalogue.add_routes(pages, site)
    entering.add_routes(pages, site)
    books.add_routes(pages, site)
    hours.add_routes(pages, site)
