"""What a librarian must look at, as the centre tells it. The wire's words are in docs/protocol.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Version:
    """One of the operations that a dispute is between. `kind`, `barcode`, `at_ms`: None where nobody could read it."""

    device: str
    epoch: str
    seq: int
    kind: str | None
    barcode: str | None
    loans: tuple[str, ...]
    at_ms: int | None


@dataclass(frozen=True, slots=True)
class DisputeRecord:
    """About the operation (`device`, `epoch`, `seq`). `held`: the version that the centre had, if there is another;
    `way`: the one of `ways` by which a person settled it; None when it settled by itself."""

    id: str
    device: str
    epoch: str
    seq: int
    reason: str
    held: Version | None
    came: Version | None
    ways: tuple[str, ...]
    is_open: bool
    way: str | None
    opened_ms: int
