"""What is asked for at a desk, and what the stations are told of it."""

from typing import Any

from central_server.database import Store
from tests.central_server.support import ACCEPTED, Operation, Station, feed, request_id, take

HOUR_MS = 3_600_000
GRANTED = ("granted", "rule", None)


def declined(why: str) -> tuple[str, str, str]:
    return "declined", "rule", why


def told(store: Store, kind: str, identity: str) -> Any:
    (data,) = (one["data"] for one in feed(store)[0] if (one["kind"], one["id"]) == (kind, identity))
    return data


def answered(store: Store, operation: Operation) -> tuple[str, str | None, str | None]:
    data = told(store, "request", request_id(operation))
    return data["state"], data["by"], data["why"]


def asks(store: Store, station: Station, operation: Operation) -> tuple[str, str | None, str | None]:
    """Sends it; answers what the stations are told of it."""
    assert take(store, operation, device=station.device) == [ACCEPTED]
    return answered(store, operation)


def cards(store: Store, patron: str) -> list[str]:
    return list(told(store, "patron", patron)["cards"])
