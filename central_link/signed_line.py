"""A connection on which every request is signed, and what the server's "no" means for this station.

Dear to import (requests, cryptography): only by the thread that speaks, when it first does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from central_link.http_line import Answer, HttpLine
from central_link.identity import DeviceKey, Identity, KeyUnusable
from central_link.signing import Signed
from kiosk.ports.central import Standing
from kiosk.ports.errors import Unreachable
from kiosk.ports.host import StationClock


class _No(msgspec.Struct):
    error: str
    again: bool = False
    state: str | None = None


_no = msgspec.json.Decoder(_No)

_STANDINGS = {
    "pending": (Standing.PENDING, "nobody at the centre has confirmed this station yet"),
    "revoked": (Standing.REVOKED, "the centre has revoked this station"),
}


class SignedLine:
    """As the HttpLine in it: one thread asks, any may `close`. `key` is asked for before each request."""

    def __init__(
        self,
        key: Callable[[], DeviceKey],
        connect_timeout_s: float,
        ca_file: Path | None = None,
        clock: StationClock | None = None,
    ) -> None:
        self._key = key
        self._http = HttpLine(connect_timeout_s, ca_file, clock)
        self._nonce: str | None = None

    def ask(
        self,
        method: str,
        url: str,
        *,
        within_s: float,
        params: Mapping[str, str | int] | None = None,
        body: bytes | None = None,
        content_type: str = "application/json",
        once: bool = True,
    ) -> Answer:
        """The answer, whatever its status but for a "no" to this station: that raises Unreachable with its standing.
        `once`: the request carries a nonce, so that nobody can send it a second time."""
        key = self._key()

        def asked(nonce: str | None) -> Answer:
            answer = self._http.ask(
                method,
                url,
                within_s=within_s,
                params=params,
                body=body,
                content_type=content_type,
                auth=Signed(key, nonce),
            )
            self._nonce = answer.nonce
            return answer

        answer = asked(self._nonce if once else None)
        no = _no_in(answer)
        if no is not None and no.again and answer.nonce:
            answer = asked(answer.nonce)
            no = _no_in(answer)
        if no is not None:
            raise _refusal(answer.status, no)
        return answer

    def ask_openly(self, url: str, *, within_s: float, params: Mapping[str, str | int]) -> Answer:
        """A question that anybody may ask, unsigned."""
        return self._http.ask("GET", url, within_s=within_s, params=params)

    def close(self) -> None:
        self._http.close()


def stations_key(folder: Path) -> Callable[[], DeviceKey]:
    """What gives the key that lies in `folder` at that moment, or raises Unreachable."""
    identity = Identity(folder)

    def key() -> DeviceKey:
        try:
            found = identity.key()
        except KeyUnusable as error:
            raise Unreachable(str(error), Standing.NOT_ENROLLED) from error
        if found is None:
            raise Unreachable("there is no device.key: python -m provisioning enrol makes it", Standing.NOT_ENROLLED)
        return found

    return key


def _no_in(answer: Answer) -> _No | None:
    """The protocol's "no" to who asks. A network's own 401 or 403 is none."""
    if answer.status not in (401, 403) or answer.content_type != "application/json":
        return None
    try:
        return _no.decode(answer.content)
    except (ValueError, RecursionError):
        return None


def _refusal(status: int, no: _No) -> Unreachable:
    if status == 401:
        if no.again:
            return Unreachable("the centre does not take its own nonce")
        return Unreachable("the centre does not know this station's key", Standing.NOT_ENROLLED)
    standing, detail = _STANDINGS.get(
        no.state or "", (Standing.NOT_ENROLLED, "the key was enrolled for another library or device")
    )
    return Unreachable(detail, standing)
