"""Days as a pupil reads them: "T2, 07/12", "Mon 07/12"."""

from __future__ import annotations

from datetime import date

from kiosk.domain.clock_trust import Moment
from kiosk.i18n import Translator


def _weekday(day: date, words: Translator) -> str:
    return (
        words.in_context("weekday", "Mon"),
        words.in_context("weekday", "Tue"),
        words.in_context("weekday", "Wed"),
        words.in_context("weekday", "Thu"),
        words.in_context("weekday", "Fri"),
        words.in_context("weekday", "Sat"),
        words.in_context("weekday", "Sun"),
    )[day.weekday()]


def short_day(day: date, words: Translator) -> str:
    return words.text("{weekday} {day}", weekday=_weekday(day, words), day=f"{day:%d/%m}")


def long_day(day: date, words: Translator) -> str:
    weekday = (
        words.in_context("long weekday", "Monday"),
        words.in_context("long weekday", "Tuesday"),
        words.in_context("long weekday", "Wednesday"),
        words.in_context("long weekday", "Thursday"),
        words.in_context("long weekday", "Friday"),
        words.in_context("long weekday", "Saturday"),
        words.in_context("long weekday", "Sunday"),
    )[day.weekday()]
    return words.text("{weekday} {day}", weekday=weekday, day=f"{day:%d/%m}")


def in_days(days: int, words: Translator) -> str:
    if days == 0:
        return words.text("today")
    return words.plural("in {n} day", "in {n} days", days)


def day_and_time(at_ms: int | None, words: Translator) -> str:
    """In the library; "" for a time (milliseconds since 1970) that nobody vouches for."""
    if at_ms is None:
        return ""
    at = Moment(at_ms, "", 0, trusted=True).local
    return words.text("{day}, {time}", day=short_day(at.date(), words), time=f"{at:%H:%M}")


def day_with_year(day: date) -> str:
    return f"{day.day:02}/{day.month:02}/{day.year}"


def due(due_on: date | None, due_in_days: int | None, words: Translator) -> str:
    """When a book comes back; days to go where the station is not sure of the date."""
    if due_in_days is not None:
        return words.plural("due in {n} day", "due in {n} days", due_in_days)
    if due_on is not None:
        return words.text("due {day}", day=short_day(due_on, words))
    return words.text("borrowed")
