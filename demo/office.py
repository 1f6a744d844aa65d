"""A second station, at the school's office: nothing but docs/protocol.md, the standard library and Ed25519.

It lent some books days ago, so that the kiosk has loans of another station to renew and to take back.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
import urllib.error
import urllib.request
import uuid
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from demo.enrolment import confirm, new_token
from demo.processes import ROOT, DemoFailed, Server

_DEVICE = "office"
_DAY_MS = 86_400_000
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def _day(ms: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(ms / 1000 + 7 * 3600))


class Office:
    """Enrolled at `server` when it is made."""

    def __init__(self, server: Server, library: str) -> None:
        self._url = server.url
        self._library = library
        self._epoch = secrets.token_hex(16)
        self._seq = 0
        self._hash = bytes(32)
        self._key = Ed25519PrivateKey.generate()
        self._public = self._key.public_key().public_bytes_raw()
        self._nonce = ""
        token = new_token(server, library, _DEVICE)
        public_key = base64.urlsafe_b64encode(self._public).decode().rstrip("=")
        request = {"protocol": 1, "token": token, "library": library, "device": _DEVICE, "public_key": public_key}
        self._call("/v1/enrolments", json.dumps(request).encode())
        confirm(server, library, _DEVICE, self._four_words(token))

    def lend(self, card: str, barcode: str, days_ago: int, due_in: int) -> None:
        patron = next(c["id"] for c in self._everything if c["kind"] == "patron" and card in c["data"]["cards"])
        item, now_ms = self._item(barcode), time.time_ns() // 1_000_000
        lent_ms = now_ms - days_ago * _DAY_MS
        data = {"loan": str(uuid.uuid4()), "item": item, "barcode": barcode}
        days = {"lent_on": _day(lent_ms), "due_on": _day(now_ms + due_in * _DAY_MS)}
        self._send("check_out", data | days | {"provisional": False}, patron, lent_ms)

    def take_back(self, barcode: str, days_ago: int) -> None:
        """A book that somebody brought back that long ago."""
        told = {"barcode": barcode, "item": self._item(barcode), "loans": []}
        self._send("check_in", told, None, time.time_ns() // 1_000_000 - days_ago * _DAY_MS)

    def tell(self, report: dict[str, Any]) -> None:
        """How this station is."""
        said = {"protocol": 1, "library": self._library, "device": _DEVICE, "health": report}
        self._call("/v1/health", json.dumps(said).encode())

    def _send(self, kind: str, data: dict[str, Any], patron: str | None, wall_ms: int) -> None:
        self._seq += 1
        salt = secrets.token_bytes(16)
        body: dict[str, Any] = {
            "v": 1,
            "kind": kind,
            "library": self._library,
            "device": _DEVICE,
            "epoch": self._epoch,
            "seq": self._seq,
            "at": {"wall_ms": wall_ms, "boot": str(uuid.uuid4()), "boottime_ms": 1000, "trusted": True},
            "actor": "librarian",
            "reader": hmac.new(salt, patron.encode(), hashlib.sha256).hexdigest() if patron else None,
            "policy_version": "demo",
            "override_reason": None,
            "data": data,
        }
        if self._seq == 1:
            body["predecessor"] = None
        text = json.dumps(body, ensure_ascii=False)
        self._hash = hashlib.sha256(self._hash + text.encode()).digest()
        operation = {
            "epoch": self._epoch,
            "seq": self._seq,
            "hash": self._hash.hex(),
            "body": text,
            "reader": {"patron": patron, "salt": salt.hex()} if patron else None,
        }
        request = {"protocol": 1, "library": self._library, "device": _DEVICE, "operations": [operation]}
        answer = self._call("/v1/operations", json.dumps(request).encode())
        if [verdict["verdict"] for verdict in answer["verdicts"]] not in (["accepted"], ["disputed"]):
            raise DemoFailed(f"the centre did not accept the office's loan: {answer}")

    def _item(self, barcode: str) -> str:
        return next(str(c["id"]) for c in self._everything if c["kind"] == "item" and c["data"]["barcode"] == barcode)

    @cached_property
    def _everything(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor, more = "", True
        while more:
            page = self._call(f"/v1/changes?library={self._library}&cursor={cursor}&limit=2000&wait=0")
            found += page["changes"]
            cursor, more = page["cursor"], page["more"]
        return [change for change in found if change["data"] is not None]

    def _call(self, path: str, body: bytes = b"") -> dict[str, Any]:
        """Signed; asked again when the centre wants a nonce that it gave."""
        for _ in range(2):
            request = urllib.request.Request(self._url + path, body or None, self._signed(path, body))
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    self._nonce = answer.headers.get("Tram-Nonce", "")
                    found: dict[str, Any] = json.load(answer)
                    return found
            except urllib.error.HTTPError as error:
                self._nonce = error.headers.get("Tram-Nonce", "")
                said = error.read().decode()
        raise DemoFailed(f"the centre does not answer the office: {said}")

    def _signed(self, path: str, body: bytes) -> dict[str, str]:
        path, _, query = path.partition("?")
        values = {"@method": "POST" if body else "GET", "@path": path, "@query": f"?{query}"}
        headers = {}
        if body:
            digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
            headers = {"Content-Type": "application/json", "Content-Digest": f"sha-256=:{digest}:"}
            values["content-digest"] = headers["Content-Digest"]
        names = " ".join(f'"{name}"' for name in values)
        parameters = f'({names});keyid="{hashlib.sha256(self._public).hexdigest()}";alg="ed25519"'
        if self._nonce and path != "/v1/operations":
            parameters += f';nonce="{self._nonce}"'
        lines = [*(f'"{name}": {value}' for name, value in values.items()), f'"@signature-params": {parameters}']
        signature = base64.b64encode(self._key.sign("\n".join(lines).encode())).decode()
        return headers | {"Signature-Input": f"tram={parameters}", "Signature": f"tram=:{signature}:"}

    def _four_words(self, token: str) -> list[str]:
        number = 0
        for letter in token.replace("-", ""):
            number = number * 32 + _LETTERS.index(letter)
        message = self._public + number.to_bytes(16) + f"{self._library}\0{_DEVICE}".encode()
        four = hashlib.scrypt(message, salt=b"tram-xanh four words v1", n=16384, r=8, p=1, dklen=4)
        words = (ROOT / "docs" / "protocol-words.txt").read_text(encoding="utf-8").splitlines()
        return [words[byte] for byte in four]
