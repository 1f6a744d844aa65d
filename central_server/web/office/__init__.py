"""Pages for offices above the schools, and for school heads: figures, who works in libraries, keys of the open API."""

from fastapi import APIRouter

from central_server.web.office import commended, figures, keys, register
from central_server.web.site import Site


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    for part in (figures, register, commended, keys):
        part.add_routes(pages, site)
