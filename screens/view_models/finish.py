"""Xong rồi: what the reader takes home, and until when. It knows no reader, so that none can be shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from kiosk.i18n import Translator
from kiosk.session.inputs import Button
from kiosk.session.states import Finished, Look, Row, SessionRules
from screens.view_models import icons
from screens.view_models.covers import cover_colour, cover_letter, shown_name, title_in_sentence
from screens.view_models.dates import in_days, long_day, short_day
from screens.view_models.views import Countdown, FinishRow, FinishView, Key

MOST_ROWS, MOST_IN_LARGE = 8, 6
MOST_IN_CODE = 5
"""With more titles its squares would be too small for a phone."""


def finish_view(finished: Finished, rules: SessionRules, words: Translator, look: Look = Look.USUAL) -> FinishView:
    most = MOST_ROWS if look is Look.USUAL else MOST_IN_LARGE
    rows = sorted(finished.rows, key=lambda row: (row.due_on or date.max, -row.recorded_at))
    one_day = len({row.due_on for row in rows}) <= 1
    label, day = _first_day(rows[0], one_day, words) if rows else ("", "")
    shown = rows if len(rows) <= most else rows[: most - 1]
    more = len(rows) - len(shown)
    code = _event(rows, one_day, words) if rows else ""
    return FinishView(
        title=words.text("All done, enjoy your books!"),
        label=label,
        day=day,
        rows=tuple(_row(row, one_day, words) for row in shown),
        more=words.plural("and {n} more book", "and {n} more books", more) if more else "",
        code=code,
        code_title=words.text("Scan with a phone to keep the day") if code else "",
        code_hint=words.text("The code holds only titles and days") if code else "",
        main=Key(words.text("Back to the start"), icons.HOME, Button.DONE),
        countdown=Countdown(finished.since + rules.finished_s, rules.finished_s),
    )


def _first_day(first: Row, one_day: bool, words: Translator) -> tuple[str, str]:
    """What is said before the day, and the day."""
    if first.due_in_days is not None:
        label = words.text("Return your books") if one_day else words.text("Return the first book")
        return label, in_days(first.due_in_days, words)
    label = words.text("Return your books by") if one_day else words.text("Return the first book by")
    return label, long_day(first.due_on, words) if first.due_on else ""


def _row(row: Row, one_day: bool, words: Translator) -> FinishRow:
    aside = "" if one_day else _day(row, words)
    return FinishRow(cover_letter(row.book.name), cover_colour(row.book), shown_name(row.book), aside)


def _day(row: Row, words: Translator) -> str:
    if row.due_in_days is not None:
        return in_days(row.due_in_days, words)
    return short_day(row.due_on, words) if row.due_on else ""


def _event(rows: Sequence[Row], one_day: bool, words: Translator) -> str:
    """An iCalendar event on the first day on which a book is due (RFC 5545): a phone offers to keep it. None where
    nobody vouches for that day."""
    first = rows[0].due_on
    if first is None or any(row.due_in_days is not None for row in rows):
        return ""
    titles = []
    for row in rows[:MOST_IN_CODE]:
        title = title_in_sentence(row.book)
        titles.append(title if one_day or row.due_on is None else f"{row.due_on:%d/%m} {title}")
    if len(rows) > MOST_IN_CODE:
        titles.append("…")
    summary = words.text("Return books: {titles}", titles=", ".join(titles))
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "BEGIN:VEVENT",
        f"SUMMARY:{_escaped(summary)}",
        f"DTSTART;VALUE=DATE:{first:%Y%m%d}",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "\n".join(lines)


def _escaped(text: str) -> str:
    for sign in "\\;,":
        text = text.replace(sign, "\\" + sign)
    return " ".join(text.split())
