"""What the library has chosen of how the station itself is: laid over kiosk.toml, in the running station."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kiosk.config import KioskConfig
from kiosk.domain.settings import IDLE, LANGUAGE, VOLUME
from kiosk.ports.desk_store import SettingRecord, values_of
from kiosk.ports.devices import Signaller
from kiosk.ports.store import UnitOfWork
from kiosk.session.states import SessionRules

_LOUDEST = 0.6  # of `volume` in kiosk.toml, as devices.signals.tones has it


def set_up(config: KioskConfig) -> dict[str, str]:
    """What kiosk.toml says of the settings that have no default of their own."""
    volume = config.sound.get("volume", _LOUDEST)
    loudness = min(float(volume) / _LOUDEST, 1.0) if isinstance(volume, int | float) else 1.0
    return {
        LANGUAGE.name: config.session.language,
        IDLE.name: str(round(config.session.warn_after_s)),
        VOLUME.name: str(round(100 * loudness)),
    }


class Chosen:
    """`rules`: what holds now. `submit` runs a look on the store thread; `hold` is given the rules at each change."""

    def __init__(
        self,
        config: KioskConfig,
        signaller: Signaller,
        submit: Callable[[Callable[[UnitOfWork], None]], None],
        hold: Callable[[SessionRules], None],
    ) -> None:
        of = config.session
        self._set_up = self.rules = SessionRules(
            language=of.language,
            warn_after_s=of.warn_after_s,
            end_after_warning_s=of.end_after_warning_s,
            may_enrol_anew=config.central.get("kind") == "native_rest",
        )
        self._signaller = signaller
        self._submit = submit
        self._hold = hold
        self._seen: tuple[SettingRecord, ...] = ()

    def look_soon(self) -> None:
        """From any thread, whenever something may have been chosen: it looks at what the store keeps in memory."""
        self._submit(self._look)

    def _look(self, work: UnitOfWork) -> None:
        records = tuple(work.settings())
        if records == self._seen:
            return
        self._seen = records
        values = values_of(records)
        language, idle, loudness = (one.value(values) for one in (LANGUAGE, IDLE, VOLUME))
        self._signaller.set_loudness(loudness if isinstance(loudness, int) else None)
        self.rules = replace(
            self._set_up,
            language=language if isinstance(language, str) else self._set_up.language,
            warn_after_s=float(idle) if isinstance(idle, int) else self._set_up.warn_after_s,
        )
        self._hold(self.rules)
