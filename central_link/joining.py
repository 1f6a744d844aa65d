"""Joining a library: the steps, without a word to the person in front. Each may be taken again; a lost answer costs
nothing."""

from __future__ import annotations

import hashlib
import ssl
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from urllib3.exceptions import InsecureRequestWarning

from central_link.centre_key import CentreKey
from central_link.enrolment import Enroller, Told, four_words
from central_link.http_line import Distrusted, HttpLine
from central_link.identity import Identity
from central_link.native_rest import NativeRestConfig
from kiosk.domain.enrolment_code import EnrolmentCode
from kiosk.domain.server_address import server_address
from kiosk.ports.central import Standing
from kiosk.ports.errors import Unreachable
from kiosk.ports.host import StationClock
from kiosk.ports.private_file import make_folder, make_private
from kiosk.ports.station_file import AUTHORITY, write_station

LOOK_EVERY_S = 1.0
LOOK_AT_LEAST_EVERY_S = 60.0
_LOOKS_WHILE_WAITED = 20
_WITHIN_S = 15.0


class EnrolledAlready(Exception):
    """There is a key of another token, and nobody said that it may be replaced."""


class ForAnother(Exception):
    """The enrolment code is not for the station that this machine is. `what`: "station" or "server"."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the code is for another {what}")
        self.what = what


class NothingTold(Exception):
    """The centre has confirmed the station, and cannot tell it what its library's codes look like."""


def pauses() -> Iterator[float]:
    """Seconds, without an end: nobody waits for more than a twentieth of what was waited already."""
    waited_s = 0.0
    while True:
        pause_s = min(max(LOOK_EVERY_S, waited_s / _LOOKS_WHILE_WAITED), LOOK_AT_LEAST_EVERY_S)
        yield pause_s
        waited_s += pause_s


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The centre knows the key. `words` are for a person there to compare."""

    enroller: Enroller
    identity: Identity
    key_id: str
    words: list[str]
    standing: Standing

    def wait(self, pause: Callable[[float], object], go_on: Callable[[], bool] = lambda: True) -> Standing:
        """Until somebody at the centre has decided: ACTIVE, or what else it is; PENDING when `go_on` said no. A network
        that is away meanwhile changes nothing."""
        standing, pauses_s = self.standing, pauses()
        while standing is Standing.PENDING and go_on():
            pause(next(pauses_s))
            try:
                standing = self.enroller.standing()
            except Unreachable:
                continue
        if standing is Standing.ACTIVE:
            self.identity.confirmed()
        elif standing is not Standing.PENDING:
            self.identity.take_back()
        return standing


def enrol(
    config: NativeRestConfig,
    secret: bytes,
    token: str,
    *,
    again: bool,
    clock: StationClock | None = None,
    known: CentreKey | None = None,
) -> Enrolled:
    """`secret`: the 16 bytes of `token`; `known`: the centre's key, where the server has to prove that it has it.
    Raises EnrolledAlready, TokenRefused, Unreachable or Distrusted; KeyUnusable or OSError when the key cannot be
    kept."""
    identity = Identity(config.key_folder)
    present = identity.key()
    if present is not None and not present.is_for(secret):
        if not again:
            raise EnrolledAlready
        if identity.has_one_before() and Enroller(config, present, clock).standing() is Standing.ACTIVE:
            identity.confirmed()  # by the centre, while nobody waited here for that
    key = identity.key_for(secret)
    enroller = Enroller(config, key, clock)
    standing = enroller.enrol(token, known)
    identity.sign_with(key)
    words = four_words(key.public, secret, config.library_id, config.device_id)
    return Enrolled(enroller, identity, key.id, words, standing)


def renew(
    config: NativeRestConfig, code: EnrolmentCode, *, again: bool = True, clock: StationClock | None = None
) -> Enrolled:
    """A new key for a station that is enrolled, by a code for the same library, device and server, from a terminal.
    `Enrolled.wait` hears whether it was confirmed; if not, the key before counts again. Raises ForAnother, and what
    `enrol` raises."""
    if (config.library_id, config.device_id) != (code.library, code.device):
        raise ForAnother("station")
    if server_address(config.url) != code.server:
        raise ForAnother("server")
    return enrol(config, code.token, code.token_text, again=again, clock=clock)


def config_for(code: EnrolmentCode, data: Path, connect_timeout_s: float = 5.0) -> NativeRestConfig:
    """How to speak to the centre of `code`, whose authority is fetched first where it has one of its own. Raises
    Unreachable, Distrusted, or OSError."""
    authority = None
    if code.pin is not None:
        make_folder(data)
        authority = data / AUTHORITY
        make_private(authority, _fetch_authority(code.server, code.pin, connect_timeout_s))
    try:
        return NativeRestConfig(
            code.server, code.library, code.device, data, ca_file=authority, connect_timeout_s=connect_timeout_s
        )
    except ValueError as error:
        raise Distrusted(str(error)) from error


def names_of(code: EnrolmentCode) -> dict[str, dict[str, Any]]:
    """The tables of station.toml that `code` alone decides."""
    return {
        "station": {"library": code.library, "device": code.device},
        "central": {"kind": "native_rest", "url": code.server} | ({"ca_file": AUTHORITY} if code.pin else {}),
    }


def settle(code: EnrolmentCode, data: Path, told: Told, check: Callable[[Mapping[str, Any]], None]) -> None:
    """Writes station.toml: from now on this is a station of the library. `check`: raises ValueError for tables that a
    station cannot live by. Raises NothingTold, or OSError."""
    said = told.station or {}
    codes = said.get("codes", {})
    if not isinstance(codes, dict):
        raise NothingTold("codes")
    names = names_of(code)
    tables = {
        "station": names["station"] | {name: said[name] for name in ("place", "brand") if name in said},
        "codes": codes,
        "central": names["central"],
    }
    try:
        check(tables)
        write_station(data, tables)
    except ValueError as error:
        raise NothingTold(str(error)) from error


def _fetch_authority(server: str, pin: bytes, connect_timeout_s: float) -> bytes:
    """The certificate (PEM) whose SHA-256 is `pin`. Nobody vouches for who sends it, and nobody need: the pin does.
    Nothing of ours is sent."""
    line = _Unverified(connect_timeout_s)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InsecureRequestWarning)
            answer = line.ask("GET", f"{server}/v1/authority", within_s=_WITHIN_S)
    finally:
        line.close()
    if answer.status != 200 or answer.content_type != "application/x-pem-file":
        raise Unreachable(f"the server names no authority: status {answer.status}")
    try:
        certificate = ssl.PEM_cert_to_DER_cert(answer.content.decode("ascii"))
    except ValueError as error:
        raise Unreachable("the server's authority cannot be read") from error
    if hashlib.sha256(certificate).digest() != pin:
        raise Distrusted("it is not the authority of the enrolment code")
    return ssl.DER_cert_to_PEM_cert(certificate).encode()


class _Unverified(HttpLine):
    """For what is checked by itself, whoever sent it."""

    def __init__(self, connect_timeout_s: float) -> None:
        super().__init__(connect_timeout_s)
        self._session.verify = False
