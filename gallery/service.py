"""The maintainer's screen in its telling states."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gallery.enrolment import ENROLMENT, FOUR_WORDS
from kiosk.domain import findings as f
from kiosk.domain.findings import Finding, Part, State
from kiosk.session import states
from kiosk.session.maintenance import Maintaining, Outcome, ScanKind, Service, Tried
from kiosk.session.states import Enrolling, EnrolProblem, EnrolStage

_DO = f.text("Lending goes on without it. Check the cable, or the name and password of the Wi-Fi.")
WELL = (
    Finding(Part.NETWORK, State.GOOD, f.text("Wi-Fi {name}", name="wlan0"), f.text("signal {n} %", n=62)),
    Finding(
        Part.CENTRE,
        State.GOOD,
        f.text("reached {ago} ago", ago=f.text("{n} s", n=12)),
        f.plural("{n} record to send", "{n} records to send", 0),
    ),
    Finding(
        Part.STORE, State.GOOD, f.plural("{n} book", "{n} books", 640), f.text("backup {when}", when="02:00 30/11")
    ),
    Finding(
        Part.SCANNER,
        State.GOOD,
        f.as_is("serial /dev/ttyACM0"),
        f.text("last scan {ago} ago", ago=f.text("{n} min", n=4)),
    ),
    Finding(Part.CAMERA, State.GOOD, f.as_is("camera 0")),
    Finding(Part.PRINTER, State.NOT_USED, f.text("None"), f.text("codes on screen instead")),
    Finding(Part.SCREEN, State.GOOD, f.as_is("1024 × 600")),
    Finding(Part.TOUCH, State.GOOD, f.as_is("ILITEK")),
    Finding(Part.CLOCK, State.GOOD, f.as_is("09:42 30/11/2026"), f.text("by the network's time")),
    Finding(
        Part.DISK,
        State.GOOD,
        f.text("{free} GB of {whole} free", free="21.0", whole=32),
        f.text("{n} percent worn", n=20),
    ),
    Finding(Part.TEMPERATURE, State.GOOD, f.text("{n} degrees", n=61)),
    Finding(Part.POWER, State.GOOD, f.text("Steady")),
    Finding(Part.VERSION, State.GOOD, f.as_is("0.2.0"), f.as_is("Raspberry Pi 5 Model B Rev 1.0")),
    Finding(Part.KEYS, State.GOOD, f.as_is("tram-1"), f.text("confirmed by the centre")),
    Finding(Part.UNITS, State.GOOD, f.plural("{n} unit", "{n} units", 7)),
)
_TROUBLE = {
    Part.NETWORK: Finding(Part.NETWORK, State.LOOK, f.text("Not connected"), do=_DO),
    Part.CENTRE: Finding(
        Part.CENTRE,
        State.LOOK,
        f.text("Out of reach"),
        f.plural("{n} record to send", "{n} records to send", 14),
        f.text("Lending goes on, and it is tried again and again. Check the network and the centre's server."),
    ),
    Part.STORE: Finding(
        Part.STORE,
        State.BAD,
        f.text("It is damaged"),
        f.as_is("K-04"),
        f.text("Somebody decides what takes its place: python -m provisioning recover, or restore."),
    ),
    Part.SCANNER: Finding(
        Part.SCANNER,
        State.LOOK,
        f.text("It is not there"),
        f.as_is("serial /dev/ttyACM0"),
        f.text("Check its cable, and try another socket."),
    ),
    Part.CLOCK: Finding(
        Part.CLOCK,
        State.LOOK,
        f.text("Nobody vouches for it"),
        f.as_is("09:42 30/11/2026"),
        f.text("Connect the network for a moment, or fit a battery clock; dates are counted in days meanwhile."),
    ),
    Part.POWER: Finding(
        Part.POWER,
        State.LOOK,
        f.text("It was too weak"),
        f.text("since it was switched on"),
        f.text("Use the power supply that belongs to the board, and a short, thick cable."),
    ),
    Part.KEYS: Finding(
        Part.KEYS,
        State.LOOK,
        f.text("Shut out by the centre"),
        f.as_is("tram-1"),
        f.text("Ask at the centre; what was not sent is kept here."),
    ),
    Part.TOUCH: Finding(
        Part.TOUCH,
        State.LOOK,
        f.text("No touch was found"),
        do=f.text("Check the touch cable (USB). Everything can be done with the scanner alone meanwhile."),
    ),
}
TROUBLE = tuple(_TROUBLE.get(finding.part, finding) for finding in WELL)


def maintaining(**more: Any) -> states.State:
    fields: dict[str, Any] = {"findings": WELL} | more
    return states.State(Maintaining("0" * 16, 64.0, **fields))


def enrolling_anew(stage: EnrolStage = EnrolStage.SHOW_CODE, **more: Any) -> states.State:
    return replace(maintaining(enrolling=True), anew=Enrolling(stage, **more))


STATES = {
    "service": ("All is well; a printer is not used.", maintaining()),
    "service-first": ("The first look goes on.", maintaining(findings=())),
    "service-trouble": ("Several parts want somebody; nothing is red.", maintaining(findings=TROUBLE)),
    "service-part": ("A tile was touched: what is so, and what to do.", maintaining(findings=TROUBLE, part=Part.CLOCK)),
    "service-try": ("“Test the scanner” was touched.", maintaining(trying=True)),
    "service-tried": (
        "A scan: what it is, never what it says.",
        maintaining(trying=True, tried=Tried(ScanKind.ITEM, "Code128", 9, 3)),
    ),
    "service-sending": (
        "The support bundle is being made.",
        maintaining(outcome=Outcome(Service.SUPPORT_BUNDLE, None)),
    ),
    "service-sent": ("The centre has it.", maintaining(outcome=Outcome(Service.SUPPORT_BUNDLE, True))),
    "service-sent-without-log": (
        "The centre has it, and the log is not in it.",
        maintaining(outcome=Outcome(Service.SUPPORT_BUNDLE, True, without_log=True)),
    ),
    "service-more": ("“More” was touched.", maintaining(more=True)),
    "service-stick-working": (
        "An update comes from a stick.",
        maintaining(outcome=Outcome(Service.UPDATE_FROM_STICK, None)),
    ),
    "service-stick-done": (
        "The command's own sentence, in the language that was spoken when it began.",
        maintaining(
            outcome=Outcome(
                Service.UPDATE_FROM_STICK,
                True,
                said="Bản cập nhật đúng. Khi bạn khoá màn hình này và không có ai đứng đây, trạm tự cài rồi "
                "tự khởi động lại. Rút USB được rồi.",
            )
        ),
    ),
    "service-stick-refused": (
        "Each refusal has its own.",
        maintaining(
            outcome=Outcome(
                Service.UPDATE_FROM_STICK,
                False,
                said="Bản cập nhật này không phải của nơi làm ra trạm. Trạm không cài.",
            )
        ),
    ),
    "service-anew": ("“Enrol anew” was touched.", enrolling_anew()),
    "service-anew-words": (
        "Two people compare; it lends on, also behind a lock.",
        enrolling_anew(EnrolStage.COMPARE, attempt=1, code=ENROLMENT, words=FOUR_WORDS),
    ),
    "service-anew-refused": (
        "It goes on as it was.",
        enrolling_anew(problem=EnrolProblem.TOKEN_REFUSED, attempt=1),
    ),
    "service-anew-starting": ("Confirmed.", enrolling_anew(EnrolStage.STARTING, attempt=1, code=ENROLMENT)),
    "service-not-sent": (
        "No network for it.",
        maintaining(outcome=Outcome(Service.SUPPORT_BUNDLE, False)),
    ),
}
"""By name: what it says, and the state."""
