"""How the running station is: for the centre, for whoever stands before the maintainer's screen, for support."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kiosk import __version__
from kiosk.bootstrap.stores import diary_of, station_store
from kiosk.config import KioskConfig
from kiosk.domain.findings import Finding
from kiosk.ports.host import StationClock
from kiosk.upkeep.health import health_report

if TYPE_CHECKING:
    from devices.host.checks.together import About


class Checkup:
    """From any thread but the session's and the store's: it reads files, and the store on a connection of its own. It
    imports what looks only then: the first frame does not wait for it."""

    def __init__(self, config: KioskConfig, clock: StationClock, status: Callable[[], dict[str, Any]]) -> None:
        self._config = config
        self._clock = clock
        self.status = status

    def health(self) -> dict[str, object]:
        """docs/protocol.md, `POST /v1/health`. A few milliseconds: no store is opened, no program asked."""
        status = self.status()
        return health_report(__version__, status, self._machine(status), diary_of(self._config).read())

    def findings(self) -> list[Finding]:
        """Every part."""
        from devices.host.checks.machine import look_at_units
        from devices.host.checks.station import look_at_centre
        from devices.host.checks.store import look_at_store
        from devices.host.checks.together import in_order

        config, status = self._config, self.status()
        backup = diary_of(config).read()["backup"]
        store = station_store(config)
        return in_order(
            [
                look_at_centre(status["centre"], status["pending"]),
                look_at_store(store, status["staff_code"], backup, backs_up=config.backup_folder is not None),
                *self._machine(status),
                look_at_units(self._about().root),
            ]
        )

    def _machine(self, status: dict[str, Any]) -> list[Finding]:
        from devices.host.checks.together import look_at_machine

        standing = status["centre"]["standing"]
        return look_at_machine(self._about(), status, self._clock.now(), self._clock.to_keep(), standing)

    def _about(self) -> About:
        from devices.host.checks.together import About
        from local_store.tables import REVISIONS

        config = self._config
        return About(
            config.data,
            config.station.device,
            config.scanner,
            config.clock.battery_clock,
            config.keep.warn_below_mb,
            __version__,
            REVISIONS[-1],
        )
