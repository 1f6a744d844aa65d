"""Tables that leave the station, as a file that a spreadsheet opens: every one is written here.

A cell that begins like a formula would be one, in the spreadsheet of whoever opens it; what it says may come from a
title or a barcode that somebody made up. Such a cell gets an apostrophe in front, and is text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(value: object) -> str:
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(_FORMULA) else text


def csv_table(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """UTF-8 with the mark by which Excel knows it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([safe_cell(cell) for cell in row] for row in (heading, *rows))
    return text.getvalue().encode("utf-8-sig")
