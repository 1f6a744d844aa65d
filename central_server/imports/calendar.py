"""The calendar of a library from TOML: weekdays closed, school years, holidays."""

from datetime import date
from typing import Annotated, Any, Literal

import sqlalchemy as sa
from msgspec import Meta, Struct, field

from central_server.imports.dates import parse_date
from central_server.imports.report import Report
from central_server.imports.toml_reader import publish_with_settings, read_toml
from central_server.imports.words import fold

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

_VIETNAMESE = {
    "thu hai": "monday",
    "thu ba": "tuesday",
    "thu tu": "wednesday",
    "thu nam": "thursday",
    "thu sau": "friday",
    "thu bay": "saturday",
    "chu nhat": "sunday",
}
_DATES = ("begins", "ends", "from", "to")


class SchoolYear(Struct):
    name: Name
    begins: date
    ends: date


class Closed(Struct):
    begin: date = field(name="from")
    end: date = field(name="to")
    name: Name


class CalendarFile(Struct):
    """As the file has it: `[[school_year]]`, `[[closed]]`."""

    version: Name
    closed_weekdays: list[Weekday]
    school_year: Annotated[list[SchoolYear], Meta(min_length=1)]
    closed: list[Closed] = field(default_factory=list)


class Calendar(Struct):
    """As the stations are told it."""

    version: str
    closed_weekdays: list[Weekday]
    school_years: list[SchoolYear]
    closed: list[Closed]


def import_calendar(connection: sa.Connection, library: str, raw: bytes, report: Report) -> None:
    """Take in the calendar, all or nothing, and tell the stations when it is different."""
    shapes: dict[str, type[Struct]] = {"": CalendarFile, "school_year": SchoolYear, "closed": Closed}
    read = read_toml(raw, CalendarFile, shapes, report, _as_people_write)
    if read is None:
        return
    spans = [(one.name, one.begins, one.ends) for one in read.school_year]
    spans += [(one.name, one.begin, one.end) for one in read.closed]
    for name, begin, end in spans:
        if end < begin:
            report.refuse("ends_before", name=name, begin=begin, end=end)
    if report.readable:
        calendar = Calendar(read.version, read.closed_weekdays, read.school_year, read.closed)
        publish_with_settings(connection, library, "calendar", calendar, report)


def _as_people_write(key: str, value: Any) -> Any:
    """Dates like 31/05/2027 and weekdays in Vietnamese, as the structs want them."""
    if key in _DATES and isinstance(value, str):
        return parse_date(value) or value
    if key == "closed_weekdays" and isinstance(value, list):
        return [_VIETNAMESE.get(fold(day), day.lower()) if isinstance(day, str) else day for day in value]
    return value
