"""The commands about figures: whether they are right, and how an organisation counts."""

import argparse
from pathlib import Path

import msgspec

from central_server import organisations
from central_server.cannot import CannotDo
from central_server.commands import ANY_LIBRARY, DATABASE, JSON, Done, Parsers, answer, opened
from central_server.database import must_have_library, reading
from central_server.statistics import marks, recount, sets


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know these."""
    figures = commands.add_parser("figures", help="what schools and offices are told").add_subparsers(required=True)
    again = figures.add_parser(
        "recount", parents=[DATABASE, ANY_LIBRARY, JSON], help="compare what was kept with a recount"
    )
    again.add_argument("--mend", action="store_true", help="let everything be as it is counted now")
    again.set_defaults(run=_recount)
    close = figures.add_parser("close", parents=[DATABASE, JSON], help="forget who borrowed in periods that are over")
    close.set_defaults(run=_close)
    choose = figures.add_parser("set", parents=[DATABASE, JSON], help="how an organisation and all below it count")
    choose.add_argument("id", metavar="ID", help="an organisation at the root, like vinh-long")
    choose.add_argument("--year-from", type=int, choices=range(1, 13), metavar="MONTH", help="of the statistics' year")
    choose.add_argument("--school-year-from", type=int, choices=range(1, 13), metavar="MONTH")
    choose.add_argument("--figures", type=Path, metavar="FILE", help="the set of figures, as TOML; -: the usual one")
    choose.set_defaults(run=_set)


def _recount(arguments: argparse.Namespace) -> Done:
    with opened(arguments) as store:
        with reading(store) as connection:
            if arguments.library:
                must_have_library(connection, arguments.library)
            found = recount.differences(connection, arguments.library)
        if arguments.mend:
            with store.writing.begin() as connection:
                recount.mend(connection, arguments.library)
    lines = [
        f"{one.library} {one.measure} {one.month or '-'} {one.part or '-'}: kept {one.kept}, counted {one.counted}"
        for one in found
    ]
    mended = ", mended" if arguments.mend and found else ""
    text = "\n".join([*lines, f"{len(found)} differences{mended}"])
    return int(bool(found)), answer(arguments, {"differences": msgspec.to_builtins(found)}, text)


def _close(arguments: argparse.Namespace) -> Done:
    with opened(arguments) as store, store.writing.begin() as connection:
        closed = marks.close_over(connection)
    return 0, answer(arguments, {"closed": closed}, f"{closed} periods closed")


def _set(arguments: argparse.Namespace) -> Done:
    text = None
    if arguments.figures is not None:
        try:
            text = "" if str(arguments.figures) == "-" else arguments.figures.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CannotDo(f"{arguments.figures} cannot be read: {error}.") from error
    with opened(arguments) as store, store.writing.begin() as connection:
        node = organisations.find(connection, arguments.id)
        if node is None:
            raise CannotDo(f"There is no organisation {arguments.id!r}.")
        chosen = sets.change(connection, node, arguments.year_from, arguments.school_year_from, text)
    names = [one.name for one in chosen.figures]
    as_json = {"year_from": chosen.year_from, "school_year_from": chosen.school_year_from, "figures": names}
    return 0, answer(
        arguments,
        as_json,
        f"{node.id} counts years from month {chosen.year_from}, school years from month {chosen.school_year_from}: "
        + ", ".join(names),
    )
