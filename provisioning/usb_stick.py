"""python -m provisioning stick-list: what a librarian should look at, onto a USB stick."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from devices.host.root_helper import SOCKET
from devices.host.usb_stick import For, StickRefused, usb_stick, write_on_stick
from kiosk.i18n import Translator
from kiosk.ports.errors import StoreBroken
from kiosk.upkeep.safe_table import csv_table
from provisioning.commands import CONFIG, COULD_NOT, DONE, LANGUAGE, Parsers, complain, say
from provisioning.store_commands import station_of
from provisioning.why_refused import why_refused

_NAME = "tram-xanh-can-xem.csv"


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know it."""
    about = "write what a librarian should look at onto the USB stick, as a table"
    command = commands.add_parser("stick-list", parents=[CONFIG, LANGUAGE], help=about)
    command.set_defaults(run=partial(stick_list, at=SOCKET))


def stick_list(options: argparse.Namespace, words: Translator, at: Path) -> int:
    """`at`: the socket of root's helper. Beside a running station, too."""
    try:
        rows = [(row["why"], row["barcode"], row["seq"]) for row in station_of(options).read().to_check()]
        table = csv_table([words.text("Why"), words.text("Barcode"), words.text("Number")], rows)
        with usb_stick(For.EXPORT, at=at) as folder:
            write_on_stick(folder / _NAME, table)
    except StoreBroken as error:
        complain(words.text("Nothing was changed: {why}.", why=error))
    except StickRefused as error:
        complain(why_refused(error.reason, words))
    except OSError as error:
        why = error.strerror or type(error).__name__
        complain(
            words.text(
                "The stick was pulled out, or it cannot be written: {why}. "
                "Nothing half is left on it under the table's name.",
                why=why,
            )
        )
    else:
        say(words.text("Written and read back: {file}. You can pull the stick out now.", file=_NAME))
        return DONE
    return COULD_NOT
