"""The settings, what is reported, and a PIN beside a card, in their telling states."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from gallery.desk import at_desk
from gallery.desk_books import DE_MEN
from kiosk.domain.loan_policy import CirculationRules, LoanPolicy, PatronLimits
from kiosk.domain.requests import FaultAbout, RequestState
from kiosk.domain.settings import all_settings
from kiosk.session import states
from kiosk.session.desk_states import (
    Act,
    AtSettings,
    DeskProblem,
    PinProblem,
    Reporting,
    RequestLine,
    SettingLine,
    Writing,
)
from kiosk.session.inputs import PatronFound
from kiosk.session.supervised.settings import BAD_DAYS

_TODAY = date(2026, 11, 23)
_RULES = CirculationRules(
    "1",
    {"Học sinh": PatronLimits(5, 1), "Giáo viên": PatronLimits(15, 7)},
    {("Học sinh", "sách tham khảo"): LoanPolicy(14, 5, 1), ("Giáo viên", "sách tham khảo"): LoanPolicy(60, 15, 3)},
)
_VALUES = {
    "closed": "2026-11-20, 2027-02-04..2027-02-14",
    "session.language": "vi",
    "session.idle_s": "30",
    "sound.volume": "60",
    "card_proof": "pin_on_camera",
}
LINES = tuple(
    SettingLine(
        one.name,
        one.holding(_VALUES),
        one,
        fixed=one.name in ("session.idle_s", "limits.Học sinh.total"),
        waiting=one.name == "closed",
    )
    for one in all_settings(_RULES)
)
_SETTINGS = AtSettings(LINES, today=_TODAY)


def _chosen(name: str, **more: Any) -> states.State:
    return at_desk(replace(_SETTINGS, chosen=name, **more))


SETTINGS: dict[str, tuple[str, states.State]] = {
    "desk-settings": ("All that may be chosen, and what holds.", at_desk(_SETTINGS)),
    "desk-settings-reading": ("They are being read.", at_desk(AtSettings())),
    "desk-settings-fixed": (
        "The centre has set it: it is shown, and no key is there.",
        _chosen("limits.Học sinh.total"),
    ),
    "desk-settings-number": ("A number is gone to step by step.", _chosen("policy.Học sinh.sách tham khảo.days")),
    "desk-settings-draft": (
        "Three days more: not kept yet.",
        _chosen("policy.Học sinh.sách tham khảo.days", draft="17"),
    ),
    "desk-settings-no-limit": ("A number that may be none.", _chosen("limits.Học sinh.per_day")),
    "desk-settings-kept": ("It was changed.", _chosen("sound.volume", kept="sound.volume")),
    "desk-settings-refused": ("The centre has set it meanwhile.", _chosen("sound.volume", refused=True)),
    "desk-settings-choice": ("One of a few: one touch.", _chosen("card_proof")),
    "desk-settings-closed": ("Closed days: each can be taken out again.", _chosen("closed")),
    "desk-settings-closed-unsure": ("Nobody vouches for the day.", _chosen("closed", today=None)),
    "desk-settings-days": (
        "Days are written as people write them.",
        at_desk(Writing(Act.WRITE_DAYS, replace(_SETTINGS, chosen="closed"), "24/12/2026-26/12/2026")),
    ),
    "desk-settings-no-days": (
        "That is no day.",
        at_desk(Writing(Act.WRITE_DAYS, replace(_SETTINGS, chosen="closed"), "30/02/2027", problem=BAD_DAYS)),
    ),
}

_MORNING = 1_795_227_120_000  # Saturday, 21 November 2026, 09:12 in Việt Nam
_DAY = 86_400_000
ASKED = (
    RequestLine("r-1", "fault_report", "", _MORNING, RequestState.WAITING),
    RequestLine("r-2", "item_source", "Dế Mèn phiêu lưu ký", _MORNING, RequestState.GRANTED, "rule"),
    RequestLine("r-3", "suggestion", "", _MORNING - _DAY, RequestState.DECLINED, "person", "Đã có ba cuốn ở kho."),
    RequestLine("r-4", "settings", "", _MORNING - 2 * _DAY, RequestState.GRANTED, "rule"),
    RequestLine("r-5", "item_status", "Kính vạn hoa, tập 3", _MORNING - 3 * _DAY, RequestState.DECLINED, "rule", "x"),
    RequestLine("r-6", "settlement", "", _MORNING - 4 * _DAY, RequestState.GRANTED, "rule"),
    RequestLine("r-7", "card_link", "", _MORNING - 5 * _DAY, RequestState.WAITING),
)
_REPORT = Reporting(lines=ASKED)
_WITH_BOOK = replace(_REPORT, book=DE_MEN, barcode=DE_MEN.barcode)

REPORTS: dict[str, tuple[str, states.State]] = {
    "desk-report": ("What may be reported, and what became of it before.", at_desk(_REPORT)),
    "desk-report-first": ("Nothing was asked for yet.", at_desk(Reporting(lines=()))),
    "desk-report-line": ("What a person at the centre has said of it.", at_desk(replace(_REPORT, chosen="r-3"))),
    "desk-report-agreed": ("The centre has agreed.", at_desk(replace(_REPORT, chosen="r-2"))),
    "desk-report-waiting": ("It waits for an answer.", at_desk(replace(_REPORT, chosen="r-1"))),
    "desk-report-scan": (
        "A damaged book is scanned first.",
        at_desk(replace(_REPORT, wants=Act.FAULT, about=FaultAbout.ITEM)),
    ),
    "desk-report-book": ("A book was scanned.", at_desk(_WITH_BOOK)),
    "desk-report-source-scan": ("Where a book comes from: it is scanned.", at_desk(replace(_REPORT, wants=Act.SOURCE))),
    "desk-report-source": ("One touch says where it comes from.", at_desk(replace(_WITH_BOOK, wants=Act.SOURCE))),
    "desk-report-sent-fault": ("It is reported.", at_desk(replace(_REPORT, sent=Act.FAULT))),
    "desk-report-sent-wish": ("It is on its way.", at_desk(replace(_REPORT, sent=Act.SUGGEST))),
    "desk-report-sent-source": ("It is noted.", at_desk(replace(_REPORT, sent=Act.SOURCE))),
    "desk-report-unknown": (
        "A label that is in no list.",
        at_desk(replace(_REPORT, problem=DeskProblem.UNKNOWN_ITEM)),
    ),
}

_FOUND = PatronFound(1, 1, "p-1", "HS-000417", "Minh An", 2, 5, (), 100.0, None, True, True)


def proving(typed: int = 0, **more: Any) -> states.State:
    return states.State(states.Proving(_FOUND, 100.0, digits="7" * typed, **more))


PROVING: dict[str, tuple[str, states.State]] = {
    "card-pin": ("The library wants a PIN beside the card.", proving()),
    "card-pin-typed": ("Three digits; nobody can read which.", proving(3)),
    "card-pin-wrong": ("A wrong one.", proving(problem=PinProblem.WRONG)),
    "card-pin-wait": (
        "The fourth wrong one waits.",
        proving(problem=PinProblem.WRONG, tries_at=117.0, wait_s=5.0),
    ),
    "card-pin-too-soon": ("A wait is not over.", proving(problem=PinProblem.TOO_SOON, tries_at=150.0, wait_s=40.0)),
    "card-pin-help": (
        "They have called for the librarian.",
        replace(proving(problem=PinProblem.NONE_SET), help_called=True),
    ),
    "card-pin-gone": ("It was taken away meanwhile.", proving(problem=PinProblem.NONE_SET)),
}
STATES = SETTINGS | REPORTS
