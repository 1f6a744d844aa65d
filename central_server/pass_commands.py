"""The command that draws a service pass."""

import argparse
from pathlib import Path

import segno

from central_server import clock, devices, server_key
from central_server.cannot import CannotDo
from central_server.commands import DATABASE, DEVICE, JSON, LIBRARY, Done, Parsers, answer, opened
from central_server.database import must_have_library, reading
from central_server.service_pass import make_pass

_PX = 8  # of one square


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know it."""
    about = "draw what a maintainer shows to a station to see how it is"
    parser = commands.add_parser("service-pass", parents=[DATABASE, LIBRARY, DEVICE, JSON], help=about)
    parser.add_argument("--hours", type=int, default=4, help="how long it is good (4)")
    parser.add_argument("--qr", type=Path, metavar="FILE", help="draw it there, as .png or .svg; else only the text")
    parser.set_defaults(run=_service_pass)


def _service_pass(arguments: argparse.Namespace) -> Done:
    library, device, now_ms = arguments.library, arguments.device, clock.now_ms()
    with opened(arguments) as store, reading(store) as connection:
        must_have_library(connection, library)
        if devices.active(connection, library, device) is None:
            raise CannotDo(f"No station is active as {device!r} of {library!r}.")
        made = make_pass(server_key.read(connection), library, device, arguments.hours, now_ms)
    if arguments.qr:
        try:
            segno.make(made.text, error="m", micro=False).save(str(arguments.qr), scale=_PX)
        except (OSError, ValueError) as error:
            raise CannotDo(f"{arguments.qr} cannot be drawn: {error}.") from error
    until = clock.shown_time(made.until_ms)
    where = f"Drawn in {arguments.qr}" if arguments.qr else made.text
    text = f"{where}\nFor the station {device} of {library}, until {until}; locking the screen ends it before."
    return 0, answer(arguments, {"pass": made.text, "id": made.id, "until_ms": made.until_ms}, text)
