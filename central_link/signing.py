"""Signing a request as docs/protocol.md says: RFC 9421 with the station's own key, the body by its digest."""

from __future__ import annotations

from typing import Any

from http_message_signatures import HTTPMessageSigner, MappingKeyResolver
from http_message_signatures.algorithms import ED25519
from requests import PreparedRequest
from requests.auth import AuthBase

from central_link.identity import DeviceKey

_COVERED = ("@method", "@path", "@query")
_LABEL = "tram"


class Signed(AuthBase):
    """For one request: `nonce` is good only once."""

    def __init__(self, key: DeviceKey, nonce: str | None) -> None:
        self._key = key
        self._nonce = nonce

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        signer = _Signer(
            signature_algorithm=ED25519,
            key_resolver=MappingKeyResolver(public_keys={}, private_keys={self._key.id: self._key.private}),
        )
        body = request.body.encode() if isinstance(request.body, str) else request.body
        signer.sign(
            request, key_id=self._key.id, nonce=self._nonce, label=_LABEL, covered_component_ids=_COVERED, body=body
        )
        return request


class _Signer(HTTPMessageSigner):
    """The library signs the time of day, always; a station's clock may be wrong."""

    def _build_signature_base(self, message: Any, *, signature_params: dict[str, Any], **rest: Any) -> tuple[Any, ...]:
        timeless = {name: value for name, value in signature_params.items() if name != "created"}
        return super()._build_signature_base(message, signature_params=timeless, **rest)
