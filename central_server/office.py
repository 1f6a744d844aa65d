"""Commands for the people at the centre: requests, erasing a reader, the audit."""

import argparse
from typing import Any

import msgspec
import sqlalchemy as sa

from central_server import chain_audit, clock, deciding, erasing
from central_server.database import Store, has_library, reading
from central_server.devices import CannotDo
from central_server.forgetting import forget

_NOT_FORGOTTEN = (
    "Somebody is at work in the database, so its files still hold what was erased: give the command again later."
)

COMMANDS = ("requests", "decide", "erase-reader", "audit")

# Exit status, the answer for machines, the answer for people.
_Answer = tuple[int, object, str]


def add_commands(commands: Any, common: argparse.ArgumentParser, of_library: argparse.ArgumentParser) -> None:
    """Add ours to the command line's. `common` and `of_library` hold the arguments that all have, or many."""
    listing = commands.add_parser("requests", parents=[common, of_library], help="what readers and stations ask for")
    listing.add_argument("--all", action="store_true", help="also those that were decided")
    listing.set_defaults(run=_requests)

    deciding_ = commands.add_parser("decide", parents=[common, of_library], help="grant or decline a request")
    deciding_.add_argument("--id", required=True, metavar="REQUEST")
    deciding_.add_argument("decision", choices=("grant", "decline"))
    deciding_.add_argument("--why", metavar="SENTENCE", help="shown to whoever asked")
    deciding_.add_argument("--by", default="centre", metavar="WHO", help="who decided, for the record")
    deciding_.set_defaults(run=_decide)

    forgetting = commands.add_parser("erase-reader", parents=[common, of_library], help="forget a reader for good")
    who = forgetting.add_mutually_exclusive_group(required=True)
    who.add_argument("--card", metavar="NUMBER")
    who.add_argument("--patron", metavar="UUID")
    forgetting.add_argument("--with-open-loans", action="store_true", help="though the reader has books")
    forgetting.set_defaults(run=_erase)

    audit = commands.add_parser("audit", parents=[common], help="whether every chain verifies")
    audit.add_argument("--library", metavar="CODE", help="of this library only")
    audit.add_argument("--json", action="store_true", help="one JSON object instead of lines for people")
    audit.set_defaults(run=_audit)


def run(store: Store, arguments: argparse.Namespace) -> tuple[int, str]:
    """Run one of our commands; answers its exit status and what to print. Raises `CannotDo` and SQLAlchemy's errors."""
    try:
        status, as_json, as_text = arguments.run(store, arguments)
    except (deciding.CannotDecide, erasing.CannotErase) as refused:
        raise CannotDo(str(refused)) from refused
    return status, msgspec.json.encode(as_json).decode() if arguments.json else as_text


def _requests(store: Store, arguments: argparse.Namespace) -> _Answer:
    with reading(store) as connection:
        _must_have(connection, store, arguments.library)
        lines = deciding.listed(connection, arguments.library, everything=arguments.all)
    return 0, {"requests": lines}, deciding.as_text(lines)


def _decide(store: Store, arguments: argparse.Namespace) -> _Answer:
    with store.writing.begin() as connection:
        _must_have(connection, store, arguments.library)
        deciding.decide(
            connection,
            arguments.library,
            arguments.id,
            grant=arguments.decision == "grant",
            by=arguments.by,
            why=arguments.why,
            now_ms=clock.now_ms(),
        )
    state = "granted" if arguments.decision == "grant" else "declined"
    return 0, {"id": arguments.id, "state": state}, f"{arguments.id} {state}"


def _erase(store: Store, arguments: argparse.Namespace) -> _Answer:
    library = arguments.library
    with store.writing.begin() as connection:
        _must_have(connection, store, library)
        patron_id = arguments.patron or erasing.patron_of_card(connection, library, arguments.card)
        erased = erasing.erase(
            connection, library, patron_id, clock.now_ms(), with_open_loans=arguments.with_open_loans
        )
    forgotten = forget(store)
    counts = msgspec.to_builtins(erased)
    text = "erased from " + ", ".join(f"{count} {what.replace('_', ' ')}" for what, count in counts.items())
    return int(not forgotten), {**counts, "forgotten": forgotten}, text if forgotten else f"{text}\n{_NOT_FORGOTTEN}"


def _audit(store: Store, arguments: argparse.Namespace) -> _Answer:
    with reading(store) as connection:
        if arguments.library:
            _must_have(connection, store, arguments.library)
        report = chain_audit.audit(connection, arguments.library)
    return int(report.fault is not None), msgspec.to_builtins(report), chain_audit.as_text(report)


def _must_have(connection: sa.Connection, store: Store, library: str) -> None:
    if not has_library(connection, library):
        raise CannotDo(f"There is no library {library!r} in {store.name}.")
