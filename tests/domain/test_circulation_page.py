"""docs/circulation.md has a line for each rule, and every line is true of the code."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest

from kiosk.domain import blocks as b
from kiosk.domain.loan_policy import CirculationRules, LoanPolicy, PatronLimits
from kiosk.domain.overrides import may_set_aside
from kiosk.domain.settings import all_settings
from kiosk.domain.staff import Role

ROOT = Path(__file__).parents[2]
ROWS = [
    [cell.strip() for cell in line.strip("| \n").split(" | ")]
    for line in (ROOT / "docs" / "circulation.md").read_text("utf-8").splitlines()
    if line.startswith("|") and not line.startswith(("| rule", "|---"))
]
KINDS: tuple[type[Any], ...] = get_args(b.Block)
BY_CODE = {kind.code: kind for kind in KINDS}
_VALUES = {"int": 1, "date": date(2026, 11, 23), "str": "STK", "tuple[str, ...]": ("7",)}


def block(code: str) -> b.Block:
    kind = BY_CODE[code]
    made: b.Block = kind(*(_VALUES[str(field.type)] for field in fields(kind)))
    return made


def names_of_tests() -> set[str]:
    files = [*(ROOT / "tests" / "domain").glob("*.py"), *(ROOT / "tests" / "desk").glob("*.py")]
    return {name for path in files for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)}


def test_a_code_is_of_one_block() -> None:
    assert len(BY_CODE) == len(KINDS)


def test_every_block_has_a_rule() -> None:
    assert {row[3] for row in ROWS} - {"—"} == set(BY_CODE)


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_line_names_a_test_and_who_may_set_it_aside(row: list[str]) -> None:
    rule, _set_by, what, code, aside, test = row
    assert rule
    assert what
    assert test.strip("`") in names_of_tests()
    if code == "—":
        assert aside == "—"
        return
    for role in Role:
        assert may_set_aside(block(code), role) is {"librarian": True, "nobody": False}[aside]


def test_every_number_of_the_rules_has_a_line_and_says_whether_it_is_a_setting() -> None:
    known = {name for row in ROWS for name in re.findall(r"\.(\w+)`", row[1])}
    numbers = {field.name for of in (PatronLimits, LoanPolicy, CirculationRules) for field in fields(of)}
    assert numbers - {"version", "limits", "policies"} <= known
    rules = CirculationRules("1", {"hs": PatronLimits(5, 1)}, {("hs", "STK"): LoanPolicy(14, 4, 1)})
    settings = {one.name.rpartition(".")[2] for one in all_settings(rules) if one.name.startswith(("limits", "policy"))}
    marked = {row[1].split("`")[1].rpartition(".")[2] for row in ROWS if "¹" in row[1]}
    assert marked == settings | {"closures"}
