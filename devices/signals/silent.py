"""No sound at all."""

from __future__ import annotations

from typing import Literal

import msgspec

from kiosk.ports.devices import Sound


class SilentConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: Literal["none"] = "none"


class Silent:
    def play(self, sound: Sound) -> None:
        pass

    def set_loudness(self, percent: int | None) -> None:
        pass

    def close(self) -> None:
        pass
