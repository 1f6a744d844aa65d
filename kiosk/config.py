"""kiosk.toml: what is particular to this machine; beneath it station.toml: whose station it is. Every key is checked;
an unknown one is refused with a suggestion."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from kiosk.domain.barcodes import LONGEST_CODE, CodeFormats
from kiosk.domain.check_digits import CheckDigit
from kiosk.domain.code_formats import CodeFormat, Strip
from kiosk.domain.server_address import server_address
from kiosk.ports.station_file import NAME as STATION_FILE
from kiosk.ports.station_file import beneath, read_station
from kiosk.ports.tables import TableError, convert, meant

_Pixels = Annotated[int, msgspec.Meta(ge=320, le=7680)]
_Seconds = Annotated[float, msgspec.Meta(ge=1, le=3600)]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]

BUILD_MS = 1795392000000
"""2026-11-23: no station of this build was ever switched on before it was built."""
MEGABYTE = 1_000_000


class ConfigError(ValueError):
    """One sentence for the person who edits the file."""


class Blank(ConfigError):
    """This machine is no library's station yet. One sentence, as the others."""


class StationConfig(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`data` holds the store and its key; relative paths count from the file's own folder. `counts_visits`: a reader's
    first card of a day is written down as a visit."""

    library: _Name
    device: _Name
    data: str
    place: str = ""
    brand: str = "Trạm Xanh"
    counts_visits: bool = False


class BlankStationConfig(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """As StationConfig, of a machine that is nobody's yet. `data` is where its enrolment writes."""

    data: str
    library: str = ""
    device: _Name = ""
    place: str = ""
    brand: str = "Trạm Xanh"
    counts_visits: bool = False


class CodeFormatConfig(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One form of a library's codes: kiosk.domain.code_formats.CodeFormat. `length`: a number, or the least and the
    most."""

    pattern: str = ""
    prefix: str = ""
    suffix: str = ""
    length: int | list[int] | None = (
        None  # no tuple: beside a number with limits msgspec 0.22 reads foreign memory for it
    )
    check_digit: Literal["none", "ean13", "luhn", "mod11", "mod43"] = "none"
    strip: list[str] = []

    def format(self, where: str) -> CodeFormat:
        """Raises TableError."""
        for part in self.strip:
            if part not in list(Strip):
                raise TableError(f'key "{where}strip": {part!r} is unknown; {meant(part, Strip)}')
        pattern, length = _pattern(f"{where}pattern", self.pattern) if self.pattern else None, self._length(where)
        strip, check_digit = frozenset(map(Strip, self.strip)), CheckDigit(self.check_digit)
        try:
            return CodeFormat(pattern, self.prefix, self.suffix, length, check_digit, strip)
        except ValueError as error:
            raise TableError(f"{where.rstrip('.')}: {error}") from error

    def _length(self, where: str) -> tuple[int, int] | None:
        if self.length is None:
            return None
        ends = self.length if isinstance(self.length, list) else [self.length]
        if not 1 <= len(ends) <= 2 or not all(1 <= end <= LONGEST_CODE for end in ends):
            raise TableError(f'key "{where}length": it is a number from 1 to {LONGEST_CODE}, or two, not {self.length}')
        return ends[0], ends[-1]


_Formats = str | dict[str, Any] | list[dict[str, Any]]


class CodesConfig(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The forms of card numbers and item barcodes: tables, or the one pattern (a Python regular expression) that a
    whole code matches. `item_example`: what a screen shows when it asks for the library's own label."""

    card: _Formats
    item: _Formats
    item_example: str = "TK.00123"

    def formats(self) -> CodeFormats:
        """Raises TableError."""
        return CodeFormats(_formats("codes.card", self.card), _formats("codes.item", self.item))


class ScreenConfig(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    width: _Pixels = 1024
    height: _Pixels = 600
    fullscreen: bool = True
    motion: bool = True


class SessionConfig(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Seconds."""

    language: Literal["vi", "en"] = "vi"
    warn_after_s: _Seconds = 30.0
    end_after_warning_s: _Seconds = 15.0


class ClockConfig(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`battery_clock`: this machine keeps the time while it is off."""

    battery_clock: bool = False


class KeepConfig(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Days for which the station keeps what is over and known to the centre: `reader_days` who it was, `history_days`
    that it was. Megabytes: `reserve_mb` are kept free for loans (0: none), with less than `warn_below_mb` staff are
    told."""

    reader_days: Annotated[int, msgspec.Meta(ge=1, le=3660)] = 30
    history_days: Annotated[int, msgspec.Meta(ge=1, le=3660)] = 400
    reserve_mb: Annotated[int, msgspec.Meta(ge=0, le=4096)] = 64
    warn_below_mb: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 500


class BackupConfig(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`folder` on a second medium; "": no backups are written."""

    folder: str = ""


class LogConfig(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`file` "" is the standard error, which the journal keeps."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    file: str = ""


class _MachineConfig(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    scanner: list[dict[str, Any]] = []
    sound: dict[str, Any] = msgspec.field(default_factory=lambda: {"kind": "alsa"})
    screen: ScreenConfig = ScreenConfig()
    session: SessionConfig = SessionConfig()
    clock: ClockConfig = ClockConfig()
    keep: KeepConfig = KeepConfig()
    log: LogConfig = LogConfig()
    backup: BackupConfig = BackupConfig()
    folder: Path = Path()  # where the file lies; not a key
    file: str = "kiosk.toml"  # its name there; not a key


class BlankConfig(_MachineConfig, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Of a machine that is no library's station yet: it can only be enrolled."""

    station: BlankStationConfig
    codes: dict[str, Any] = {}
    central: dict[str, Any] = {}

    @property
    def data(self) -> Path:
        return self.folder / self.station.data


class KioskConfig(_MachineConfig, forbid_unknown_fields=True, frozen=True, kw_only=True):
    station: StationConfig
    codes: CodesConfig
    central: dict[str, Any]

    @property
    def data(self) -> Path:
        return self.folder / self.station.data

    @property
    def backup_folder(self) -> Path | None:
        return self.folder / self.backup.folder if self.backup.folder else None


def load(path: Path) -> KioskConfig:
    """Raises ConfigError with one sentence: which file, which key, what was meant perhaps; Blank, where no library is
    named."""
    config = load_any(path)
    if isinstance(config, BlankConfig):
        raise Blank(
            f'{path} names no station.library, and nobody has enrolled this station: "python -m kiosk run" shows how, '
            'or "python -m provisioning enrol --code"'
        )
    return config


def load_any(path: Path) -> KioskConfig | BlankConfig:
    """As load, and a blank machine too. Raises ConfigError."""
    try:
        folder = path.resolve().parent
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        table = beneath(_read_station(table, folder), table)
        if not _names_a_library(table):
            return convert(table, BlankConfig, folder=folder, file=path.name)
        config = convert(table, KioskConfig, folder=folder, file=path.name)
        config.codes.formats()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text (byte {error.start})") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from error
    except TableError as error:
        raise ConfigError(f"{path}: {error}") from error
    return config


def as_blank(config: KioskConfig, data: Path) -> BlankConfig:
    """The machine of `config` before anybody had enrolled it, to be enrolled as the same station into `data`. Raises
    ConfigError."""
    path = config.folder / config.file
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        names = {"data": str(data), "device": config.station.device}
        table["station"] = table.get("station", {}) | names
        return convert(table, BlankConfig, folder=config.folder, file=config.file)
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"{path}: {error}") from error


def check_station(tables: Mapping[str, Any], machine: BlankConfig) -> None:
    """Whether `machine` can live by `tables` as its station.toml, and is whom they name. Raises TableError."""
    check_names(tables, machine)
    own = {"station": {"data": machine.station.data}, "codes": machine.codes, "central": machine.central}
    convert(beneath(tables, own), KioskConfig).codes.formats()


def check_names(tables: Mapping[str, Any], machine: BlankConfig) -> None:
    """Whether `machine` with `tables` as its station.toml is the station that they name, at the centre that they name:
    what stands in its kiosk.toml counts first. Raises TableError."""
    named = {"device": machine.station.device} if machine.station.device else {}
    merged = beneath(tables, {"station": named, "central": machine.central})
    for table, key in (("station", "library"), ("station", "device"), ("central", "kind"), ("central", "url")):
        if _same(merged[table][key]) != _same(tables[table][key]):
            raise TableError(f'key "{table}.{key}": it is not that of the enrolment code')
    if "ca_file" in tables["central"] and "ca_file" in machine.central:
        raise TableError('key "central.ca_file": the enrolment code brings an authority of its own')


def _same(value: object) -> object:
    """An address may be written in more than one way."""
    try:
        return server_address(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _read_station(table: dict[str, Any], folder: Path) -> dict[str, dict[str, Any]]:
    """What lies in the data folder that `table` names; what is wrong with `table` is found later."""
    station = table.get("station")
    data = station.get("data") if isinstance(station, dict) else None
    if not isinstance(data, str):
        return {}
    try:
        return read_station(folder / data)
    except ValueError as error:
        raise ConfigError(f"{folder / data / STATION_FILE}: {error}") from error


def _names_a_library(table: dict[str, Any]) -> bool:
    station = table.get("station")
    return not isinstance(station, dict) or "library" in station  # no station at all: convert says so


def _formats(key: str, said: _Formats) -> tuple[CodeFormat, ...]:
    if isinstance(said, str):
        return (CodeFormat(_pattern(key, said)),)
    if isinstance(said, dict):
        return (convert(said, CodeFormatConfig, f"{key}.").format(f"{key}."),)
    if not said:
        raise TableError(f'key "{key}": no code would fit: it needs one form')
    places = [f"{key}[{number}]." for number in range(1, len(said) + 1)]  # people count from one
    return tuple(
        convert(table, CodeFormatConfig, where).format(where) for table, where in zip(said, places, strict=True)
    )


def _pattern(key: str, text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise TableError(f'key "{key}" is not a pattern: {error}') from error
