"""What a scanned text is, and why, in sentences: for whoever sets a station up or wonders about a label."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from kiosk.domain.barcodes import LONGEST_CODE, Code, CodeFormats, CodeKind, Tried, classify, tried
from kiosk.domain.code_formats import Unfit
from kiosk.domain.model import Item, Patron
from kiosk.i18n import Translator


class Catalogue(Protocol):
    def patron_by_card(self, number: str) -> Patron | None: ...
    def item_by_barcode(self, barcode: str) -> Item | None: ...


@dataclass(frozen=True, slots=True)
class Explained:
    lines: tuple[str, ...]
    is_known: bool


def explain_scan(raw: str, formats: CodeFormats, open_store: Callable[[], Catalogue], words: Translator) -> Explained:
    """By which form, and which reader or item it is here. A reader is named as on the screen; a citizen's code is
    never repeated. The store is opened for what may be in it only; may raise what it raises."""
    code = classify(raw, formats)
    lines = tuple(by_its_form(raw, formats, words))
    if not code.may_be(CodeKind.CARD) and not code.may_be(CodeKind.ITEM):
        return Explained(lines, is_known=False)
    store = open_store()
    known: list[str] = []
    unknown: list[str] = []
    if code.may_be(CodeKind.CARD):
        patron = store.patron_by_card(code.text)
        if patron:
            known.append(words.text("It is the card of {name}.", name=patron.shown_name))
        else:
            unknown.append(words.text("No reader in the store has this card number."))
    if code.may_be(CodeKind.ITEM):
        item = store.item_by_barcode(code.item_text)
        if item is None:
            unknown.append(words.text("No book in the store has this barcode."))
        elif item.name:
            known.append(words.text('It is the book "{name}".', name=item.name))
        else:
            known.append(words.text("It is a book whose title has not come from the centre yet."))
    return Explained((*lines, *known, *unknown), bool(known))


def by_its_form(raw: str, formats: CodeFormats, words: Translator) -> Iterator[str]:
    """What `raw` is by its form alone, and why every other form does not fit."""
    code = classify(raw, formats)
    if code.may_be(CodeKind.CITIZEN_CARD):
        yield words.text(
            "This names a citizen (a citizen card, or a national number): the station forgets it at once, "
            "and it is not repeated here."
        )
    elif code.may_be(CodeKind.ENROLMENT):
        yield words.text(
            "This is a station's enrolment code: whoever has it can enrol a station, so it is not repeated here."
        )
    elif code.may_be(CodeKind.UNREADABLE):
        yield words.text(
            "This is no code: it is empty, longer than {n} characters, or has signs that cannot be shown.",
            n=LONGEST_CODE,
        )
    else:
        yield from _by_forms(raw.strip(), code, formats, words)


def shown(text: str) -> str:
    """With what cannot be seen written out."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def _by_forms(text: str, code: Code, formats: CodeFormats, words: Translator) -> Iterator[str]:
    if code.may_be(CodeKind.ISBN):
        yield words.text(
            '"{text}" is a publisher\'s code (ISBN): it names a title, not an item of the library.', text=text
        )
    elif code.may_be(CodeKind.UNKNOWN):
        yield words.text('"{text}" is no code of this library: no form in kiosk.toml fits it.', text=text)
    taken: set[CodeKind] = set()
    for one in tried(text, formats):
        form = _name(one, formats)
        if isinstance(one.left, Unfit):
            yield _why_not(text, one, one.left, form, words)
        elif one.kind in taken:
            yield words.text("{form}: it fits too, but the first form that fits counts.", form=form)
        else:
            taken.add(one.kind)
            if one.kind is CodeKind.CARD:
                yield words.text(
                    '{form}: "{text}" is a card number. What is looked up: "{left}".',
                    form=form,
                    text=text,
                    left=one.left,
                )
            else:
                yield words.text(
                    '{form}: "{text}" is a book\'s barcode. What is looked up: "{left}".',
                    form=form,
                    text=text,
                    left=one.left,
                )
    if len(taken) > 1:
        yield words.text(
            "So it may be a card and a book: the station takes it for what it knows, "
            "and asks the reader when it knows both."
        )


def _name(one: Tried, formats: CodeFormats) -> str:
    """The key in kiosk.toml."""
    several = len(formats.cards if one.kind is CodeKind.CARD else formats.items) > 1
    return f"codes.{one.kind}[{one.number}]" if several else f"codes.{one.kind}"


def _why_not(text: str, one: Tried, why: Unfit, form: str, words: Translator) -> str:
    wanted, text = one.format, one.format.without_spaces(text)
    match why:
        case Unfit.PREFIX:
            return words.text('{form}: it does not begin with "{prefix}".', form=form, prefix=wanted.prefix)
        case Unfit.SUFFIX:
            return words.text('{form}: it does not end with "{suffix}".', form=form, suffix=wanted.suffix)
        case Unfit.LENGTH:
            length = "–".join(map(str, sorted(set(wanted.length or ()))))
            return words.text("{form}: it has {n} characters, not {length}.", form=form, n=len(text), length=length)
        case Unfit.CHECK_DIGIT:
            right = wanted.right_check_digit(text)
            if right is None:
                return words.text(
                    "{form}: it can have no check digit ({scheme}).", form=form, scheme=wanted.check_digit
                )
            return words.text(
                '{form}: its check digit ({scheme}) is wrong, it would have to be "{right}".',
                form=form,
                scheme=wanted.check_digit,
                right=right,
            )
        case Unfit.NOTHING_LEFT:
            return words.text("{form}: nothing is left of it.", form=form)
        case Unfit.PATTERN:
            return words.text(
                '{form}: what is left, "{left}", does not match the pattern {pattern}.',
                form=form,
                left=wanted.stripped(text),
                pattern=wanted.pattern.pattern if wanted.pattern else "",
            )
