"""What is counted, declared once: the triggers that keep the counts, the recount that checks them and the migration
that begins them are all made from this.

Expressions are SQL that both databases understand; `{row}` is the row of the source.
"""

from collections.abc import Callable
from dataclasses import dataclass

from central_server import class_names

GRACE_DAYS = 40
"""How long after its end a period may still learn of its readers: stations may be off for a summer's month."""


@dataclass(frozen=True)
class Dialect:
    """What the databases say differently."""

    name: str

    @property
    def is_postgresql(self) -> bool:
        return self.name == "postgresql"

    def month_of_ms(self, milliseconds: str) -> str:
        """The month in Vietnam, of milliseconds since 1970 UTC."""
        seconds = f"({milliseconds}) / 1000 + 25200"
        if self.is_postgresql:
            return f"to_char(timestamp '1970-01-01' + ({seconds}) * interval '1 second', 'YYYY-MM')"
        return f"strftime('%Y-%m', {seconds}, 'unixepoch')"

    def four(self, number: str) -> str:
        """A year with four digits."""
        return f"lpad(({number})::text, 4, '0')" if self.is_postgresql else f"printf('%04d', {number})"

    def two(self, number: str) -> str:
        """A month with two digits."""
        return f"lpad(({number})::text, 2, '0')" if self.is_postgresql else f"printf('%02d', {number})"

    def root_of(self, path: str) -> str:
        """The first id of a path in the tree."""
        return f"split_part({path}, '/', 1)" if self.is_postgresql else f"substr({path}, 1, instr({path}, '/') - 1)"

    def month_ago(self, days: int, years: int = 0) -> str:
        """The month that it was so long ago."""
        if self.is_postgresql:
            return f"to_char(now() - interval '{years} years {days} days', 'YYYY-MM')"
        return f"strftime('%Y-%m', 'now', '-{years} years', '-{days} days')"

    def has_left(self, class_name: str) -> str:
        """The condition that it is the class of some who left the school (`class_names.has_left`)."""
        if self.is_postgresql:
            return f"{class_name} ~ '{class_names.LEFT}$'"
        return f"{class_name} GLOB '*{class_names.LEFT}'"

    def new_secret(self) -> str:
        """32 bytes that nobody guesses."""
        if self.is_postgresql:
            return "sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))"
        return "randomblob(32)"

    def mark_of(self, secret: str, patron: str) -> str:
        """Whom a reader is in a period; the first 128 bits of a hash whose key is the secret."""
        if self.is_postgresql:
            return f"substr(encode(sha256({secret} || convert_to({patron}, 'UTF8')), 'hex'), 1, 32)"
        return f"reader_mark_of({secret}, {patron})"


SQLITE, POSTGRESQL = Dialect("sqlite"), Dialect("postgresql")


def dialect_of(name: str) -> Dialect:
    """By SQLAlchemy's name of it."""
    return POSTGRESQL if name == "postgresql" else SQLITE


@dataclass(frozen=True)
class Measure:
    """`amount` of every row of `table` for which `where` holds, summed by library, month and part. `columns`: those
    that the expressions look at, and that ever change."""

    name: str
    table: str
    month: Callable[[Dialect], str]
    columns: tuple[str, ...]
    where: str | Callable[[Dialect], str] = "1 = 1"
    part: str = "''"
    amount: str = "1"

    def counted(self, dialect: Dialect, row: str, source: str = "", sign: str = "") -> str:
        """A SELECT of what a row counts as: library, measure, month, part, amount."""
        where = self.where if isinstance(self.where, str) else self.where(dialect)
        month, part, amount, where = (
            text.replace("{row}", row) for text in (self.month(dialect), self.part, self.amount, where)
        )
        what = f"{row}.library_id, '{self.name}', {month}, {part}, {sign}({amount})"
        return f"SELECT {what}{f' FROM {source} AS {row}' if source else ''} WHERE {where}"


def _now(_dialect: Dialect) -> str:
    return "''"


def _of_day(column: str) -> Callable[[Dialect], str]:
    return lambda _dialect: f"coalesce(substr({{row}}.{column}, 1, 7), '')"


def _of_ms(milliseconds: str) -> Callable[[Dialect], str]:
    return lambda dialect: f"coalesce({dialect.month_of_ms(milliseconds)}, '')"


def _is_here(dialect: Dialect) -> str:
    return f"NOT ({dialect.has_left('{row}.class_name')})"


def _of_period(_dialect: Dialect) -> str:
    return "{row}.period"


_LENT = {"table": "loan", "month": _of_day("lent_on"), "where": "{row}.position IS NOT NULL AND NOT {row}.voided"}
_USES = ("in_house_use", "visit", "help_call")

MEASURES: tuple[Measure, ...] = (
    Measure("loans", columns=("lent_on", "position", "voided"), **_LENT),  # type: ignore[arg-type]
    Measure(
        "loans_by_group",
        columns=("lent_on", "position", "voided", "category", "grade"),
        part="coalesce({row}.category, '') || '/' || coalesce({row}.grade, '')",
        **_LENT,  # type: ignore[arg-type]
    ),
    Measure(
        "returns", "check_in", _of_ms("coalesce({row}.latest_ms, {row}.earliest_ms)"), ("earliest_ms", "latest_ms")
    ),
    # Append-only, and no operation takes a renewal back.
    Measure(
        "renewals", "operation", _of_ms("coalesce({row}.happened_ms, {row}.received_ms)"), (), "{row}.kind = 'renew'"
    ),
    *(
        Measure(kind, "daily_use", _of_day("day"), ("count",), f"{{row}}.kind = '{kind}'", amount="{row}.count")
        for kind in _USES
    ),
    Measure("titles", "title", _now, ()),
    Measure("new_titles", "title", _of_day("added_on"), ("added_on",), "{row}.added_on IS NOT NULL"),
    Measure("items", "item", _now, ("status", "source"), part="{row}.status || '/' || coalesce({row}.source, '')"),
    Measure("new_items", "item", _of_day("added_on"), ("added_on",), "{row}.added_on IS NOT NULL"),
    Measure("patrons", "patron", _now, ("category", "class_name"), _is_here, part="{row}.category"),
    Measure("readers", "reader_mark", _of_period, (), "substr({row}.period, 5, 1) = '-'"),
    Measure("readers_of_year", "reader_mark", _of_period, (), "substr({row}.period, 5, 1) = '/'"),
)

SOURCES: dict[str, tuple[Measure, ...]] = {
    table: tuple(one for one in MEASURES if one.table == table)
    for table in dict.fromkeys(one.table for one in MEASURES)
}
"""The measures by the table that they count."""
