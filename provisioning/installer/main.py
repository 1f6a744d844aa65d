"""The steps in their order, and what is said of each."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from provisioning.installer import (
    bundle_folder,
    first_boot,
    first_release,
    layout,
    looking,
    packages,
    raspberry,
    removal,
    system,
)
from provisioning.installer.machine import Machine, StepFailed
from provisioning.installer.other_root import inside

DONE, COULD_NOT, ASKED_WRONGLY = 0, 1, 2

Step = tuple[str, Callable[[], None]]


def main(arguments: Sequence[str], installer: Path, source: Path) -> int:
    """`source`: the folder with provisioning/ and systemd/ in it. An exit status."""
    options = _options(arguments)
    if os.geteuid():
        _say("Only root can install: put sudo in front.")
        return ASKED_WRONGLY
    if options.root:
        return inside(options, installer, source)
    machine = Machine(_say, dry_run=options.dry_run)
    if options.remove:
        return _work(machine, [("Removal", lambda: removal.remove(machine, source, _say))])
    try:
        with _folder(machine, options, installer) as folder:
            return _install(machine, options, source, folder)
    except StepFailed as failed:
        return _failed(failed)


def _install(machine: Machine, options: argparse.Namespace, source: Path, folder: Path | None) -> int:
    bundle = bundle_folder.read(folder) if folder else None
    release, publisher = options.bundle, options.publisher
    if bundle:
        release = release or bundle.folder / bundle.release
        publisher = publisher or bundle.folder / bundle.publisher
    steps: list[Step] = [
        ("The bundle is whole", lambda: bundle_folder.check(bundle) if bundle else None),
        ("Debian packages", lambda: packages.install(machine, bundle)),
        ("The account", lambda: layout.make_account(machine)),
        ("Folders", lambda: layout.make_folders(machine)),
        ("Units, rules, and what chooses the release", lambda: layout.copy_files(machine, source, options.display)),
        ("The release", lambda: first_release.install(machine, release, publisher)),
        ("kiosk.toml, by what is plugged in", lambda: looking.write_config(machine)),
        ("Time zone, keys, swap", lambda: system.set_up(machine)),
        ("Raspberry Pi: config.txt, cmdline.txt", lambda: raspberry.set_up(machine)),
        ("What begins with the machine", lambda: system.services(machine, source, ssh=options.ssh)),
    ]
    if options.first_boot:
        steps.insert(1, ("Name and Wi-Fi of this card", lambda: first_boot.take_values(machine)))
        steps.append(("First boot is over", lambda: first_boot.finish(machine)))
    return _work(machine, steps)


def _work(machine: Machine, steps: Sequence[Step]) -> int:
    for number, (name, act) in enumerate(steps, start=1):
        before = machine.changes
        _say(f"{number}/{len(steps)} {name}")
        try:
            act()
        except StepFailed as failed:
            return _failed(failed)
        except OSError as error:
            return _failed(StepFailed(f"{error.filename or 'the disk'}: {error.strerror}", _DISK))
        if machine.changes == before:
            _say("    as it should be")
    if not machine.changes:
        _say("Nothing was changed: everything is as it should be.")
    elif machine.dry_run:
        _say("Nothing was changed: this was a dry run.")
    else:
        _say("Done. Restart the machine: `systemctl reboot`.")
    return DONE


_DISK = "Is the card full (df -h) or read only (mount)? Then a new card is needed. Otherwise run the installer again."


def _failed(failed: StepFailed) -> int:
    _say(f"It did not work: {failed}")
    _say(f"    {failed.advice}")
    _say("    The installer may be run again; what is done already is not done twice.")
    return COULD_NOT


def _folder(machine: Machine, options: argparse.Namespace, installer: Path) -> AbstractContextManager[Path | None]:
    beside = installer.parent
    if options.first_boot and not options.offline:
        return first_boot.bundle_folder(machine, beside)
    has_index = (beside / bundle_folder.INDEX).is_file()
    return nullcontext(options.offline or (beside if has_index else None))


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    about = "Makes this Raspberry Pi OS (64 bit) or Debian a station. It may be run again at any time."
    parser = argparse.ArgumentParser(prog="install.py", description=about)
    parser.add_argument(
        "--offline", type=_existing, metavar="FOLDER", help="a bundle; else that which this file lies in"
    )
    parser.add_argument("--bundle", type=_existing, metavar="FILE", help="another signed release than the bundle's")
    parser.add_argument("--publisher", type=_existing, metavar="FILE", help="whose public key signs releases (PEM)")
    parser.add_argument("--root", type=_existing, metavar="DIR", help="a system that lies there, like a mounted card")
    parser.add_argument("--display", choices=layout.DISPLAYS, default="cage", help="how the screen is drawn on (cage)")
    parser.add_argument("--ssh", action="store_true", help="leave SSH on where it is on")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done")
    parser.add_argument("--remove", action="store_true", help="take away what was installed; what was lent stays")
    parser.add_argument("--first-boot", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def _existing(text: str) -> Path:
    path = Path(text).absolute()
    if not path.exists():
        raise argparse.ArgumentTypeError(f"there is no {text}")
    return path


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
