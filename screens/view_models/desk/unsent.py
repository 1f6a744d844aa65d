"""What the centre has not got yet: how many records of which kind."""

from __future__ import annotations

from kiosk.domain.operations import OperationKind
from kiosk.i18n import Translator
from kiosk.session.desk_states import UnsentLine
from screens.view_models import icons
from screens.view_models.views import DeskDetail, DeskLine, Tone


def unsent_line(line: UnsentLine, words: Translator, *, chosen: bool) -> DeskLine:
    waits = words.text("set aside, for a person") if line.set_aside else words.text("waits for the network")
    return DeskLine(
        id=line.id,
        icon=icons.WARNING if line.set_aside else icons.SEND,
        title=kind_named(line.kind, words),
        text=waits,
        aside=str(line.count),
        tone=Tone.ATTENTION if line.set_aside else Tone.PLAIN,
        chosen=chosen,
    )


def unsent_detail(line: UnsentLine, words: Translator) -> DeskDetail:
    if line.set_aside:
        said = words.text("The centre could not take them. They are kept, and sent again once a day. Tell the centre.")
    else:
        said = words.text("All of it is kept here, and goes by itself as soon as there is a network.")
    return DeskDetail(
        title=kind_named(line.kind, words),
        subtitle=words.plural("{n} record", "{n} records", line.count),
        icon=icons.WARNING if line.set_aside else icons.SEND,
        lines=(said,),
        tone=Tone.ATTENTION if line.set_aside else Tone.PLAIN,
    )


def kind_named(kind: str, words: Translator) -> str:
    match kind:
        case OperationKind.CHECK_OUT:
            return words.text("Loans")
        case OperationKind.CHECK_IN:
            return words.text("Returns")
        case OperationKind.RENEW:
            return words.text("Renewals")
        case OperationKind.VOID:
            return words.text("Slips put right")
        case OperationKind.IN_HOUSE_USE:
            return words.text("Books read here")
        case OperationKind.VISIT:
            return words.text("Visits of readers")
        case OperationKind.PLACE_HOLD | OperationKind.CANCEL_HOLD | OperationKind.HOLD_SHELVED:
            return words.text("Holds")
        case OperationKind.CARD_LINK | OperationKind.CARD_BLOCK | OperationKind.PATRON_BLOCK | OperationKind.PIN_SET:
            return words.text("Cards and readers")
        case OperationKind.PATRON_NOTE:
            return words.text("Notes about readers")
        case OperationKind.SETTLEMENT | OperationKind.CHECKED:
            return words.text("What was looked at")
        case OperationKind.HELP_CALL:
            return words.text("Calls for help")
        case OperationKind.DESK:
            return words.text("Openings of the desk")
        case OperationKind.SETTINGS:
            return words.text("Settings")
        case OperationKind.ITEM_STATUS | OperationKind.ITEM_SOURCE:
            return words.text("Facts about books")
        case OperationKind.SUGGESTION | OperationKind.FAULT_REPORT:
            return words.text("Reports and wishes")
        case _:
            return words.text("Other records")
