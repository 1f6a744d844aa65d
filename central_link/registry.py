"""Which protocol a station speaks, by the `kind` of its configuration. Only the chosen one is imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from kiosk.ports.central import CentralLink
from kiosk.ports.tables import TableError, chosen, convert

Table = Mapping[str, Any]


class ClosableLink(CentralLink, Protocol):
    def close(self) -> None:
        """Ends what the link's threads wait for; from any thread."""
        ...


def make_link(table: Table, library_id: str, device_id: str, where: str = "central.") -> ClosableLink:
    """The link that the `[central]` table describes: `kind` and that kind's own keys. Raises TableError."""
    make = chosen(table, _KINDS, where)
    own = {key: value for key, value in table.items() if key != "kind"}
    return make(own, library_id, device_id, where)


def _native_rest(own: Table, library_id: str, device_id: str, where: str) -> ClosableLink:
    from central_link.native_rest import NativeRestConfig, NativeRestLink

    try:
        config = convert(own, NativeRestConfig, where, library_id=library_id, device_id=device_id)
    except TableError:
        raise
    except ValueError as error:
        raise TableError(f"{where.rstrip('.')}: {error}") from error
    return NativeRestLink(config)


def _simulated(own: Table, _library_id: str, _device_id: str, where: str) -> ClosableLink:
    from central_link.simulated import SimulatedCentral

    for key in own:
        raise TableError(f'unknown key "{where}{key}"; the simulated centre has none')
    return SimulatedCentral()


_KINDS: dict[str, Callable[[Table, str, str, str], ClosableLink]] = {
    "native_rest": _native_rest,
    "simulated": _simulated,
}
