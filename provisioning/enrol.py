"""Enrolling: the steps, without a word to the person in front. Each may be taken again; a lost answer costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from central_link.address import server_address
from central_link.enrolment import Enroller, four_words, token_bytes
from central_link.identity import Identity
from central_link.native_rest import NativeRestConfig
from central_link.registry import StationFiles, native_rest_config
from kiosk.config import ConfigError, load
from kiosk.ports.central import Standing
from kiosk.ports.errors import Unreachable
from kiosk.ports.tables import TableError

LOOK_EVERY_S = 1.0


class AskedWrongly(Exception):
    """Nothing was sent."""


class OtherServer(AskedWrongly):
    """The server that was asked for is not the one of kiosk.toml."""

    def __init__(self, ours: str) -> None:
        super().__init__(ours)
        self.ours = ours


class NoToken(AskedWrongly):
    pass


class EnrolledAlready(AskedWrongly):
    """There is a key of another token, and nobody said that it may be replaced."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The centre knows the key. `words` are for a person there to compare."""

    enroller: Enroller
    identity: Identity
    key_id: str
    words: list[str]
    standing: Standing

    def wait(self, pause: Callable[[float], None]) -> Standing:
        """Until somebody at the centre has decided: ACTIVE, or what else it is. A network that is away meanwhile
        changes nothing."""
        standing = self.standing
        while standing is Standing.PENDING:
            pause(LOOK_EVERY_S)
            try:
                standing = self.enroller.standing()
            except Unreachable:
                continue
        if standing is Standing.ACTIVE:
            self.identity.confirmed()
        else:
            self.identity.take_back()
        return standing


def settings(config_file: Path) -> NativeRestConfig:
    """What kiosk.toml says of this station and its centre. Raises ConfigError."""
    config = load(config_file)
    try:
        files = StationFiles(config.folder, config.data)
        return native_rest_config(config.central, config.station.library, config.station.device, files)
    except TableError as error:
        raise ConfigError(f"{config_file}: {error}") from error


def enrol(config: NativeRestConfig, server: str, token: str, *, again: bool) -> Enrolled:
    """Raises AskedWrongly or ConfigError (no address of a server); TokenRefused or Unreachable; KeyUnusable or OSError
    when the key cannot be kept."""
    try:
        if server_address(server) != server_address(config.url):
            raise OtherServer(config.url)
    except ValueError as error:
        raise ConfigError(f"--server: {error}") from error
    secret = token_bytes(token)
    if secret is None:
        raise NoToken
    identity = Identity(config.key_folder)
    present = identity.key()
    if present is not None and not present.is_for(secret):
        if not again:
            raise EnrolledAlready
        if identity.has_one_before() and Enroller(config, present).standing() is Standing.ACTIVE:
            identity.confirmed()  # by the centre, while nobody waited here for that
    key = identity.key_for(secret)
    enroller = Enroller(config, key)
    standing = enroller.enrol(token)
    identity.sign_with(key)
    words = four_words(key.public, secret, config.library_id, config.device_id)
    return Enrolled(enroller, identity, key.id, words, standing)
