"""Titles with their items from a file of MARC 21. Every record is taken, or named in the report with a reason."""

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from central_server.imports import catalogue, items, rules, titles
from central_server.imports.header import Column, column_named
from central_server.imports.marc_fields import Described, Held, describe
from central_server.imports.marc_file import Numbered, read_records
from central_server.imports.report import Line, Outcome, Report
from central_server.imports.rows import Options
from central_server.imports.table import Row
from central_server.imports.words import fold, tidy
from central_server.tables.library import item
from central_server.tables.library import title as title_table

# What a record is for, where that is no title: positions 5 and 6 of its leader.
_OTHER_KINDS = {"z": "marc_authority", **dict.fromkeys("uvxy", "marc_holdings")}
_BY_FIELD = {one.field: one for one in titles.COLUMNS}


def read_titles(raw: bytes, options: Options, report: Report) -> dict[Line, Described]:
    """The titles of a file that are as they should be, with their items; of the others the report says why not."""
    given = _given(options, report)
    described: dict[Line, Described] = {}
    firsts: dict[str, Line] = {}
    for one in read_records(raw, options.encoding, report) if report.readable else ():
        line = Line(one.number)
        if why := _other_kind(one):
            report.skip(line, why)
            continue
        found = describe(one.record, report.library)
        if fault := _fault(found):
            code, values = fault
            report.skip(line, code, None, **values)
            continue
        code = found.values["code"]
        first = firsts.setdefault(code, line)
        if first == line:
            described[line] = replace(found, values={**found.values, **_missing(given, found.values)})
        elif found.is_own and first in described and described[first].values == found.values:
            # A title with more items than fit into one record.
            described[first] = replace(described[first], items=[*described[first].items, *found.items])
            report.outcomes[line] = Outcome.UNCHANGED
        else:
            report.skip(line, "marc_twice", value=code, first=first.number)
    return described


def import_titles(
    connection: sa.Connection, library: str, described: Mapping[Line, Described], options: Options, report: Report
) -> None:
    """Take in the titles and their items, and tell the stations of those that are new or different."""
    known_types = rules.item_types(connection, library)
    given = _given(options, report)
    rows = {}
    for line, one in _settled(connection, library, described, report).items():
        values = dict(one.values)
        if known_types and given.get("item_type") and values.get("item_type") not in known_types:
            values["item_type"] = given["item_type"]
        rows[line] = (Row(line, values), one)
    titles.import_titles(connection, library, [row for row, _one in rows.values()], report)
    _import_items(connection, library, rows, report)


def _settled(
    connection: sa.Connection, library: str, described: Mapping[Line, Described], report: Report
) -> dict[Line, Described]:
    """The titles under the codes by which the library knows them. Another library's number may be here the number of
    another title: that one is not written over."""
    codes = [one.values["code"] for one in described.values()]
    by_code = catalogue.known_by(connection, title_table, "code", library, codes)
    isbns = sorted({one.values["isbn"] for one in described.values() if one.values.get("isbn")})
    by_isbn = catalogue.known_by(connection, title_table, "isbn", library, isbns)
    settled: dict[Line, Described] = {}
    taken = {one.values["code"] for one in described.values() if one.values["code"] in by_code}
    for line, one in described.items():
        same = by_code.get(one.values["code"])
        likely = by_isbn.get(one.values.get("isbn", ""))
        if not one.is_own and same is None and likely and _alike(likely, one) and likely["code"] not in taken:
            taken.add(likely["code"])
            one = replace(one, values={**one.values, "code": likely["code"]})
        elif not one.is_own and same is not None and not _alike(same, one):
            report.skip(line, "marc_other_title", value=one.values["code"], known=same["title"])
            continue
        settled[line] = one
    return settled


def _alike(known: Mapping[str, Any], one: Described) -> bool:
    """Whether a title that is known is the one that is described: by its name, or by part of it."""
    here, there = fold(known["title"]), fold(one.values["title"])
    return here == there or (
        bool(known["isbn"]) and known["isbn"] == one.values.get("isbn") and here[:12] == there[:12]
    )


def _import_items(
    connection: sa.Connection, library: str, rows: Mapping[Line, tuple[Row, Described]], report: Report
) -> None:
    numbers = [held.barcode for _row, one in rows.values() for held in one.items]
    known = catalogue.known_by(connection, item, "barcode", library, numbers)
    codes = [row.values["code"] for row, _one in rows.values()]
    by_code = catalogue.known_by(connection, title_table, "code", library, codes)
    of_record: dict[Line, Line] = {}
    found: list[Row] = []
    seen: dict[str, int] = {}
    for line, (row, one) in rows.items():
        if one.nameless_items:
            report.trouble(line, "marc_items_without_number", count=one.nameless_items)
        title = by_code[row.values["code"]]
        for held in one.items:
            before = known.get(held.barcode)
            if fault := _text_fault(held.barcode, 64):
                report.trouble(line, "marc_item_bad", value=held.barcode[:64], why=report.word(fault))
            elif held.barcode in seen:
                report.trouble(line, "marc_item_twice", value=held.barcode, first=seen[held.barcode])
            elif before is not None and before["title_id"] != title["id"] and not one.is_own:
                report.trouble(line, "marc_item_known", value=held.barcode)
            else:
                seen[held.barcode] = line.number
                # Counted by themselves: several are of one record.
                number = Line(len(found) + 1)
                of_record[number] = line
                found.append(Row(number, _values(held, row.values["code"])))
    told = Report("items", library, report.file, report.language)
    items.import_items(connection, library, found, told)
    _tell(told, of_record, report)


def _tell(told: Report, of_record: Mapping[Line, Line], report: Report) -> None:
    """What became of the items, as what became of their records."""
    for number, outcome in told.outcomes.items():
        line = of_record[number]
        if outcome in (Outcome.TAKEN, Outcome.CHANGED) and report.outcomes[line] in (
            Outcome.UNCHANGED,
            Outcome.CHANGED,
        ):
            what = (items.COLUMNS[0].header,) if outcome is Outcome.TAKEN else told.changed[number]
            report.outcomes[line] = Outcome.CHANGED
            report.changed[line] = tuple(dict.fromkeys((*report.changed.get(line, ()), *what)))
    for one in told.findings:
        report.findings.append(replace(one, line=of_record[one.line] if one.line else None))
    taken = sum(one is Outcome.TAKEN for one in told.outcomes.values())
    if told.outcomes:
        report.note("marc_items", count=len(told.outcomes), new=taken)


def _values(held: Held, code: str) -> dict[str, str]:
    """The item in the columns of items; what the record does not say stays as it is."""
    values = {"barcode": held.barcode, "code": code}
    if held.status is not None:
        values["status"] = held.status
    if held.in_house_only is not None:
        values["in_house_only"] = "yes" if held.in_house_only else ""
    if held.source is not None:
        values["source"] = held.source
    return values


def _other_kind(one: Numbered) -> str | None:
    if one.leader[5:6] == "d":
        return "marc_deleted"
    return _OTHER_KINDS.get(one.leader[6:7])


def _fault(found: Described) -> tuple[str, dict[str, object]] | None:
    """Why a title cannot be kept: the code of a sentence and its values."""
    if not found.values["title"]:
        return "marc_no_title", {}
    for name, text in found.values.items():
        column: Column = _BY_FIELD[name]
        if fault := _text_fault(text, column.most_letters):
            return f"marc_{fault}", {"column": column.header, "limit": column.most_letters}
    return None


def _text_fault(text: str, most: int) -> str | None:
    if "\ufffd" in text:
        return "lost_letters"
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        return "control_character"
    return "too_long" if len(text) > most else None


def _given(options: Options, report: Report) -> dict[str, str]:
    """The values that a person gave for what a record does not say, by field."""
    given = {}
    for name, value in options.values.items():
        column = column_named(name, titles.COLUMNS)
        if column is None or column.required:
            report.refuse("no_such_column", column=name)
        else:
            given[column.field] = tidy(value)
    return given


def _missing(given: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if not values.get(name)}
