"""What figures, periods and levels are called."""

from collections.abc import Mapping

from central_server.statistics.periods import Kind, Period
from central_server.statistics.sets import Figure
from central_server.web.site import say
from central_server.web.visits import Visit


def word(sentence: str) -> str:
    """Mark a sentence for the catalogues; `say` says it."""
    return sentence


_FIGURES: Mapping[str, str] = {
    "loans": word("Loans"),
    "loans_per_pupil": word("Loans per pupil"),
    "returns": word("Check-ins"),
    "renewals": word("Renewals"),
    "in_house_uses": word("Read in the library"),
    "visits": word("Visits"),
    "visits_per_pupil": word("Visits per pupil"),
    "help_calls": word("Calls for help"),
    "readers": word("Readers who borrowed"),
    "titles": word("Titles held"),
    "items": word("Items in good condition"),
    "items_per_pupil": word("Items in good condition per pupil"),
    "damaged": word("Damaged items"),
    "patrons": word("Readers on the list"),
    "new_titles": word("New titles"),
    "new_items": word("New items"),
}
LEVELS: Mapping[str, str] = {
    "kindergarten": word("Kindergarten"),
    "primary": word("Primary school"),
    "lower_secondary": word("Lower secondary school"),
    "upper_secondary": word("Upper secondary school"),
    "several": word("Several levels"),
}
"""What a school can be, in the order in which a form has it."""
# A set of figures, or an organisation made by a command, may say it so.
_ALSO = {"preschool": "kindergarten"}


def of_figure(visit: Visit, figure: Figure) -> str:
    """What a column is called: as its set says, else as we say, else its name."""
    own = figure.label.get(visit.language)
    return own or (say(visit, _FIGURES[figure.name]) if figure.name in _FIGURES else figure.name)


def of_level(visit: Visit, level: str | None) -> str:
    """A school's level; words that we do not know are shown as they are."""
    if not level:
        return ""
    return say(visit, LEVELS[known]) if (known := _ALSO.get(level, level)) in LEVELS else level


def typed(period: Period) -> str:
    """How people write it into the form: `11/2026`, or the year in which it begins."""
    return f"{period.month:02}/{period.year}" if period.kind is Kind.MONTH else period.text


def of_period(visit: Visit, period: Period) -> str:
    """`11/2026`, `school year 2026–2027`."""
    if period.kind is Kind.MONTH:
        return typed(period)
    last = int(period.last[:4])
    years = str(period.year) if last == period.year else f"{period.year}–{last}"
    if period.kind is Kind.SCHOOL_YEAR:
        return say(visit, "school year {years}", years=years)
    return say(visit, "statistics' year {years}", years=years)
