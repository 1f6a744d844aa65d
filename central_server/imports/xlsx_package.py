"""Opening a workbook without trusting it: what it is made of is bounded before it is read.

openpyxl reads the small parts (what sheets there are, how cells look); the two that may be large, a sheet's cells and
the shared strings, are read by `xlsx_reader` as a stream. Macros, links to other workbooks, pictures and the like are
never opened.
"""

import io
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import IO, Any, NamedTuple
from zipfile import BadZipFile, ZipFile, ZipInfo

ZIP_BEGINS = b"PK\x03\x04"
_OLE_BEGINS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MEGABYTE = 1024 * 1024
MOST_MEGABYTES = {"streamed": 200, "strings": 64, "other": 16}
# openpyxl makes a tree of a part; one of sixteen megabytes could have five million branches.
MOST_TAGS = 500_000


class NotReadable(Exception):
    """The workbook is not read; `code` is that of the sentence which says why."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


class Style(NamedTuple):
    """How a cell looks. `is_date` also for times of day."""

    number_format: str
    is_date: bool
    font: str


class Part(NamedTuple):
    """A sheet in the package: `path` of its XML."""

    name: str
    path: str
    is_hidden: bool


class _Archive(ZipFile):
    """Opens no part that says to be larger than its kind may be; `ZipFile` itself reads no more than a part says."""

    def __init__(self, raw: bytes) -> None:
        super().__init__(io.BytesIO(raw))
        self.kinds: dict[str, str] = {}

    def open(self, name: str | ZipInfo, *arguments: Any, **options: Any) -> IO[bytes]:
        info = name if isinstance(name, ZipInfo) else self.getinfo(name)
        most = MOST_MEGABYTES[self.kinds.get(info.filename, "other")]
        if info.file_size > most * _MEGABYTE:
            raise NotReadable("too_large_inside", part=info.filename, limit=most)
        return super().open(info, *arguments, **options)

    def read(self, name: str | ZipInfo, pwd: bytes | None = None) -> bytes:
        content = super().read(name, pwd)
        if content.count(b"<") > MOST_TAGS:
            raise NotReadable("too_many_tags", part=name)
        return content


@dataclass
class Package:
    """An open workbook."""

    archive: ZipFile
    parts: list[Part]
    styles: list[Style]
    day_of: Callable[[str], date | None]
    strings_path: str | None = None
    remarks: list[str] = field(default_factory=list)
    _read: int = 0

    def stream(self, path: str) -> Iterator[bytes]:
        """The XML of a part, piece by piece."""
        with self.archive.open(path) as part:
            while piece := part.read(64 * 1024):
                # All sheets together: many may be made of one part.
                self._read += len(piece)
                if self._read > MOST_MEGABYTES["streamed"] * _MEGABYTE:
                    raise NotReadable("too_large_inside", part=path, limit=MOST_MEGABYTES["streamed"])
                yield piece


def is_workbook(raw: bytes) -> bool:
    """Whether `raw` should be opened here: it begins like a workbook of any age."""
    return raw.startswith((ZIP_BEGINS, _OLE_BEGINS))


def open_package(raw: bytes) -> Package:
    """The workbook in `raw`. Raises `NotReadable`."""
    if raw.startswith(_OLE_BEGINS):
        # Only the directory of such a file has names in UTF-16.
        is_locked = "EncryptedPackage".encode("utf-16-le") in raw
        raise NotReadable("locked_excel" if is_locked else "old_excel")
    try:
        archive = _Archive(raw)
    except BadZipFile:
        raise NotReadable("broken_excel") from None
    names = set(archive.namelist())
    if any(info.flag_bits & 1 for info in archive.infolist()):
        raise NotReadable("locked_excel")
    if "[Content_Types].xml" not in names or "xl/workbook.bin" in names:
        raise NotReadable("other_excel")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what openpyxl would lose in saving; nothing is saved
            package = _read_small_parts(archive, raw)
    except NotReadable:
        raise
    except Exception as error:
        # openpyxl promises no kinds of errors: a part that is not as the standard says trips it anywhere.
        raise NotReadable("broken_excel") from error
    if not package.parts:  # or of the “strict” kind, which openpyxl does not read
        raise NotReadable("other_excel")
    if any(name.endswith("vbaProject.bin") for name in names):
        package.remarks.append("macros")
    if any(name.startswith("xl/externalLinks/") for name in names):
        package.remarks.append("external_links")
    return package


def _read_small_parts(archive: _Archive, raw: bytes) -> Package:
    # Only here: importing it costs a fifth of a second.
    from openpyxl.reader.excel import ExcelReader
    from openpyxl.styles.stylesheet import apply_stylesheet
    from openpyxl.utils.datetime import from_excel
    from openpyxl.xml.constants import SHARED_STRINGS

    reader: Any = ExcelReader(io.BytesIO(raw), read_only=True, keep_links=False)
    reader.archive = archive
    reader.read_manifest()
    reader.read_workbook()
    book = reader.wb
    apply_stylesheet(archive, book)

    def day_of(number: str) -> date | None:
        try:
            value = float(number)
            # In 1900 Excel counts a 29 February that never was.
            return None if value < 61 else from_excel(value, book.epoch).date()
        except (ValueError, OverflowError):
            return None

    parts = [
        Part(sheet.name, relation.target, sheet.state != "visible")
        for sheet, relation in reader.parser.find_sheets()
        if "worksheet" in relation.Type and relation.target in reader.valid_files
    ]
    strings = reader.package.find(SHARED_STRINGS)
    path = strings.PartName.removeprefix("/") if strings else None
    archive.kinds |= {part.path: "streamed" for part in parts} | ({path: "strings"} if path else {})
    return Package(archive, parts, list(_styles(book)), day_of, path)


def _styles(book: Any) -> Iterator[Style]:
    from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE

    for number, style in enumerate(book._cell_styles):
        own = style.numFmtId - BUILTIN_FORMATS_MAX_SIZE
        number_format = book._number_formats[own] if own >= 0 else BUILTIN_FORMATS.get(style.numFmtId, "General")
        yield Style(number_format, number in book._date_formats, book._fonts[style.fontId].name or "")
