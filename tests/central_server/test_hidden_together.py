"""What an office cannot work out of months and years, readers and loans, when it looks at all of them together."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import product

import pytest
import sqlalchemy as sa

from central_server import organisations
from central_server.database import Store, reading
from central_server.organisations import Node
from central_server.statistics import sums
from central_server.statistics.periods import Kind, Period
from central_server.statistics.sets import DEEDS, Figure
from central_server.tables.figures import tally

OCTOBER, NOVEMBER = Period(Kind.MONTH, 2026, 10), Period(Kind.MONTH, 2026, 11)
SCHOOL_YEAR, YEAR = Period(Kind.SCHOOL_YEAR, 2026, 9), Period(Kind.YEAR, 2026, 6)
PERIODS = (OCTOBER, NOVEMBER, SCHOOL_YEAR, YEAR)
READERS, LOANS = Figure("readers", "readers", ""), Figure("loans", "loans", "")
PER_PUPIL = Figure("per", "loans", "", per_pupil=True), Figure("readers_per", "readers", "", per_pupil=True)
HIDDEN = {1, 2, 3, 4}


@pytest.fixture
def school(store: Store) -> Node:
    """A school with a library `lib`, below a commune with another one."""
    with store.writing.begin() as connection:
        organisations.add(connection, "c", "commune", "Xã")
        for name in ("a", "b"):
            school = f"school-{name}"
            organisations.add(connection, school, "school", name, parent="c", one_school=True, pupils=100)
            organisations.add(connection, f"l-{name}", "library", name, parent=school, library=f"lib-{name}")
        let_be(connection, "lib-b", readers={"2026-10": 9, "2026-11": 9}, loans={"2026-10": 9, "2026-11": 9})
        found = organisations.find(connection, "school-a")
    assert found is not None
    return found


@pytest.fixture
def connection(store: Store) -> Iterator[sa.Connection]:
    """One transaction for all worlds that are tried."""
    with store.writing.begin() as one:
        yield one


def let_be(connection: sa.Connection, library: str, **counts: dict[str, int]) -> None:
    connection.execute(sa.delete(tally).where(tally.c.library_id == library))
    rows = [
        {"library_id": library, "measure": measure, "month": month, "part": "", "count": count}
        for measure, months in counts.items()
        for month, count in months.items()
    ]
    connection.execute(tally.insert(), rows)


def told(connection: sa.Connection, school: Node, figures: tuple[Figure, ...]) -> tuple[object, ...]:
    """All that is said of the school and, with the other one, of the commune."""
    seen: list[object] = []
    for who in (sums.itself(school), sa.true()):
        for period in PERIODS:
            for line in sums.lines(connection, who, period, (*figures, *PER_PUPIL)):
                seen.append((line.id, *(line.value(one) for one in figures), *map(line.per_pupil, PER_PUPIL)))
    for one in figures:
        months = sums.by_month(connection, school, one, "2026-06", "2027-08")
        seen.append(tuple(sorted((month, *map(str, (one.value, one.hidden))) for month, one in months.items())))
    return tuple(seen)


@pytest.mark.slow(20)
def test_a_year_beside_its_months_leaves_every_value_of_a_hidden_count_possible(
    school: Node, connection: sa.Connection
) -> None:
    """The attacker knows that a year has at least the readers of each month, and at most those of all together."""
    possible = defaultdict(list)
    for months in product((0, 1, 2, 3, 4, 5, 6), repeat=2):
        for year in range(max(months), sum(months) + 1):
            readers = dict(zip(("2026-10", "2026-11"), months, strict=True))
            let_be(connection, "lib-a", readers=readers, readers_of_year={"2026/09": year})
            possible[told(connection, school, (READERS,))].append((*months, year))
    for worlds in possible.values():
        for place in (0, 1):
            values = {one[place] for one in worlds}
            assert values == HIDDEN or (len(values) == 1 and not values & HIDDEN), worlds
        years = {one[2] for one in worlds}
        assert years >= HIDDEN or not years & HIDDEN, worlds


@pytest.mark.slow(20)
def test_loans_beside_readers_leave_every_value_of_a_hidden_count_possible(
    school: Node, connection: sa.Connection
) -> None:
    """The attacker knows that who borrowed borrowed once at least, and that nobody else lends."""
    possible = defaultdict(list)
    one_month = [(0, 0), *((readers, loans) for loans in range(1, 6) for readers in range(1, loans + 1))]
    for october, november in product(one_month, repeat=2):
        readers = {"2026-10": october[0], "2026-11": november[0]}
        let_be(connection, "lib-a", readers=readers, loans={"2026-10": october[1], "2026-11": november[1]})
        possible[told(connection, school, (READERS, LOANS))].append((*october, *november))
    for worlds in possible.values():
        for place in range(4):
            values = {one[place] for one in worlds}
            assert values == HIDDEN or (len(values) == 1 and not values & HIDDEN), worlds


def test_hides_few_of_whatever_people_did_where_few_did_it(store: Store, school: Node) -> None:
    deeds = tuple(Figure(name, name, "") for name in sorted(DEEDS - {"loans_by_group"}))
    books = Figure("new", "new_titles", "")
    counts = {one.measure: {"2026-10": 4, "2026-11": 7} for one in (*deeds, books)}
    with store.writing.begin() as connection:
        let_be(connection, "lib-a", readers={"2026-10": 1, "2026-11": 2}, **counts)
    with reading(store) as connection:
        (line,) = sums.lines(connection, sums.itself(school), YEAR, [*deeds, books, *PER_PUPIL])
        (whole,) = sums.lines(connection, sums.itself(school), YEAR, deeds, everything=True)
    assert {line.value(one) for one in deeds} == {sums.Sum(7, 1)}
    assert line.value(books) == sums.Sum(11)
    assert line.per_pupil(PER_PUPIL[0]) == 7 / 100
    assert {whole.value(one) for one in deeds} == {sums.Sum(11)}


def test_a_year_that_is_left_out_is_not_said_to_be_small(store: Store, school: Node) -> None:
    with store.writing.begin() as connection:
        let_be(connection, "lib-a", readers={"2026-10": 3, "2026-11": 50}, readers_of_year={"2026/09": 51})
    with reading(store) as connection:
        (line,) = sums.lines(connection, sums.itself(school), SCHOOL_YEAR, [READERS])
        (month,) = sums.lines(connection, sums.itself(school), OCTOBER, [READERS])
        (whole,) = sums.lines(connection, sums.itself(school), SCHOOL_YEAR, [READERS], everything=True)
    shown = [one.value(READERS) for one in (line, month, whole)]
    assert shown == [sums.Sum(0, 1, large=True), sums.Sum(0, 1), sums.Sum(51)]
    assert [one.below for one in shown if one] == [None, 5, None]


def test_a_part_cannot_be_subtracted_from_the_whole_of_a_level(store: Store, school: Node) -> None:
    """A set of figures may ask for one category of all schools, and for all categories of those of a level."""
    with store.writing.begin() as connection:
        organisations.change(connection, "school-a", level="primary")
        connection.execute(sa.delete(tally))
        row = {"library_id": "lib-a", "measure": "patrons", "month": ""}
        connection.execute(tally.insert(), [row | {"part": "hs", "count": 300}, row | {"part": "gv", "count": 3}])
    pupils, every = Figure("pupils", "patrons", "", part="hs"), Figure("every", "patrons", "", level="primary")
    with reading(store) as connection:
        (line,) = sums.lines(connection, sums.itself(school), NOVEMBER, [pupils, every])
    assert (line.value(pupils), line.value(every)) == (sums.Sum(300), sums.Sum(300, 1))
