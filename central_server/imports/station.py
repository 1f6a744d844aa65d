"""What every station of a library is told when it is enrolled: the two lines at its top, and the form of the codes."""

import re
from typing import Annotated, Any, Literal

import sqlalchemy as sa
from msgspec import Meta, Struct, field

from central_server import changes
from central_server.imports.report import Report
from central_server.imports.toml_reader import publish, read_toml

_Line = Annotated[str, Meta(max_length=120, pattern=r"^[^\x00-\x1f\x7f]*$")]
_Affix = Annotated[str, Meta(max_length=64)]
_Pattern = Annotated[str, Meta(min_length=1, max_length=500)]
_Length = Annotated[int, Meta(ge=1, le=64)]
Strip = Literal["spaces", "prefix", "suffix", "check_digit", "letters"]


class CodeForm(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """As `[[codes.card]]` and `[[codes.item]]` of a station's kiosk.toml."""

    pattern: Annotated[str, Meta(max_length=500)] = ""
    prefix: _Affix = ""
    suffix: _Affix = ""
    length: Annotated[list[_Length], Meta(min_length=1, max_length=2)] | None = None
    check_digit: Literal["none", "ean13", "luhn", "mod11", "mod43"] = "none"
    strip: list[Strip] = field(default_factory=list)


_Forms = Annotated[list[CodeForm], Meta(min_length=1, max_length=20)]


class Codes(Struct, forbid_unknown_fields=True):
    card: _Forms
    item: _Forms
    item_example: _Line = "TK.00123"


class StationFile(Struct):
    """As the file has it, and as a station is told it."""

    place: _Line
    codes: Codes
    brand: _Line = "Trạm Xanh"


def import_station(connection: sa.Connection, library: str, raw: bytes, report: Report) -> None:
    """Take it in, all or nothing. Stations that are enrolled already keep what they were told."""
    read = read_toml(raw, StationFile, {"": StationFile}, report, _as_people_write)
    if read is None:
        return
    for kind, forms in (("card", read.codes.card), ("item", read.codes.item)):
        for number, form in enumerate(forms, 1):
            try:
                re.compile(form.pattern)
            except re.error as error:
                report.refuse("bad_value", where=f"codes.{kind}[{number}].pattern", why=error)
    if report.readable:
        publish(connection, library, changes.STATION, read, report)


def _as_people_write(key: str, value: Any) -> Any:
    """One pattern instead of forms, one number for a length, as kiosk.toml allows them."""
    if key in ("card", "item") and isinstance(value, str):
        return [{"pattern": value}]
    if key == "length":
        return [end for part in value for end in part] if isinstance(value, list) else [value]
    return value
