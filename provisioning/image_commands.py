"""python -m provisioning image-files, offline-bundle: what goes onto a new card; for who prepares it, in English."""

from __future__ import annotations

import argparse
import hashlib
import shutil
from pathlib import Path

from kiosk.i18n import Translator
from provisioning import offline_bundle
from provisioning.commands import ASKED_WRONGLY, COULD_NOT, DONE, Parsers, complain, say
from provisioning.image_files import Card, files_of, read_wifi, run_once
from provisioning.installer.bundle_folder import INDEX
from provisioning.installer.first_boot import FOLDER


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know them."""
    about = "the files of a new card's boot partition, by which it becomes a station by itself"
    files = commands.add_parser("image-files", help=about)
    files.add_argument("--out", required=True, type=Path, metavar="DIR", help="a folder, or the boot partition itself")
    files.add_argument("--offline", type=Path, metavar="FOLDER", help="a bundle of offline-bundle that is copied there")
    files.add_argument("--wifi-from", type=Path, metavar="FILE", help="TOML: [[wifi]] with ssid, password, hidden")
    files.add_argument("--hostname", default="tram-xanh", metavar="NAME")
    files.add_argument("--country", default="VN", metavar="XX", help="for the radio (VN)")
    files.add_argument("--ssh-keys", type=Path, metavar="FILE", help="who may log in as quan-tri; else nobody may")
    files.set_defaults(run=_image_files, language="en")

    bundle = commands.add_parser("offline-bundle", help="a folder with everything of a station, no network needed")
    bundle.add_argument("--out", required=True, type=Path, metavar="DIR", help=f"like {FOLDER}; it must not be there")
    bundle.add_argument("--bundle", required=True, type=Path, metavar="FILE", help="the signed release, of make-bundle")
    bundle.add_argument("--publisher", required=True, type=Path, metavar="FILE", help="the public key that signed it")
    bundle.add_argument("--suite", default="bookworm", help="of Debian and Raspberry Pi OS: bookworm is 12, trixie 13")
    bundle.add_argument("--architecture", default="arm64", help="as Debian calls it (arm64)")
    bundle.add_argument("--mirror", default="http://deb.debian.org", metavar="URL")
    bundle.add_argument("--sources", type=Path, metavar="FILE", help="more lines for apt's sources.list")
    bundle.add_argument("--without-packages", action="store_true", help="only their list: stations fetch them")
    bundle.set_defaults(run=_offline_bundle, language="en")


def _image_files(options: argparse.Namespace, _words: Translator) -> int:
    """Raises ConfigError."""
    out: Path = options.out
    try:
        keys = options.ssh_keys.read_text("utf-8").splitlines() if options.ssh_keys else ()
        wifis = read_wifi(options.wifi_from) if options.wifi_from else ()
        card = Card(options.hostname, options.country, wifis, tuple(key for key in keys if key.strip()))
        if options.offline and not (options.offline / INDEX).is_file():
            complain(f"{options.offline} is no offline bundle: it has no {INDEX}.")
            return ASKED_WRONGLY
        out.mkdir(parents=True, exist_ok=True)
        for name, content in files_of(card).items():
            (out / name).write_bytes(content.encode())
        if options.offline:
            shutil.rmtree(out / FOLDER, ignore_errors=True)
            shutil.copytree(options.offline, out / FOLDER, copy_function=shutil.copyfile)
        cmdline = out / "cmdline.txt"
        if cmdline.is_file():
            cmdline.write_text(run_once(cmdline.read_text("utf-8")), "utf-8")
    except OSError as error:
        complain(f"{error.filename or out}: {error.strerror}")
        return COULD_NOT
    say(f"Everything in {out} belongs onto the card's first part (bootfs), beside config.txt.")
    if not options.offline:
        say(f"And beside it, or on a USB stick, the folder of offline-bundle, called {FOLDER}.")
    if wifis:
        say(
            "A Wi-Fi password is in network-config: the card takes it away after its first start, this folder does not."
        )
    return DONE


def _offline_bundle(options: argparse.Namespace, _words: Translator) -> int:
    try:
        debian = None
        if not options.without_packages:
            sources = options.sources.read_text("utf-8") if options.sources else ""
            debian = offline_bundle.Debian(options.suite, options.architecture, options.mirror, sources)
        made = offline_bundle.make(options.out, options.bundle, options.publisher, debian)
    except offline_bundle.CannotMake as error:
        complain(error)
        return COULD_NOT
    except OSError as error:
        complain(f"{error.filename or options.out}: {error.strerror}")
        return COULD_NOT
    digest = hashlib.sha256((options.out / INDEX).read_bytes()).hexdigest()
    say(f"{options.out}: {made['bytes'] / 1_000_000:.0f} MB, {made['packages']} Debian packages.")
    if not made["packages"]:
        say("Without packages: a station needs the network for its first start.")
    say(f"SHA-256 of its {INDEX}, to compare at the other end: {digest}")
    return DONE
