"""The commands by which a person at the centre decides which stations may ask. They work beside a running server."""

import argparse
from typing import Any

from central_server import clock, devices
from central_server.commands import ANY_LIBRARY, DATABASE, DEVICE, JSON, LIBRARY, Done, Parsers, answer, opened
from central_server.database import must_have_library, reading
from central_server.devices import Device, State
from central_server.enrolment import make_token


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know these."""
    of_device = [DATABASE, LIBRARY, DEVICE]
    token = commands.add_parser("enrol-token", parents=[*of_device, JSON], help="let one station enrol")
    token.add_argument("--minutes", type=int, default=30, help="how long it is good (30)")
    token.add_argument("--replace", action="store_true", help="it may take the place of the one that is active")
    token.set_defaults(run=_enrol_token)

    listing = commands.add_parser("devices", parents=[DATABASE, ANY_LIBRARY, JSON], help="the stations, and who waits")
    listing.set_defaults(run=_devices)

    confirm = commands.add_parser("confirm", parents=of_device, help="let in a station that waits")
    confirm.add_argument("--words", required=True, help="the four words on the station's screen, with blanks or commas")
    confirm.set_defaults(run=_confirm)

    revoke = commands.add_parser("revoke", parents=of_device, help="shut out a station")
    revoke.set_defaults(run=_revoke)

    admit = commands.add_parser("admit", parents=of_device, help="let a revoked station in again")
    admit.set_defaults(run=_admit)


def _enrol_token(arguments: argparse.Namespace) -> Done:
    library, name = arguments.library, arguments.device
    with opened(arguments) as store, store.writing.begin() as connection:
        token = make_token(connection, library, name, arguments.minutes, clock.now_ms(), replaces=arguments.replace)
    as_json = {"token": token.text, "library": library, "device": name, "expires_ms": token.expires_ms}
    until = clock.shown_time(token.expires_ms)
    text = f"{token.text}\nFor the station {name} of {library}, once, until {until}. It is not shown again."
    return 0, answer(arguments, as_json, text)


def _devices(arguments: argparse.Namespace) -> Done:
    with opened(arguments) as store, reading(store) as connection:
        if arguments.library:
            must_have_library(connection, arguments.library)
        found = devices.listed(connection, arguments.library)
    text = "\n".join(map(_line, found)) or "No station was enrolled here."
    return 0, answer(arguments, {"devices": [_as_json(one) for one in found]}, text)


def _confirm(arguments: argparse.Namespace) -> Done:
    with opened(arguments) as store, store.writing.begin() as connection:
        devices.confirm(connection, arguments.library, arguments.device, arguments.words, clock.now_ms())
    return _done(arguments, "confirmed; it may work from now on")


def _revoke(arguments: argparse.Namespace) -> Done:
    with opened(arguments) as store, store.writing.begin() as connection:
        devices.revoke(connection, arguments.library, arguments.device)
    return _done(arguments, "revoked; what it has not sent waits there")


def _admit(arguments: argparse.Namespace) -> Done:
    with opened(arguments) as store, store.writing.begin() as connection:
        devices.admit(connection, arguments.library, arguments.device)
    return _done(arguments, "admitted again")


def _done(arguments: argparse.Namespace, what: str) -> Done:
    return 0, f"{arguments.device} of {arguments.library}: {what}."


def _as_json(one: Device) -> dict[str, Any]:
    return {
        "library": one.library,
        "device": one.name,
        "key_id": one.key_id,
        "state": one.state.value,
        "words": one.words.split(", ") if one.state is State.PENDING else None,
        "enrolled_ms": one.enrolled_ms,
        "confirmed_ms": one.confirmed_ms,
        "seen_ms": one.seen_ms,
    }


def _line(one: Device) -> str:
    times = [("enrolled", one.enrolled_ms), ("confirmed", one.confirmed_ms), ("last seen", one.seen_ms)]
    words = [one.words] if one.state is State.PENDING else []
    said = [f"{what} {clock.shown_time(at)}" for what, at in times if at is not None]
    return f"{one.library:<12} {one.name:<12} {one.state:<9} " + "; ".join(words + said)
