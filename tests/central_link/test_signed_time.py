"""The centre's word on the time: what of an answer is believed, and by which key."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central_link.centre_key import CentreKey
from central_link.native_rest import NativeRestConfig, NativeRestLink
from kiosk.ports.errors import Unreachable
from tests.central_link.stand_in import Request, StandIn, reply, stand_in

NOW_MS = 1_795_000_000_000
OURS, ANOTHERS = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def said(nonce: str, now_ms: int = NOW_MS, key: Ed25519PrivateKey = OURS) -> dict[str, object]:
    signature = key.sign(f"tram-xanh time v1\n{nonce}\n{now_ms}".encode())
    return {"now_ms": now_ms, "nonce": nonce, "signature": text(signature)}


@contextmanager
def centre(
    says: Callable[[str], object] = said, device: object | None = None
) -> Iterator[tuple[StandIn, NativeRestLink]]:
    def answer(handler: BaseHTTPRequestHandler, request: Request) -> None:
        if request.path.startswith("/v1/device"):
            told = {"state": "active", "server_key": text(OURS.public_key().public_bytes_raw())}
            reply(handler, json.dumps(told if device is None else device).encode())
        else:
            (nonce,) = parse_qs(urlsplit(request.path).query)["nonce"]
            content = says(nonce)
            reply(handler, content if isinstance(content, bytes) else json.dumps(content).encode())

    with stand_in(answer) as there:
        link = NativeRestLink(NativeRestConfig(there.url, "hoa-sen", "tram-1", there.key_folder))
        try:
            yield there, link
        finally:
            link.close()


def test_asks_for_the_centres_key_once_when_the_enrolment_told_none() -> None:
    with centre() as (there, link):
        assert [link.signed_time(), link.signed_time()] == [NOW_MS, NOW_MS]
        asked = [urlsplit(request.path).path for request in there.requests]
        assert asked == ["/v1/device", "/v1/time", "/v1/time"]
        nonces = [urlsplit(request.path).query for request in there.requests[1:]]
        assert len(set(nonces)) == 2


def test_believes_nobody_but_the_pinned_key() -> None:
    with centre(lambda nonce: said(nonce, key=ANOTHERS)) as (there, link):
        CentreKey(OURS.public_key().public_bytes_raw()).pin_in(there.key_folder)
        with pytest.raises(Unreachable, match="not said by our centre"):
            link.signed_time()
        assert len(there.requests) == 1, "and asks nobody for another key"


@pytest.mark.parametrize(
    "says",
    [
        lambda nonce: said("0" * 32),
        lambda nonce: said("0" * 32) | {"nonce": nonce},
        lambda nonce: said(nonce) | {"now_ms": NOW_MS + 1},
        lambda nonce: said(nonce) | {"signature": ""},
        lambda nonce: said(nonce) | {"signature": "ủ"},
        lambda nonce: {"now_ms": NOW_MS},
        lambda nonce: b"<html>",
    ],
)
def test_believes_no_answer_that_was_not_signed_for_this_question(says: Callable[[str], object]) -> None:
    with centre(says) as (_, link), pytest.raises(Unreachable):
        link.signed_time()


@pytest.mark.parametrize("device", [{"state": "active"}, {"server_key": "short"}, {"server_key": 5}])
def test_knows_no_time_from_a_centre_without_a_key(device: object) -> None:
    with centre(device=device) as (there, link):
        with pytest.raises(Unreachable):
            link.signed_time()
        assert not (there.key_folder / "centre.pub").exists()


def test_knows_no_time_when_its_copy_of_the_key_is_spoilt() -> None:
    with centre() as (there, link):
        (there.key_folder / "centre.pub").write_bytes(b"\xff")
        with pytest.raises(Unreachable, match="no key of the centre"):
            link.signed_time()
        assert there.requests == []
