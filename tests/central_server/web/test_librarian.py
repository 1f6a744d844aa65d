"""The librarian's pages, as people use them: by a real browser's requests to the real server."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from central_server.people import Role
from central_server.tables.library import patron
from tests.central_server.support import CIRCULATION, Station, bring, take
from tests.central_server.web.browser import Browser
from tests.central_server.web.conftest import World

AtWork = Callable[[Role], Browser]
CALENDAR = """version = "1"
closed_weekdays = ["sunday"]
[[school_year]]
name = "2026-2027"
begins = 2026-09-05
ends = 2027-05-31
"""


def who(world: World, card: str = "HS1") -> str:
    found = sa.select(patron.c.id).where(patron.c.library_id == world.library, patron.c.card == card)
    return str(world.one(found))


def of(world: World, column: sa.Column[object], card: str = "HS1") -> object:
    return world.one(sa.select(column).where(patron.c.library_id == world.library, patron.c.id == who(world, card)))


@pytest.fixture
def desk(world: World) -> str:
    return f"/desk/{world.library}"


def late(world: World, barcode: str = "TK.1", card: str = "HS1", device: str = "tram-1") -> Station:
    """A book was lent at a station long ago, and is not back."""
    station = Station(world.library, device=device)
    take(world.store, station.check_out(barcode, who(world, card)), library=world.library, device=device)
    return station


def test_shows_every_page_to_the_head_and_lets_the_librarian_alone_change(
    world: World, at_work: AtWork, desk: str, tmp_path: Path
) -> None:
    bring(world.store, "circulation", CIRCULATION, tmp_path, world.library)
    bring(world.store, "calendar", CALENDAR, tmp_path, world.library)
    station = late(world)
    again = station.check_out("TK.1", who(world, "HS2"))
    asks = station.ask("suggestion", text="<b>Sách tô màu</b>")
    take(world.store, again, asks, station.void(again), library=world.library)
    pages = ["/", "/readers", "/readers?find=an", f"/readers/{who(world)}", "/year", "/settings", "/settings/calendar"]
    pages += ["/work", "/reports", "/reports/slips"]
    pages += [f"/reports/{one}" for one in ("overdue", "months", "classes", "most", "never", "gone", "sources")]
    pages += ["/reports/faults", "/reports/wishes", "/readers?class=-"]
    head, librarian = at_work(Role.HEAD), at_work(Role.LIBRARIAN)
    for page in pages:
        assert librarian.go(desk + page) == 200, page + world.server.log()[-3000:]
        assert head.go(desk + page) == 200, page
        changes = {one.action for one in head.forms if one.method == "post"} - {"/leave"}
        assert changes == set(), page
        assert "<b>Sách tô màu</b>" not in head.page.text
    assert head.go(f"{desk}/readers/new") == 404
    head.go("/account")
    assert head.post(f"{desk}/readers/{who(world)}/block", csrf=head.forms[0].fields["csrf"], blocked="yes") == 404
