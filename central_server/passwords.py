"""Passwords and PINs of the pages: kept as Argon2id, looked at ever more slowly after wrong ones.

Parameters: RFC 9106's second recommendation for less memory (OWASP's 19 MiB, two passes), some 30 ms of a processor.
"""

import secrets

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

LEAST_PASSWORD = 10
"""Characters. Long rather than strange: nobody here writes down a sentence that they know."""
LEAST_PIN = 6
"""Digits."""
MOST = 200
"""Characters: what is longer is refused before it is hashed."""

_SALT_BYTES = 16
_FREE = 3
_LONGEST_MS = 5 * 60_000
# Without letters and digits that look alike.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def kept(secret: str) -> str:
    """What is kept of a password or PIN, in the form of the PHC string format."""
    return Argon2id(
        salt=secrets.token_bytes(_SALT_BYTES), length=32, iterations=2, lanes=1, memory_cost=_KIB
    ).derive_phc_encoded(secret.encode())


def fits(secret: str, encoded: str) -> bool:
    """Whether `secret` is the one of which `encoded` was kept."""
    try:
        Argon2id.verify_phc_encoded(secret.encode(), encoded)
    except InvalidKey:
        return False
    return True


def first_password() -> str:
    """One to be given to a person, who chooses another: `k7fm-2xqa-9hdt`."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))


def first_pin() -> str:
    """One to be given to a reader, who chooses another: six digits."""
    return f"{secrets.randbelow(1_000_000):06}"


def wait_ms(failed: int) -> int:
    """For how long nothing is looked at after the `failed`-th wrong one in a row: three are free, then 5 s, doubled
    each time, 5 min at most. Nobody is ever shut out: who knows a name could otherwise lock its owner out."""
    return 0 if failed <= _FREE else min(5_000 * 2 ** min(failed - _FREE - 1, 10), _LONGEST_MS)


_KIB = 19 * 1024
# For a name that nobody has: it takes as long.
NOBODY = kept(secrets.token_hex(16))
