"""Identities made at the station."""

from __future__ import annotations

from uuid import UUID, uuid5

_ERASED = UUID("7d3c1f0a-52c8-4f57-9a0e-6b1de8a4c2f3")  # docs/protocol.md


def erased_mark(patron_id: str) -> str:
    """Under which the centre speaks of a patron whom it has erased: nobody finds the id in it who does not know it."""
    return str(uuid5(_ERASED, patron_id))


def time_ordered_id(wall_ms: int, random_bytes: bytes) -> str:
    """A version 7 UUID (RFC 9562): the milliseconds first, so that new rows lie side by side in an index.

    `random_bytes`: 10. A wrong clock costs the order, never the uniqueness.
    """
    value = (wall_ms & (1 << 48) - 1) << 80 | int.from_bytes(random_bytes[:10], "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    digits = f"{value:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
