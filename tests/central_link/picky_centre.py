"""A stand-in that looks at who asks, as docs/protocol.md says: signatures for real, nonces once, stations by state."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from types import SimpleNamespace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import HTTPMessageVerifier, InvalidSignature, MappingKeyResolver
from http_message_signatures.algorithms import ED25519

from tests.central_link.stand_in import Request, StandIn, reply, right, stand_in


@dataclass
class Picky:
    """`states` by key id; `tokens`: for whom, and by which key used. `denied`: what was wrong with a request.
    `station`: what a confirmed one is told of itself. `prove`: what is said for a key id, to show
    whose server this is."""

    states: dict[str, str] = field(default_factory=dict)
    server_key: str | None = None
    prove: Callable[[str], str | None] = lambda key_id: None
    tokens: dict[str, list[str | None]] = field(default_factory=dict)
    denied: list[str] = field(default_factory=list)
    signed: list[dict[str, Any]] = field(default_factory=list)
    nonces: set[str] = field(default_factory=set)
    lose_the_next_answer: bool = False
    station: dict[str, Any] | None = None
    url: str = ""
    _public: dict[str, Ed25519PublicKey] = field(default_factory=dict)

    def expect(self, token: str, library: str = "hoa-sen", device: str = "tram-1") -> str:
        self.tokens[token] = [library, device, None]
        return token

    def know(self, public: bytes, state: str) -> None:
        key_id = hashlib.sha256(public).hexdigest()
        self._public[key_id] = Ed25519PublicKey.from_public_bytes(public)
        self.states[key_id] = state

    def answer(self, handler: BaseHTTPRequestHandler, request: Request) -> None:
        path = request.path.partition("?")[0]
        if path == "/v1/enrolments":
            self._enrol(handler, request)
            return
        parameters = self._verified(request)
        if parameters is None:
            reply(handler, b'{"error": "no"}', 401)
            return
        nonce, fresh = parameters.get("nonce"), secrets.token_hex(16)
        known = nonce in self.nonces
        self.nonces = (self.nonces - {nonce}) | {fresh}
        if request.method != "POST" and not known:
            reply(handler, b'{"error": "once more", "again": true}', 401, Tram_Nonce=fresh)
            return
        state = self.states[parameters["keyid"]]
        if path == "/v1/device":
            told = {"station": self.station} if self.station and state == "active" else {}
            known_as = {"library": "", "device": "", "key_id": parameters["keyid"], "state": state}
            self._reply(handler, known_as | told, fresh)
        elif state != "active":
            reply(handler, json.dumps({"error": "no", "state": state}).encode(), 403, Tram_Nonce=fresh)
        else:
            right(handler, request, Tram_Nonce=fresh)

    def _enrol(self, handler: BaseHTTPRequestHandler, request: Request) -> None:
        asked = json.loads(request.body)
        public = base64.urlsafe_b64decode(asked["public_key"] + "=")
        key_id = hashlib.sha256(public).hexdigest()
        token = self.tokens.get(asked["token"])
        if token is None or token[:2] != [asked["library"], asked["device"]] or token[2] not in (None, key_id):
            reply(handler, b'{"error": "this token is not good for this station"}', 403)
            return
        self._public[key_id] = Ed25519PublicKey.from_public_bytes(public)
        if self._verified(request) is None:
            reply(handler, b'{"error": "not signed"}', 401)
            return
        token[2] = key_id
        self.states.setdefault(key_id, "pending")
        if self.lose_the_next_answer:
            self.lose_the_next_answer = False
            handler.close_connection = True
            return
        answer = {"key_id": key_id, "state": self.states[key_id], "server_key": self.server_key}
        self._reply(handler, answer | {"proof": self.prove(key_id)}, "")

    def _verified(self, request: Request) -> dict[str, Any] | None:
        verifier = HTTPMessageVerifier(
            signature_algorithm=ED25519, key_resolver=MappingKeyResolver(public_keys=self._public, private_keys={})
        )
        verifier.require_created = False
        message = SimpleNamespace(method=request.method, url=f"http://any{request.path}", headers=request.headers)
        try:
            [result] = verifier.verify(message, max_age=None, body=request.body)
        except InvalidSignature as error:
            self.denied.append(str(error))
            return None
        self.signed.append({"label": result.label, "covered": list(result.covered_components), **result.parameters})
        return dict(result.parameters)

    def _reply(self, handler: BaseHTTPRequestHandler, answer: dict[str, Any], nonce: str) -> None:
        reply(handler, json.dumps(answer).encode(), Tram_Nonce=nonce)


@contextmanager
def picky_centre() -> Iterator[tuple[Picky, StandIn]]:
    """With the stand-in that it answers for, whose own station (`key_folder`) it does not know."""
    picky = Picky()
    with stand_in(picky.answer) as there:
        picky.url = there.url
        yield picky, there
