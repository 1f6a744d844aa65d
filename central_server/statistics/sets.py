"""Which figures are shown, and when years begin: data of an organisation at the root, with usual ones in the code."""

import tomllib
from dataclasses import dataclass, field, fields, replace

import msgspec
import sqlalchemy as sa

from central_server import organisations
from central_server.cannot import CannotDo
from central_server.organisations import Node
from central_server.statistics.marks import SCHOOL_YEAR_FROM
from central_server.statistics.measures import MEASURES
from central_server.tables.figures import statistics_setting
from central_server.upsert import put

YEAR_FROM = 6
OF_READERS = frozenset({"readers", "readers_of_year"})
"""Measures that count people who did something: small ones are not shown above a school."""
HERE_NOW = frozenset({"titles", "items", "patrons"})
"""Measures of what is there now, which no month has."""
DEEDS = frozenset({"loans", "loans_by_group", "returns", "renewals", "in_house_use", "visit", "help_call"})
"""Measures of what people did in a month: few of them tell how many readers did it."""
PEOPLE = OF_READERS | {"patrons"}
"""Measures that count people."""
_MEASURES = {one.name for one in MEASURES} - {"loans_by_group", "readers_of_year"}


@dataclass(frozen=True, slots=True)
class Figure:
    """What is shown in a column. `label`: by language; none for those of the code, whose words are in the catalogue.
    `unit`: a word of ours, for programs. `per_pupil`: divided by how many pupils the schools have. `level`: only of
    schools of that level. `part`: only of what the measure is divided by, as a beginning (`damaged/`)."""

    name: str
    measure: str
    unit: str
    per_pupil: bool = False
    level: str | None = None
    part: str = ""
    label: dict[str, str] = field(default_factory=dict)


USUAL: tuple[Figure, ...] = (
    Figure("loans", "loans", "loans"),
    Figure("loans_per_pupil", "loans", "loans per pupil", per_pupil=True),
    Figure("returns", "returns", "returns"),
    Figure("renewals", "renewals", "renewals"),
    Figure("in_house_uses", "in_house_use", "uses"),
    Figure("visits", "visit", "visits"),
    Figure("visits_per_pupil", "visit", "visits per pupil", per_pupil=True),
    Figure("help_calls", "help_call", "calls"),
    Figure("readers", "readers", "readers"),
    Figure("titles", "titles", "titles"),
    Figure("items", "items", "items", part="available/"),
    Figure("items_per_pupil", "items", "items per pupil", per_pupil=True, part="available/"),
    Figure("damaged", "items", "items", part="damaged/"),
    Figure("patrons", "patrons", "readers"),
    Figure("new_titles", "new_titles", "titles"),
    Figure("new_items", "new_items", "items"),
)


@dataclass(frozen=True, slots=True)
class Setting:
    """How an organisation at the root, and all below it, count. The first months of its years: 1 to 12."""

    year_from: int = YEAR_FROM
    school_year_from: int = SCHOOL_YEAR_FROM
    figures: tuple[Figure, ...] = USUAL


class _File(msgspec.Struct, forbid_unknown_fields=True):
    figure: list[Figure]


def of(connection: sa.Connection, node: Node) -> Setting:
    """What holds at `node`."""
    root = node.path.split("/", 1)[0]
    row = connection.execute(sa.select(statistics_setting).where(statistics_setting.c.organisation_id == root)).first()
    if row is None:
        return Setting()
    return Setting(row.year_from, row.school_year_from, read(row.figures) if row.figures else USUAL)


def read(text: str) -> tuple[Figure, ...]:
    """The set of figures of a TOML file. Raises `CannotDo`."""
    try:
        said = tomllib.loads(text)
        known = msgspec.convert(said, _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise CannotDo(f"That is no set of figures: {error}.") from error
    names = [one.name for one in known.figure]
    if not names or len(set(names)) < len(names):
        raise CannotDo("A set of figures has at least one, and each name once.")
    if strange := {name for one in said["figure"] for name in one} - {one.name for one in fields(Figure)}:
        raise CannotDo(f"Nobody knows what {', '.join(sorted(strange))} of a figure means.")
    for one in known.figure:
        if one.measure not in _MEASURES:
            raise CannotDo(f"Nothing measures {one.measure!r}; there are: {', '.join(sorted(_MEASURES))}.")
        if not one.name.isidentifier() or len(one.name) > 64:
            raise CannotDo(f"{one.name!r} is no name of a figure: letters, digits and _.")
    return tuple(known.figure)


def change(
    connection: sa.Connection, node: Node, year_from: int | None, school_year_from: int | None, figures: str | None
) -> Setting:
    """Set what is given. `figures` (TOML) "": the usual ones again. Raises `CannotDo`."""
    if node.parent is not None:
        raise CannotDo(f"{node.id!r} is not at the root: all of one tree count alike.")
    now = of(connection, node)
    text = connection.scalar(
        sa.select(statistics_setting.c.figures).where(statistics_setting.c.organisation_id == node.id)
    )
    if figures is not None:
        text = figures or None
        now = replace(now, figures=read(text) if text else USUAL)
    now = replace(now, year_from=year_from or now.year_from, school_year_from=school_year_from or now.school_year_from)
    row = {
        "organisation_id": node.id,
        "year_from": now.year_from,
        "school_year_from": now.school_year_from,
        "figures": text,
    }
    put(connection, statistics_setting, [row])
    return now


def root_of(connection: sa.Connection, node: Node) -> Node:
    """The organisation at the root of its tree."""
    return organisations.find(connection, node.path.split("/", 1)[0]) or node
