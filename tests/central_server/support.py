"""A station that only knows `docs/protocol.md`, and the real server process, for the tests of the central server."""

import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import requests
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central_link.identity import DeviceKey
from central_server import devices
from central_server.changes import read_page
from central_server.database import Store, Where, open_store, reading
from central_server.devices import Device, State
from central_server.imports.report import Report
from central_server.imports.rows import Options
from central_server.imports.run import import_file
from central_server.ingest import Batch
from central_server.tables.library import item as item_table
from central_server.tables.library import patron as patron_table
from central_server.tables.library import staff as staff_table
from central_server.tables.library import title as title_table
from central_server.wire import read_request
from tests.central_server.signing import Key

ROOT = Path(__file__).parents[2]
NOON_MS = 1_795_000_000_000
SUSPENDS = "suspend_after_days = 3\nsuspend_days = 7\n"
"""Of limits: who is three days late borrows nothing for a week."""
CIRCULATION = """version = "2026-09-01"
[limits.hs]
total = 5
overdue_blocks_after_days = 1
[[policy]]
patron_category = "hs"
item_type = "STK"
days = 14
limit = 5
renewals = 1
in_house_only = false
"""
Operation = dict[str, Any]
ACCEPTED = ("accepted", None)
LIBRARIAN = "11b7a71a-0000-4000-8000-000000000001"
"""Somebody of the staff, where a test put them on the list."""


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """`python -m central_server` to its end."""
    command = [sys.executable, "-m", "central_server", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def bring(
    store: Store,
    kind: str,
    content: str | bytes,
    folder: Path,
    library: str = "hoa-sen",
    name: str = "Hoa Sen",
    **options: Any,
) -> Report:
    """Import `content` as the file of its kind; `options` are those of `Options`."""
    raw = content.encode() if isinstance(content, str) else content
    ending = "toml" if kind in ("circulation", "calendar") else "xlsx" if raw.startswith(b"PK") else "csv"
    path = folder / f"{kind}-{uuid4().hex}.{ending}"
    path.write_bytes(raw)
    return import_file(store, library, name, kind, path, options=Options(**options))


def bring_a_small_library(store: Store, folder: Path, library: str = "hoa-sen") -> dict[str, dict[str, str]]:
    """Three items `TK.1` … of one title, three pupils `HS1` …; answers their ids by kind and barcode or card."""
    bring(store, "titles", "Mã đầu sách,Nhan đề,Loại\nD1,Dế Mèn phiêu lưu ký,STK\n", folder, library)
    bring(store, "items", "Số ĐKCB,Mã đầu sách\nTK.1,D1\nTK.2,D1\nTK.3,D1\n", folder, library)
    people = "HS1,Nguyễn Minh An,hs\nHS2,Trần Thu Hà,hs\nHS3,Lê Văn Bảo,hs\n"
    bring(store, "patrons", f"Số thẻ,Họ và tên,Loại bạn đọc\n{people}", folder, library)
    with store.reading.connect() as connection:
        found = connection.execute(sa.select(item_table).where(item_table.c.library_id == library))
        items = {str(row.barcode): str(row.id) for row in found}
        found = connection.execute(sa.select(patron_table).where(patron_table.c.library_id == library))
        return {"item": items, "patron": {str(row.card): str(row.id) for row in found}}


@dataclass
class Station:
    """Writes operations as the protocol says. `reopen` begins another epoch."""

    library: str = "hoa-sen"
    device: str = "tram-1"
    trusted: bool = True
    wall_ms: int = NOON_MS
    epoch: str = field(default_factory=lambda: os.urandom(16).hex())
    seq: int = 0
    last_hash: str = "00" * 32
    predecessor: dict[str, Any] | None = None
    boot: str = field(default_factory=lambda: str(uuid4()))

    def reopen(self) -> "Station":
        self.predecessor = {"epoch": self.epoch, "seq": self.seq, "hash": self.last_hash} if self.seq else None
        self.epoch = os.urandom(16).hex()
        self.seq = 0
        return self

    def copy(self) -> "Station":
        """What a copied memory card is."""
        return replace(self)

    def write(
        self, kind: str, data: dict[str, Any], patron: str | None = None, *, private: str | None = None, **other: Any
    ) -> Operation:
        """The next operation; `other` replaces fields of the body. `private`: what is for the centre's eyes only."""
        self.seq += 1
        self.wall_ms += 1000
        salt = os.urandom(16)
        if private:
            data = data | {"private": hmac.new(salt, private.encode(), "sha256").hexdigest()}
        body: dict[str, Any] = {
            "v": 1,
            "kind": kind,
            "library": self.library,
            "device": self.device,
            "epoch": self.epoch,
            "seq": self.seq,
            "at": {"wall_ms": self.wall_ms, "boot": self.boot, "boottime_ms": self.seq, "trusted": self.trusted},
            "actor": "patron",
            "reader": hmac.new(salt, patron.encode(), "sha256").hexdigest() if patron else None,
            "policy_version": "2026-09-01",
            "override_reason": None,
            "data": data,
        }
        if self.seq == 1:
            body["predecessor"] = self.predecessor
        text = json.dumps(body | other, ensure_ascii=False)
        reader = {"patron": patron, "salt": salt.hex(), "private": private} if patron else None
        return self.seal(text, reader)

    def seal(self, text: str, reader: dict[str, str | None] | None = None) -> Operation:
        """`text` as the body of the operation that `seq` counts now."""
        self.last_hash = hashlib.sha256(bytes.fromhex(self.last_hash) + text.encode()).hexdigest()
        return {"epoch": self.epoch, "seq": self.seq, "hash": self.last_hash, "body": text, "reader": reader}

    def check_out(
        self,
        barcode: str,
        patron: str,
        loan: str | None = None,
        item: str | None = None,
        days: tuple[str, str] = ("2026-11-18", "2026-12-01"),
    ) -> Operation:
        """`days`: on which it was lent, and is due."""
        data = {"loan": loan or str(uuid4()), "item": item or str(uuid4()), "barcode": barcode}
        data |= {"lent_on": days[0], "due_on": days[1]}
        return self.write("check_out", data | {"provisional": not self.trusted}, patron)

    def check_in(self, barcode: str, loans: Sequence[str] = (), item: str | None = None) -> Operation:
        return self.write("check_in", {"barcode": barcode, "item": item, "loans": list(loans)}, actor="anyone")

    def renew(self, barcode: str, patron: str, loan: str, due_on: str = "2026-12-15", renewals: int = 1) -> Operation:
        data = {"loan": loan, "item": str(uuid4()), "barcode": barcode, "due_on": due_on, "renewals": renewals}
        return self.write("renew", data | {"provisional": not self.trusted}, patron)

    def void(self, other: Operation) -> Operation:
        body = json.loads(other["body"])
        data = body["data"]
        loans = [data["loan"]] if "loan" in data else data["loans"]
        voids = {"epoch": other["epoch"], "seq": other["seq"]}
        voided = {"voids": voids, "kind": body["kind"], "barcode": data["barcode"], "loans": loans}
        return self.write("void", voided, other["reader"]["patron"] if other["reader"] else None)

    def date_boot(
        self, boot: str, began_ms: int | None, before_ms: int | None = None, *loans: dict[str, Any], **other: Any
    ) -> Operation:
        data = {"boot": boot, "began_ms": began_ms, "before_ms": before_ms, "loans": list(loans), **other}
        return self.write("date_boot", data, actor="station")

    def ask(
        self, kind: str, patron: str | None = None, *, private: str | None = None, actor: str = "patron", **data: Any
    ) -> Operation:
        """A request, with an id of its own unless `request` is in `data`."""
        return self.write(kind, {"request": str(uuid4())} | data, patron, private=private, actor=actor)

    def ask_at_desk(
        self,
        kind: str,
        patron: str | None = None,
        *,
        private: str | None = None,
        staff: str | None = None,
        actor: str = "librarian",
        **data: Any,
    ) -> Operation:
        """A request of somebody who works at the desk: `LIBRARIAN`, unless another is named."""
        told = {"request": str(uuid4())} | data
        return self.write(kind, told, patron, private=private, actor=actor, staff=staff or LIBRARIAN)


def put_on_list(
    store: Store, patron: str, identity: str = LIBRARIAN, role: str = "librarian", library: str = "hoa-sen"
) -> None:
    """Let a patron work at the library's desks, under an id that a test knows."""
    row = {"library_id": library, "id": identity, "patron_id": patron, "role": role, "added_ms": NOON_MS}
    with store.writing.begin() as connection:
        connection.execute(staff_table.insert(), row)


def request_id(operation: Operation) -> str:
    return str(json.loads(operation["body"])["data"]["request"])


def loan_of(operation: Operation) -> str:
    return str(json.loads(operation["body"])["data"]["loan"])


def title_of(store: Store, library: str = "hoa-sen") -> str:
    """The id of the one title of a small library."""
    with reading(store) as connection:
        return str(connection.scalar(sa.select(title_table.c.id).where(title_table.c.library_id == library)))


def request_of(operations: Sequence[Operation], library: str = "hoa-sen", device: str = "tram-1") -> dict[str, Any]:
    return {"protocol": 1, "library": library, "device": device, "operations": list(operations)}


def take(
    store: Store, *operations: Operation, library: str = "hoa-sen", device: str = "tram-1", now_ms: int = NOON_MS
) -> list[tuple[str, str | None]]:
    """Ingest one batch without HTTP; answers (verdict, reason) of each."""
    with store.writing.begin() as connection:
        return take_in(connection, *operations, library=library, device=device, now_ms=now_ms)


def take_in(
    connection: sa.Connection,
    *operations: Operation,
    library: str = "hoa-sen",
    device: str = "tram-1",
    now_ms: int = NOON_MS,
) -> list[tuple[str, str | None]]:
    """The same in a transaction that goes on."""
    request = read_request(json.dumps(request_of(operations, library, device)).encode())
    verdicts = Batch(request).record(connection, now_ms).verdicts
    assert [(one.epoch, one.seq) for one in verdicts] == [(one["epoch"], one["seq"]) for one in operations]
    return [(one.verdict.value, one.reason.value if one.reason else None) for one in verdicts]


def feed(store: Store, library: str = "hoa-sen", cursor: str = "") -> tuple[list[dict[str, Any]], str]:
    """Every change after `cursor`, and the cursor behind them."""
    with reading(store) as connection:
        answer = read_page(connection, library, cursor, 2_000)
    changes = [{"kind": one.kind, "id": one.id, "data": json.loads(bytes(one.data))} for one in answer.changes]
    return changes, answer.cursor


def disputed(reason: str) -> tuple[str, str]:
    return "disputed", reason


def disputes(store: Store) -> list[tuple[str, int, str, str]]:
    """(epoch, seq, reason, state) of every dispute."""
    with store.reading.connect() as connection:
        rows = connection.exec_driver_sql("SELECT epoch, seq, reason, state FROM dispute ORDER BY seq, reason")
        return [tuple(row) for row in rows]


def let_in(store: Store, key: Key | DeviceKey, library: str, device: str) -> None:
    """Make `key` the active one of the device, without the ceremony."""
    with store.writing.begin() as connection:
        if devices.find(connection, key.id) is None:
            devices.add(
                connection, Device(library, device, key.id, key.public, State.ACTIVE, "", NOON_MS, NOON_MS, NOON_MS)
            )


@dataclass
class Server:
    """A running server process, and the keys of the stations that ask it: they are let in when they first ask."""

    process: subprocess.Popen[str]
    url: str
    where: Where
    errors: Path
    keys: dict[tuple[str, str], Key] = field(default_factory=dict)
    trusted: Path | bool = True

    def key(self, library: str, device: str = "tram-1") -> Key:
        if (library, device) not in self.keys:
            # Made from the names: who is let in stays so when the server begins again.
            made = Key(Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"{library} {device}".encode()).digest()))
            store = open_store(self.where, create=False)
            let_in(store, made, library, device)
            store.close()
            self.keys[library, device] = made
        return self.keys[library, device]

    def ask(
        self,
        key: Key,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        nonce: bool = True,
        chunked: bool = False,
        once: bool = False,
    ) -> requests.Response:
        """A signed request, asked again (unless `once`) when the server wants a nonce that is known."""
        for _ in range(1 if once else 2):
            headers = key.sign(method, path, body, key.nonces.pop() if nonce and key.nonces else None)
            content: Any = iter([body[:-1], body[-1:]]) if chunked else body
            answer = requests.request(
                method, self.url + path, data=content, headers=headers, timeout=70, verify=self.trusted
            )
            key.nonces += [answer.headers["Tram-Nonce"]] if "Tram-Nonce" in answer.headers else []
            if not (answer.status_code == 401 and answer.json().get("again")):
                break
        return answer

    def post(self, operations: Sequence[Operation], library: str = "hoa-sen") -> requests.Response:
        return self.post_raw(json.dumps(request_of(operations, library)).encode(), library)

    def post_raw(
        self, raw: bytes, library: str = "hoa-sen", device: str = "tram-1", *, chunked: bool = False
    ) -> requests.Response:
        key = self.key(library, device)
        return self.ask(key, "POST", "/v1/operations", raw, nonce=False, chunked=chunked)

    def changes(
        self, library: str = "hoa-sen", cursor: str = "", device: str = "tram-1", **other: Any
    ) -> requests.Response:
        query = urlencode({"library": library, "cursor": cursor, **other})
        return self.ask(self.key(library, device), "GET", f"/v1/changes?{query}")

    def all_changes(self, library: str = "hoa-sen", cursor: str = "") -> tuple[list[dict[str, Any]], str]:
        found: list[dict[str, Any]] = []
        while True:
            page = self.changes(library, cursor, limit=3).json()
            found += page["changes"]
            cursor = page["cursor"]
            if not page["more"]:
                return found, cursor

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def log(self) -> str:
        return self.errors.read_text()


def option_of(where: Where) -> tuple[str, str]:
    """How the command line is told of `where`."""
    return ("--data", str(where)) if isinstance(where, Path) else ("--database", where.render_as_string(False))


@contextmanager
def serving(where: Where, *options: str | Path, spoilt: str = "") -> Iterator[Server]:
    """The real server on a free port. `spoilt`: Python that first takes a protection from it, as a control."""
    words = ["serve", *option_of(where), "--port", "0", *map(str, options)]
    program = ["-c", f"{spoilt}\nimport sys\nfrom central_server.__main__ import main\nsys.exit(main())"]
    with tempfile.NamedTemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, *(program if spoilt else ["-m", "central_server"]), *words],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        assert process.stdout
        try:
            line = process.stdout.readline()
            assert line.startswith("listening on http"), Path(errors.name).read_text()
            yield Server(process, line.split()[-1], where, Path(errors.name))
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait(15)
            process.stdout.close()
