"""python -m provisioning: make this machine a station of a library, and look after its store."""

from __future__ import annotations

import argparse
import sys

from kiosk.config import ConfigError
from kiosk.i18n import Translator
from provisioning import (
    bring_in,
    bundle_commands,
    check_command,
    enrol_command,
    fetch_release,
    health_command,
    image_commands,
    leave,
    scanner_test,
    stick_update,
    store_commands,
    support_command,
    update_command,
    usb_stick,
    wifi,
)
from provisioning.commands import ASKED_WRONGLY, complain

_COMMANDS = (
    enrol_command,
    store_commands,
    scanner_test,
    usb_stick,
    bundle_commands,
    update_command,
    stick_update,
    fetch_release,
    image_commands,
    bring_in,
    leave,
    wifi,
    check_command,
    health_command,
    support_command,
)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m provisioning", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for module in _COMMANDS:
        module.add_parsers(commands)
    options = parser.parse_args(arguments)
    try:
        status: int = options.run(options, Translator(options.language))
    except ConfigError as error:
        complain(error)
        return ASKED_WRONGLY
    return status


if __name__ == "__main__":
    sys.exit(main())
