"""Two libraries at a running server, a station of one of them, and requests sent exactly as an attacker wants them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import sqlalchemy as sa

from central_server import clock, server_key
from central_server.database import Store
from central_server.devices import State
from central_server.enrolment import make_token
from central_server.tables import metadata
from central_server.tables.keys import device as device_table
from central_server.tables.keys import nonce_secret, used_nonce
from central_server.tables.keys import server_key as server_key_table
from central_server.tables.organisations import ABOVE_LIBRARIES
from tests.central_server.signing import Headers, Key
from tests.central_server.support import Server, Station, request_of

OPERATIONS = "/v1/operations"
ENROLMENTS = "/v1/enrolments"
FAULT = {"error", "again", "state"}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def content(self) -> dict[str, Any]:
        return dict(json.loads(self.text))


@dataclass
class Scene:
    """A small library with an active station, and another library beside it."""

    server: Server
    store: Store
    library: str
    other: str
    key: Key
    station: Station

    @property
    def changes(self) -> str:
        return f"/v1/changes?library={self.library}&cursor="

    def batch(self) -> bytes:
        return json.dumps(request_of([self.station.check_in("TK.1")], self.library)).encode()

    def send(self, method: str, target: str, headers: Headers | list[tuple[str, Any]], body: bytes = b"") -> Answer:
        """Exactly these headers, also twice or malformed."""
        connection = HTTPConnection(urlsplit(self.server.url).netloc, timeout=30)
        connection.putrequest(method, target)
        for name, value in headers.items() if isinstance(headers, dict) else headers:
            connection.putheader(name, value)
        if body:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        answer = connection.getresponse()
        found = Answer(answer.status, dict(answer.getheaders()), answer.read().decode())
        connection.close()
        return found

    def nonce(self, key: Key | None = None) -> str:
        key = key or self.key
        return self.send("GET", "/v1/device", key.sign("GET", "/v1/device")).headers["tram-nonce"]

    def everything(self) -> dict[str, list[Any]]:
        """Every row of both libraries, but for when a station was last seen, and which nonces there are."""
        with self.store.reading.connect() as connection:
            return {
                table.name: connection.execute(
                    sa.select(*(column for column in table.c if column.name != "seen_ms"))
                    .where(table.c.library_id.in_([self.library, self.other]))
                    .order_by(*table.primary_key)
                ).all()
                for table in metadata.tables.values()
                if table not in (nonce_secret, used_nonce, server_key_table) and table.name not in ABOVE_LIBRARIES
            }

    @property
    def server_key(self) -> str:
        with self.store.reading.connect() as connection:
            return server_key.read(connection).public

    def proof(self, key_id: str) -> str:
        with self.store.reading.connect() as connection:
            return server_key.read(connection).vouch_for(key_id)

    def set_state(self, state: State, key: Key) -> None:
        with self.store.writing.begin() as connection:
            mine = device_table.c.key_id == key.id
            connection.execute(device_table.update().where(mine).values(state=state.value))

    def refuses(self, status: int, ask: Callable[[], Answer], **fault: object) -> Answer:
        """Nothing changed, nothing told: a sentence, and at most what the protocol says besides."""
        before = self.everything()
        answer = ask()
        assert (answer.status, answer.content.keys() <= FAULT) == (status, True), answer
        assert {name: value for name, value in answer.content.items() if name != "error"} == fault
        assert self.everything() == before
        return answer

    def serves(self, body: bytes) -> None:
        """The control: the same, done rightly, is accepted."""
        answer = self.send("POST", OPERATIONS, self.key.sign("POST", OPERATIONS, body), body)
        assert (answer.status, answer.content["verdicts"][0]["verdict"]) == (200, "accepted")
        answer = self.send("GET", self.changes, self.key.sign("GET", self.changes, nonce=self.nonce()))
        assert (answer.status, len(answer.content["changes"])) == (200, 7)

    def token(
        self, library: str | None = None, device: str = "tram-2", *, minutes_ago: int = 0, replaces: bool = False
    ) -> str:
        """A token for half an hour, for a station that is not there yet."""
        made_ms = clock.now_ms() - minutes_ago * 60_000
        with self.store.writing.begin() as connection:
            return make_token(connection, library or self.library, device, 30, made_ms, replaces=replaces).text

    def enrolment(self, key: Key, token: str) -> dict[str, Any]:
        return {
            "protocol": 1,
            "token": token,
            "library": self.library,
            "device": "tram-2",
            "public_key": key.public_text,
        }

    def enrol(
        self, key: Key, content: dict[str, Any], address: str | None = None, headers: Headers | None = None
    ) -> Answer:
        """From an address of its own, since too many failures shut an address out."""
        body = json.dumps(content).encode()
        signed = key.sign("POST", ENROLMENTS, body) if headers is None else headers
        addressed = signed | {"X-Forwarded-For": address or f"2001:db8::{uuid4().hex[:4]}:{uuid4().hex[:4]}"}
        return self.send("POST", ENROLMENTS, addressed, body)
