"""The commands by which a person at the centre decides which stations may ask. They work beside a running server."""

import argparse
import sys
from pathlib import Path
from typing import Any

from central_server import clock, devices
from central_server.cannot import CannotDo
from central_server.commands import ANY_LIBRARY, DATABASE, DEVICE, JSON, LIBRARY, Done, Parsers, answer, opened
from central_server.database import must_have_library, reading
from central_server.devices import Device, State
from central_server.enrolment import Token, make_token
from central_server.enrolment_code import Wifi, code_text, pin_of

_MINUTES = 30
_MINUTES_ON_PAPER = 24 * 60


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know these."""
    of_device = [DATABASE, LIBRARY, DEVICE]
    token = commands.add_parser("enrol-token", parents=[*of_device, JSON], help="let one station enrol")
    token.add_argument("--minutes", type=int, help="how long it is good (30; with --qr a day)")
    token.add_argument("--replace", action="store_true", help="it may take the place of the one that is active")
    token.add_argument("--url", help="this centre's address, as stations reach it: with it the enrolment code is made")
    token.add_argument(
        "--ca", type=Path, metavar="FILE", help="the authority (PEM) given to serve; else the usual ones"
    )
    token.add_argument("--wifi", metavar="SSID", help="the network that the station joins")
    token.add_argument("--wifi-password", metavar="FILE", help="holds it in its first line; - is the standard input")
    token.add_argument(
        "--qr",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="write the code: a picture (.png, .svg), a page to print (.pdf) or its text (.txt); again for more",
    )
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
    if not arguments.url and (arguments.qr or arguments.ca or arguments.wifi):
        raise CannotDo("An enrolment code says where this centre is: give --url https://…")
    wifi = _wifi(arguments)
    pin = pin_of(arguments.ca) if arguments.ca else None
    minutes = arguments.minutes
    if minutes is None:
        minutes = _MINUTES_ON_PAPER if arguments.qr else _MINUTES
    code: str | None = None
    with opened(arguments) as store, store.writing.begin() as connection:
        token = make_token(connection, library, name, minutes, clock.now_ms(), replaces=arguments.replace)
        until = clock.shown_time(token.expires_ms)
        if arguments.url:  # what cannot be written leaves no token behind
            code = code_text(arguments.url, library, name, token.secret, pin, wifi)
            _write(arguments, token, code, until, wifi)
    as_json: dict[str, Any] = {"token": token.text, "library": library, "device": name, "expires_ms": token.expires_ms}
    if code is not None:
        as_json["code"] = code
    text = f"{token.text}\nFor the station {name} of {library}, once, until {until}. It is not shown again."
    written = [f"Written, for the eyes of who sets up the station only: {path}" for path in arguments.qr]
    return 0, answer(arguments, as_json, "\n".join([text, *written]))


def _write(arguments: argparse.Namespace, token: Token, code: str, until: str, wifi: Wifi | None) -> None:
    from central_server.enrolment_sheet import Sheet, write  # only here: it is dear to import

    network = wifi.ssid if wifi else None
    for path in arguments.qr:
        write(Sheet(code, arguments.library, arguments.device, arguments.url, token.text, until, network), path)


def _wifi(arguments: argparse.Namespace) -> Wifi | None:
    """Its password never stands on the command line, which every account of this machine can read."""
    if arguments.wifi is None:
        return None
    source = arguments.wifi_password
    if source is None:
        return Wifi(arguments.wifi, "")
    try:
        lines = (sys.stdin.read() if source == "-" else Path(source).read_text("utf-8")).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CannotDo(f"The Wi-Fi password cannot be read from {source}.") from error
    if not lines or not lines[0]:
        raise CannotDo(f"There is no Wi-Fi password in {source}.")
    return Wifi(arguments.wifi, lines[0])


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
