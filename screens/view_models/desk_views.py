"""What the pages of the librarian's desk paint (as in screens.view_models.views)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kiosk.session.desk_states import Act
from screens.view_models import icons
from screens.view_models.view_parts import Countdown, Key, Tone


@dataclass(frozen=True, slots=True)
class DeskBar:
    """The violet bar over every page of the desk: who is there, where, and when it locks."""

    title: str
    subtitle: str
    locks_in: str
    lock: Key
    countdown: Countdown
    back: Key | None = None


class Weight(StrEnum):
    """How much a key at the desk stands out."""

    MAIN = "main"
    PLAIN = "plain"
    AGAINST = "against"  # amber: against the rules, or hard to undo


@dataclass(frozen=True, slots=True)
class ActKey:
    """Something to press at the desk; posts ActTouched(act, value)."""

    label: str
    icon: str
    act: Act
    value: str = ""
    weight: Weight = Weight.PLAIN


@dataclass(frozen=True, slots=True)
class DeskTile:
    key: ActKey
    text: str
    badge: str = ""
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class DeskMenuView:
    """`today`: icon, number and word, each. `tiles`: four in a row."""

    bar: DeskBar
    today_title: str
    today: tuple[tuple[str, str, str], ...]
    tiles: tuple[DeskTile, ...]


@dataclass(frozen=True, slots=True)
class DeskLine:
    """A line of a list; posts LineTouched(id). "" as id: only to read."""

    id: str
    icon: str
    title: str
    text: str = ""
    aside: str = ""
    tone: Tone = Tone.PLAIN
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class DeskSide:
    """One of two accounts of the same thing, beside the other."""

    icon: str
    who: str
    head: str
    text: str


@dataclass(frozen=True, slots=True)
class DeskDetail:
    """What was chosen, at length: `sides` (none or two), `lines`, a question, and what may be done. A line that begins
    and ends with ** is strong."""

    title: str
    subtitle: str = ""
    icon: str = ""
    sides: tuple[DeskSide, ...] = ()
    lines: tuple[str, ...] = ()
    asks: str = ""
    keys: tuple[ActKey, ...] = ()
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class DeskListView:
    """A list on the left, what was chosen on the right (None: `empty` words in the middle, with `empty_icon`). `keys`:
    below the list."""

    bar: DeskBar
    heading: str
    lines: tuple[DeskLine, ...]
    empty: str
    detail: DeskDetail | None
    keys: tuple[ActKey, ...] = ()
    empty_icon: str = icons.BARCODE


class Layer(StrEnum):
    """What the keys of a keyboard write now."""

    LETTERS = "letters"
    CAPITALS = "capitals"
    SIGNS = "signs"


@dataclass(frozen=True, slots=True)
class TypeKey:
    """One key of a keyboard on the screen; posts Typed(key). `width`: 1 is that of a letter. `to`: it posts nothing,
    and turns to that layer."""

    label: str
    key: str
    icon: str = ""
    width: float = 1.0
    main: bool = False
    to: Layer | None = None


Rows = tuple[tuple[TypeKey, ...], ...]


FOUND_AT_ONCE: Final = 4
"""So much of what was found has room beside a keyboard."""


@dataclass(frozen=True, slots=True)
class KeyboardView:
    """`text`: what was typed (a dot for each digit of a PIN); `problem` stands in place of `hint`, and goes on for as
    long as `wait`. `places`: a PIN is typed, of so many digits at least. `rows`: the keys; of letters in capitals, and
    of signs, where there are such layers, and the one that it begins with. `aside`: one key more, beside a PIN;
    `keys`: of whoever types one and is no librarian.
    `lines`: what was found, FOUND_AT_ONCE at most, where there is room for that (`finds`); `more`: a word when there is
    still more."""

    bar: DeskBar
    title: str
    hint: str
    problem: str
    text: str
    rows: Rows
    lines: tuple[DeskLine, ...] = ()
    more: str = ""
    finds: bool = False
    places: int = 0
    wait: Countdown | None = None
    capitals: Rows = ()
    signs: Rows = ()
    layer: Layer = Layer.LETTERS
    aside: TypeKey | None = None
    keys: tuple[Key, ...] = ()


DeskView = DeskMenuView | DeskListView | KeyboardView
