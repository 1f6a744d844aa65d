"""A station that names rows of another library in what it sends: nothing of the other is touched or told."""

import json
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from central_server import clock, deciding, settling
from central_server.cannot import CannotDo
from central_server.database import Store, reading
from central_server.erasing import patron_of_card
from central_server.tables.library import item
from tests.central_server.scene import OPERATIONS, Scene
from tests.central_server.support import (
    ACCEPTED,
    Operation,
    Station,
    bring,
    disputed,
    feed,
    loan_of,
    request_id,
    request_of,
    take,
    title_of,
)


@dataclass
class Neighbour:
    """Another library with a loan, a hold and a request that waits. `LG.1` and its words are nowhere else."""

    library: str
    patron: str
    title: str
    item: str
    out: Operation
    hold: Operation
    asked: Operation
    dispute: str


@pytest.fixture(scope="module")
def neighbour(beside: Store, tmp_path_factory: pytest.TempPathFactory) -> Neighbour:
    library, folder = f"l-{uuid4().hex}", tmp_path_factory.mktemp("neighbour")
    for kind, text in (
        ("titles", "Mã đầu sách,Nhan đề\nD1,Sách Láng Giềng\n"),
        ("items", "Số ĐKCB,Mã đầu sách\nTK.1,D1\nLG.1,D1\n"),
        ("patrons", "Số thẻ,Họ và tên,Loại bạn đọc\nHS1,Em Láng Giềng,hs\nHS2,Chị Láng Giềng,hs\n"),
    ):
        bring(beside, kind, text, folder, library)
    with reading(beside) as connection:
        patron, borrower = (patron_of_card(connection, library, card) for card in ("HS1", "HS2"))
        here = (item.c.library_id == library, item.c.barcode == "LG.1")
        lent = str(connection.scalar(sa.select(item.c.id).where(*here)))
    title = title_of(beside, library)
    station = Station(library)
    out = station.check_out("LG.1", borrower)
    hold = station.ask("place_hold", patron, title=title)
    asked = station.ask("card_link", patron, private="LG.900")
    assert take(beside, out, hold, asked, library=library) == [ACCEPTED] * 3
    assert take(beside, station.check_in("LG.9"), library=library) == [disputed("unknown_item")]
    with reading(beside) as connection:
        (dispute,) = settling.listed(connection, library)
    return Neighbour(library, patron, title, lent, out, hold, asked, dispute["id"])


def attacks(mine: Station, me: str, other: Neighbour) -> dict[str, tuple[Operation, tuple[str, str | None]]]:
    """By what is named of the other library: the operation and its verdict."""
    voids = {"epoch": other.out["epoch"], "seq": other.out["seq"]}
    void = {"voids": voids, "kind": "check_out", "barcode": "LG.1", "loans": [loan_of(other.out)]}
    use = {"barcode": "LG.1", "item": other.item, "day": "2026-11-23"}
    unknown_item, unknown_patron = disputed("unknown_item"), disputed("unknown_patron")
    return {
        "the title to wait for": (mine.ask("place_hold", me, title=other.title), ACCEPTED),
        "who waits": (mine.ask("place_hold", other.patron, title=other.title), unknown_patron),
        "a hold": (mine.ask("cancel_hold", me, hold=request_id(other.hold)), ACCEPTED),
        "a hold and whose": (mine.ask("cancel_hold", other.patron, hold=request_id(other.hold)), unknown_patron),
        "a request's id": (mine.ask("suggestion", text="x", request=request_id(other.asked)), ACCEPTED),
        "whose second card": (mine.ask("card_link", other.patron, private="LG.901"), unknown_patron),
        "a second card": (mine.ask("card_link", me, private="LG.900"), ACCEPTED),
        "the item to be lost": (mine.ask("item_status", barcode="LG.1", status="lost"), ACCEPTED),
        "a dispute to settle": (mine.ask("settlement", actor="librarian", dispute=other.dispute, way="seen"), ACCEPTED),
        "a broken item": (mine.ask("fault_report", about="item", barcode="LG.1", text="x"), ACCEPTED),
        "an item read": (mine.write("in_house_use", use, actor="anyone"), unknown_item),
        "who comes": (mine.write("visit", {"day": "2026-11-23"}, other.patron), unknown_patron),
        "who borrows": (mine.check_out("TK.2", other.patron), unknown_patron),
        "a loan come back": (mine.check_in("LG.1", [loan_of(other.out)], other.item), unknown_item),
        "a loan to renew": (mine.renew("LG.1", me, loan_of(other.out)), unknown_item),
        "a loan to void": (mine.write("void", void, me), unknown_item),
        "a loan's id": (mine.check_out("TK.3", me, loan_of(other.out), other.item), ACCEPTED),
    }


def test_touches_and_tells_nothing_of_another_library_when_its_rows_are_named(
    scene: Scene, neighbour: Neighbour
) -> None:
    scene = replace(scene, other=neighbour.library)
    things = feed(scene.store, scene.library)[0]
    me = next(one["id"] for one in things if one["kind"] == "patron")
    named = attacks(scene.station, me, neighbour)
    before = rows_of(scene, neighbour)
    body = json.dumps(request_of([one for one, _ in named.values()], scene.library)).encode()
    answer = scene.send("POST", OPERATIONS, scene.key.sign("POST", OPERATIONS, body), body)
    verdicts = [(one["verdict"], one["reason"]) for one in answer.content["verdicts"]]
    assert dict(zip(named, verdicts, strict=True)) == {name: verdict for name, (_, verdict) in named.items()}
    assert rows_of(scene, neighbour) == before

    granted = {name for name, (one, _) in named.items() if '"request"' in one["body"] and is_granted(scene, one)}
    assert granted == {"a request's id", "a second card", "a broken item"}
    assert rows_of(scene, neighbour) == before
    told = scene.send("GET", scene.changes, scene.key.sign("GET", scene.changes, nonce=scene.nonce())).text
    assert "Láng Giềng" not in told
    assert "LG.900" in told, "the reader's own second card"

    own = Station(neighbour.library, "tram-2").ask("cancel_hold", neighbour.patron, hold=request_id(neighbour.hold))
    assert take(scene.store, own, library=neighbour.library, device="tram-2") == [ACCEPTED]
    assert rows_of(scene, neighbour)["hold"] != before["hold"], "the control"


def is_granted(scene: Scene, asked: Operation) -> bool:
    """Whether a person at the centre can grant it."""
    try:
        with scene.store.writing.begin() as connection:
            by: dict[str, Any] = {"by": "cô", "why": None, "now_ms": clock.now_ms()}
            deciding.decide(connection, scene.library, request_id(asked), grant=True, **by)
    except CannotDo:
        return False
    return True


def rows_of(scene: Scene, neighbour: Neighbour) -> dict[str, list[Any]]:
    return {
        name: [row for row in rows if row.library_id == neighbour.library] for name, rows in scene.everything().items()
    }
