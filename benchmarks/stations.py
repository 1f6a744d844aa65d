"""Stations for the centre, of one or several libraries: they write, sign and send as one does, without a store."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central_link.identity import DeviceKey
from central_link.native_rest_wire import encode_operations
from central_link.signing import Signed
from demo.processes import run_or_fail
from kiosk.domain.clock_trust import Moment
from kiosk.domain.ids import time_ordered_id
from kiosk.domain.operations import Actor, ChainEnd, Operation, OperationKind, Origin, Reader, next_operation

_NOW_MS = 1_795_000_000_000
_LENT_ON = date(2026, 11, 18)
# Five loans, one of them renewed, and four that come back: a week of a reading corner, over and over.
_WEEK = "ooirooiioi"


def _name(number: int) -> str:
    return f"Nhan đề số {number}"


@dataclass
class Library:
    """A library of the centre, as its database has it: `items` (id, barcode) and the ids of `patrons`."""

    code: str
    items: list[tuple[str, str]] = field(default_factory=list)
    patrons: list[str] = field(default_factory=list)

    def bring(
        self, folder: Path, where: Sequence[str], items: int, patrons: int, name: Callable[[int], str] = _name
    ) -> None:
        """Import a catalogue (two copies of each title) and readers with the centre's own command."""
        titles = "".join(f"D{n},{name(n)},STK\n" for n in range(items // 2))
        copies = "".join(f"TK.{n:05d},D{n // 2}\n" for n in range(items // 2 * 2))
        people = "".join(f"HS{n:06d},Nguyễn Văn {n},hs\n" for n in range(patrons))
        for kind, text in (
            ("titles", f"Mã đầu sách,Nhan đề,Loại\n{titles}"),
            ("items", f"Số ĐKCB,Mã đầu sách\n{copies}"),
            ("patrons", f"Số thẻ,Họ và tên,Loại bạn đọc\n{people}"),
        ):
            listing = folder / f"{self.code}-{kind}.csv"
            listing.write_text(text, encoding="utf-8")
            words = ["--library", self.code, "--library-name", self.code, "--kind", kind, str(listing)]
            run_or_fail("central_server", "import", *where, *words)

    def look_up(self, connection: psycopg.Connection[Any]) -> None:
        mine = (self.code,)
        items = "SELECT id, barcode FROM item WHERE library_id = %s ORDER BY barcode"
        self.items = connection.execute(items, mine).fetchall()
        patrons = "SELECT id FROM patron WHERE library_id = %s ORDER BY card"
        self.patrons = [identity for (identity,) in connection.execute(patrons, mine)]


class Station:
    """One device of `library`; it lends the items whose place in the list is its own."""

    def __init__(self, library: str, device: str) -> None:
        self.library = library
        self.device = device
        self.key = DeviceKey(Ed25519PrivateKey.generate(), "")

    def let_in(self, connection: psycopg.Connection[Any]) -> None:
        """As if two people had compared the words."""
        connection.execute(
            "INSERT INTO device VALUES (%s, %s, %s, %s, 'active', '', 0, 0, %s)",
            (self.library, self.key.id, self.device, self.key.public, _NOW_MS * 2),
        )

    def write(self, count: int, items: Sequence[tuple[str, str]], patrons: Sequence[str]) -> list[Operation]:
        """`count` operations of one epoch, oldest first: loans, renewals and returns."""
        origin = Origin(self.library, self.device, os.urandom(16).hex(), None)
        last: ChainEnd | None = None
        out: deque[dict[str, str]] = deque()
        made = []
        lent = 0
        for n in range(count):
            moment = Moment(_NOW_MS + n * 1000, "5f0e1c86-2f6a-4f53-8d1c-6a3b7c1f2e10", n * 1000, trusted=True)
            what = _WEEK[n % len(_WEEK)]
            patron = patrons[lent // 3 % len(patrons)]
            if what == "o":
                item, barcode = items[lent % len(items)]
                loan = {"loan": time_ordered_id(moment.wall_ms, os.urandom(10)), "item": item, "barcode": barcode}
                out.append(loan | {"patron": patron})
                lent += 1
                kind, data = OperationKind.CHECK_OUT, loan | {"lent_on": _LENT_ON.isoformat()} | _until(14)
            elif what == "r":
                loan = {name: out[-1][name] for name in ("loan", "item", "barcode")}
                patron = out[-1]["patron"]
                kind, data = OperationKind.RENEW, loan | _until(28) | {"renewals": 1}
            else:
                back = out.popleft()
                kind = OperationKind.CHECK_IN
                data = {"barcode": back["barcode"], "item": back["item"], "loans": [back["loan"]]}
            reader = None if what == "i" else Reader(patron, os.urandom(16))
            actor = Actor.ANYONE if what == "i" else Actor.PATRON
            one = next_operation(
                origin, last, kind, data, moment=moment, actor=actor, reader=reader, policy_version="2026-09-01"
            )
            last = ChainEnd(one.id, one.hash)
            made.append(one)
        return made

    def request(self, url: str, operations: Sequence[Operation]) -> requests.PreparedRequest:
        """A `POST /v1/operations`, signed."""
        body = encode_operations(self.library, self.device, operations)
        headers = {"Content-Type": "application/json"}
        return requests.Request(
            "POST", f"{url}/v1/operations", headers=headers, data=body, auth=Signed(self.key, None)
        ).prepare()


def send(queues: Sequence[Sequence[requests.PreparedRequest]]) -> None:
    """Send all at once as a fleet does: each queue on a connection of its own, one request after the other's answer."""

    def one_station(queue: Sequence[requests.PreparedRequest]) -> None:
        with requests.Session() as session:
            session.trust_env = False
            for request in queue:
                answer = session.send(request, timeout=60)
                if answer.status_code != 200:
                    raise RuntimeError(f"{answer.status_code}: {answer.text[:200]}")

    with ThreadPoolExecutor(len(queues)) as stations:
        list(stations.map(one_station, queues))


def _until(days: int) -> dict[str, Any]:
    return {"due_on": (_LENT_ON + timedelta(days=days)).isoformat(), "provisional": False}
