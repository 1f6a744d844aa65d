"""From the file of a school to the rows of an import: which kind of file it is, which sheets, which line of names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from central_server.imports import merged, recognise, xlsx_package
from central_server.imports.cells import Sheet
from central_server.imports.csv_reader import read_csv
from central_server.imports.header import Column, column_named, find_header, known_columns, read_header
from central_server.imports.legacy import Legacy
from central_server.imports.report import Line, Report
from central_server.imports.table import Row, good_rows
from central_server.imports.words import fold, tidy

EXCEL_ENDINGS = (".xlsx", ".xlsm", ".xls", ".xlsb")
# A sheet with a header like this is meant, even when something is missing in it.
_MOST_MISSING = 1


@dataclass(frozen=True)
class Options:
    """What a person said about a file. `values`: of columns that it does not have, by header. `keep_columns`: those
    whose national numbers are the cards. `numbers_as_shown`: no zeros were lost. `dry_run`: nothing is written."""

    dry_run: bool = False
    sheets: tuple[str, ...] = ()
    encoding: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    keep_columns: tuple[str, ...] = ()
    numbers_as_shown: bool = False


def read_rows(name: str, raw: bytes, columns: Sequence[Column], options: Options, report: Report) -> list[Row]:
    """The good rows of the file `name`; the report says what is wrong with the others."""
    given = _given(columns, options, report)
    sheets = _sheets(name, raw, columns, options, report)
    if not report.readable:
        return []
    forced = Legacy(options.encoding) if options.encoding in list(Legacy) else None
    tables = []
    for sheet in _meant(sheets, columns, forced, options, report):
        record = find_header(sheet, columns)
        if record is None:
            continue
        if record is not sheet.records[0]:
            report.note("header_below", Line(record.line, sheet.name))
        header = read_header(sheet, record, columns, list(given), options.keep_columns, report)
        if header is not None:
            merged.fill(sheet, header, columns, report)
            tables.append((sheet, header))
    _tell_kept(options, report)
    return good_rows(tables, columns, given, options.numbers_as_shown, report) if report.readable else []


def _sheets(name: str, raw: bytes, columns: Sequence[Column], options: Options, report: Report) -> list[Sheet]:
    if xlsx_package.is_workbook(raw):
        from central_server.imports.xlsx_reader import read_workbook

        return read_workbook(raw, options.sheets, report)
    elif name.lower().endswith(EXCEL_ENDINGS) and raw:
        report.refuse("not_excel")
    elif options.sheets:
        report.refuse("no_sheets")
    else:
        sheet = read_csv(raw, columns, options.encoding, report)
        return [sheet] if sheet else []
    return []


def _meant(
    sheets: list[Sheet], columns: Sequence[Column], forced: Legacy | None, options: Options, report: Report
) -> list[Sheet]:
    """The sheets to import: those whose header is recognised, also in part where it is the only one."""
    required = sum(one.required for one in columns)
    meant: list[Sheet] = []
    near: list[Sheet] = []
    filled = [sheet for sheet in sheets if sheet.records]
    for sheet in filled:
        if sheet.is_hidden and not options.sheets:
            report.note("hidden_sheet", Line(0, sheet.name))
            continue
        recognise.mend(sheet, forced, report)
        header = find_header(sheet, columns)
        known = known_columns(header, columns) if header else 0
        if not sheet.is_excel or options.sheets or (known >= max(required - _MOST_MISSING, 1) and known >= 2):
            meant.append(sheet)
        else:
            near += [sheet] * bool(known)
    if not meant and len(sheets) == len(near) == 1:
        meant = near
    if not filled:
        report.refuse("empty_file")
    elif not meant:
        report.refuse("no_header", columns=", ".join(f"“{one.header}”" for one in columns if one.required))
    for sheet in sheets:
        if meant and sheet not in meant and not sheet.is_hidden:
            report.note("sheet_left_out", Line(0, sheet.name))
    return meant


def _given(columns: Sequence[Column], options: Options, report: Report) -> dict[str, str]:
    """The values that a person gave for columns that the file does not have, by field."""
    given = {}
    for name, value in options.values.items():
        column = column_named(name, columns)
        if column is None:
            report.refuse("no_such_column", column=name)
        else:
            given[column.field] = tidy(value)
    return given


def _tell_kept(options: Options, report: Report) -> None:
    """Refuse a confirmation that is about no column: it was mistyped."""
    headers = {fold(one) for columns in report.columns for one in [*columns.read, *columns.left_out]}
    for name in options.keep_columns if report.columns else ():
        if fold(name) not in headers:
            report.refuse("no_such_column", column=name)
