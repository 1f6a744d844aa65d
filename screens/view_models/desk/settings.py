"""Cài đặt: each with what holds, what it is good for, and what may be chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import Final, assert_never

from kiosk.domain.due_dates import Closure
from kiosk.domain.settings import NO_LIMIT, BadValue, Choice, Days, WholeNumber
from kiosk.i18n import Translator
from kiosk.session.desk_states import Act, AtSettings, SettingLine
from kiosk.session.supervised.settings import chosen_of
from screens.view_models import icons
from screens.view_models.covers import nfc
from screens.view_models.dates import day_with_year
from screens.view_models.message import strong
from screens.view_models.views import ActKey, DeskBar, DeskDetail, DeskLine, DeskListView, Tone, Weight

Bar = Callable[[str], DeskBar]

_MOST_SPANS: Final = 6
_ONE_DAY: Final = timedelta(days=1)


def settings_view(page: AtSettings, bar: Bar, words: Translator) -> DeskListView:
    line = chosen_of(page)
    return DeskListView(
        bar=bar(words.text("Settings")),
        heading="",
        lines=tuple(_lines(page, words)),
        empty=words.text("One moment …"),
        empty_icon=icons.WAITING,
        detail=_detail(page, line, words) if line else _about(words),
    )


def _lines(page: AtSettings, words: Translator) -> Iterator[DeskLine]:
    """Whose they are stands in a line of its own above them."""
    for of, lines in groupby(page.lines or (), lambda line: line.setting.of):
        if of:
            yield DeskLine("", icons.READERS, nfc(of))
        yield from (_line(one, page.chosen, words) for one in lines)


def _line(line: SettingLine, chosen: str | None, words: Translator) -> DeskLine:
    icon, aside = icons.SETTINGS, ""
    if line.fixed:
        icon, aside = icons.LOCK, words.text("set by the centre")
    elif line.waiting:
        icon, aside = icons.WAITING, words.text("on its way to the centre")
    return DeskLine(
        id=line.id,
        icon=icon,
        title=words.say(line.setting.title),
        text=_in_words(line, line.value, words, most_spans=1),
        aside=aside,
        chosen=line.id == chosen,
    )


def _about(words: Translator) -> DeskDetail:
    return DeskDetail(
        title=words.text("What the library has chosen"),
        icon=icons.SETTINGS,
        lines=(
            words.text("Touch a line to see what it means and to change it."),
            words.text("A change holds at this station at once, and goes to the centre."),
        ),
    )


def _detail(page: AtSettings, line: SettingLine, words: Translator) -> DeskDetail:
    lines = [words.say(line.setting.explanation)]
    if line.fixed:
        lines.append(words.text("The centre has set this for all stations. Only there can it be changed."))
    elif isinstance(line.setting.kind, WholeNumber):
        lines.append(words.say(line.setting.kind.hint))
    if line.waiting:
        lines.append(words.text("It holds here already. The centre has not answered yet."))
    if page.refused:
        lines.append(strong(words.text("It was not changed: the centre has set it meanwhile, or it cannot be so.")))
    elif page.kept == line.id:
        lines.append(strong(words.text("It is changed, and holds from now on.")))
    now, of = _in_words(line, line.value, words), nfc(line.setting.of)
    draft = page.draft if page.draft not in (None, line.value) else None
    if draft is not None:
        now = words.text("{now}, then {then}", now=now, then=_in_words(line, draft, words))
    return DeskDetail(
        title=words.say(line.setting.title),
        subtitle=": ".join(filter(None, (of, now))),
        icon=icons.LOCK if line.fixed else icons.SETTINGS,
        lines=tuple(lines),
        keys=() if line.fixed else _keys(page, line, draft, words),
        tone=Tone.ATTENTION if page.refused else Tone.PLAIN,
    )


def _keys(page: AtSettings, line: SettingLine, draft: str | None, words: Translator) -> tuple[ActKey, ...]:
    match line.setting.kind:
        case WholeNumber() as kind:
            return _number_keys(kind, line.value if draft is None else draft, draft, words)
        case Choice(ways=ways):
            return tuple(
                ActKey(
                    words.say(sentence),
                    icons.OK if way == line.value else icons.SETTINGS,
                    Act.CHANGE,
                    way,
                    Weight.MAIN if way == line.value else Weight.PLAIN,
                )
                for way, sentence in ways.items()
            )
        case Days() as kind:
            return _day_keys(kind, line.value, page.today, words)
        case never:
            assert_never(never)


def _number_keys(kind: WholeNumber, value: str, draft: str | None, words: Translator) -> tuple[ActKey, ...]:
    """Smaller and larger by one, and by ten where there is far to go; nothing that leads beyond the bounds."""
    number = int(value) if value.isdecimal() else kind.least - 1  # NO_LIMIT: the first step up is the least
    steps = (-10, -1, 1, 10) if kind.most - kind.least > 30 else (-1, 1)
    keys = [
        ActKey(
            f"{step:+d}".replace("-", "−"),
            icons.FARTHER if step < 0 else icons.SHIFT,
            Act.STEP,
            str(number + step),
        )
        for step in steps
        if kind.least <= number + step <= kind.most
    ]
    if kind.has_none and value != NO_LIMIT:
        keys.append(ActKey(words.text("No limit"), icons.CLOSE, Act.STEP, NO_LIMIT))
    if draft is not None:
        keys.append(ActKey(words.in_context("a setting", "Keep"), icons.DONE, Act.CHANGE, draft, Weight.MAIN))
    return tuple(keys)


def _day_keys(kind: Days, value: str, today: date | None, words: Translator) -> tuple[ActKey, ...]:
    spans = _spans(kind, value)
    keys: list[ActKey] = []
    if today is not None:
        for day, label in (
            (today, words.text("Closed today")),
            (today + _ONE_DAY, words.text("Closed tomorrow")),
        ):
            if not any(one.first <= day <= one.last for one in spans):
                keys.append(ActKey(label, icons.DAY, Act.CHANGE, kind.write((*spans, Closure(day, day)))))
    keys.append(ActKey(words.text("Write other days"), icons.KEYBOARD, Act.WRITE_DAYS))
    coming = sorted((one for one in spans if today is None or one.last >= today), key=lambda one: one.first)
    for span in coming[:_MOST_SPANS]:
        rest = tuple(one for one in spans if one is not span)
        label = words.text("Open: {days}", days=_short(span))
        keys.append(ActKey(label, icons.TAKE_OFF, Act.CHANGE, kind.write(rest), Weight.AGAINST))
    return tuple(keys)


def _in_words(line: SettingLine, value: str, words: Translator, *, most_spans: int = 2) -> str:
    match line.setting.kind:
        case WholeNumber():
            return words.text("no limit") if value == NO_LIMIT else value
        case Choice(ways=ways):
            return words.say(ways[value]) if value in ways else value
        case Days() as kind:
            spans = _spans(kind, value)
            if not spans:
                return words.text("none besides those of the centre")
            if len(spans) <= most_spans:
                return ", ".join(_span(one) for one in spans)
            return words.plural("{n} day or span", "{n} days or spans", len(spans))
        case never:
            assert_never(never)


def _spans(kind: Days, value: str) -> tuple[Closure, ...]:
    try:
        return kind.read(value)
    except BadValue:
        return ()


def _short(one: Closure) -> str:
    """Of a day to come: nobody takes it for another year's."""
    return f"{one.first:%d/%m}" + (f" – {one.last:%d/%m}" if one.last > one.first else "")


def _span(one: Closure) -> str:
    if one.first == one.last:
        return day_with_year(one.first)
    first = f"{one.first:%d/%m}" if one.first.year == one.last.year else day_with_year(one.first)
    return f"{first} – {day_with_year(one.last)}"
