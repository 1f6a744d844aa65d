"""The commands about the librarian's desk: who works there, and what the library has set."""

import argparse

from central_server import clock, settings, staff
from central_server.cannot import CannotDo
from central_server.commands import DATABASE, JSON, LIBRARY, Done, Parsers, answer, opened
from central_server.database import must_have_library, reading
from central_server.erasing import patron_of_card
from central_server.forgetting import forget
from central_server.imports import patrons

_BAD_VALUE = {
    "unknown_setting": "There is no setting {name} in this library; `settings list` names them all.",
    "bad_value": "{name} cannot be {value!r}: {what}.",
}

_NOT_FORGOTTEN = (
    "Somebody is at work in the database, so its files still hold whose id it was: add and remove them again later."
)


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know these."""
    of_library = [DATABASE, LIBRARY, JSON]
    people = commands.add_parser("staff", help="who works at the library's desks").add_subparsers(required=True)
    add = people.add_parser("add", parents=of_library, help="a reader works there, with their own card")
    add.add_argument("--card", required=True, metavar="NUMBER")
    add.add_argument("--role", required=True, choices=[one.value for one in staff.Role])
    add.set_defaults(run=_add)
    remove = people.add_parser(
        "remove", parents=of_library, help="a reader does not any more; whose id it was is forgotten"
    )
    remove.add_argument("--card", required=True, metavar="NUMBER")
    remove.set_defaults(run=_remove)
    people.add_parser("list", parents=of_library, help="all of them").set_defaults(run=_list_staff)

    things = commands.add_parser("settings", help="what the library has set").add_subparsers(required=True)
    things.add_parser("list", parents=of_library, help="all that can be set").set_defaults(run=_list_settings)
    for word, what in (("set", "the stations may change it"), ("fix", "the stations cannot change it")):
        one = things.add_parser(word, parents=of_library, help=what)
        one.add_argument("name", metavar="NAME")
        one.add_argument("value", metavar="VALUE", nargs=None if word == "set" else "?")
        one.set_defaults(run=_set, word=word)
    unfix = things.add_parser("unfix", parents=of_library, help="the stations may change it again")
    unfix.add_argument("name", metavar="NAME")
    unfix.set_defaults(run=_unfix)
    unset = things.add_parser("unset", parents=of_library, help="as if nobody had set it: the default holds again")
    unset.add_argument("name", metavar="NAME")
    unset.set_defaults(run=_unset)


def _add(arguments: argparse.Namespace) -> Done:
    with opened(arguments) as store, store.writing.begin() as connection:
        must_have_library(connection, arguments.library)
        who = patron_of_card(connection, arguments.library, arguments.card)
        identity = staff.add(connection, arguments.library, who, staff.Role(arguments.role), clock.now_ms())
        patrons.publish_of(connection, arguments.library, [who])
    as_json = {"id": identity, "role": arguments.role}
    return 0, answer(arguments, as_json, f"{arguments.card} is {arguments.role} of {arguments.library}: {identity}")


def _remove(arguments: argparse.Namespace) -> Done:
    with opened(arguments) as store:
        with store.writing.begin() as connection:
            must_have_library(connection, arguments.library)
            who = patron_of_card(connection, arguments.library, arguments.card)
            staff.remove(connection, arguments.library, who)
            patrons.publish_of(connection, arguments.library, [who])
        forgotten = forget(store)
    text = f"{arguments.card} works at no desk of {arguments.library} any more."
    text = text if forgotten else f"{text}\n{_NOT_FORGOTTEN}"
    return int(not forgotten), answer(arguments, {"removed": True, "forgotten": forgotten}, text)


def _list_staff(arguments: argparse.Namespace) -> Done:
    with opened(arguments) as store, reading(store) as connection:
        must_have_library(connection, arguments.library)
        found = staff.listed(connection, arguments.library)
    lines = [f"{one['id']} {one['role']:<10} {one['name']} ({one['card']})" for one in found]
    return 0, answer(arguments, {"staff": found}, "\n".join(lines) or "Nobody is on the list.")


def _list_settings(arguments: argparse.Namespace) -> Done:
    library = arguments.library
    with opened(arguments) as store, reading(store) as connection:
        must_have_library(connection, library)
        known, found = settings.known(connection, library), settings.read(connection, library)
    lines = [
        {"name": name, "value": one.value if one else None, "fixed": bool(one and one.fixed), "may_be": str(what)}
        for name, what in known.items()
        for one in [found.get(name)]
    ]
    text = "\n".join(
        f"{line['name']} = {'–' if line['value'] is None else line['value']}"
        f"{' (fixed)' if line['fixed'] else ''}   [{line['may_be']}]"
        for line in lines
    )
    return 0, answer(arguments, {"settings": lines}, text)


def _set(arguments: argparse.Namespace) -> Done:
    library, name, value = arguments.library, arguments.name, arguments.value
    with opened(arguments) as store, store.writing.begin() as connection:
        must_have_library(connection, library)
        known = settings.read(connection, library).get(name)
        if value is None:
            if known is None or known.value is None:
                raise CannotDo(f"Nothing was set for {name} yet; say to what it is fixed.")
            value = known.value
        if fault := settings.fault_of(connection, library, name, value):
            what = settings.known(connection, library).get(name)
            raise CannotDo(_BAD_VALUE[fault].format(name=name, value=value, what=what))
        fixed = arguments.word == "fix" or bool(known and known.fixed)
        settings.put(connection, library, {name: value}, now_ms=clock.now_ms(), fixed=fixed)
    return 0, answer(
        arguments, {"name": name, "value": value, "fixed": fixed}, f"{name} = {value}{' (fixed)' if fixed else ''}"
    )


def _unfix(arguments: argparse.Namespace) -> Done:
    library, name = arguments.library, arguments.name
    with opened(arguments) as store, store.writing.begin() as connection:
        must_have_library(connection, library)
        known = settings.read(connection, library).get(name)
        if known is None or not known.fixed:
            raise CannotDo(f"{name} is not fixed; nothing was done.")
        settings.unfix(connection, library, name)
    return 0, answer(arguments, {"name": name, "value": known.value, "fixed": False}, f"{name} = {known.value}")


def _unset(arguments: argparse.Namespace) -> Done:
    library, name = arguments.library, arguments.name
    with opened(arguments) as store, store.writing.begin() as connection:
        must_have_library(connection, library)
        settings.unset(connection, library, name, now_ms=clock.now_ms())
    return 0, answer(arguments, {"name": name, "value": None, "fixed": False}, f"{name} is not set any more")
