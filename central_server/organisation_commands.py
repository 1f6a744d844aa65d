"""The commands about organisations, and about the people who work with the pages."""

import argparse

from central_server import clock, organisations, people
from central_server.commands import DATABASE, JSON, Done, Parsers, answer, opened
from central_server.database import must_have_library, reading
from central_server.people import Role


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know these."""
    tree = commands.add_parser("organisation", help="schools, communes and what is above").add_subparsers(required=True)
    add = tree.add_parser("add", parents=[DATABASE, JSON], help="make one")
    add.add_argument("id", metavar="ID", help="like vinh-long")
    add.add_argument("--kind", required=True, help="what people call it: province, commune, school, library …")
    add.add_argument("--name", required=True)
    add.add_argument("--below", metavar="ID", help="what it belongs to; a root without")
    add.add_argument("--school", action="store_true", help="it and all below it is one school")
    add.add_argument("--level", help="which classes the school has: primary, lower_secondary, upper_secondary …")
    add.add_argument("--pupils", type=int, help="how many, for figures per pupil")
    add.add_argument("--library", metavar="CODE", help="it is this library")
    add.set_defaults(run=_add)
    move = tree.add_parser("move", parents=[DATABASE, JSON], help="put one, with all below it, elsewhere")
    move.add_argument("id", metavar="ID")
    move.add_argument("--below", metavar="ID", help="what it belongs to from now on; a root without")
    move.set_defaults(run=_move)
    tree.add_parser("list", parents=[DATABASE, JSON], help="the whole tree").set_defaults(run=_list)

    persons = commands.add_parser("person", help="who works with the pages").add_subparsers(required=True)
    let_in = persons.add_parser("add", parents=[DATABASE, JSON], help="let somebody in; tells their first password")
    let_in.add_argument("login", metavar="LOGIN", help="like lan.nguyen")
    let_in.add_argument("--name", required=True)
    let_in.add_argument("--role", required=True, choices=[one.value for one in Role])
    let_in.add_argument("--at", required=True, metavar="ID", help="at which organisation, and all below it")
    let_in.set_defaults(run=_let_in)
    again = persons.add_parser("password", parents=[DATABASE, JSON], help="give somebody another first password")
    again.add_argument("login", metavar="LOGIN")
    again.set_defaults(run=_password)
    persons.add_parser("list", parents=[DATABASE, JSON], help="all of them").set_defaults(run=_list_people)


def _add(arguments: argparse.Namespace) -> Done:
    with opened(arguments) as store, store.writing.begin() as connection:
        if arguments.library is not None:
            must_have_library(connection, arguments.library)
        node = organisations.add(
            connection,
            arguments.id,
            arguments.kind,
            arguments.name,
            parent=arguments.below,
            one_school=arguments.school,
            level=arguments.level,
            pupils=arguments.pupils,
            library=arguments.library,
        )
    return 0, answer(arguments, {"path": node.path}, f"{node.id} is there: {node.path}")


def _move(arguments: argparse.Namespace) -> Done:
    with opened(arguments) as store, store.writing.begin() as connection:
        organisations.move(connection, arguments.id, arguments.below)
    return 0, answer(
        arguments, {"below": arguments.below}, f"{arguments.id} is below {arguments.below or 'nothing'} now"
    )


def _list(arguments: argparse.Namespace) -> Done:
    with opened(arguments) as store, reading(store) as connection:
        nodes = organisations.within(connection)
    lines = [f"{'  ' * (one.path.count('/') - 1)}{one.id} ({one.kind}): {one.name}" for one in nodes]
    as_json = [{"id": one.id, "path": one.path, "kind": one.kind, "name": one.name} for one in nodes]
    return 0, answer(arguments, as_json, "\n".join([*lines, f"{len(nodes)} organisations"]))


def _let_in(arguments: argparse.Namespace) -> Done:
    with opened(arguments) as store, store.writing.begin() as connection:
        identity, password = people.add(connection, arguments.login, arguments.name, clock.now_ms())
        people.give_role(connection, identity, arguments.at, Role(arguments.role))
    as_json = {"id": identity, "password": password}
    return 0, answer(
        arguments, as_json, f"{arguments.login} is {arguments.role} of {arguments.at}.\nFirst password: {password}"
    )


def _password(arguments: argparse.Namespace) -> Done:
    with opened(arguments) as store, store.writing.begin() as connection:
        password = people.give_password(connection, people.of_login(connection, arguments.login).id)
    return 0, answer(arguments, {"password": password}, f"First password: {password}")


def _list_people(arguments: argparse.Namespace) -> Done:
    with opened(arguments) as store, reading(store) as connection:
        found = people.listed(connection)
    lines = [f"{one['login']:<24} {one['role']:<11} {one['organisation_id']}" for one in found]
    return 0, answer(arguments, found, "\n".join([*lines, f"{len(found)} roles"]))
