"""The commands by which a person at the centre decides which stations may ask. They work beside a running server."""

import argparse
from typing import Any

import msgspec
import sqlalchemy as sa

from central_server import clock, devices
from central_server.database import Store, has_library
from central_server.devices import CannotDo, Device, State
from central_server.enrolment import make_token


def add_parsers(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", common: argparse.ArgumentParser
) -> None:
    """Let `commands` know these; `common` says where the database is."""
    of_device = argparse.ArgumentParser(add_help=False)
    of_device.add_argument("--library", required=True, metavar="CODE", help="like hoa-sen")
    of_device.add_argument("--device", required=True, metavar="NAME", help="like tram-1")
    as_json = argparse.ArgumentParser(add_help=False)
    as_json.add_argument("--json", action="store_true", help="one JSON object instead of lines for people")

    token = commands.add_parser("enrol-token", parents=[common, of_device, as_json], help="let one station enrol")
    token.add_argument("--minutes", type=int, default=30, help="how long it is good (30)")
    token.add_argument("--replace", action="store_true", help="it may take the place of the one that is active")

    listing = commands.add_parser("devices", parents=[common, as_json], help="the stations, and who waits")
    listing.add_argument("--library", metavar="CODE", help="of this library only")

    confirm = commands.add_parser("confirm", parents=[common, of_device], help="let in a station that waits")
    confirm.add_argument("--words", required=True, help="the four words on the station's screen, with blanks or commas")
    commands.add_parser("revoke", parents=[common, of_device], help="shut out a station")
    commands.add_parser("admit", parents=[common, of_device], help="let a revoked station in again")


def run(store: Store, arguments: argparse.Namespace) -> str:
    """Do one of these commands; answers what was done. Raises `CannotDo`."""
    now_ms = clock.now_ms()
    with store.writing.begin() as connection:
        match arguments.command:
            case "enrol-token":
                return _enrol_token(connection, arguments, now_ms)
            case "devices":
                return _devices(connection, arguments)
            case "confirm":
                devices.confirm(connection, arguments.library, arguments.device, arguments.words, now_ms)
                done = "confirmed; it may work from now on"
            case "revoke":
                devices.revoke(connection, arguments.library, arguments.device)
                done = "revoked; what it has not sent waits there"
            case _:
                devices.admit(connection, arguments.library, arguments.device)
                done = "admitted again"
    return f"{arguments.device} of {arguments.library}: {done}."


def _enrol_token(connection: sa.Connection, arguments: argparse.Namespace, now_ms: int) -> str:
    library, name = arguments.library, arguments.device
    token = make_token(connection, library, name, arguments.minutes, now_ms, replaces=arguments.replace)
    if arguments.json:
        return _json({"token": token.text, "library": library, "device": name, "expires_ms": token.expires_ms})
    until = clock.shown_time(token.expires_ms)
    return f"{token.text}\nFor the station {name} of {library}, once, until {until}. It is not shown again."


def _devices(connection: sa.Connection, arguments: argparse.Namespace) -> str:
    if arguments.library and not has_library(connection, arguments.library):
        raise CannotDo(f"There is no library {arguments.library!r} here.")
    found = devices.listed(connection, arguments.library)
    if arguments.json:
        return _json({"devices": [_as_json(one) for one in found]})
    return "\n".join(map(_line, found)) or "No station was enrolled here."


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


def _json(content: dict[str, Any]) -> str:
    return msgspec.json.encode(content).decode()
