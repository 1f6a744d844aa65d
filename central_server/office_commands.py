"""The commands for the people at the centre: requests, lifting a suspension, erasing a reader, the audit."""

import argparse

import msgspec

from central_server import chain_audit, clock, deciding, erasing, suspensions
from central_server.commands import ANY_LIBRARY, DATABASE, JSON, LIBRARY, Done, Parsers, answer, opened
from central_server.database import must_have_library, reading
from central_server.forgetting import forget

_NOT_FORGOTTEN = (
    "Somebody is at work in the database, so its files still hold what was erased: give the command again later."
)


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know these."""
    of_library = [DATABASE, LIBRARY, JSON]
    listing = commands.add_parser("requests", parents=of_library, help="what readers and stations ask for")
    listing.add_argument("--all", action="store_true", help="also those that were decided")
    listing.set_defaults(run=_requests)

    decide = commands.add_parser("decide", parents=of_library, help="grant or decline a request")
    decide.add_argument("--id", required=True, metavar="REQUEST")
    decide.add_argument("decision", choices=("grant", "decline"))
    decide.add_argument("--why", metavar="SENTENCE", help="shown to whoever asked")
    decide.add_argument("--by", default="centre", metavar="WHO", help="who decided, for the record")
    decide.set_defaults(run=_decide)

    lift = commands.add_parser(
        "lift-suspension", parents=of_library, help="lend to a reader again who brought books back late"
    )
    lift.add_argument("--card", required=True, metavar="NUMBER")
    lift.set_defaults(run=_lift)

    erase = commands.add_parser("erase-reader", parents=of_library, help="forget a reader for good")
    who = erase.add_mutually_exclusive_group(required=True)
    who.add_argument("--card", metavar="NUMBER")
    who.add_argument("--patron", metavar="UUID")
    erase.add_argument(
        "--with-open-loans",
        action="store_true",
        help="though the reader has books, or brought some that nobody has seen",
    )
    erase.set_defaults(run=_erase)

    audit = commands.add_parser("audit", parents=[DATABASE, ANY_LIBRARY, JSON], help="whether every chain verifies")
    audit.set_defaults(run=_audit)


def _requests(arguments: argparse.Namespace) -> Done:
    with opened(arguments) as store, reading(store) as connection:
        must_have_library(connection, arguments.library)
        lines = deciding.listed(connection, arguments.library, everything=arguments.all)
    return 0, answer(arguments, {"requests": lines}, deciding.as_text(lines))


def _decide(arguments: argparse.Namespace) -> Done:
    with opened(arguments) as store, store.writing.begin() as connection:
        must_have_library(connection, arguments.library)
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
    return 0, answer(arguments, {"id": arguments.id, "state": state}, f"{arguments.id} {state}")


def _lift(arguments: argparse.Namespace) -> Done:
    library, today = arguments.library, clock.day_of(clock.now_ms())
    with opened(arguments) as store, store.writing.begin() as connection:
        must_have_library(connection, library)
        suspensions.lift(connection, library, erasing.patron_of_card(connection, library, arguments.card), today)
    text = f"What {arguments.card} brought back late through {today:%d/%m/%Y} suspends them no more."
    return 0, answer(arguments, {"lifted_on": today.isoformat()}, text)


def _erase(arguments: argparse.Namespace) -> Done:
    library = arguments.library
    with opened(arguments) as store:
        with store.writing.begin() as connection:
            must_have_library(connection, library)
            patron_id = arguments.patron or erasing.patron_of_card(connection, library, arguments.card)
            erased = erasing.erase(
                connection, library, patron_id, clock.now_ms(), with_open_loans=arguments.with_open_loans
            )
        forgotten = forget(store)
    counts = msgspec.to_builtins(erased)
    text = "erased from " + ", ".join(f"{count} {what.replace('_', ' ')}" for what, count in counts.items())
    text = text if forgotten else f"{text}\n{_NOT_FORGOTTEN}"
    return int(not forgotten), answer(arguments, {**counts, "forgotten": forgotten}, text)


def _audit(arguments: argparse.Namespace) -> Done:
    with opened(arguments) as store, reading(store) as connection:
        if arguments.library:
            must_have_library(connection, arguments.library)
        report = chain_audit.audit(connection, arguments.library)
    return int(report.fault is not None), answer(arguments, report, chain_audit.as_text(report))
