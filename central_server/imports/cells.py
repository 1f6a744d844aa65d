"""What readers of files hand on: sheets of records of cells, whatever the file was."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """What a cell holds. The values of troubles are codes of sentences: a row with one in a column that is read is
    refused."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    ERROR = "error_cell"
    NOT_COMPUTED = "formula_without_value"
    NO_DATE = "bad_date"
    UNCERTAIN = "uncertain_letters"
    SHARED_CODE = "merged_code"
    TOO_LONG = "cell_too_long"


TROUBLES = frozenset(Kind) - {Kind.TEXT, Kind.NUMBER, Kind.DATE}


class Cell(NamedTuple):
    """`text` is what a person sees, of a date ISO text. `NUMBER`: digits to which zeros in front may be missing."""

    text: str
    kind: Kind = Kind.TEXT
    font: str = ""


@dataclass(slots=True)
class Record:
    """A line that is not empty: its cells that are not, by place (0 is the first). `cells` `None`: the quotation marks
    do not match. `width` counts the places, the empty ones too."""

    line: int
    cells: dict[int, Cell] | None
    width: int


class Merge(NamedTuple):
    """Cells that are one; lines from 1, places from 0, all inclusive."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(eq=False)
class Sheet:
    """`name` is empty in a file that has no sheets, and then a number looks like any other text."""

    name: str
    records: list[Record]
    merges: list[Merge] = field(default_factory=list)
    is_hidden: bool = False
    # What day a bare number is, where the file says how days are counted.
    day_of: Callable[[str], date | None] = lambda number: None

    @property
    def is_excel(self) -> bool:
        return bool(self.name)


def letters_of(place: int) -> str:
    """The letters over a column: 0 is `A`, 27 is `AB`."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
