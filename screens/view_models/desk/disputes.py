"""Cần thủ thư xem: what two sides say of the same thing, and how it was."""

from __future__ import annotations

from kiosk.domain.operations import OperationKind
from kiosk.domain.requests import RequestState
from kiosk.i18n import Translator
from kiosk.session.desk_states import BY_ITSELF, Act, DisputeLine, VersionShown
from kiosk.session.supervised.work import may_be_settled
from screens.view_models import icons
from screens.view_models.covers import nfc, shown_name
from screens.view_models.dates import day_and_time
from screens.view_models.views import ActKey, DeskDetail, DeskLine, DeskSide, Tone, Weight

_OF_BOOKS = frozenset({"already_on_loan", "unclear_order", "settled_otherwise"})
"""Where a word of the librarian changes who has the book."""

_ICONS = {
    "already_on_loan": icons.DISPUTES,
    "unclear_order": icons.DISPUTES,
    "settled_otherwise": icons.DISPUTES,
    "unknown_item": icons.BOOK,
    "false_reader": icons.CARD,
    "unknown_patron": icons.CARD,
    "unknown_loan": icons.RENEWED,
}


def dispute_line(line: DisputeLine, words: Translator, *, chosen: bool) -> DeskLine:
    said = _state_in_short(line, words) or (shown_name(line.book) if line.book else "")
    return DeskLine(
        id=line.id,
        icon=_ICONS.get(line.reason, icons.SCREEN),
        title=reason_title(line.reason, words),
        text=said,
        aside=day_and_time(line.opened_ms, words),
        tone=Tone.ATTENTION if may_be_settled(line) else Tone.PLAIN,
        chosen=chosen,
    )


def dispute_detail(line: DisputeLine, words: Translator) -> DeskDetail:
    """Both versions beside each other where there are two; one key for each way."""
    versions = [one for one in (line.held, line.came) if one is not None]
    sides = tuple(_side(one, words) for one in versions) if len(versions) == 2 else ()
    lines = [reason_text(line.reason, words)] if not sides else []
    if not sides:
        lines += [_in_one_line(one, words) for one in versions]
    if state := _state(line, words):
        lines.append(f"**{state}**")
    may_settle = may_be_settled(line)
    return DeskDetail(
        title=shown_name(line.book) if line.book else reason_title(line.reason, words),
        subtitle=line.book.barcode if line.book and line.book.name else "",
        icon=_ICONS.get(line.reason, icons.SCREEN),
        sides=sides,
        lines=tuple(lines),
        asks=_question(line.reason, words) if may_settle else "",
        keys=tuple(_key(line, way, words) for way in line.ways) if may_settle else (),
        tone=Tone.ATTENTION if may_settle else Tone.PLAIN,
    )


def _key(line: DisputeLine, way: str, words: Translator) -> ActKey:
    weight = Weight.MAIN if way in ("seen", line.ways[0]) else Weight.PLAIN
    return ActKey(way_label(line, way, words), icons.DONE, Act.SETTLE, way, weight)


def _side(version: VersionShown, words: Translator) -> DeskSide:
    return DeskSide(
        icon=icons.SCREEN if version.here else icons.CENTRE,
        who=_where(version, words),
        head=_what(version, words),
        text=_when(version, words),
    )


def _in_one_line(version: VersionShown, words: Translator) -> str:
    return " · ".join((_where(version, words), _what(version, words), _when(version, words)))


def _where(version: VersionShown, words: Translator) -> str:
    if version.here:
        return words.text("This station")
    return words.text("Station {name}", name=nfc(version.device))


def _when(version: VersionShown, words: Translator) -> str:
    return day_and_time(version.at_ms, words) or words.text("nobody knows for sure when")


def _what(version: VersionShown, words: Translator) -> str:
    name = nfc(version.reader)
    match version.kind:
        case OperationKind.CHECK_OUT:
            return words.text("{name} borrowed it", name=name) if name else words.text("Borrowed")
        case OperationKind.CHECK_IN:
            return words.text("Returned; {name} had it", name=name) if name else words.text("Returned")
        case OperationKind.RENEW:
            return words.text("{name} renewed it", name=name) if name else words.text("Renewed")
        case OperationKind.VOID:
            return words.text("Taken back")
        case OperationKind.IN_HOUSE_USE:
            return words.text("Read here")
        case None:
            return words.text("Cannot be read")
        case _:
            return words.text("Another record")


def _state_in_short(line: DisputeLine, words: Translator) -> str:
    if line.settled == BY_ITSELF:
        return words.text("settled by itself")
    if line.settled:
        return words.text("settled by somebody else")
    if line.asked is RequestState.WAITING:
        return words.text("waits for the centre")
    return words.text("not taken as it was said") if line.asked is RequestState.DECLINED else ""


def _state(line: DisputeLine, words: Translator) -> str:
    if line.settled == BY_ITSELF:
        return words.text("It has settled by itself: what was missing has come. Your word was not needed.")
    if line.settled:
        said = way_label(line, line.settled, words)
        return words.text("Somebody else has settled it: “{said}”.", said=said)
    if line.asked is RequestState.WAITING:
        return words.text("You have said how it was. The centre has not answered yet.")
    if line.asked is RequestState.DECLINED:
        return words.text("The centre could not take what was said. Please say it once more.")
    return ""


def way_label(line: DisputeLine, way: str, words: Translator) -> str:
    first, second = (nfc(one.reader) if one else "" for one in (line.held, line.came))
    match way:
        case "first_over":
            return words.text("{name} has it now", name=second) if second else words.text("The second has it now")
        case "first_has_it":
            return words.text("{name} still has it", name=first) if first else words.text("The first still has it")
        case "returned":
            return words.text("It was returned")
        case "on_loan":
            name = first or second
            return words.text("{name} still has it", name=name) if name else words.text("It is still on loan")
        case "as_settled":
            return words.text("As it was said")
        case "as_happened":
            return words.text("As it is recorded")
        case _:
            return words.text("I have seen it")


def _question(reason: str, words: Translator) -> str:
    if reason == "settled_otherwise":
        return words.text("Which one counts?")
    if reason in _OF_BOOKS:
        return words.text("Where is the book? Ask, then choose what is right.")
    return words.text("Nothing changes by it. Somebody should know of it.")


def reason_title(reason: str, words: Translator) -> str:
    """A few words; every reason of docs/protocol.md."""
    match reason:
        case "unreadable":
            return words.text("A record that cannot be read")
        case "identity_conflict":
            return words.text("Two records, one number")
        case "broken_chain":
            return words.text("A record out of its chain")
        case "gap":
            return words.text("A record is missing")
        case "clone":
            return words.text("A station's card was copied")
        case "lost_tail":
            return words.text("A station has lost records")
        case "new_store":
            return words.text("A station began anew")
        case "false_reader":
            return words.text("The reader does not fit")
        case "unknown_item":
            return words.text("A book in no list")
        case "unknown_patron":
            return words.text("A reader in no list")
        case "already_on_loan":
            return words.text("One book, two readers")
        case "unknown_loan":
            return words.text("Renewed, and no loan is known")
        case "unclear_order":
            return words.text("Returned, or still on loan?")
        case "settled_otherwise":
            return words.text("Settled, and then something came")
        case _:
            return words.text("Something to look at")


def reason_text(reason: str, words: Translator) -> str:
    """A sentence or two: what has happened, and what a person can do."""
    match reason:
        case "unreadable":
            return words.text("The centre cannot read this record. It is kept as it came; tell whoever looks after it.")
        case "identity_conflict":
            return words.text("Two different records bear one number. Both are kept; compare the shelf with the loans.")
        case "broken_chain":
            return words.text("This record does not follow from the one before it: a store was damaged or altered.")
        case "gap":
            return words.text("The record before this one has not come. Compare the shelf with the loans of that day.")
        case "clone":
            return words.text("Two machines go on from one card. Switch one of them off, and tell who looks after it.")
        case "lost_tail":
            return words.text("A card was restored, and its last records are gone. Compare the shelf with the loans.")
        case "new_store":
            return words.text("A station has a new store. If its card was exchanged, keep the old one in a safe place.")
        case "false_reader":
            return words.text("The reader of this record could not be proved. The loan is kept without a reader.")
        case "unknown_item":
            return words.text("No list has this label. Have the book entered, or the label exchanged.")
        case "unknown_patron":
            return words.text("No list has this reader. Have them entered, or find out whose card it was.")
        case "already_on_loan":
            return words.text("Two readers have borrowed one book, and no return is known between them.")
        case "unknown_loan":
            return words.text("A loan was renewed that the centre does not know. It counts as soon as the loan comes.")
        case "unclear_order":
            return words.text("It is not known whether the return came before the loan, or after it.")
        case "settled_otherwise":
            return words.text("Somebody has said how it was, and then a record came that says otherwise.")
        case _:
            return words.text("The centre asks a person to look at this record.")
