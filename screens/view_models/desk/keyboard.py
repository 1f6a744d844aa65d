"""A keyboard on the screen: digits for a PIN, letters with Telex for everything else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kiosk.domain.pins import LONGEST, SHORTEST, SHORTEST_OF_STAFF, PinFault
from kiosk.domain.settings import CLOSED
from kiosk.i18n import Translator
from kiosk.session.desk_states import PIN_DIFFERS, Act, AtReader, CardProblem, Entering, PinProblem, Writing
from kiosk.session.inputs import Button
from kiosk.session.states import Proving, SessionRules, State
from kiosk.session.supervised.typing import CLEAR, DELETE, DIGITS, DONE, UNLOCK
from screens.view_models import icons, keys
from screens.view_models.covers import nfc
from screens.view_models.place import Place
from screens.view_models.views import Countdown, DeskBar, Key, KeyboardView, Layer, Rows, TypeKey

Bar = Callable[[str], DeskBar]


def entering(doing: Entering, rules: SessionRules, place: Place, words: Translator) -> KeyboardView:
    hint = words.text("At least {n} digits. Nobody should look on.", n=SHORTEST_OF_STAFF)
    title, name = words.text("Librarian's desk"), doing.who.name
    return _pin_pad(doing, title, name, hint, _refused(doing, words), SHORTEST_OF_STAFF, rules, place, words)


def proving(state: State, doing: Proving, rules: SessionRules, place: Place, words: Translator) -> KeyboardView:
    """Of a reader, before anything is borrowed."""
    hint = words.text("Your own digits, so that nobody borrows with your card. Nobody should look on.")
    title, name = words.text("Your card and your PIN"), doing.found.name
    view = _pin_pad(doing, title, name, hint, _not_proved(doing, words), SHORTEST, rules, place, words)
    called = Key(words.text("The librarian was called"), icons.OK, Button.HELP)
    call = called if state.help_called else keys.call_librarian(words)
    return replace(view, keys=(call, keys.other_language(rules, words)))


def _pin_pad(
    doing: Entering | Proving,
    title: str,
    name: str,
    hint: str,
    problem: str,
    places: int,
    rules: SessionRules,
    place: Place,
    words: Translator,
) -> KeyboardView:
    """Whose card was scanned types their PIN."""
    name = nfc(name.strip())
    return KeyboardView(
        bar=DeskBar(
            title=title,
            subtitle=nfc(place.library_name),
            locks_in=words.text("closes by itself in"),
            lock=Key(words.text("Back"), icons.BACK, Button.LOCK),
            countdown=Countdown(doing.active_at + rules.entering_s, rules.entering_s),
        ),
        title=words.text("{name}, please type your PIN", name=name) if name else words.text("Please type your PIN"),
        hint=hint,
        problem=problem,
        text="•" * len(doing.digits),
        rows=digit_rows(words.in_context("a PIN", "Open")),
        places=places,
        wait=Countdown(doing.tries_at, doing.wait_s) if doing.wait_s > 0 else None,
    )


def writing_view(page: Writing, bar: Bar, words: Translator) -> KeyboardView:
    if page.act in DIGITS and isinstance(page.beneath, AtReader):
        return pin_view(
            bar(words.text("Set a PIN")),
            page.beneath.reader.line.name,
            (page.text, page.first, page.problem),
            words,
            of_staff=page.beneath.reader.of_staff,
        )
    title, hint = _what(page, words)
    problem = words.text("These are no days. Please look once more.") if page.problem else ""
    return KeyboardView(
        bar=bar(title),
        title=problem or title,
        hint=hint,
        problem=problem,
        text=page.text,
        rows=letter_rows(words.text("Done"), words),
        capitals=letter_rows(words.text("Done"), words, Layer.CAPITALS),
        signs=sign_rows(words.text("Done"), words),
        layer=Layer.SIGNS if page.act is Act.WRITE_DAYS else layer_at(page.text),
    )


def pin_view(
    bar: DeskBar,
    name: str,
    typed: tuple[str, str | None, str],
    words: Translator,
    *,
    of_staff: bool,
    may_unlock: bool = False,
) -> KeyboardView:
    """A PIN that is set. `typed`: what is typed now, what was typed first, and the problem."""
    text, first, problem = typed
    least = SHORTEST_OF_STAFF if of_staff else SHORTEST
    again = first is not None
    title = words.text("The same PIN once more") if again else words.text("A new PIN for {name}", name=nfc(name))
    hint = (
        words.text("So that no finger has slipped.")
        if again
        else words.text("{name} types it; {n} to {most} digits.", name=nfc(name), n=least, most=LONGEST)
    )
    return KeyboardView(
        bar=bar,
        title=title,
        hint=hint,
        problem=_pin_problem(problem, least, words),
        text="•" * len(text),
        rows=digit_rows(words.in_context("a PIN", "Set") if again else words.in_context("a PIN", "Next")),
        places=least,
        aside=TypeKey(words.text("Only end the wait"), UNLOCK, icons.UNLOCK) if may_unlock and not again else None,
    )


def digit_rows(done: str) -> Rows:
    rows = tuple(tuple(TypeKey(digit, digit) for digit in row) for row in ("123", "456", "789"))
    last = (TypeKey("", DELETE, icons.DELETE), TypeKey("0", "0"), TypeKey(done, DONE, main=True))
    return (*rows, last)


def letter_rows(done: str, words: Translator, layer: Layer = Layer.LETTERS) -> Rows:
    """For Finding too: with sign_rows beside them, for a class like 6A2."""
    is_large = layer is Layer.CAPITALS
    other = Layer.LETTERS if is_large else Layer.CAPITALS
    one, two, three = (
        tuple(TypeKey(key, key) for key in (row.upper() if is_large else row))
        for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    )
    shift = TypeKey("", "", icons.SHIFT, 1.5, main=is_large, to=other)
    return (one, two, (shift, *three, TypeKey("", DELETE, icons.DELETE, 1.5)), _last(done, words, "123", Layer.SIGNS))


def sign_rows(done: str, words: Translator) -> Rows:
    one, two, three = (tuple(TypeKey(key, key) for key in row) for row in ("1234567890", '-/:;()%&"', "+=?!'"))
    clear = TypeKey(words.text("Clear"), CLEAR, width=2.5)
    return (one, two, (clear, *three, TypeKey("", DELETE, icons.DELETE, 2.5)), _last(done, words, "ABC", Layer.LETTERS))


def layer_at(text: str) -> Layer:
    """A sentence begins with a capital."""
    begins = not text or (text.endswith(" ") and text.rstrip().endswith((".", "!", "?")))
    return Layer.CAPITALS if begins else Layer.LETTERS


def _last(done: str, words: Translator, label: str, to: Layer) -> tuple[TypeKey, ...]:
    space = TypeKey(words.in_context("on a keyboard", "Space"), " ", width=4)
    return (TypeKey(label, "", width=1.5, to=to), TypeKey(",", ","), space, TypeKey(".", "."), _done(done))


def _done(label: str) -> TypeKey:
    return TypeKey(label, DONE, icons.READ, 2.5, main=True)


def _what(page: Writing, words: Translator) -> tuple[str, str]:
    telex = words.text("Accents by Telex: aa, ow, dd, and s f r x j.")
    match page.act:
        case Act.NOTE:
            return words.text("Note about a reader"), words.text("Only the staff reads it. Nothing written: no note.")
        case Act.SUGGEST:
            return words.text("Suggest a book to buy"), telex
        case Act.WRITE_DAYS:
            return words.say(CLOSED.title), words.say(CLOSED.kind.hint)
        case _:
            return words.text("What is broken?"), telex


def _not_proved(doing: Proving, words: Translator) -> str:
    match doing.problem:
        case PinProblem.WRONG if doing.wait_s > 0:
            return words.text("That is not the PIN. Please wait a little, then try again.")
        case PinProblem.WRONG:
            return words.text("That is not the PIN. Please try again.")
        case PinProblem.TOO_SOON:
            return words.text("Several wrong PINs were typed. Please wait, then try again.")
        case None:
            return ""
        case _:
            return words.text("No PIN is set for this card. Please ask the librarian.")


def _refused(doing: Entering, words: Translator) -> str:
    match doing.problem:
        case PinProblem.WRONG if doing.wait_s > 0:
            return words.text("That is not the PIN. Please wait a little, then try again.")
        case PinProblem.WRONG:
            return words.text("That is not the PIN. Please try again.")
        case PinProblem.TOO_SOON:
            return words.text("Several wrong PINs were typed. Please wait, then try again.")
        case PinProblem.NONE_SET:
            return words.text("No PIN is set at this station yet. Whoever looks after it can set one.")
        case PinProblem.NOT_STAFF:
            return words.text("This card does not open the desk any more. Please ask the centre.")
        case None:
            return ""


def _pin_problem(problem: str, least: int, words: Translator) -> str:
    match problem:
        case PinFault.TOO_SHORT:
            return words.text("A PIN needs at least {n} digits.", n=least)
        case PinFault.TRIVIAL:
            return words.text("That is too easy to guess: not one digit again and again, and not one after another.")
        case CardProblem.NONE_SET:
            return words.text("No PIN is set yet, so nothing waits.")
        case _ if problem == PIN_DIFFERS:
            return words.text("The two were not the same. Please begin again.")
        case _:
            return ""
