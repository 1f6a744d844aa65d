"""Something asks for attention: what happened, what to do now, what is kept, and a small code for staff."""

from __future__ import annotations

from typing import assert_never

from kiosk.i18n import Translator
from kiosk.session import notices as n
from kiosk.session.inputs import Button
from kiosk.session.states import Doing
from screens.view_models import icons, keys
from screens.view_models.covers import title_in_sentence
from screens.view_models.kept import kept_with
from screens.view_models.message import Message, strong
from screens.view_models.place import Place
from screens.view_models.refusals import card_has_blocks, not_lent
from screens.view_models.service import pass_refused
from screens.view_models.views import AttentionView, Key


def attention_view(notice: n.Notice, doing: Doing, place: Place, words: Translator) -> AttentionView:
    message = _message(notice, doing, place, words)
    return AttentionView(
        art=message.art,
        eyebrow=message.eyebrow,
        eyebrow_icon=message.eyebrow_icon,
        title=message.title,
        lines=message.lines,
        kept=kept_with(notice, doing, words),
        staff_line=words.text("Code for the librarian: {codes}", codes=" · ".join(_codes(notice))),
        left=message.left,
        main=message.main,
    )


def _codes(notice: n.Notice) -> tuple[str, ...]:
    """The notice's own codes and what is printed on the book; never what is on a card."""
    match notice:
        case n.NotLent(book=book):
            about = book.barcode
        case n.UnknownItem(barcode=barcode) | n.ReturnOffered(barcode=barcode):
            about = barcode
        case n.PublishersCode(isbn=isbn):
            about = " ".join(isbn[at : at + 3] for at in range(0, len(isbn), 3))
        case _:
            about = ""
    return (*n.staff_codes(notice), *((about,) if about else ()))


def _message(notice: n.Notice, doing: Doing, place: Place, words: Translator) -> Message:
    match notice:
        case n.NotLent():
            return not_lent(notice, doing, words)
        case n.CardHasBlocks():
            return card_has_blocks(notice, doing, words)
        case n.UnknownCard() | n.CitizenCard() | n.CardFirst() | n.NoPinYet():
            return _about_a_card(notice, words)
        case n.UnknownItem() | n.PublishersCode() | n.UnknownCode() | n.UnreadableScan() | n.EnrolmentCodeShown():
            return _about_a_scan(notice, place, words)
        case n.ReturnOffered() | n.CardOrBook():
            return _question(notice, words)
        case n.CannotTakeBack(was_return=was_return):
            to_do = (
                words.text("To keep the book, scan your card and borrow it again.")
                if was_return
                else words.text("Choose “Return” on the first page, or ask the librarian.")
            )
            return Message(
                art="cart",
                eyebrow=words.text("Not removed"),
                eyebrow_icon=icons.NOT_YET,
                title=words.text("The librarian can help"),
                lines=(words.text("The station cannot take this one back any more."), to_do),
                left=keys.call_librarian(words),
                main=keys.understood(words),
            )
        case n.HelpAsked():
            return Message(
                art="help",
                eyebrow=words.text("Need help?"),
                eyebrow_icon=icons.CALL,
                title=words.text("The librarian will help you"),
                lines=(
                    words.text("To borrow: scan your card, then each book."),
                    words.text("To return: just scan the books."),
                    strong(words.text("Still not sure? Call the librarian.")),
                ),
                left=None,
                main=keys.understood(words),
            )
        case n.PassRefused():
            return pass_refused(notice, words)
        case never:
            assert_never(never)


def _about_a_card(notice: n.UnknownCard | n.CitizenCard | n.CardFirst | n.NoPinYet, words: Translator) -> Message:
    match notice:
        case n.UnknownCard():
            eyebrow, title = words.text("Card not found"), words.text("This card is new to us")
            lines = (
                words.text("It may be brand new, or from another school."),
                words.text("Scan it once more, or ask the librarian."),
            )
            main = keys.scan_again(words)
        case n.NoPinYet():
            eyebrow, title = words.text("A PIN is needed too"), words.text("Please see the librarian")
            lines = (
                words.text("Here a PIN goes with the card, so that nobody borrows with a photo of it."),
                words.text("Yours is not set yet. The librarian can do it in a moment, and it stays with you."),
            )
            main = keys.scan_again(words)
        case n.CitizenCard():
            eyebrow, title = words.text("No ID card needed"), words.text("Please use your library card")
            lines = (
                words.text("That was an ID card. Only the library card is needed here."),
                strong(words.text("Put it away safely, then scan your library card.")),
            )
            main = keys.scan_again(words)
        case n.CardFirst(to_my_books=to_my_books):
            eyebrow = words.text("My books") if to_my_books else words.text("Borrow")
            title = words.text("Scan your card first")
            then = (
                words.text("Then you see your books, and until when they are yours.")
                if to_my_books
                else words.text("Then scan each book. To return, no card is needed.")
            )
            lines = (words.text("Hold the code on your card near the scanner."), then)
            main = keys.understood(words)
        case never:
            assert_never(never)
    art = "scan-card" if isinstance(notice, n.CardFirst) else "which-card"
    return Message(art, eyebrow, icons.CARD, title, lines, keys.call_librarian(words), main)


def _about_a_scan(
    notice: n.UnknownItem | n.PublishersCode | n.UnknownCode | n.UnreadableScan | n.EnrolmentCodeShown,
    place: Place,
    words: Translator,
) -> Message:
    main = keys.scan_again(words)
    match notice:
        case n.UnknownItem():
            art, eyebrow, title = "scan-book", words.text("Not in our list yet"), words.text("This book is new to us")
            lines = (
                words.text("Its label is not in the library’s list yet."),
                words.text("Please give it to the librarian, then choose another."),
            )
            main = keys.scan_on(words)
        case n.PublishersCode():
            art, eyebrow, title = (
                "which-barcode",
                words.text("Not that barcode"),
                words.text("Scan the library’s label"),
            )
            lines = (
                words.text("You scanned the code printed on the back. It belongs to the publisher."),
                strong(
                    words.text(
                        "Find the white label with letters and numbers, like {example}, and scan it.",
                        example=place.label_example,
                    )
                ),
            )
        case n.UnknownCode():
            art, eyebrow, title = "which-barcode", words.text("Not that barcode"), words.text("Try another code")
            lines = (
                words.text("That code is not from our library."),
                strong(words.text("Scan your library card, or the white label on a book.")),
            )
        case n.EnrolmentCodeShown():
            art, eyebrow, title = (
                "which-barcode",
                words.text("Not that code"),
                words.text("The station works already"),
            )
            lines = (
                words.text("That was the code for setting up a new station. Nothing of it was kept."),
                strong(words.text("Please give it to the librarian.")),
            )
        case n.UnreadableScan():
            art, eyebrow, title = "scan-book", words.text("Not read yet"), words.text("Scan again, a bit slower")
            lines = (
                words.text("The code was not clear to the scanner."),
                words.text("Hold it still, about a hand away."),
            )
        case never:
            assert_never(never)
    return Message(art, eyebrow, icons.BARCODE, title, lines, keys.call_librarian(words), main)


def _question(notice: n.ReturnOffered | n.CardOrBook, words: Translator) -> Message:
    match notice:
        case n.ReturnOffered(book=book):
            if book is None:
                title = words.text("This book is new to us")
                what = words.text("Its label is not in the library’s list yet.")
                to_do = words.text("To return it, touch “Return this book”. The librarian will look.")
            else:
                title = words.text("Do you want to return it?")
                what = words.text("“{title}” is not lent to anyone.", title=title_in_sentence(book))
                to_do = words.text("To return it, touch “Return this book”. To borrow it, scan your card first.")
            return Message(
                art="return",
                eyebrow=words.text("Return"),
                eyebrow_icon=icons.INFO,
                title=title,
                lines=(what, to_do),
                left=keys.not_now(words),
                main=keys.return_this(words),
            )
        case n.CardOrBook():
            return Message(
                art="card-or-book",
                eyebrow=words.text("One code for two things"),
                eyebrow_icon=icons.INFO,
                title=words.text("What did you scan?"),
                lines=(
                    words.text("This code is both a card and a book."),
                    words.text("Touch the one that you scanned."),
                ),
                left=Key(words.text("My card"), icons.CARD, Button.IT_IS_A_CARD),
                main=Key(words.text("A book"), icons.BOOK, Button.IT_IS_A_BOOK),
            )
        case never:
            assert_never(never)
