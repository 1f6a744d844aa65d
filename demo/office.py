"""A second station, at the school's office: nothing but docs/protocol.md and the standard library.

It lent some books days ago, so that the kiosk has loans of another station to renew and to take back.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
import urllib.request
import uuid
from typing import Any

from demo.processes import DemoFailed

_DAY_MS = 86_400_000


class Office:
    def __init__(self, url: str, library: str) -> None:
        self._url = url
        self._library = library
        self._epoch = secrets.token_hex(16)
        self._seq = 0
        self._hash = bytes(32)

    def lend(self, card: str, barcode: str, days_ago: int, due_in: int) -> None:
        known = self._everything()
        patron = next(c["id"] for c in known if c["kind"] == "patron" and card in c["data"]["cards"])
        item = next(c["id"] for c in known if c["kind"] == "item" and c["data"]["barcode"] == barcode)
        now_ms = time.time_ns() // 1_000_000
        due_on = time.strftime("%Y-%m-%d", time.gmtime(now_ms / 1000 + 7 * 3600 + due_in * 86_400))
        data = {"loan": str(uuid.uuid4()), "item": item, "barcode": barcode, "due_on": due_on, "provisional": False}
        self._send("check_out", data, patron, now_ms - days_ago * _DAY_MS)

    def _send(self, kind: str, data: dict[str, Any], patron: str, wall_ms: int) -> None:
        self._seq += 1
        salt = secrets.token_bytes(16)
        body: dict[str, Any] = {
            "v": 1,
            "kind": kind,
            "library": self._library,
            "device": "van-phong",
            "epoch": self._epoch,
            "seq": self._seq,
            "at": {"wall_ms": wall_ms, "boot": str(uuid.uuid4()), "boottime_ms": 1000, "trusted": True},
            "actor": "librarian",
            "reader": hmac.new(salt, patron.encode(), hashlib.sha256).hexdigest(),
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
            "reader": {"patron": patron, "salt": salt.hex()},
        }
        request = {"protocol": 1, "library": self._library, "device": "van-phong", "operations": [operation]}
        answer = self._call("/v1/operations", json.dumps(request).encode())
        if [verdict["verdict"] for verdict in answer["verdicts"]] != ["accepted"]:
            raise DemoFailed(f"the centre did not accept the office's loan: {answer}")

    def _everything(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor, more = "", True
        while more:
            page = self._call(f"/v1/changes?library={self._library}&cursor={cursor}&limit=2000&wait=0")
            found += page["changes"]
            cursor, more = page["cursor"], page["more"]
        return [change for change in found if change["data"] is not None]

    def _call(self, path: str, body: bytes | None = None) -> dict[str, Any]:
        request = urllib.request.Request(self._url + path, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
