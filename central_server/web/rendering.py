"""Templates to HTML. Everything is escaped; dates, months and numbers are written as the language does."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from central_server import clock
from central_server.people import Role
from central_server.web.visits import Visit
from central_server.web.words import LANGUAGES, OWN_NAMES, Language, catalogue


def render(template: str, visit: Visit, path: str, values: Mapping[str, Any]) -> str:
    """The page `template` for whoever looks at `path`."""
    environment = _environment(visit.language)
    languages = [(one, OWN_NAMES[one]) for one in LANGUAGES if one != visit.language]
    return environment.get_template(template).render(visit=visit, path=path, languages=languages, Role=Role, **values)


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=PackageLoader("central_server.web"),
        autoescape=select_autoescape(default=True),
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    words = catalogue(language)
    environment.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]
    numbers = _Numbers(language)
    environment.filters.update(day=_day, time=_time, number=numbers.number, per=numbers.per)
    return environment


def _day(value: date | str | None) -> str:
    """`24/11/2026`, in both languages: nobody here writes the month first."""
    if not value:
        return ""
    day = date.fromisoformat(value) if isinstance(value, str) else value
    return day.strftime("%d/%m/%Y")


def _time(value_ms: int | None) -> str:
    """`24/11/2026 14:05`."""
    return "" if value_ms is None else clock.shown_time(value_ms)[:-3]


class _Numbers:
    def __init__(self, language: Language) -> None:
        self._group, self._point = (".", ",") if language == "vi" else (",", ".")

    def number(self, value: int | None) -> str:
        """`1.234` or `1,234`."""
        return "" if value is None else f"{value:,}".replace(",", self._group)

    def per(self, value: float | None) -> str:
        """One digit after the point: loans per pupil."""
        if value is None:
            return ""
        whole, tenth = f"{value:,.1f}".split(".")
        return f"{whole.replace(',', self._group)}{self._point}{tenth}"
