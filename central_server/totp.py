"""The second step: a code of six digits that a telephone makes every 30 seconds (RFC 6238, SHA-1, as all apps do)."""

import base64
import secrets
from urllib.parse import quote

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

_STEP_MS = 30_000
_DIGITS = 6
# A telephone's clock may be off by one step.
_AROUND = (0, -1, 1)


def new_secret() -> bytes:
    """160 bits, as RFC 4226 wishes."""
    return secrets.token_bytes(20)


def step_of(secret: bytes, code: str, now_ms: int, *, after: int | None) -> int | None:
    """The step whose code this is, if it is later than `after`: none counts twice."""
    if not (code.isascii() and code.isdigit() and len(code) == _DIGITS):
        return None
    maker = HOTP(secret, _DIGITS, SHA1())
    for off in _AROUND:
        step = now_ms // _STEP_MS + off
        if secrets.compare_digest(maker.generate(step), code.encode()) and (after is None or step > after):
            return step
    return None


def address(secret: bytes, login: str, issuer: str) -> str:
    """What the code for the telephone holds (otpauth://)."""
    key = base64.b32encode(secret).decode().rstrip("=")
    return f"otpauth://totp/{quote(issuer)}:{quote(login)}?secret={key}&issuer={quote(issuer)}"
