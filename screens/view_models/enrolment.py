"""Ghi danh: what a blank station shows until it is its library's; and one that its maintainer enrols anew."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from kiosk.domain.enrolment_code import EnrolmentCode
from kiosk.i18n import Translator
from kiosk.session.enrolment import CAN_BE_TRIED_AGAIN
from kiosk.session.inputs import Button
from kiosk.session.states import Enrolling, EnrolProblem, EnrolStage, SessionRules, State
from screens.view_models import icons, keys
from screens.view_models.aiming import hinted
from screens.view_models.camera import camera_view
from screens.view_models.covers import nfc
from screens.view_models.message import strong
from screens.view_models.place import Place
from screens.view_models.views import AttentionView, CameraView, EnrolView, FourWordsView, Key

STAFF_CODES = {problem: f"G-{number:02}" for number, problem in enumerate(EnrolProblem, 1)}


def enrolment_page(
    state: State, doing: Enrolling, rules: SessionRules, place: Place, words: Translator, *, anew: bool = False
) -> EnrolView | FourWordsView | AttentionView | CameraView:
    live = bool(place.camera) and place.camera not in state.station.scanners_lost
    aim = state.station.hint if live else None
    if doing.problem is not None:
        return _problem(doing.problem, doing, words, anew)
    if doing.wants_help:
        return _help(words, anew)
    if doing.is_connected is not None:
        return _network(doing.is_connected, words)
    if doing.stage is not EnrolStage.SHOW_CODE:
        return _on_its_way(doing, rules, words, anew)
    if state.aiming and live:
        return replace(camera_view(aim, words), title=words.text("Hold the QR code in the frame"))
    return EnrolView(
        brand=nfc(place.brand),
        place=_which(words, anew),
        title=hinted(words.text("Hold the station’s QR code in front of it"), aim, words),
        steps=(
            (words.text("Ask the centre for a code"), words.text("each station has its own")),
            (words.text("Print or open the QR code"), words.text("good for 24 hours, once")),
            (words.text("Hold it a hand away"), _below_the_last(state, words, anew)),
        ),
        language=_back(words) if anew else keys.other_language(rules, words),
        network=Key(words.text("Check the network"), icons.NETWORK, Button.NETWORK),
        help=Key(words.text("Another way"), icons.KEYBOARD, Button.HELP),
        live=live,
    )


def _which(words: Translator, anew: bool) -> str:
    return (
        words.text("Enrolling anew: it lends as before meanwhile")
        if anew
        else words.text("New station, not enrolled yet")
    )


def _back(words: Translator) -> Key:
    return Key(words.text("Back"), icons.BACK, Button.DISMISS)


def _below_the_last(state: State, words: Translator, anew: bool) -> str:
    if state.station.scanners_lost:
        return words.text("No scanner is there: please check its cable")
    if anew:
        return words.text("or plug in the stick with the file")
    return words.text("it connects and fetches the catalogue")


def _on_its_way(doing: Enrolling, rules: SessionRules, words: Translator, anew: bool) -> FourWordsView:
    left: Key | None = Key(words.text("Stop"), icons.CLOSE, Button.DISMISS)
    match doing.stage:
        case EnrolStage.COMPARE:
            title = words.text("Are these four words the same there?")
            text = words.text(
                "Read them to whoever looks after the library. If all four are the same, they are confirmed there, "
                "and the station goes on by itself."
            )
            if anew:
                text = words.text(
                    "Read them to whoever confirms them at the centre. "
                    "The station lends as before meanwhile, also when it is locked."
                )
        case EnrolStage.STARTING:
            title = words.text("Done! The station is opening")
            text = words.text("It fetches books and readers from the centre. Soon the first book can be lent.")
            if anew:
                title = words.text("Done! The station starts again")
                text = words.text("Nothing is lost: what was not sent yet is sent afterwards.")
            left = None
        case _:
            title = words.text("Connecting to the centre")
            text = words.text("This takes a few seconds, with Wi-Fi perhaps a minute.")
    return FourWordsView(
        about=_about(doing.code, words) if doing.code else "",
        title=title,
        text=text,
        words=tuple(map(nfc, doing.words)) if doing.stage is EnrolStage.COMPARE else (),
        art="reading-tree" if doing.stage is EnrolStage.STARTING else "enrol",
        language=Key(words.text("Lock"), icons.LOCK, Button.LOCK) if anew else keys.other_language(rules, words),
        left=left,
    )


def _about(code: EnrolmentCode, words: Translator) -> str:
    return words.text("{device} of {library}", device=nfc(code.device), library=nfc(code.library))


def _help(words: Translator, anew: bool) -> AttentionView:
    return AttentionView(
        art="enrol",
        eyebrow=words.text("Another way"),
        eyebrow_icon=icons.KEYBOARD,
        title=words.text("Without a scanner or camera"),
        lines=(
            words.text("Put the file tram-xanh-enrol.txt from the centre on a USB stick, and plug it in here."),
            words.text("Or type it in a terminal: python -m provisioning enrol --code") + (" --again" if anew else ""),
        ),
        kept="",
        staff_line=words.text("Code for the librarian: {codes}", codes="G-00"),
        left=None,
        main=keys.understood(words),
    )


def _network(is_connected: bool, words: Translator) -> AttentionView:
    title, why, to_do = (
        words.text("There is a network"),
        words.text("A cable or Wi-Fi is connected. The QR code says how the centre is reached by it."),
        words.text("Hold the station’s QR code in front of it."),
    )
    if not is_connected:
        title, why, _ = _sentences(EnrolProblem.NO_NETWORK, words)
        to_do = words.text("Plug in a cable, or make a QR code with the name of the Wi-Fi.")
    return AttentionView(
        art="enrol",
        eyebrow=words.text("Network"),
        eyebrow_icon=icons.OK if is_connected else icons.OFFLINE,
        title=title,
        lines=(why, strong(to_do)),
        kept="",
        staff_line=words.text("Code for the librarian: {codes}", codes="G-00"),
        left=Key(words.text("Back"), icons.BACK, Button.DISMISS),
        main=Key(words.text("Look once more"), icons.NETWORK, Button.NETWORK),
    )


def _problem(problem: EnrolProblem, doing: Enrolling, words: Translator, anew: bool) -> AttentionView:
    title, why, to_do = _sentences(problem, words)
    if anew and problem is EnrolProblem.NOT_A_CODE:
        why = words.text("It may be a book’s label or a card. Here only the station’s own code counts.")
    to_the_code = Key(words.text("Show a code"), icons.STILL, Button.DISMISS)
    again = doing.code is not None and problem in CAN_BE_TRIED_AGAIN
    return AttentionView(
        art="which-barcode" if problem is EnrolProblem.NOT_A_CODE else "enrol",
        eyebrow=words.text("Not enrolled anew") if anew else words.text("Not enrolled yet"),
        eyebrow_icon=icons.NOT_YET,
        title=title,
        lines=(why, strong(to_do)),
        kept=words.text("The station goes on as it was.") if anew else "",
        staff_line=words.text("Code for the librarian: {codes}", codes=STAFF_CODES[problem]),
        left=to_the_code if again else None,
        main=Key(words.text("Try again"), icons.TAKE_BACK, Button.AGAIN) if again else to_the_code,
    )


def _sentences(problem: EnrolProblem, words: Translator) -> tuple[str, str, str]:
    """What happened, why, and what to do now."""
    match problem:
        case EnrolProblem.NOT_A_CODE:
            return (
                words.text("That is another code"),
                words.text("It may be a book’s label or a card. A new station cannot lend yet."),
                words.text("Hold the station’s QR code in front of it."),
            )
        case EnrolProblem.OTHER_VERSION:
            return (
                words.text("This QR code is of another version"),
                words.text("Station and centre are not equally new."),
                words.text("Please update the older one, then make a new QR code."),
            )
        case EnrolProblem.SPOILT_CODE:
            return (
                words.text("The QR code was not read whole"),
                words.text("A part of it is missing: it may be torn, folded, or copied by half."),
                words.text("Hold it still and flat, or print it once more."),
            )
        case EnrolProblem.FORBIDDEN_CODE:
            return (
                words.text("This QR code is not right"),
                words.text("It asks for something that no station does. Perhaps our centre did not make it."),
                words.text("Please make a new one at the centre, and do not use this one again."),
            )
        case EnrolProblem.NO_WIFI:
            return (
                words.text("The station cannot join Wi-Fi by itself"),
                words.text("NetworkManager is not at work on this machine."),
                words.text("Please plug in a network cable, or call who looks after the machine."),
            )
        case EnrolProblem.NO_NETWORK:
            return (
                words.text("There is no network here"),
                words.text("Neither a cable nor Wi-Fi is connected."),
                words.text("Check cable or Wi-Fi, then touch “Try again”."),
            )
        case EnrolProblem.UNREACHABLE:
            return (
                words.text("The centre does not answer"),
                words.text("There is a network, and the library’s server is not reached by it."),
                words.text("Ask whether the server runs, then touch “Try again”."),
            )
        case EnrolProblem.DISTRUSTED:
            return (
                words.text("This is not the right server"),
                words.text("Its certificate is not the one that the QR code names. Nothing was sent to it."),
                words.text("Please tell who looks after the server, and make a new QR code."),
            )
        case EnrolProblem.TOKEN_REFUSED:
            return (
                words.text("This QR code is used up"),
                words.text("It was used before, is older than 24 hours, or was made for another station."),
                words.text("Please make a new one at the centre."),
            )
        case EnrolProblem.REVOKED:
            return (
                words.text("The centre said no to this station"),
                words.text("While it waited, somebody there shut it out, or enrolled another in its place."),
                words.text("Please ask there, then make a new QR code."),
            )
        case EnrolProblem.NOTHING_TOLD:
            return (
                words.text("The centre has to say a little more"),
                words.text("It confirmed this station, and does not know yet what the library’s labels look like."),
                words.text("Import the station file there (--kind station), then touch “Try again”."),
            )
        case EnrolProblem.NOT_KEPT:
            return (
                words.text("The station cannot write to its memory"),
                words.text("Its card may be full, or write-protected."),
                words.text("Please call who looks after the machine."),
            )
        case EnrolProblem.OTHER_STATION:
            return (
                words.text("This QR code is for another station"),
                words.text(
                    "This machine’s own settings (kiosk.toml) name another station or another centre. Nothing was sent."
                ),
                words.text("Please correct kiosk.toml, or make a QR code for this station."),
            )
        case EnrolProblem.CLOCK_UNSURE:
            return (
                words.text("The clock is not right yet"),
                words.text("The station does not know yet what time it is, so it cannot check the server."),
                words.text("Wait a minute, then touch “Try again”. If it stays so, tell who looks after the network."),
            )
        case _:
            assert_never(problem)
