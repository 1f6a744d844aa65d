"""A blank station in its telling states, until it is its library's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kiosk.domain.enrolment_code import EnrolmentCode
from kiosk.session.enrolment import CAN_BE_TRIED_AGAIN
from kiosk.session.states import Enrolling, EnrolProblem, EnrolStage, State, Station

ENROLMENT = EnrolmentCode("https://thu-vien.example.vn", "hoa-sen", "tram-1", bytes(16))
FOUR_WORDS = ("ấm trà", "lâu đài", "vàng anh", "lều trại")
ENROL_PROBLEMS = {
    EnrolProblem.NOT_A_CODE: "A book’s label was shown.",
    EnrolProblem.OTHER_VERSION: "A code of another version.",
    EnrolProblem.SPOILT_CODE: "Half a code.",
    EnrolProblem.FORBIDDEN_CODE: "A code that sends the station to a server without https, say.",
    EnrolProblem.NO_WIFI: "The code names a Wi-Fi, and there is no NetworkManager.",
    EnrolProblem.NO_NETWORK: "No cable, no Wi-Fi.",
    EnrolProblem.UNREACHABLE: "The server does not answer.",
    EnrolProblem.DISTRUSTED: "Another server answers in its place.",
    EnrolProblem.TOKEN_REFUSED: "Used, too old, or for another station.",
    EnrolProblem.REVOKED: "Shut out while it waited.",
    EnrolProblem.NOTHING_TOLD: "Confirmed, and nobody has imported the station file there.",
    EnrolProblem.NOT_KEPT: "The card is full or cannot be written.",
    EnrolProblem.OTHER_STATION: "kiosk.toml names another device, say.",
    EnrolProblem.CLOCK_UNSURE: "Just switched on, no pin in the code, and nobody has told the time yet.",
}


def enrolling(stage: EnrolStage = EnrolStage.SHOW_CODE, **more: Any) -> State:
    return State(Enrolling(stage, **more))


STATES: dict[str, tuple[str, State]] = {
    "enrol": ("Nobody has shown a code yet.", enrolling()),
    "enrol-camera": ("With a camera.", enrolling()),
    "enrol-aiming": ("A tap on the small picture.", replace(enrolling(), aiming=True)),
    "enrol-scanner-lost": (
        "No scanner is plugged in.",
        replace(enrolling(), station=Station(scanners_lost=frozenset({"serial"}))),
    ),
    "enrol-network": ("“Check the network” was touched.", enrolling(is_connected=True)),
    "enrol-network-none": ("The same, and there is none.", enrolling(is_connected=False)),
    "enrol-help": ("“Another way” was touched.", enrolling(wants_help=True)),
    "enrol-connecting": ("A code was read.", enrolling(EnrolStage.CONNECTING, code=ENROLMENT)),
    "four-words": (
        "Two people compare; the centre shows the same.",
        enrolling(EnrolStage.COMPARE, code=ENROLMENT, words=FOUR_WORDS),
    ),
    "enrol-starting": ("Confirmed: it opens by itself.", enrolling(EnrolStage.STARTING, code=ENROLMENT)),
    **{
        f"enrol-{problem.name.lower().replace('_', '-')}": (
            says,
            enrolling(problem=problem, code=ENROLMENT if problem in CAN_BE_TRIED_AGAIN else None),
        )
        for problem, says in ENROL_PROBLEMS.items()
    },
}
"""By name: what one looks at, and the state."""

WITH_CAMERA = frozenset({"enrol-camera", "enrol-aiming"})
