"""Files of MARC 21, as ISO 2709 or MARCXML, to records. What is broken is found out record by record: a wrong length
in one never spoils the next, for what ends a record and a field is a mark of its own.

ISO 2709 says whether a record is in UTF-8 or in MARC-8. Where that is not true (and in Vietnam it often is not) what it
says is held against what it would mean: TCVN3, VNI and Windows-1258 are told apart by the syllables that they make.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import XMLParser  # type: ignore[import-untyped]
from pymarc import Field, Indicators, Record, Subfield
from pymarc.marc8 import MARC8ToUnicode
from pymarc.marc8_mapping import CODESETS, ODD_MAP

from central_server.imports.legacy import Legacy, decode
from central_server.imports.recognise import has_unicode_letters, recognise
from central_server.imports.report import Line, Report

MARC8 = "marc-8"
MOST_RECORDS = 200_000
_MOST_FIELDS = 5_000
_LEADER = 24
_ENTRY = 12
_END_OF_RECORD, _END_OF_FIELD, _SUBFIELD = b"\x1d", b"\x1e", "\x1f"
_DIRECTORY = re.compile(rb"(?:[0-9A-Za-z]{3}[0-9]{9})+")
_BETWEEN = b"\r\n\0\x1a"
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_ANSEL = frozenset(CODESETS[0x45]) | frozenset(ODD_MAP) | {0x88, 0x89, 0x8D, 0x8E}


class Numbered(NamedTuple):
    """A record of the file, from 1, with its leader as it stood there."""

    number: int
    leader: str
    record: Record


class _Raw(NamedTuple):
    number: int
    leader: str
    fields: list[tuple[str, bytes]]


class _Unreadable(Exception):
    """A record cannot be read; the code is that of the sentence."""


def read_records(raw: bytes, encoding: str | None, report: Report) -> list[Numbered]:
    """The records of a file that can be read; the report names every other one. `encoding`: if a person said it."""
    if not raw.strip():
        report.refuse("empty_file")
        return []
    start = raw[:4]
    for mark in _MARKS:
        start = start.removeprefix(mark)
    if start.replace(b"\0", b"").lstrip().startswith(b"<"):
        records = _read_xml(raw, report)
    else:
        records = _read_iso(raw.removeprefix(_MARKS[0]), encoding, report)
    if report.readable and not records and not report.outcomes:
        report.refuse("not_marc")
    return records


# --- ISO 2709


def _read_iso(raw: bytes, encoding: str | None, report: Report) -> list[Numbered]:
    raws: list[_Raw] = []
    for number, (chunk, is_whole) in enumerate(_chunks(raw), 1):
        if number > MOST_RECORDS:
            report.refuse("marc_too_many", limit=MOST_RECORDS)
            return []
        try:
            if not is_whole:
                raise _Unreadable("marc_cut_off" if number > 1 or chunk[:5].isdigit() else "not_marc")
            leader, fields, repaired = _fields(chunk)
        except _Unreadable as why:
            if str(why) == "not_marc":
                report.refuse("not_marc")
                return []
            report.skip(Line(number), str(why))
            continue
        if repaired:
            report.note("marc_repaired", Line(number))
        raws.append(_Raw(number, leader, fields))
    alphabet = _alphabet(raws, encoding, report)
    records = []
    for one in raws:
        try:
            records.append(Numbered(one.number, one.leader, _decoded(one, encoding, alphabet)))
        except (UnicodeDecodeError, _Unreadable):
            report.skip(Line(one.number), "marc_letters")
    return records


def _chunks(raw: bytes) -> Iterator[tuple[bytes, bool]]:
    """Each record without its end; false: it has none."""
    *whole, rest = raw.split(_END_OF_RECORD)
    for chunk in whole:
        if found := chunk.lstrip(_BETWEEN):
            yield found, True
    if rest.strip(_BETWEEN + b" \t"):
        yield rest.lstrip(_BETWEEN), False


def _fields(chunk: bytes) -> tuple[str, list[tuple[str, bytes]], bool]:
    """Leader, fields by tag in their order, and whether lengths in it were not true. Raises `_Unreadable`."""
    leader, end = chunk[:_LEADER], chunk.find(_END_OF_FIELD, _LEADER)
    if len(chunk) < _LEADER + _ENTRY or not leader.isascii() or _END_OF_FIELD in leader:
        raise _Unreadable("marc_leader")
    directory = chunk[_LEADER:end]
    if end < 0 or not _DIRECTORY.fullmatch(directory) or len(directory) > _ENTRY * _MOST_FIELDS:
        raise _Unreadable("marc_directory")
    # Tag, length and start of each field.
    entries = [directory[at : at + _ENTRY] for at in range(0, len(directory), _ENTRY)]
    told = sorted(((one[:3].decode(), int(one[3:7]), int(one[7:])) for one in entries), key=lambda one: one[2])
    data = chunk[end + 1 :]
    pieces = data.split(_END_OF_FIELD)
    if not pieces[-1]:
        pieces.pop()
    is_true = leader[:5] == b"%05d" % (len(chunk) + 1) and leader[12:17] == b"%05d" % (end + 1)
    exact = [data[start : start + length] for _tag, length, start in told]
    fits = all(piece.endswith(_END_OF_FIELD) and piece.count(_END_OF_FIELD) == 1 for piece in exact)
    if fits:
        return leader.decode(), [(one[0], piece[:-1]) for one, piece in zip(told, exact, strict=True)], not is_true
    if len(pieces) != len(told):
        raise _Unreadable("marc_directory")
    return leader.decode(), [(one[0], piece) for one, piece in zip(told, pieces, strict=True)], True


def _alphabet(raws: list[_Raw], encoding: str | None, report: Report) -> Legacy | None:
    """In which alphabet from before Unicode the records are that are not in UTF-8; `None`: in MARC-8, if in any."""
    if encoding in list(Legacy):
        return Legacy(encoding)
    if encoding is not None:
        return None
    texts = [piece for one in raws for _tag, piece in one.fields if not piece.isascii() and not _is_utf8(piece)]
    if not texts:
        # Some programs take what stands in an old font for Windows-1252 and save that as UTF-8.
        words = " ".join(piece.decode() for one in raws for _tag, piece in one.fields if not piece.isascii())
        found = None if has_unicode_letters(words) else recognise(words)
    else:
        seen = " ".join(piece.decode("cp1252", "replace") for piece in texts)
        found = recognise(seen)
        if found is None and any(" " in one.leader[9:10] for one in raws):
            report.note("converted_text", name="MARC-8")
    if found:
        report.note("converted_text", name=found.label)
    return found


def _decoded(one: _Raw, encoding: str | None, alphabet: Legacy | None) -> Record:
    """Raises `UnicodeDecodeError` and `_Unreadable`: its letters are in no alphabet that is known."""
    whole = b"".join(piece for _tag, piece in one.fields)
    is_utf8 = _is_utf8(whole) and encoding not in (MARC8, *Legacy) and not (b"\x1b" in whole and one.leader[9] != "a")
    in_marc8 = not is_utf8 and alphabet is None
    if in_marc8 and (encoding not in (None, MARC8) or (encoding is None and one.leader[9] == "a")):
        raise _Unreadable("marc_letters")

    def said(piece: bytes) -> str:
        if in_marc8:
            return _from_marc8(piece)
        text = piece.decode() if is_utf8 else piece.decode("cp1252", "replace")
        return decode(text, alphabet) if alphabet and not text.isascii() else text

    record = Record()
    for tag, piece in one.fields:
        head, *parts = piece.split(_SUBFIELD.encode())
        if tag < "010" and tag.isdigit():
            record.fields.append(Field(tag=tag, data=said(piece)))
            continue
        marks = f"{head.decode('latin-1')}  "
        subfields = [Subfield(chr(part[0]), said(part[1:])) for part in parts if part]
        record.fields.append(Field(tag=tag, indicators=Indicators(marks[0], marks[1]), subfields=subfields))
    return record


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _from_marc8(piece: bytes) -> str:
    """Raises `_Unreadable` where a letter would be lost."""
    if b"\x1b" not in piece and (not _ANSEL.issuperset(one for one in piece if one > 0x7F) or piece[-1:] >= b"\xe0"):
        raise _Unreadable("marc_letters")
    try:
        return str(MARC8ToUnicode(quiet=True).translate(piece))  # type: ignore[no-untyped-call]
    except (IndexError, TypeError, KeyError) as error:
        raise _Unreadable("marc_letters") from error


# --- MARCXML


def _read_xml(raw: bytes, report: Report) -> list[Numbered]:
    target = _XmlTarget()
    parser: Any = XMLParser(target=target, forbid_dtd=True)
    try:
        for start in range(0, len(raw), 65_536):
            parser.feed(raw[start : start + 65_536])
            if target.number > MOST_RECORDS:
                report.refuse("marc_too_many", limit=MOST_RECORDS)
                return []
        parser.close()
    except DefusedXmlException:
        report.refuse("marc_xml_dtd")
        return []
    except SyntaxError as error:  # of XML
        if not target.number:
            report.refuse("not_marc")
            return []
        number = target.number if target.record is not None else target.number + 1
        report.skip(Line(number), "marc_xml_broken", at=getattr(error, "position", (0, 0))[0])
    for number in target.nameless:
        report.skip(Line(number), "marc_directory")
    words = " ".join(one for found in target.records for field in found.record for one in _texts(field))
    strange = " ".join(word for word in words.split() if not word.isascii())
    alphabet = None if has_unicode_letters(strange) else recognise(strange)
    if alphabet:
        report.note("converted_text", name=alphabet.label)
        for found in target.records:
            for field in found.record:
                field.subfields = [Subfield(one.code, decode(one.value, alphabet)) for one in field.subfields]
    return target.records


def _texts(field: Field) -> list[str]:
    return [str(field.data or "")] if field.control_field else [one.value for one in field.subfields]


class _XmlTarget:
    """Builds records as the parser reads them, so that those before a break are there."""

    def __init__(self) -> None:
        self.records: list[Numbered] = []
        self.number = 0
        self.record: Record | None = None
        # Records with a field or a subfield that has no name.
        self.nameless: list[int] = []
        self._leader = ""
        self._field: Field | None = None
        self._code: str | None = None
        self._text: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._text = []
        match tag.rpartition("}")[2]:
            case "record":
                self.record, self._leader = Record(), ""
                self.number += 1
            case "controlfield" | "datafield" as name if self.record is not None:
                number = attributes.get("tag", "")
                if not re.fullmatch("[0-9A-Za-z]{3}", number) or len(self.record.fields) >= _MOST_FIELDS:
                    self._lose()
                elif name == "controlfield":
                    self._field = Field(tag=number if number < "010" else "009", data="")
                elif number >= "010":
                    marks = Indicators(attributes.get("ind1", " "), attributes.get("ind2", " "))
                    self._field = Field(tag=number, indicators=marks, subfields=[])
            case "subfield" if self._field is not None:
                self._code = attributes.get("code", "")
                if len(self._code) != 1:
                    self._lose()

    def end(self, tag: str) -> None:
        text, self._text = "".join(self._text), []
        match tag.rpartition("}")[2]:
            case "record" if self.record is not None:
                self.records.append(Numbered(self.number, self._leader, self.record))
                self.record = None
            case "leader" if self.record is not None:
                self._leader = text
            case "controlfield" | "datafield" if self._field is not None and self.record is not None:
                if self._field.control_field:
                    self._field.data = text
                self.record.fields.append(self._field)
                self._field = None
            case "subfield" if self._field is not None and self._code and not self._field.control_field:
                self._field.add_subfield(self._code, text)
                self._code = None

    def data(self, text: str) -> None:
        self._text.append(text)

    def close(self) -> None:
        """Asked for by the parser."""

    def _lose(self) -> None:
        self.nameless.append(self.number)
        self.record = self._field = self._code = None
