"""What holds of every state that can come: a view is always there, belongs to one reader, and is in one language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.domain.findings import NOTHING, STATES, TITLES, Finding, Part, Sentence
from kiosk.domain.findings import State as FindingState
from kiosk.i18n import Translator
from kiosk.session.desk_states import Entering, Supervising
from kiosk.session.inputs import Answer, Button, Input, PatronFound, ReturnRecorded, Touched
from kiosk.session.machine import step
from kiosk.session.maintenance import Maintaining
from kiosk.session.states import Borrowing, Proving, SessionRules, State
from screens import theme
from screens.view_models import Place, present
from screens.view_models.icons import ICONS
from screens.view_models.views import (
    AttentionView,
    Banner,
    BookRow,
    EnrolView,
    FourWordsView,
    HomeView,
    Key,
    KeyboardView,
    Shown,
)

RULES = SessionRules()
PLACE = Place("Station", "Green library")
PLACE_WITH_CAMERA = replace(PLACE, camera="eye")
NAME = "Qwxzy"
"""A reader's name that no sentence and no other value holds."""
LANGUAGES = ("vi", "en")

_quiet = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def tamed(value: Any, *, plain: bool = False) -> Any:
    """The same value with numbers that a library can have; `plain`: and no letter but a and b in its texts."""
    if isinstance(value, Enum | bool | Finding) or value is None:
        return value
    if isinstance(value, str):
        return "".join("ab"[ord(sign) % 2] for sign in value) if plain else value
    if isinstance(value, int):
        return value % 40
    if isinstance(value, tuple | frozenset):
        return type(value)(tamed(part, plain=plain) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: tamed(getattr(value, f.name), plain=plain) for f in fields(value) if f.init})
    return value


def parts(value: object) -> Iterator[object]:
    """A view and everything in it."""
    yield value
    if is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from parts(getattr(value, field.name))
    elif isinstance(value, tuple):
        for part in value:
            yield from parts(part)


def texts(shown: Shown) -> list[str]:
    return [part for part in parts(shown) if isinstance(part, str) and not isinstance(part, Enum)]


@cache
def every(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a type with nothing left at its default (from_type would leave every field that has one)."""
    if kind is Sentence:  # only what the code says is ever said
        return st.sampled_from((*TITLES.values(), *STATES.values(), NOTHING))
    if kind is Finding:
        return st.builds(Finding, every(Part), every(FindingState), every(Sentence), every(Sentence), every(Sentence))
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return st.builds(kind, **{field.name: every(hints[field.name]) for field in fields(kind) if field.init})
    match get_origin(kind), get_args(kind):
        case (origin, some) if origin is UnionType:
            return st.one_of([every(part) for part in some])
        case (origin, (part, *_)) if origin is tuple:
            return st.lists(every(part), max_size=6).map(tuple)
        case (origin, (part,)) if origin is frozenset:
            return st.frozensets(every(part), max_size=3)
        case _:
            return st.from_type(kind)


states = every(State)


@_quiet
@given(states.map(tamed), st.sampled_from(LANGUAGES), st.sampled_from((PLACE, PLACE_WITH_CAMERA)))
def test_every_state_has_a_view_with_icons_and_pictures_that_exist(
    words: Mapping[str, Translator], state: State, language: str, place: Place
) -> None:
    shown = present(replace(state, language=language), RULES, place, words[language])
    for part in parts(shown):
        if isinstance(part, Key):
            assert part.label
        if isinstance(part, Key | BookRow | Banner):
            assert part.icon in ICONS or part == Key("Aa", "", Button.LOOK)
        if isinstance(part, AttentionView):
            assert part.eyebrow_icon in ICONS
            assert part.art in theme.illustrations()
    assert all(unicodedata.is_normalized("NFC", text) for text in texts(shown))


def test_every_icon_is_in_the_font() -> None:
    assert set(theme.icons()) >= ICONS


@_quiet
@given(states.map(lambda state: tamed(state, plain=True)))
def test_english_speaks_no_vietnamese(words: Mapping[str, Translator], state: State) -> None:
    shown = present(replace(state, language="en"), RULES, PLACE, words["en"])
    if isinstance(shown.page, HomeView | EnrolView | FourWordsView):
        assert shown.page.language.label == "Tiếng Việt"
        shown = replace(shown, page=replace(shown.page, language=replace(shown.page.language, label="")))
    if isinstance(state.doing, Proving) and isinstance(shown.page, KeyboardView):
        assert shown.page.keys[-1].label == "Tiếng Việt"
        shown = replace(shown, page=replace(shown.page, keys=shown.page.keys[:-1]))
    for text in texts(shown):
        assert not re.search(r"[^\x20-\x7e“”’·…•\n]", text), text


inputs = st.lists(every(Input), max_size=6)


def for_now(happened: Any, state: State) -> Any:
    """The input as an answer to what this state asks, from a reader called NAME."""
    happened = tamed(happened, plain=True)
    if isinstance(happened, PatronFound):
        happened = replace(happened, name=NAME)
    if isinstance(happened, get_args(Answer)):
        happened = replace(happened, visit=state.visit, request=state.awaiting or state.request)
    return happened


@_quiet
@given(every(PatronFound), every(ReturnRecorded), inputs, inputs)
def test_a_name_is_only_shown_to_the_one_who_borrows(
    words: Mapping[str, Translator], found: PatronFound, returned: ReturnRecorded, before: list[Any], after: list[Any]
) -> None:
    state = State()
    for happened in (found, *before, Touched(Button.DONE, 0.0), returned, *after):
        state, _ = step(state, for_now(happened, state), RULES)
        for language in LANGUAGES:
            shown = present(replace(state, language=language), RULES, PLACE, words[language])
            if isinstance(state.doing, Entering | Supervising | Maintaining | Proving):
                continue  # the staff's own name, and whom they serve; and whose card it is that a PIN goes with
            if not isinstance(state.doing, Borrowing):
                assert NAME not in repr(shown)
            elif state.doing.notice is None:
                assert NAME in repr(shown)
