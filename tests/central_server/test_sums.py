"""What an office sees of counts of readers, and what it cannot work out."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
import sqlalchemy as sa

from central_server import organisations
from central_server.cannot import CannotDo
from central_server.database import Store, reading
from central_server.organisations import Node
from central_server.statistics import sets, sums
from central_server.statistics.periods import Kind, Period, period
from central_server.statistics.sets import Figure, Setting
from central_server.tables.figures import tally
from tests.central_server.support import option_of, run

NOVEMBER = Period(Kind.MONTH, 2026, 11)
FIGURES = (Figure("readers", "readers", "readers"), Figure("per", "readers", "", per_pupil=True))
SCHOOLS = {"a1": ("a", "primary"), "a2": ("a", "lower"), "b1": ("b", "primary")}


@pytest.fixture
def province(store: Store) -> Node:
    """A province with two communes and three schools."""
    with store.writing.begin() as connection:
        node = organisations.add(connection, "p", "province", "Tỉnh")
        for commune in ("a", "b"):
            organisations.add(connection, commune, "commune", commune, parent="p")
        for school, (commune, level) in SCHOOLS.items():
            organisations.add(
                connection, school, "school", school, parent=commune, one_school=True, level=level, pupils=100
            )
            organisations.add(connection, f"l-{school}", "library", school, parent=school, library=f"lib-{school}")
    return node


def let_be(store: Store, counts: dict[str, int], measure: str = "readers", month: str = "2026-11") -> None:
    with store.writing.begin() as connection:
        connection.execute(sa.delete(tally))
        rows = [
            {"library_id": f"lib-{school}", "measure": measure, "month": month, "part": "", "count": number}
            for school, number in counts.items()
        ]
        connection.execute(tally.insert(), rows)


def told(store: Store, province: Node) -> tuple[object, ...]:
    """All that an office can be shown: each organisation, all schools, each level, and what each pupil has of it."""
    seen = []
    with reading(store) as connection:
        nodes = [one for one in organisations.within(connection, province.path) if one.library is None]
        for node, level in product(nodes, (None, "primary", "lower")):
            for who in (sums.itself(node), sums.children(node), sums.schools(node)):
                for line in sums.lines(connection, who, NOVEMBER, FIGURES, level=level):
                    seen.append((line.id, line.value(FIGURES[0]), line.per_pupil(FIGURES[1])))
            seen.append(tuple(sums.by_month(connection, node, FIGURES[0], "2026-01", "2026-12", level=level).items()))
    return tuple(seen)


@pytest.mark.slow(20)
def test_leaves_every_value_of_a_hidden_count_possible_whatever_is_put_together(store: Store, province: Node) -> None:
    """The attacker knows the rule, the tree and everything that any page or program is told, and tries all counts."""
    possible = defaultdict(list)
    for counts in product((0, 1, 2, 3, 4, 5, 6), repeat=2):
        found = dict(zip(SCHOOLS, (*counts, 9), strict=True))
        let_be(store, found)
        possible[told(store, province)].append(counts)
    for worlds in possible.values():
        for place in (0, 1):
            values = {one[place] for one in worlds}
            assert values == {1, 2, 3, 4} or (len(values) == 1 and not values & {1, 2, 3, 4}), worlds


def test_an_exact_sum_would_tell_it(store: Store, province: Node) -> None:
    """The control: with nothing left out of sums, the same attacker knows every count."""
    let_be(store, {"a1": 3, "a2": 50, "b1": 9})
    with reading(store) as connection:
        (whole,) = sums.lines(connection, sums.itself(province), NOVEMBER, FIGURES, everything=True)
        (shown,) = sums.lines(connection, sums.itself(province), NOVEMBER, FIGURES)
    assert (whole.value(FIGURES[0]), shown.value(FIGURES[0])) == (sums.Sum(62), sums.Sum(59, 1))
    assert (whole.per_pupil(FIGURES[1]), shown.per_pupil(FIGURES[1])) == (62 / 300, None)


def test_sums_months_of_a_year_and_what_is_there_now(store: Store, province: Node) -> None:
    let_be(store, {"a1": 3, "a2": 4, "b1": 5}, "loans")
    loans, items = Figure("loans", "loans", ""), Figure("items", "items", "", part="available/")
    with store.writing.begin() as connection:
        row = {"library_id": "lib-a1", "month": "", "part": "available/budget", "measure": "items", "count": 2}
        connection.execute(tally.insert(), [row, row | {"part": "available/", "count": 3}, row | {"part": "lost/"}])
    for when, expected in ((Period(Kind.YEAR, 2026, 6), 12), (Period(Kind.YEAR, 2025, 6), 0), (NOVEMBER, 12)):
        with reading(store) as connection:
            (line,) = sums.lines(connection, sums.itself(province), when, [loans, items])
        assert (line.value(loans), line.value(items)) == (sums.Sum(expected), sums.Sum(5))


def test_sums_a_figure_of_one_level_of_schools_of_that_level(store: Store, province: Node) -> None:
    let_be(store, {"a1": 3, "a2": 4, "b1": 5}, "loans")
    every, primary = Figure("every", "loans", ""), Figure("primary", "loans", "", per_pupil=True, level="primary")
    for level, expected in ((None, (12, 8, 8 / 200)), ("lower", (4, 0, None)), ("primary", (8, 8, 8 / 200))):
        with reading(store) as connection:
            (line,) = sums.lines(connection, sums.itself(province), NOVEMBER, [every, primary], level=level)
        values = line.value(every), line.value(primary)
        assert (*(one.value for one in values if one), line.per_pupil(primary)) == expected


@pytest.mark.parametrize(
    ("kind", "text", "first", "last", "before"),
    [
        ("month", "2026-01", "2026-01", "2026-01", "2025-01"),
        ("month", "03/2026", "2026-03", "2026-03", "2025-03"),
        ("month", " 3/2026 ", "2026-03", "2026-03", "2025-03"),
        ("month", "13/2026", "2026-11", "2026-11", "2025-11"),
        ("month", "", "2026-11", "2026-11", "2025-11"),
        ("school_year", "2026", "2026-09", "2027-08", "2025-09"),
        ("school_year", "", "2026-09", "2027-08", "2025-09"),
        ("year", "2024", "2024-06", "2025-05", "2023-06"),
        ("year", "0000", "2026-06", "2027-05", "2025-06"),
        ("nonsense", "2026-13", "2026-11", "2026-11", "2025-11"),
    ],
)
def test_knows_its_periods(kind: str, text: str, first: str, last: str, before: str) -> None:
    one = period(kind, text, Setting(), "2026-11-30")
    assert (one.first, one.last, one.ago(1).first) == (first, last, before)
    assert (one.months()[0], one.months()[-1]) == (first, last)


def test_counts_as_its_root_says(store: Store, province: Node) -> None:
    own = (
        '[[figure]]\nname = "held"\nmeasure = "items"\nunit = "items"\npart = "available/"\nlabel = {vi = "Sách còn"}\n'
    )
    with store.writing.begin() as connection:
        sets.change(connection, province, 1, 8, own)
        school = organisations.find(connection, "a1")
        assert school is not None
        found = sets.of(connection, school)
        assert (found.year_from, found.school_year_from) == (1, 8)
        assert [(one.name, one.label["vi"]) for one in found.figures] == [("held", "Sách còn")]
        assert sets.change(connection, province, None, None, "") == Setting(1, 8)
        with pytest.raises(CannotDo, match="root"):
            sets.change(connection, school, 1, 1, None)


@pytest.mark.slow
def test_is_told_how_to_count_by_a_command(store: Store, province: Node, tmp_path: Path) -> None:
    store.close()
    file = tmp_path / "own.toml"
    file.write_text('[[figure]]\nname = "held"\nmeasure = "items"\nunit = "items"\n')
    said = run("figures", "set", "p", "--school-year-from", "8", "--figures", file, *option_of(store.where))
    assert (said.returncode, "school years from month 8: held" in said.stdout) == (0, True)
    assert run("figures", "set", "a1", "--year-from", "1", *option_of(store.where)).returncode == 2
    assert run("figures", "close", *option_of(store.where)).stdout == "0 periods closed\n"


def _bad_sets() -> Iterator[str]:
    one = '[[figure]]\nname = "a"\nmeasure = "loans"\nunit = "x"\n'
    yield from ("", "figure = 1", one + one, one.replace("loans", "readers_of_year"), one.replace("loans", "names"))
    yield from (one + "colour = 1\n", one.replace('"a"', '"<b>"'), one.replace('"x"', "1"))


@pytest.mark.parametrize("text", list(_bad_sets()))
def test_takes_no_set_of_figures_that_means_nothing(text: str) -> None:
    with pytest.raises(CannotDo):
        sets.read(text)
