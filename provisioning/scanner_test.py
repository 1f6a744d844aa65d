"""python -m provisioning scanner-test: what the scanners of kiosk.toml send, scan by scan."""

from __future__ import annotations

import argparse
import math
import queue
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

from devices.host.status_socket import ask_word
from devices.registry import make_scanner
from devices.scanners.framing import CUT_OFF
from kiosk.config import ConfigError, KioskConfig, load
from kiosk.domain.barcodes import CodeFormats, CodeKind, classify
from kiosk.i18n import Translator
from kiosk.ports.devices import RawScan, Scanner
from kiosk.ports.tables import TableError
from kiosk.upkeep.explain_scan import by_its_form, shown
from provisioning.commands import CONFIG, COULD_NOT, DONE, LANGUAGE, Parsers, say

_LOOK_S = 0.2
_STOP_WAIT_S = 5.0

Told = tuple[Scanner, RawScan | bool | BaseException]
"""A scanner, and its scan; whether it is lost; or a bug in it."""


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know it."""
    about = "try the scanners of kiosk.toml: what they send, and what it is"
    command = commands.add_parser("scanner-test", parents=[CONFIG, LANGUAGE], help=about)
    command.add_argument("--count", type=int, metavar="N", help="end after so many scans")
    command.add_argument("--seconds", type=float, metavar="S", help="end after this time")
    command.set_defaults(run=partial(scanner_test, say=say))


def scanner_test(options: argparse.Namespace, words: Translator, say: Callable[[str], None]) -> int:
    """Until `--count` scans, `--seconds`, or Ctrl+C. Raises ConfigError."""
    config = load(options.config)
    scanners = _scanners(config)
    if not scanners:
        say(words.text("kiosk.toml names no scanner: add a table [[scanner]]."))
        return COULD_NOT
    if ask_word(config.data) is not None:
        say(words.text("The station runs and has the scanners. Please stop it, then try again."))
        return COULD_NOT
    stop = threading.Event()
    told: queue.Queue[Told] = queue.Queue()
    threads = [threading.Thread(target=_read, args=(one, told, stop), name=one.name, daemon=True) for one in scanners]
    for thread in threads:
        thread.start()
    try:
        count = _listen(told, config.codes.formats(), options.count or math.inf, options.seconds, words, say)
    finally:
        stop.set()
        for thread in threads:
            thread.join(_STOP_WAIT_S)
    say(words.plural("{n} scan.", "{n} scans.", count))
    return DONE if count else COULD_NOT


def _scanners(config: KioskConfig) -> list[Scanner]:
    try:
        return [make_scanner(table, folder=config.folder) for table in config.scanner]
    except TableError as error:
        raise ConfigError(str(error)) from error


def _read(scanner: Scanner, told: queue.Queue[Told], stop: threading.Event) -> None:
    def tell(what: RawScan | bool | BaseException) -> None:
        told.put((scanner, what))

    try:
        scanner.run(tell, tell, stop)
    except BaseException as bug:
        tell(bug)


def _listen(
    told: queue.Queue[Told],
    formats: CodeFormats,
    most: float,
    seconds: float | None,
    words: Translator,
    say: Callable[[str], None],
) -> int:
    """The number of scans that were shown."""
    count = 0
    began = time.monotonic()
    until = math.inf if seconds is None else began + seconds
    try:
        while count < most and (now := time.monotonic()) < until:
            try:
                scanner, what = told.get(timeout=min(until - now, _LOOK_S))
            except queue.Empty:
                continue
            if isinstance(what, BaseException):
                raise what
            if isinstance(what, RawScan):
                count += 1
                heading = words.text(
                    "{n}. {name}, after {s} s", n=count, name=scanner.name, s=f"{what.scanned_at - began:.1f}"
                )
                say("\n    ".join([heading, *_lines(what, formats, words)]))
            elif what:
                say(
                    words.text("{name}: it is not there, or another program has it. Waiting for it.", name=scanner.name)
                )
            else:
                say(words.text("{name}: ready. Scan something; Ctrl+C ends.", name=scanner.name))
    except KeyboardInterrupt:
        pass
    return count


def _lines(scan: RawScan, formats: CodeFormats, words: Translator) -> Iterator[str]:
    count = len(scan.data)
    if scan.data and classify(scan.text, formats).kinds & {CodeKind.CITIZEN_CARD, CodeKind.ENROLMENT}:
        yield words.text("bytes: {n}, hidden", n=count)
    elif scan.data:
        text = shown(scan.data.decode(errors="backslashreplace"))
        yield words.text('bytes: {hex} = "{text}"', hex=scan.data.hex(" ").upper(), text=text)
    if scan.symbology:
        yield words.text("kind of code: {symbology}", symbology=scan.symbology)
    if scan.took_s > 0:
        rate, ms = round(count / scan.took_s), f"{scan.took_s * 1000:.0f}"
        yield words.text("speed: {n} bytes in {ms} ms, {rate} a second", n=count, ms=ms, rate=rate)
    elif scan.data:
        yield words.text("speed: {n} bytes at once", n=count)
    if scan.text.endswith(CUT_OFF):
        yield words.text("cut off: too long, or without the end that kiosk.toml says")
    yield from by_its_form(scan.text, formats, words)
