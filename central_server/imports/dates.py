"""Dates as people write them."""

import re
from datetime import date


def parse_date(text: str) -> date | None:
    """`31/05/2027`, `1-6-2027` or `2027-05-31`; `None` when `text` is no date of the years 1900 to 2199."""
    if found := re.fullmatch(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[ T]00:00(?::00(?:\.0+)?)?)?", text):
        year, month, day = map(int, found.groups())
    elif found := re.fullmatch(r"([0-9]{1,2})([/.\-])([0-9]{1,2})\2([0-9]{4})", text):
        day, month, year = int(found[1]), int(found[3]), int(found[4])
    else:
        return None
    try:
        return date(year, month, day) if 1900 <= year < 2200 else None
    except ValueError:
        return None


def is_month_first(text: str) -> bool:
    """Whether `text` is a date only when it is read as month/day/year: `11/25/2026`."""
    found = re.fullmatch(r"\s*([0-9]{1,2})([/.\-])([0-9]{1,2})\2([0-9]{4})\s*", text)
    if not found or parse_date(text.strip()):
        return False
    return parse_date(f"{found[3]}/{found[1]}/{found[4]}") is not None
