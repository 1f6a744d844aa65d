"""A request signed and verified by the library, as docs/protocol.md says; station and server do no more than this.

Signing makes the digest of the body and the signature, verifying checks both. Beside it in the same run: Ed25519 alone.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, MappingKeyResolver
from http_message_signatures.algorithms import ED25519
from requests import PreparedRequest, Request

from benchmarks.report import Report, median, options, percentile

_URL = "http://127.0.0.1:8080/v1/operations"
_COVERED = ("@method", "@path", "@query")


def main() -> None:
    chosen = options(__doc__)
    report = Report("signing")
    rounds = 200 if chosen.quick else 2_000
    private = Ed25519PrivateKey.generate()
    key_id = hashlib.sha256(private.public_key().public_bytes_raw()).hexdigest()
    keys = MappingKeyResolver(public_keys={key_id: private.public_key()}, private_keys={key_id: private})
    large, small = _body(500), _body(1)
    for name, body in (("sign_and_verify_ms", large), ("small_ms", small)):
        took = _timed(rounds, lambda body=body: _sign_and_verify(keys, key_id, body))  # type: ignore[misc]
        report.figure(name, median(took), "ms")
        report.figure(name.replace("_ms", "_p95_ms"), percentile(took, 95), "ms")
    base, public = bytes(300), private.public_key()
    report.figure("bare_ms", median(_timed(rounds, lambda: public.verify(private.sign(base), base))), "ms")
    report.figure("digest_ms", median(_timed(rounds, lambda: hashlib.sha256(large).digest())), "ms")
    report.context |= {"rounds": rounds, "large_bytes": len(large), "small_bytes": len(small)}
    report.show(chosen.json)


class _Timeless(HTTPMessageSigner):
    """The library signs the time of day, always; the protocol has none."""

    def _build_signature_base(self, message: Any, *, signature_params: dict[str, Any], **rest: Any) -> tuple[Any, ...]:
        signature_params.pop("created", None)
        return super()._build_signature_base(message, signature_params=signature_params, **rest)


def _sign_and_verify(keys: MappingKeyResolver, key_id: str, body: bytes) -> None:
    request: PreparedRequest = Request("POST", _URL, data=body).prepare()
    signer = _Timeless(signature_algorithm=ED25519, key_resolver=keys)
    signer.sign(request, key_id=key_id, label="tram", covered_component_ids=_COVERED, body=body)
    verifier = HTTPMessageVerifier(signature_algorithm=ED25519, key_resolver=keys)
    verifier.require_created = False
    [result] = verifier.verify(request, max_age=None, body=body)
    if result.body != body:
        raise RuntimeError("the body was not covered")


def _timed(rounds: int, work: Callable[[], object]) -> list[float]:
    """Milliseconds of each round."""
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return took


def _body(operations: int) -> bytes:
    """A `POST /v1/operations` of the usual size."""
    text = {
        "v": 1,
        "kind": "check_out",
        "library": "hoa-sen",
        "device": "tram-1",
        "epoch": "0" * 32,
        "seq": 12,
        "at": {"wall_ms": 1795000000000, "boot": "0" * 36, "boottime_ms": 123456, "trusted": True},
        "actor": "patron",
        "reader": "0" * 64,
        "policy_version": "2026-09-01",
        "override_reason": None,
        "data": {
            "loan": "0" * 36,
            "item": "0" * 36,
            "barcode": "TK.00001",
            "lent_on": "2026-11-18",
            "due_on": "2026-12-01",
            "provisional": False,
        },
    }
    reader = {"patron": "0" * 36, "salt": "0" * 32}
    one = {"epoch": "0" * 32, "seq": 12, "hash": "0" * 64, "body": json.dumps(text), "reader": reader}
    request = {"protocol": 1, "library": "hoa-sen", "device": "tram-1", "operations": [one] * operations}
    return json.dumps(request).encode()


if __name__ == "__main__":
    main()
