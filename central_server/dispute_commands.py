"""The commands for disputes: see both versions and the ways, settle one."""

import argparse
from typing import Any

import msgspec

from central_server import clock, disputes, settling
from central_server.cannot import CannotDo
from central_server.commands import DATABASE, JSON, LIBRARY, Done, Parsers, answer, opened
from central_server.database import must_have_library, reading


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know these."""
    of_library = [DATABASE, LIBRARY, JSON]
    listing = commands.add_parser("disputes", parents=of_library, help="what a person must look at")
    listing.add_argument("--all", action="store_true", help="also those that were settled")
    listing.set_defaults(run=_disputes)

    settle = commands.add_parser("settle", parents=of_library, help="say of a dispute how it was")
    settle.add_argument("--id", required=True, metavar="DISPUTE")
    settle.add_argument("way", help="one of the ways of the dispute")
    settle.add_argument("--by", default="centre", metavar="WHO", help="who decided, for the record")
    settle.set_defaults(run=_settle)


def _disputes(arguments: argparse.Namespace) -> Done:
    with opened(arguments) as store, reading(store) as connection:
        must_have_library(connection, arguments.library)
        found = settling.listed(connection, arguments.library, everything=arguments.all)
    text = "\n".join([*(_as_text(one) for one in found), f"{len(found)} disputes"])
    return 0, answer(arguments, {"disputes": found}, text)


def _settle(arguments: argparse.Namespace) -> Done:
    with opened(arguments) as store, store.writing.begin() as connection:
        must_have_library(connection, arguments.library)
        found = disputes.find(connection, arguments.library, arguments.id)
        if found is None:
            raise CannotDo(f"There is no dispute {arguments.id} in this library.")
        refused = settling.settle(
            connection, found, arguments.way, by=arguments.by, request=None, now_ms=clock.now_ms()
        )
        if refused == "settled_already":
            raise CannotDo("That dispute is settled already.")
        if refused:
            ways = ", ".join(disputes.ways_of(found["reason"]))
            raise CannotDo(f"That is no way to settle it; it can be settled by: {ways}.")
    return 0, answer(arguments, {"id": arguments.id, "way": arguments.way}, f"{arguments.id} {arguments.way}")


def _as_text(one: dict[str, Any]) -> str:
    state = f"{one['state']} ({one['way'] or 'by itself'})" if one["state"] == disputes.SETTLED else one["state"]
    head = f"{one['id']} {clock.shown_time(one['opened_ms'])} {one['reason']} {state}: {'|'.join(one['ways'])}"
    versions = [f"  {name}: {_version(one[name], one['device'])}" for name in ("held", "came") if one[name]]
    decided = [f"  {clock.shown_time(each['at_ms'])} {each['by']}: {each['way']}" for each in one["settled"]]
    return "\n".join([head, *versions, *decided])


def _version(said: Any, device: str) -> str:
    """A version on one line: the whole body stands in the JSON."""
    shown = disputes.shown(said, device)
    if shown is None:
        return msgspec.json.encode(said).decode()
    at = clock.shown_time(shown["at_ms"]) if shown["at_ms"] is not None else ""
    parts = (shown["device"], shown["epoch"][:8], str(shown["seq"]), shown["kind"], shown["barcode"], at)
    return " ".join(part for part in (*parts, *shown["loans"]) if part)
