"""python -m provisioning make-publisher-key, make-bundle: at the publisher's, in English."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from devices.host.clock import HostClock
from kiosk import __version__
from kiosk.config import BUILD_MS
from kiosk.i18n import Translator
from local_store.tables import REVISIONS
from provisioning.commands import COULD_NOT, DONE, Parsers, complain, say

_DAY_MS = 86_400_000


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know them."""
    key = commands.add_parser("make-publisher-key", help="a key that signs releases; once, for all stations")
    key.add_argument("--out", required=True, type=Path, metavar="FILE", help="like publisher.key; its .pub beside it")
    key.set_defaults(run=_make_key, language="en")

    bundle = commands.add_parser("make-bundle", help="a signed release of this source, in one file")
    bundle.add_argument("--key", required=True, type=Path, metavar="FILE", help="of make-publisher-key")
    bundle.add_argument("--out", required=True, type=Path, metavar="FILE", help=f"like tram-xanh-{__version__}.bundle")
    bundle.add_argument("--wheels", type=Path, metavar="DIR", help="wheels that are looked at first")
    bundle.add_argument("--offline", action="store_true", help="no others than those of --wheels")
    bundle.add_argument("--architecture", default=os.uname().machine, metavar="WORD", help="like aarch64")
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    bundle.add_argument("--python", action="append", metavar="N.N", help=f"of the stations; may come twice ({here})")
    bundle.add_argument("--days", type=int, default=400, metavar="N", help="how long it may be installed (400)")
    bundle.add_argument("--without-keyboard", action="store_true", help="no evdev: no scanners that are keyboards")
    bundle.set_defaults(run=_make_bundle, language="en", python_here=here)


def _make_key(options: argparse.Namespace, _words: Translator) -> int:
    from provisioning.make_bundle import CannotMake, make_key

    try:
        public = make_key(options.out)
    except (CannotMake, OSError) as error:
        complain(error)
        return COULD_NOT
    say(f"{options.out} signs releases: keep it where no station and no visitor reaches it, and a copy in the safe.")
    say(f"{public} goes onto every station, as /etc/tram-xanh/publisher.pub.")
    return DONE


def _make_bundle(options: argparse.Namespace, _words: Translator) -> int:
    from provisioning.make_bundle import CannotMake, Target, collect_wheels, read_key, write_bundle

    now_ms = HostClock(battery_clock=True, build_ms=BUILD_MS).now().wall_ms
    pythons = tuple(options.python or [options.python_here])
    ends_ms = now_ms + options.days * _DAY_MS
    target = Target(__version__, REVISIONS[-1], pythons, options.architecture, now_ms, ends_ms)
    try:
        key = read_key(options.key)
        with tempfile.TemporaryDirectory(dir=options.out.parent) as folder:
            wheels = collect_wheels(
                Path(folder),
                target,
                given=options.wheels,
                offline=options.offline,
                keyboard=not options.without_keyboard,
            )
            write_bundle(options.out, key, target, wheels)
    except (CannotMake, OSError) as error:
        complain(error)
        return COULD_NOT
    megabytes = options.out.stat().st_size / 1_000_000
    say(f"{options.out}: {__version__} for {options.architecture}, {len(wheels)} wheels, {megabytes:.0f} MB.")
    return DONE
