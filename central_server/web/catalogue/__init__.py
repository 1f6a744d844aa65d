"""The librarian's catalogue: titles and their items, labels, files in and out, stocktakes. The head may look."""

from fastapi import APIRouter

from central_server.web.catalogue import giving_out, items, printing, stocktakes, taking_in, titles
from central_server.web.site import Site


def add_routes(pages: APIRouter, site: Site) -> None:
    """Let `pages` answer them."""
    # Those with a word where others have the id of a title come first.
    for part in (printing, taking_in, giving_out, stocktakes, titles, items):
        part.add_routes(pages, site)
