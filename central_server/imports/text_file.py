"""Reading a file of text as people save it: UTF-8 with or without a mark, UTF-16, any line ends."""

import codecs
import io

from central_server.imports.report import Report

MOST_BYTES = 64 * 1024 * 1024


def read_lines(raw: bytes, report: Report) -> list[str] | None:
    """The lines of `raw`, each with its `\\n`; `None` when the report says why not."""
    if len(raw) > MOST_BYTES:
        report.refuse("too_large", limit=MOST_BYTES // 1024 // 1024)
        return None
    text = _decode(raw, report)
    if text is None:
        return None
    if not text.strip():
        report.refuse("empty_file")
        return None
    return list(io.StringIO(text, newline=None))


def _decode(raw: bytes, report: Report) -> str | None:
    utf16 = _utf16(raw)
    if utf16:
        try:
            text = raw.decode(utf16)
        except UnicodeDecodeError:
            report.refuse("not_utf16")
            return None
        report.note("utf16")
        return text.removeprefix("\ufeff")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The codec counts from behind the mark.
        at = error.start + (len(codecs.BOM_UTF8) if raw.startswith(codecs.BOM_UTF8) else 0)
        line_start = raw.rfind(b"\n", 0, at) + 1
        report.refuse("not_utf8", line=raw.count(b"\n", 0, at) + 1, byte=at + 1, column=at - line_start + 1)
        return None


def _utf16(raw: bytes) -> str | None:
    """The codec, when `raw` is UTF-16: by its mark, or by the zeros that ASCII letters have in it."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    start = raw[:1000]
    if start.count(0) * 5 < len(start) or not start:
        return None
    return "utf-16-le" if start[1::2].count(0) > start[0::2].count(0) else "utf-16-be"
