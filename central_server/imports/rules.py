"""The circulation rules of a library from TOML, and what is known of them."""

from collections import Counter
from typing import Annotated

import msgspec
import sqlalchemy as sa
from msgspec import Meta, Struct

from central_server import changes
from central_server.imports.report import Report
from central_server.imports.toml_reader import publish_with_settings, read_toml
from central_server.tables.library import patron

Count = Annotated[int, Meta(ge=0, le=10_000)]
Days = Annotated[int, Meta(ge=0, le=3_660)]
AtLeastOne = Annotated[int, Meta(ge=1, le=10_000)]
Code = Annotated[str, Meta(min_length=1, max_length=64)]
Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"\S")]


class Limits(Struct):
    """`overdue_blocks_from`: so many late books block; `suspend_after_days`: who is that late borrows nothing for
    `suspend_days` from then on."""

    total: Count
    overdue_blocks_after_days: Days
    overdue_blocks_from: AtLeastOne = 1
    per_day: AtLeastOne | None = None
    suspend_after_days: Days | None = None
    suspend_days: Days = 0


class Policy(Struct):
    """`classes`: only for these, each the beginning of a class's name; `over_summer`: the end of a school year does not
    end the loan."""

    patron_category: Code
    item_type: Code
    days: Days
    limit: Count
    renewals: Count
    in_house_only: bool = False
    classes: Annotated[list[Code], Meta(max_length=100)] = []
    over_summer: bool = False


class CirculationFile(Struct):
    """As the file has it: `[limits.hs]`, `[[policy]]`. `hold_shelf_days`: open days that a book waits for who placed a
    hold; none: until they come. `names`: what people call a patron category or an item type."""

    version: Code
    limits: dict[Code, Limits]
    policy: Annotated[list[Policy], Meta(min_length=1)]
    hold_shelf_days: Annotated[int, Meta(ge=1, le=366)] | None = None
    names: dict[Code, Name] = {}


class Circulation(Struct):
    """As the stations are told it."""

    version: str
    limits: dict[str, Limits]
    policies: list[Policy]
    hold_shelf_days: int | None = None
    names: dict[str, str] = {}


def import_circulation(connection: sa.Connection, library: str, raw: bytes, report: Report) -> None:
    """Take in the rules, all or nothing, and tell the stations when they are different."""
    read = read_toml(raw, CirculationFile, {"": CirculationFile, "limits.*": Limits, "policy": Policy}, report)
    if read is None:
        return
    for (category, item_type), times in Counter((one.patron_category, one.item_type) for one in read.policy).items():
        if times > 1:
            report.refuse("double_policy", category=category, item_type=item_type)
    for category in sorted({one.patron_category for one in read.policy} - set(read.limits)):
        report.refuse("policy_without_limits", category=category)
    codes = set(read.limits) | {one.item_type for one in read.policy}
    for code in sorted(set(read.names) - codes):
        report.note("name_of_nothing", value=code)
    if not report.readable:
        return
    circulation = Circulation(read.version, read.limits, read.policy, read.hold_shelf_days, read.names)
    publish_with_settings(connection, library, "circulation", circulation, report)
    mine = patron.c.library_id == library
    strangers = (
        sa.select(patron.c.category, sa.func.count().label("count"))
        .where(mine, patron.c.category.not_in(list(read.limits)))
        .group_by(patron.c.category)
    )
    for row in connection.execute(strangers):
        report.note("category_without_rule", value=row.category, count=row._mapping["count"])


def patron_categories(connection: sa.Connection, library: str) -> list[str]:
    """The patron categories that the library's rules know; empty while there are no rules."""
    known = _known(connection, library)
    return sorted(known.limits) if known else []


def limits_of(connection: sa.Connection, library: str) -> dict[str, Limits]:
    """What each patron category may have; empty while there are no rules."""
    known = _known(connection, library)
    return known.limits if known else {}


def longest_suspension(connection: sa.Connection, library: str) -> int:
    """For how many days at most the rules suspend who brings a book back late; 0: never."""
    limits = limits_of(connection, library).values()
    return max((one.suspend_days for one in limits if one.suspend_after_days is not None), default=0)


def item_types(connection: sa.Connection, library: str) -> set[str]:
    """The types of items that the library's rules know; empty while there are no rules."""
    known = _known(connection, library)
    return {one.item_type for one in known.policies} if known else set()


def names(connection: sa.Connection, library: str) -> dict[str, str]:
    """What people call the patron categories and item types, by code, where the rules say it."""
    known = _known(connection, library)
    return known.names if known else {}


def _known(connection: sa.Connection, library: str) -> Circulation | None:
    text = changes.current(connection, library, "circulation", library)
    return msgspec.json.decode(text, type=Circulation) if text else None
