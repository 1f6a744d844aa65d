"""python -m provisioning backup, backup-key, bind, restore, recover: each gives an exit status and what to say."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from devices.host.clock import HostClock
from devices.host.machine_secret import read_machine_secret
from devices.host.usb_stick import BACKUPS_ON_STICK, FOR_BACKUPS, For, StickRefused, called, usb_stick
from kiosk.config import BUILD_MS, KioskConfig, load
from kiosk.domain.clock_trust import Moment
from kiosk.i18n import Translator
from kiosk.ports.errors import BackupFailed, OtherMachine, StoreBroken, StoreDamaged
from kiosk.runtime.diary import Diary
from local_store.recovery_code import code_of, key_of
from local_store.station import StationStore
from provisioning.commands import ASKED_WRONGLY, CONFIG, COULD_NOT, DONE, LANGUAGE, Parsers, complain, say
from provisioning.why_refused import why_refused

Said = tuple[int, str]
_ROW = 35  # letters of the recovery code in a line: seven groups


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know these."""
    shared = [CONFIG, LANGUAGE]
    parser = commands.add_parser("backup", parents=shared, help="write a backup now, also beside a running station")
    how = parser.add_mutually_exclusive_group()
    _add_stick(how, For.EXPORT)
    about = f"as kiosk.toml says; where it names no folder, onto a stick that is called {FOR_BACKUPS}, if one is there"
    how.add_argument("--daily", action="store_true", help=about)
    parser.set_defaults(run=_backup, place=None)
    about = "show the recovery code, without which a backup opens nowhere else"
    commands.add_parser("backup-key", parents=shared, help=about).set_defaults(run=partial(_run, backup_key))

    about = "seal the store's key to this machine, so that a copied card opens nowhere else"
    parser = commands.add_parser("bind", parents=shared, help=about)
    parser.add_argument("--code", metavar="CODE", help="the recovery code; asked for where it is needed")
    parser.set_defaults(run=partial(_run, partial(bind, ask=input)))

    about = "bring a backup in; the present store is set aside"
    parser = commands.add_parser("restore", parents=shared, help=about)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--from", dest="place", type=Path, metavar="FILE_OR_FOLDER")
    _add_stick(where, For.IMPORT)
    parser.add_argument("--code", metavar="CODE", help="the recovery code; asked for where it is needed")
    _add_yes(parser)
    parser.set_defaults(run=partial(_run, partial(restore, ask=input)))

    about = "after K-04: the newest backup and all that can still be read"
    parser = commands.add_parser("recover", parents=shared, help=about)
    where = parser.add_mutually_exclusive_group()
    about = f"else as in kiosk.toml; where it names no folder, the stick that is called {FOR_BACKUPS}, if one is there"
    where.add_argument("--from", dest="place", type=Path, metavar="FILE_OR_FOLDER", help=about)
    _add_stick(where, For.IMPORT)
    _add_yes(parser)
    parser.set_defaults(run=_recover)


def _add_stick(to: argparse.ArgumentParser | argparse._MutuallyExclusiveGroup, purpose: For) -> None:
    about = "the only USB stick that is plugged in, mounted for this command alone"
    to.add_argument("--stick", action="store_const", const=purpose, help=about)


def _add_yes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do it; without, only say what would be")


def _backup(options: argparse.Namespace, words: Translator) -> int:
    name = None
    if options.daily and (config := load(options.config)).backup_folder is None:
        name = called(FOR_BACKUPS)
        if name is None and _diary(config).read()["backup"]:
            why = f"no stick is called {FOR_BACKUPS}"
            _note_missed(config, why)
            complain(_not_written(why, words))
            return COULD_NOT
        if name is None:  # here nobody has begun with it
            say(words.text("No stick that is called {name} is plugged in: no backup was due.", name=FOR_BACKUPS))
            return DONE
        options.stick = For.EXPORT
    return _run(backup, options, words, name)


def _recover(options: argparse.Namespace, words: Translator) -> int:
    name = None
    if not (options.place or options.stick or load(options.config).backup_folder):
        name = called(FOR_BACKUPS)
        options.stick = name and For.IMPORT
    return _run(recover, options, words, name)


def _run(
    act: Callable[[argparse.Namespace, Translator], Said],
    options: argparse.Namespace,
    words: Translator,
    name: str | None = None,
) -> int:
    """`name`: of the stick's partition; None: there is only one stick."""
    try:
        if getattr(options, "stick", None):
            with usb_stick(options.stick, name) as folder:
                options.place = folder / BACKUPS_ON_STICK
                status, said = act(options, words)
        else:
            status, said = act(options, words)
    except StickRefused as error:
        if getattr(options, "daily", False):
            _note_missed(load(options.config), error.reason)
        complain(why_refused(error.reason, words))
        return COULD_NOT
    except EOFError as error:  # nobody there to ask for the code
        complain(error)
        return ASKED_WRONGLY
    (complain if status else say)(said)
    return status


def backup(options: argparse.Namespace, words: Translator) -> Said:
    """Also beside a running station."""
    config, store = _station(options)
    store = replace(store, backups=options.place or store.backups)
    now, diary = _now(config), _diary(config)
    try:
        written = store.back_up(store.read(), now.day if now.trusted else None, lambda: True)
    except (BackupFailed, StoreBroken) as error:
        diary.note("backup", now, str(error))
        return COULD_NOT, _not_written(error, words)
    diary.note("backup", now, None)
    if options.stick:
        said = words.text("Written and read back: {file}. You can pull the stick out now.", file=written.path.name)
        return DONE, said
    return DONE, words.text("Written and read back: {file}", file=written.path)


def _not_written(why: object, words: Translator) -> str:
    return words.text("No backup was written: {why}. The store is as it was.", why=why)


def _note_missed(config: KioskConfig, why: str) -> None:
    """Nobody stands there to read it, and whoever looks at the station is to learn that its backups have stopped."""
    _diary(config).note("backup", _now(config), why)


def _diary(config: KioskConfig) -> Diary:
    return Diary(config.data / "upkeep.json")


def _now(config: KioskConfig) -> Moment:
    return HostClock(battery_clock=config.clock.battery_clock, build_ms=BUILD_MS).now()


def backup_key(options: argparse.Namespace, words: Translator) -> Said:
    _, store = _station(options)
    try:
        code = code_of(store.config().key)
    except StoreBroken as error:
        return COULD_NOT, words.text("There is no key: {why}.", why=error)
    lines = [f"    {code[at : at + _ROW].rstrip('-')}" for at in range(0, len(code), _ROW)]
    keep = words.text(
        "Write it down and keep it in the school's safe, never beside the USB stick: "
        "whoever has both can read everything."
    )
    return DONE, "\n".join([words.text("Recovery code of this station:"), "", *lines, "", keep])


def bind(options: argparse.Namespace, words: Translator, ask: Callable[[str], str]) -> Said:
    """Beside a running station too, which then goes on by itself."""
    _, store = _station(options)
    try:
        if not store.is_anothers():
            if store.is_bound():
                return DONE, words.text("The key opens on this machine alone already.")
            key = store.config().key
        else:
            given = _asked_for(options, words, ask)
            if given is None:
                return ASKED_WRONGLY, no_code(words)
            key = given
        if store.bind(key):
            return DONE, words.text("The key opens on this machine alone now. The recovery code stays as it is.")
        return DONE, words.text(
            "The key opens here now. This machine has no secret of its own, so the card would open in any other, too."
        )
    except StoreDamaged as error:
        return COULD_NOT, words.text("Nothing was changed: the store does not open with this code ({why}).", why=error)
    except StoreBroken as error:
        return COULD_NOT, words.text("Nothing was changed: {why}.", why=error)


def restore(options: argparse.Namespace, words: Translator, ask: Callable[[str], str]) -> Said:
    _, store = _station(options)
    try:
        found = _openable(store, options, words, ask)
        if isinstance(found, str):
            return ASKED_WRONGLY, found
        backup, key = found
        if not options.yes:
            return ASKED_WRONGLY, words.text(
                "{file} is whole. The present store will be set aside, not deleted, and no longer used. "
                "Add --yes to bring the backup in.",
                file=backup.name,
            )
        store.restore(backup, key)
    except StoreBroken as error:
        return COULD_NOT, words.text("Nothing was changed: {why}.", why=error)
    return DONE, words.text("{file} is the store now. The station fetches what is newer from the centre.", file=backup)


def recover(options: argparse.Namespace, words: Translator) -> Said:
    config, store = _station(options)
    try:
        if store.path.exists() and _is_well(store):
            return DONE, words.text("The store is well; there is nothing to recover.")
        place = options.place or config.backup_folder
        recovered = store.recover(place, do=options.yes)
    except StoreBroken as error:
        return COULD_NOT, words.text("Nothing was changed: {why}.", why=error)
    lines = [words.text("Operations that can be carried over from the damaged store: {n}.", n=recovered.carried)]
    if recovered.missing:
        lines.append(
            words.text(
                "Operations that can no longer be read: {n}. Afterwards, python -m kiosk ledger lists what to look at.",
                n=recovered.missing,
            )
        )
    elif recovered.whole:
        lines.append(words.text("Nothing is missing."))
    else:
        lines.append(words.text("Part of it cannot be read: its last operations may be missing without a trace."))
    if not place:
        lines.append(words.text("There is no backup: readers and books come back from the centre."))
    lines.append(
        words.text("Done. A running station goes on by itself.") if options.yes else words.text("Add --yes to do it.")
    )
    return DONE if options.yes else ASKED_WRONGLY, "\n".join(lines)


def station_of(options: argparse.Namespace) -> StationStore:
    """As kiosk.toml says. Raises ConfigError."""
    return _station(options)[1]


def _station(options: argparse.Namespace) -> tuple[KioskConfig, StationStore]:
    config = load(options.config)
    of = config.station
    return config, StationStore(config.data, of.library, of.device, 0, config.backup_folder, read_machine_secret)


def _openable(
    store: StationStore, options: argparse.Namespace, words: Translator, ask: Callable[[str], str]
) -> tuple[Path, bytes] | str:
    """A whole backup and the key that opens it; or what is wrong with the code. Raises StoreBroken."""
    code = options.code
    if code is None and store.key_file.exists():
        try:
            key = store.config().key
            return store.newest_backup(options.place, key), key
        except (OtherMachine, StoreDamaged):  # or of another key: only the code tells
            pass
    given = _asked_for(options, words, ask)
    if given is None:
        return no_code(words)
    return store.newest_backup(options.place, given), given


def _asked_for(options: argparse.Namespace, words: Translator, ask: Callable[[str], str]) -> bytes | None:
    """The key of the recovery code; None: it is none."""
    code = options.code
    if code is None:
        code = ask(words.text("Recovery code of the station (python -m provisioning backup-key): "))
    return key_of(code)


def no_code(words: Translator) -> str:
    return words.text("This is not a whole recovery code: it has 56 letters and digits. Please copy it once more.")


def _is_well(store: StationStore) -> bool:
    """Opens it as the station does, so that a damaged one is set aside. Raises StoreBroken: it is in use, or its disk
    is at fault."""
    try:
        opened = store.open()
    except StoreDamaged:
        return False
    try:
        opened.check()
    except StoreDamaged:
        opened.close()
        return _is_well(store)  # it is suspected now, so the opening looks at the whole of it
    opened.close()
    return True
