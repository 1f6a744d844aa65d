"""Thiết bị: how every part of the station is, for whoever looks after it. Nothing here is of a reader."""

from __future__ import annotations

from kiosk.domain.findings import STATES, TITLES, Finding, Part, State
from kiosk.domain.service_pass import PassFault
from kiosk.i18n import Translator
from kiosk.session import staff_pins
from kiosk.session.inputs import Button
from kiosk.session.maintenance import Maintaining, Outcome, ScanKind, Service, Tried
from kiosk.session.notices import PassRefused
from kiosk.session.states import SessionRules
from screens.view_models import icons, keys
from screens.view_models.covers import nfc
from screens.view_models.desk.staff_pin import staff_pin_panel
from screens.view_models.message import Message
from screens.view_models.place import Place
from screens.view_models.views import Countdown, Key, PartTile, ServicePanel, ServiceView, Tone

SHOWN = (
    *(Part.NETWORK, Part.CENTRE, Part.STORE),
    *(Part.SCANNER, Part.CAMERA, Part.PRINTER),
    *(Part.CLOCK, Part.DISK, Part.TEMPERATURE),
    *(Part.POWER, Part.VERSION, Part.KEYS),
)
_BEHIND: dict[Part, tuple[Part, ...]] = {Part.VERSION: (Part.UNITS,), Part.CAMERA: (Part.SCREEN, Part.TOUCH)}
"""Parts without a tile of their own: when one of them needs somebody, it takes the place of this one."""
_ICONS = {
    Part.NETWORK: icons.NETWORK,
    Part.CENTRE: icons.CENTRE,
    Part.STORE: icons.STORE,
    Part.SCANNER: icons.BARCODE,
    Part.CAMERA: icons.CAMERA,
    Part.PRINTER: icons.PRINTER,
    Part.CLOCK: icons.CLOCK,
    Part.DISK: icons.DISK,
    Part.TEMPERATURE: icons.TEMPERATURE,
    Part.POWER: icons.POWER,
    Part.VERSION: icons.PACKAGE,
    Part.KEYS: icons.ENROLLED,
    Part.SCREEN: icons.SCREEN,
    Part.TOUCH: icons.SCREEN,
    Part.UNITS: icons.PACKAGE,
    Part.SETTINGS: icons.PACKAGE,
}
_SIGNS = {
    State.GOOD: (icons.OK, Tone.NEW),
    State.LOOK: (icons.WARNING, Tone.ATTENTION),
    State.BAD: (icons.WARNING, Tone.ATTENTION),
    State.NOT_USED: (icons.TAKE_OFF, Tone.PLAIN),
}
_WITH_STICK = (Service.UPDATE_FROM_STICK, Service.BUNDLE_ON_STICK, Service.BACKUP_ON_STICK)
_LONGEST = 24  # letters of a tile's line: a device may have any name


def service_view(doing: Maintaining, rules: SessionRules, place: Place, words: Translator) -> ServiceView:
    findings = {finding.part: finding for finding in doing.findings}
    left = (
        Key(words.text("Test the scanner"), icons.BARCODE, Button.TRY_SCANNER),
        Key(words.text("Send now"), icons.SEND, Button.SEND_NOW),
        Key(words.text("Support bundle"), icons.SUPPORT, Button.SUPPORT_BUNDLE),
        Key(words.text("Restart"), icons.RESTART, Button.RESTART),
    )
    more = (Key(words.text("More"), icons.PACKAGE, Button.MORE),) if doing.maintains else ()
    if doing.desk is not None:  # where what waits to be sent is a list of its own
        left = (Key(words.text("Back"), icons.BACK, Button.DISMISS), left[0], *left[2:])
    return ServiceView(
        title=words.text("Devices"),
        subtitle=nfc(" · ".join(filter(None, (place.brand, place.library_name)))),
        locks_in=words.text("locks by itself in"),
        lock=Key(words.text("Lock"), icons.LOCK, Button.LOCK),
        countdown=Countdown(doing.active_at + rules.maintenance_s, rules.maintenance_s),
        tiles=tuple(_tile(_for_tile(part, findings), part, words) for part in SHOWN),
        keys=(*left, *more),
        panel=_panel(doing, findings, rules, words),
    )


def _for_tile(part: Part, findings: dict[Part, Finding]) -> Finding | None:
    behind = [findings[one] for one in _BEHIND.get(part, ()) if one in findings]
    needs = [one for one in behind if one.state in (State.LOOK, State.BAD)]
    own = findings.get(part)
    return needs[0] if needs and (own is None or own.state in (State.GOOD, State.NOT_USED)) else own


def _tile(finding: Finding | None, part: Part, words: Translator) -> PartTile:
    if finding is None:
        return PartTile(part, words.say(TITLES[part]), _ICONS[part], "", "", Tone.PLAIN, "", "")
    sign, tone = _SIGNS[finding.state]
    return PartTile(
        part=finding.part,
        title=words.say(TITLES[finding.part]),
        icon=_ICONS[finding.part],
        state=words.say(STATES[finding.state]),
        state_icon=sign,
        tone=tone,
        head=_cut(words.say(finding.head)),
        detail=_cut(words.say(finding.detail)),
    )


def _cut(line: str) -> str:
    """Whole words only, where there are several."""
    return line if len(line) <= _LONGEST else line[: _LONGEST + 1].rpartition(" ")[0] or line[:_LONGEST]


def _panel(
    doing: Maintaining, findings: dict[Part, Finding], rules: SessionRules, words: Translator
) -> ServicePanel | None:
    back = Key(words.text("Back"), icons.BACK, Button.DISMISS)
    if doing.pin is not None:
        return staff_pin_panel(doing.pin, back, words)
    if doing.outcome is not None:
        return _of_outcome(doing.outcome, back, words)
    if doing.more:
        return _more(doing, rules, back, words)
    if doing.trying:
        return _of_scans(doing.tried, back, words)
    if doing.part is None or (finding := findings.get(doing.part)) is None:
        return None
    state = words.say(STATES[finding.state])
    lines = (f"{state}: {words.say(finding.head)}", words.say(finding.detail), words.say(finding.do))
    icon = _ICONS[finding.part]
    return ServicePanel(icon, words.say(TITLES[finding.part]), tuple(filter(None, lines)), back)


def _more(doing: Maintaining, rules: SessionRules, back: Key, words: Translator) -> ServicePanel:
    choices = [Key(words.text("Staff PIN"), icons.DESK, Button.STAFF_PIN)] if staff_pins.may_set(doing) else []
    choices += [
        Key(words.text("Update from a USB stick"), icons.PACKAGE, Button.UPDATE_FROM_STICK),
        Key(words.text("Backup onto a USB stick"), icons.DISK, Button.BACKUP_ON_STICK),
        Key(words.text("Support bundle onto a USB stick"), icons.SUPPORT, Button.BUNDLE_ON_STICK),
    ]
    if rules.may_enrol_anew:
        choices.append(Key(words.text("Enrol anew"), icons.ENROLLED, Button.ENROL_ANEW))
    return ServicePanel(icons.PACKAGE, "", (), back, tuple(choices))


def _of_scans(tried: Tried | None, back: Key, words: Translator) -> ServicePanel:
    if tried is None:
        hint = words.text("What it is will be shown here. Nothing of it is kept.")
        return ServicePanel(icons.BARCODE, words.text("Scan any code"), (hint,), back)
    lines = [_kind(tried.kind, words)]
    if tried.symbology:
        lines.append(words.text("Kind of code: {symbology}", symbology=tried.symbology))
    lines.append(words.plural("{n} character", "{n} characters", tried.characters))
    title = words.plural("{n} scan", "{n} scans", tried.number)
    return ServicePanel(icons.OK, title, tuple(lines), back)


def _kind(kind: ScanKind, words: Translator) -> str:
    match kind:
        case ScanKind.CARD:
            return words.text("It has the form of a reader's card.")
        case ScanKind.ITEM:
            return words.text("It has the form of a book's label.")
        case ScanKind.EITHER:
            return words.text("It has the form of a card, and of a label.")
        case ScanKind.ISBN:
            return words.text("It is a publisher's code (ISBN).")
        case ScanKind.CITIZEN:
            return words.text("It is a citizen's card: forgotten at once.")
        case ScanKind.UNREADABLE:
            return words.text("It came, and could not be read.")
        case ScanKind.UNKNOWN:
            return words.text("It can be read, and is no code of this library.")


def _of_outcome(outcome: Outcome, back: Key, words: Translator) -> ServicePanel:
    if outcome.well is None:
        return ServicePanel(icons.WAITING, _begun(outcome.service, words), (_meanwhile(outcome.service, words),), back)
    if outcome.service in _WITH_STICK:
        lines = tuple(map(nfc, outcome.said.splitlines())) or (words.text("Nothing was changed. Please try again."),)
        sign, title = (
            (icons.OK, words.text("Done")) if outcome.well else (icons.WARNING, words.text("That did not succeed"))
        )
        return ServicePanel(sign, title, lines, back)
    if not outcome.well:
        why = words.text("The centre does not answer.")
        return ServicePanel(icons.WARNING, words.text("That did not succeed"), (why,), back)
    if outcome.without_log:
        lines = (
            words.text("The centre has it, but the station's log is missing, or not whole."),
            words.text("Please tell whoever asked for it."),
        )
        return ServicePanel(icons.WARNING, words.text("Sent without the log"), lines, back)
    match outcome.service:
        case Service.SEND_NOW:
            line = words.text("The centre is being asked now. Look at the tile of the centre in a moment.")
        case Service.SUPPORT_BUNDLE:
            line = words.text("The centre has it. Nothing of a reader is in it.")
        case _:
            line = words.text("One moment …")
    return ServicePanel(icons.OK, words.text("Done"), (line,), back)


def _meanwhile(service: Service, words: Translator) -> str:
    if service in _WITH_STICK:
        return words.text("Leave the stick plugged in. This can take a few minutes.")
    return words.text("One moment …")


def _begun(service: Service, words: Translator) -> str:
    match service:
        case Service.SUPPORT_BUNDLE:
            return words.text("The support bundle is on its way")
        case Service.RESTART:
            return words.text("The station starts again")
        case Service.UPDATE_FROM_STICK:
            return words.text("The update is looked at and copied")
        case Service.BACKUP_ON_STICK:
            return words.text("The backup is being written")
        case Service.BUNDLE_ON_STICK:
            return words.text("The support bundle is being written")
        case _:
            return words.text("Sending")


def pass_refused(notice: PassRefused, words: Translator) -> Message:
    match notice.fault:
        case PassFault.EXPIRED:
            title = words.text("This service pass is over")
            lines = (words.text("Its hours have passed. The centre draws a new one."),)
        case PassFault.ENDED:
            title = words.text("This pass was used already")
            lines = (words.text("Somebody has locked the screen with it. The centre draws a new one."),)
        case PassFault.OTHER_STATION:
            title = words.text("A pass for another station")
            lines = (words.text("Each station has its own. Please ask the centre for the one of this station."),)
        case PassFault.NO_CENTRE:
            title = words.text("No pass can be checked yet")
            lines = (words.text("It does not know its centre yet: it has to be enrolled first."),)
        case PassFault.VERSION:
            title = words.text("This pass is too new")
            lines = (words.text("The station's program has to be updated first."),)
        case PassFault.NOT_OURS:
            title = words.text("Not a pass of our centre")
            lines = (words.text("Please draw it anew at the centre, and show it on a bright screen or on paper."),)
    return Message(
        art="which-card",
        eyebrow=words.text("For whoever looks after the station"),
        eyebrow_icon=icons.LOCK,
        title=title,
        lines=lines,
        left=None,
        main=keys.understood(words),
    )
