"""Reading a file of text as people save it: UTF-8 with or without a mark, UTF-16, an alphabet from before Unicode, any
line ends."""

import codecs
import io
from typing import NamedTuple

from central_server.imports.legacy import Legacy, decode
from central_server.imports.recognise import recognise
from central_server.imports.report import Line, Report

MOST_BYTES = 64 * 1024 * 1024
ENCODINGS = ("utf-8", "utf-16", *[one.value for one in Legacy])


class Text(NamedTuple):
    """Lines, each with its `\n`. Under an old `alphabet` they are seen as Windows-1252: `decode` says what they say."""

    lines: list[str]
    alphabet: Legacy | None = None

    def decode(self, part: str) -> str:
        """What a part of a line says."""
        return decode(part, self.alphabet) if self.alphabet else part


def read_text(raw: bytes, report: Report, encoding: str | None = None) -> Text | None:
    """The text of `raw`; `None` when the report says why not. `encoding` is one of `ENCODINGS`, if a person said it."""
    if encoding == "utf-16" or (encoding is None and _utf16(raw)):
        text, alphabet = _decode_utf16(raw, _utf16(raw) or "utf-16", report), None
    else:
        text, alphabet = _decode(raw, report, encoding)
    if text is None:
        return None
    if not text.strip():
        report.refuse("empty_file")
        return None
    return Text(list(io.StringIO(text, newline=None)), alphabet)


def _decode_utf16(raw: bytes, codec: str, report: Report) -> str | None:
    try:
        text = raw.decode(codec)
    except UnicodeDecodeError:
        report.refuse("not_utf16")
        return None
    report.note("utf16")
    return text.removeprefix("\ufeff")


def _decode(raw: bytes, report: Report, encoding: str | None) -> tuple[str | None, Legacy | None]:
    try:
        return raw.decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        failed_at = error.start
    has_mark = raw.startswith(codecs.BOM_UTF8)
    seen = raw.decode("cp1252", "replace")
    if encoding is None and not has_mark:
        alphabet = recognise(seen)
    else:
        alphabet = Legacy(encoding) if encoding in list(Legacy) else None
    if alphabet:
        return seen, alphabet
    # The codec counts from behind the mark.
    at = failed_at + (len(codecs.BOM_UTF8) if has_mark else 0)
    line_start = raw.rfind(b"\n", 0, at) + 1
    line = Line(raw.count(b"\n", 0, at) + 1)
    report.refuse("not_utf8", line, byte=at + 1, column=at - line_start + 1)
    return None, None


def _utf16(raw: bytes) -> str | None:
    """The codec, when `raw` is UTF-16: by its mark, or by the zeros that ASCII letters have in it."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    start = raw[:1000]
    if start.count(0) * 5 < len(start) or not start:
        return None
    return "utf-16-le" if start[1::2].count(0) > start[0::2].count(0) else "utf-16-be"
