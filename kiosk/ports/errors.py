"""What can fail outside.

    PortError
    ├── Unreachable         no answer is known, or none for this station; the same operations may be sent again
    │   └── TooLarge        it would be longer than this station reads; a smaller question may have a shorter one
    ├── Refused             the centre refused a whole request, so nothing of it was recorded
    ├── CursorLost          the centre does not know our place in its changes; begin again
    ├── DeviceLost          a scanner, camera or printer is gone; it may come back
    ├── BackupFailed        no backup was written; the store itself is as it was
    └── StoreBroken         nothing can be made durable now
        ├── StoreFull       for want of room
        ├── StoreDamaged    the store is not whole, or gone
        ├── OtherMachine    its key is sealed to another machine; nothing is wrong with it
        └── SecretUnreadable    its key may be sealed to this machine, which does not say its secret now

A rule that says no is not here: refusals are values (kiosk.domain.blocks).
"""

from __future__ import annotations

from kiosk.ports.central import Standing


class PortError(Exception):
    """The message is for the log: never a name, a card number or a title."""


class Unreachable(PortError):
    """`standing`: why not, as far as the centre or this station knows; never ACTIVE."""

    def __init__(self, detail: str, standing: Standing = Standing.UNREACHABLE) -> None:
        super().__init__(detail)
        self.standing = standing


class TooLarge(Unreachable):
    pass


class Refused(PortError):
    def __init__(self, status: int, detail: str = "") -> None:
        super().__init__(f"status {status}: {detail}" if detail else f"status {status}")
        self.status = status


class CursorLost(PortError):
    pass


class DeviceLost(PortError):
    pass


class BackupFailed(PortError):
    pass


class StoreBroken(PortError):
    pass


class StoreFull(StoreBroken):
    pass


class StoreDamaged(StoreBroken):
    pass


class OtherMachine(StoreBroken):
    pass


class SecretUnreadable(StoreBroken):
    pass
