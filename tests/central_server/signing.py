"""Signing as `docs/protocol.md` says, by hand: nothing here is shared with the server or with a station."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Headers = dict[str, str]


def digest_of(body: bytes, algorithm: str = "sha-256") -> str:
    hashed = hashlib.new(algorithm.replace("-", ""), body).digest()
    return f"{algorithm}=:{base64.b64encode(hashed).decode()}:"


@dataclass
class Key:
    """A station's key. `nonces`: those that the server gave and that were not used yet, the newest last."""

    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    nonces: list[str] = field(default_factory=list)

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    @property
    def id(self) -> str:
        return hashlib.sha256(self.public).hexdigest()

    @property
    def public_text(self) -> str:
        return base64.urlsafe_b64encode(self.public).decode().rstrip("=")

    def sign(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        nonce: str | None = None,
        *,
        components: Sequence[str] | None = None,
        parameters: str = 'keyid="{key_id}";alg="ed25519"',
        label: str = "tram",
        digest: str | None = None,
    ) -> Headers:
        """The headers of a signed request. The named ones say what is not as the protocol says."""
        path, _, query = target.partition("?")
        values = {"@method": method, "@path": path, "@query": f"?{query}", "content-type": "application/json"}
        if body or digest:
            values["content-digest"] = digest or digest_of(body)
        if components is None:
            components = [name for name in values if name != "content-type"]
        covered = " ".join(f'"{name}"' for name in components)
        signed = f"({covered});{parameters.format(key_id=self.id)}" + (f';nonce="{nonce}"' if nonce else "")
        lines = [f'"{name}": {values[name]}' for name in components] + [f'"@signature-params": {signed}']
        signature = base64.b64encode(self.private.sign("\n".join(lines).encode())).decode()
        headers = {"Signature-Input": f"{label}={signed}", "Signature": f"{label}=:{signature}:"}
        if body or digest:
            headers |= {"Content-Type": "application/json", "Content-Digest": values["content-digest"]}
        return headers
