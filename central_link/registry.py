"""Which protocol a station speaks, by the `kind` of its configuration. Only the chosen one is imported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from difflib import get_close_matches
from typing import Protocol

import msgspec

from kiosk.ports.central import CentralLink


class ClosableLink(CentralLink, Protocol):
    def close(self) -> None:
        """Ends what the link's threads wait for; from any thread."""
        ...


def make_link(table: Mapping[str, object], library_id: str, device_id: str) -> ClosableLink:
    """The link that `table` describes: `kind` and that kind's own keys. Raises ValueError with a sentence for whoever
    wrote the table."""
    kind = table.get("kind")
    if not isinstance(kind, str):
        raise ValueError(f"kind is missing: one of {_listed(_KINDS)}")
    if kind not in _KINDS:
        raise ValueError(f"unknown kind {kind!r}{_meant(kind, _KINDS)}: one of {_listed(_KINDS)}")
    settings = {key: value for key, value in table.items() if key != "kind"}
    return _KINDS[kind](settings, library_id, device_id)


def _native_rest(settings: dict[str, object], library_id: str, device_id: str) -> ClosableLink:
    from central_link.native_rest import NativeRestConfig, NativeRestLink

    of_the_station = {"library_id": library_id, "device_id": device_id}
    _refuse_unknown(settings, [field.name for field in fields(NativeRestConfig) if field.name not in of_the_station])
    try:
        config = msgspec.convert(settings | of_the_station, NativeRestConfig)
    except msgspec.ValidationError as error:
        raise ValueError(str(error).replace("`$.", "`")) from error
    return NativeRestLink(config)


def _simulated(settings: dict[str, object], library_id: str, device_id: str) -> ClosableLink:
    from central_link.simulated import SimulatedCentral

    _refuse_unknown(settings, [])
    return SimulatedCentral()


_KINDS: dict[str, Callable[[dict[str, object], str, str], ClosableLink]] = {
    "native_rest": _native_rest,
    "simulated": _simulated,
}


def _refuse_unknown(settings: Mapping[str, object], known: Iterable[str]) -> None:
    known = list(known)
    for key in settings:
        if key not in known:
            raise ValueError(f"unknown key {key!r}{_meant(key, known)}: known are {_listed(known) or 'none'}")


def _meant(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))
