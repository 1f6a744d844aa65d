"""Enrolling from a terminal: what is to be enrolled where, checked before anything is sent."""

from __future__ import annotations

from pathlib import Path

from central_link.enrolment import token_bytes
from central_link.joining import Enrolled
from central_link.joining import enrol as join
from central_link.native_rest import NativeRestConfig
from central_link.registry import StationFiles, native_rest_config
from kiosk.config import ConfigError, load
from kiosk.domain import enrolment_code
from kiosk.domain.enrolment_code import EnrolmentCode, Fault
from kiosk.domain.server_address import server_address
from kiosk.ports.host import StationClock
from kiosk.ports.tables import TableError

_MOST_BYTES = 4096


class AskedWrongly(Exception):
    """Nothing was sent."""


class OtherServer(AskedWrongly):
    """The server that was asked for is not the one of kiosk.toml."""

    def __init__(self, ours: str) -> None:
        super().__init__(ours)
        self.ours = ours


class NoToken(AskedWrongly):
    pass


class NoCode(AskedWrongly):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def settings(config_file: Path) -> NativeRestConfig:
    """What kiosk.toml says of this station and its centre. Raises ConfigError."""
    config = load(config_file)
    try:
        files = StationFiles(config.folder, config.data)
        return native_rest_config(config.central, config.station.library, config.station.device, files)
    except TableError as error:
        raise ConfigError(f"{config_file}: {error}") from error


def enrol(
    config: NativeRestConfig, server: str, token: str, *, again: bool, clock: StationClock | None = None
) -> Enrolled:
    """Raises AskedWrongly or ConfigError (no address of a server); EnrolledAlready, TokenRefused or Unreachable;
    KeyUnusable or OSError when the key cannot be kept."""
    try:
        if server_address(server) != server_address(config.url):
            raise OtherServer(config.url)
    except ValueError as error:
        raise ConfigError(f"--server: {error}") from error
    secret = token_bytes(token)
    if secret is None:
        raise NoToken
    return join(config, secret, token, again=again, clock=clock)


def read_code(text_or_file: str) -> EnrolmentCode:
    """The code itself, or what the file of that name (or tram-xanh-enrol.txt in that folder) holds. Raises NoCode or
    ConfigError."""
    text = text_or_file
    if not enrolment_code.is_enrolment_code(text):
        path = Path(text)
        if path.is_dir():
            path /= enrolment_code.FILE_NAME
        try:
            with path.open("rb") as file:
                text = file.read(_MOST_BYTES).decode("utf-8-sig", errors="replace")
        except (OSError, ValueError) as error:  # ValueError: no name of a file at all
            raise ConfigError(f"--code: neither an enrolment code nor a file that can be read: {error}") from error
    code = enrolment_code.read(text)
    if isinstance(code, Fault):
        raise NoCode(code)
    return code
