"""python -m kiosk: run the station, or ask it something."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from kiosk import __version__
from kiosk.config import BlankConfig, ConfigError, KioskConfig, load, load_any
from kiosk.ports.anew import take_over


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m kiosk", description="Trạm Xanh, a library's self-service station")
    parser.add_argument("--version", action="version", version=f"tram-xanh {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="the station itself")
    run.add_argument("--pictures", metavar="DIR", help="save a picture of every screen that is shown")
    ledger = commands.add_parser("ledger", help="what is kept here and what a librarian should look at, as JSON")
    new_store = commands.add_parser("new-store", help="begin a new store after a damaged one was set aside")
    new_store.add_argument("--yes", action="store_true", help="the set-aside store has been looked after")
    status = commands.add_parser("status", help="how the station is: what runs, what it holds, what waits")
    status.add_argument("--json", action="store_true", help="one JSON object for machines")
    resync = commands.add_parser("resync", help="tell and hear everything again, while the station runs and lends")
    audit = commands.add_parser("audit", help="whether the store is what was once written")
    verify = audit.add_subparsers(dest="act", required=True).add_parser(
        "verify", help="all of it, up to the first fault"
    )
    verify.add_argument("--json", action="store_true", help="one JSON object instead of lines for people")
    explain = commands.add_parser(
        "explain-scan", help="what a scanned text is: by which rule, and who or what it is here"
    )
    explain.add_argument("text", metavar="TEXT", help="as it was scanned, in quotation marks")
    for command in (run, ledger, new_store, status, resync, verify, explain):
        command.add_argument("--config", default="kiosk.toml", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    try:
        if options.command == "run":
            return _run(_as_it_is_now(options.config), options.pictures)
        config = load(options.config)
        if options.command == "ledger":
            return _ledger(config)
        if options.command == "status":
            return _status(config, as_json=options.json)
        if options.command == "resync":
            return _resync(config)
        if options.command == "audit":
            return _audit(config, options.json)
        if options.command == "explain-scan":
            return _explain_scan(config, options.text)
        return _new_store(config, options.yes)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2


def _as_it_is_now(file: Path) -> KioskConfig | BlankConfig:
    """Raises ConfigError. A station that the centre has confirmed anew becomes that first."""
    config = load_any(file)
    try:
        return load_any(file) if take_over(config.data) else config
    except OSError as error:  # it lends on, as who it was
        print(f"enrolled anew, but it cannot be written: {error.strerror}", file=sys.stderr)
        return config


def _run(config: KioskConfig | BlankConfig, pictures: str | None) -> int:
    folder = Path(pictures) if pictures else None
    if isinstance(config, BlankConfig):
        from kiosk.bootstrap.blank import run_blank

        return run_blank(config, folder)
    from kiosk.bootstrap.window import run_station

    return run_station(config, folder)


def _ledger(config: KioskConfig) -> int:
    from kiosk.bootstrap.stores import read_store
    from kiosk.ports.errors import StoreBroken

    try:
        store = read_store(config)
        ledger = {
            "operations": list(store.ledger()),
            "loans": list(store.loans_ledger()),
            "to_check": list(store.to_check()),
            "pruned": list(store.pruned()),
        }
    except StoreBroken as error:
        print(f"the store cannot be read: {error}", file=sys.stderr)
        return 1
    print(json.dumps(ledger, ensure_ascii=False))
    return 0


def _status(config: KioskConfig, *, as_json: bool) -> int:
    """Status 0 only when the station runs, lends, and its store can be read."""
    from kiosk.bootstrap.answers import ask_status
    from kiosk.bootstrap.stores import diary_of, read_disk, read_store
    from kiosk.ports.errors import StoreBroken

    store: dict[str, object]
    housekeeping: dict[str, object] = {}
    try:
        reader = read_store(config)
        store, housekeeping = reader.counts() | {"sync": reader.sync_progress()}, reader.housekeeping()
    except StoreBroken as error:
        store = {"problem": str(error)}
    running = ask_status(config)
    status: dict[str, object] = {
        "version": __version__,
        "library": config.station.library,
        "device": config.station.device,
        "running": running,
        "store": store,
        "disk": read_disk(config),
        "housekeeping": housekeeping,
        "upkeep": diary_of(config).read(),
    }
    print(json.dumps(status) if as_json else "\n".join(_lines(status)))
    return 0 if running and not running["staff_code"] and "problem" not in store else 1


def _lines(table: dict[str, object], indent: str = "") -> Iterator[str]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield f"{indent}{name}:"
            yield from _lines(value, indent + "  ")
        else:
            yield f"{indent}{name}: {'-' if value is None else value}"


def _resync(config: KioskConfig) -> int:
    from kiosk.bootstrap.answers import ask_resync

    problem = ask_resync(config)
    if problem is None:
        problem = "no station runs here: it has to"
    print(
        problem or "it begins; python -m kiosk status tells how far it is", file=sys.stderr if problem else sys.stdout
    )
    return 1 if problem else 0


def _audit(config: KioskConfig, as_json: bool) -> int:
    from kiosk.bootstrap.stores import read_store
    from kiosk.ports.errors import StoreBroken
    from kiosk.upkeep.audit import verify

    try:
        report = verify(read_store(config).history(), config.station.library, config.station.device)
    except StoreBroken as error:
        print(f"the store cannot be read: {error}", file=sys.stderr)
        return 1
    fault = report.fault
    if as_json:
        print(json.dumps(asdict(report)))
    else:
        counts = f"{report.operations} operations in {report.epochs} epochs, {report.readers} readers"
        print(
            f"{counts}, {report.erased} erased, {report.pruned} pruned: "
            + ("every chain verifies" if fault is None else "FAULT")
        )
        if fault is not None:
            print(f"place {fault.place}, epoch {fault.epoch}, seq {fault.seq}: {fault.what}")
    return 0 if fault is None else 1


def _explain_scan(config: KioskConfig, text: str) -> int:
    """Status 0 when it is a reader's or an item's here. In the station's language: a librarian asks this."""
    from kiosk.bootstrap.stores import read_store
    from kiosk.i18n import Translator
    from kiosk.ports.errors import StoreBroken
    from kiosk.upkeep.explain_scan import by_its_form, explain_scan

    words, formats = Translator(config.session.language), config.codes.formats()
    try:
        explained = explain_scan(text, formats, lambda: read_store(config), words)
    except StoreBroken as error:
        print("\n".join(by_its_form(text, formats, words)))
        print(words.text("The store cannot be read: {why}.", why=error), file=sys.stderr)
        return 1
    print("\n".join(explained.lines))
    return 0 if explained.is_known else 1


def _new_store(config: KioskConfig, sure: bool) -> int:
    from kiosk.bootstrap.stores import station_store
    from kiosk.ports.errors import StoreBroken

    if not sure:
        print("a new store knows nothing of what the damaged one had not sent; say --yes when that is looked after")
        return 2
    try:
        station_store(config).make_new()
    except StoreBroken as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
