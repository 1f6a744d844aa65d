"""Which protocol a station speaks, by the `kind` of its configuration. Only the chosen one is imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from kiosk.ports.central import CentralLink
from kiosk.ports.host import StationClock
from kiosk.ports.tables import TableError, chosen, convert

if TYPE_CHECKING:
    from central_link.native_rest import NativeRestConfig

Table = Mapping[str, Any]
WHERE = "central."


class ClosableLink(CentralLink, Protocol):
    def close(self) -> None:
        """Ends what the link's threads wait for; from any thread."""
        ...


@dataclass(frozen=True, slots=True)
class StationFiles:
    """`folder` of kiosk.toml, from which relative paths count; `data` holds the station's own key."""

    folder: Path
    data: Path


def make_link(
    table: Table, library_id: str, device_id: str, files: StationFiles, clock: StationClock | None = None
) -> ClosableLink:
    """The link that the `[central]` table describes: `kind` and that kind's own keys. `clock`: whether the time is
    trusted (None: the machine's own is right). Raises TableError."""
    return chosen(table, _KINDS, WHERE)(_own(table), library_id, device_id, files, clock)


def native_rest_config(table: Table, library_id: str, device_id: str, files: StationFiles) -> NativeRestConfig:
    """What a table of this kind says. Raises TableError for one of another kind, too."""
    chosen(table, {"native_rest": None}, WHERE)
    return _native_rest_config(_own(table), library_id, device_id, files)


def _own(table: Table) -> Table:
    return {key: value for key, value in table.items() if key != "kind"}


def _native_rest_config(own: Table, library_id: str, device_id: str, files: StationFiles) -> NativeRestConfig:
    from central_link.native_rest import NativeRestConfig

    if isinstance(own.get("ca_file"), str):
        own = {**own, "ca_file": files.folder / own["ca_file"]}
    try:
        return convert(own, NativeRestConfig, WHERE, library_id=library_id, device_id=device_id, key_folder=files.data)
    except TableError:
        raise
    except ValueError as error:
        raise TableError(f"{WHERE.rstrip('.')}: {error}") from error


def _native_rest(
    own: Table, library_id: str, device_id: str, files: StationFiles, clock: StationClock | None
) -> ClosableLink:
    from central_link.native_rest import NativeRestLink

    return NativeRestLink(_native_rest_config(own, library_id, device_id, files), clock)


def _simulated(
    own: Table, _library_id: str, _device_id: str, _files: StationFiles, _clock: StationClock | None
) -> ClosableLink:
    from central_link.simulated import SimulatedCentral

    for key in own:
        raise TableError(f'unknown key "{WHERE}{key}"; the simulated centre has none')
    return SimulatedCentral()


_KINDS: dict[str, Callable[[Table, str, str, StationFiles, StationClock | None], ClosableLink]] = {
    "native_rest": _native_rest,
    "simulated": _simulated,
}
