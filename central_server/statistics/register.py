"""Who works in the libraries of schools, without names: what they have learned, and what they want to learn."""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum

import sqlalchemy as sa

from central_server import upsert
from central_server.cannot import CannotDo
from central_server.organisations import Node, below
from central_server.tables.figures import staff_register
from central_server.tables.organisations import organisation

MOST = 50
_FIRST_YEAR = 1950


class Position(StrEnum):
    """What somebody is in a library."""

    LIBRARIAN = "librarian"
    TEACHER = "teacher"
    CLERK = "clerk"
    OTHER = "other"


class Qualification(StrEnum):
    """The highest in library work."""

    NONE = "none"
    SHORT_COURSE = "short_course"
    INTERMEDIATE = "intermediate"
    COLLEGE = "college"
    UNIVERSITY = "university"


class Topic(StrEnum):
    """What training is wanted in."""

    CATALOGUING = "cataloguing"
    SOFTWARE = "software"
    READING = "reading"
    ELECTRONIC = "electronic"
    PRESERVING = "preserving"


@dataclass(frozen=True, slots=True)
class Member:
    """One who works there. `trained_in`: the year of the last training, if there was one."""

    number: int
    position: Position
    qualification: Qualification
    trained_in: int | None
    wanted: tuple[Topic, ...]


@dataclass(slots=True)
class Counts:
    """Of a subtree. `schools`: how many there are, `silent`: how many of those say nothing."""

    all: int = 0
    schools: int = 0
    silent: int = 0
    qualifications: dict[str, int] = field(default_factory=dict)
    trained_in: dict[int | None, int] = field(default_factory=dict)
    wanted: dict[str, int] = field(default_factory=dict)


def members(connection: sa.Connection, node: Node) -> list[Member]:
    """Those of one school, in the order of their numbers."""
    mine = sa.select(staff_register).where(staff_register.c.organisation_id == node.id)
    return [
        Member(
            row.number,
            Position(row.position),
            Qualification(row.qualification),
            row.trained_in,
            tuple(Topic(one) for one in row.wanted.split()),
        )
        for row in connection.execute(mine.order_by(staff_register.c.number))
    ]


def put(
    connection: sa.Connection,
    node: Node,
    number: int | None,
    position: str,
    qualification: str,
    trained_in: str,
    wanted: Collection[str],
    now_ms: int,
) -> int:
    """Write down somebody, or what is different now of number `number`; answers the number. Raises `CannotDo`."""
    known = {one.number for one in members(connection, node)}
    if number is None and len(known) >= MOST:
        raise CannotDo(f"At most {MOST} people are written down for a school.")
    if number is not None and number not in known:
        raise CannotDo("That row is not there any more.")
    year = int(trained_in) if trained_in.isascii() and trained_in.isdigit() and len(trained_in) == 4 else None
    this_year = 1970 + now_ms // 31_556_952_000
    if trained_in and (year is None or not _FIRST_YEAR <= year <= this_year):
        raise CannotDo("A year is four digits, and not one to come.")
    try:
        topics = [Topic(one) for one in Topic if one.value in {Topic(other).value for other in wanted}]
        row = {
            "organisation_id": node.id,
            "number": number or max(known, default=0) + 1,
            "position": Position(position).value,
            "qualification": Qualification(qualification).value,
            "trained_in": year,
            "wanted": " ".join(one.value for one in topics),
            "changed_ms": now_ms,
        }
    except ValueError as error:
        raise CannotDo("One of the choices is none of ours.") from error
    upsert.put(connection, staff_register, [row])
    return int(row["number"])  # type: ignore[call-overload, no-any-return]


def remove(connection: sa.Connection, node: Node, number: int) -> bool:
    """Take a row away; answers whether there was one."""
    mine = (staff_register.c.organisation_id == node.id, staff_register.c.number == number)
    return bool(connection.execute(sa.delete(staff_register).where(*mine)).rowcount)


def counts(connection: sa.Connection, node: Node) -> Counts:
    """What an office is told of the subtree of `node`."""
    joined = organisation.join(staff_register, staff_register.c.organisation_id == organisation.c.id)
    told = sa.select(
        staff_register.c.qualification,
        staff_register.c.trained_in,
        staff_register.c.wanted,
        sa.func.count().label("people"),
    ).select_from(joined)
    by = (staff_register.c.qualification, staff_register.c.trained_in, staff_register.c.wanted)
    found = Counts()
    for row in connection.execute(told.where(below(node.path)).group_by(*by)):
        found.all += row.people
        found.qualifications[row.qualification] = found.qualifications.get(row.qualification, 0) + row.people
        found.trained_in[row.trained_in] = found.trained_in.get(row.trained_in, 0) + row.people
        for topic in row.wanted.split():
            found.wanted[topic] = found.wanted.get(topic, 0) + row.people
    over, part = organisation.alias("over"), organisation.alias("part")
    inside = sa.exists().where(over.c.id == organisation.c.parent_id, over.c.one_school)
    end = sa.func.substr(organisation.c.path, 1, sa.func.length(organisation.c.path) - 1).op("||")("0")
    says = sa.exists().where(
        part.c.path >= organisation.c.path, part.c.path < end, staff_register.c.organisation_id == part.c.id
    )
    schools = sa.select(sa.func.count(), sa.func.sum(sa.case((says, 0), else_=1))).where(
        below(node.path), organisation.c.one_school, ~inside
    )
    found.schools, silent = connection.execute(schools).one()
    found.silent = int(silent or 0)
    return found
