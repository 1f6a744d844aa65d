"""python -m provisioning bring-in: what an old card still held, sent by the station that took its place."""

from __future__ import annotations

import argparse
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from central_link.native_rest import NativeRestLink
from devices.host.machine_secret import read_machine_secret
from kiosk.config import BUILD_MS, load
from kiosk.i18n import Translator
from kiosk.ports.errors import OtherMachine, StoreBroken, StoreDamaged
from kiosk.ports.private_file import make_folder
from kiosk.ports.store import OutboxCounts, UnitOfWork
from kiosk.sync.outbox import Outbox, Outcome, PushRun
from kiosk.upkeep.leftovers import OLD_CARD, clear_leftovers
from local_store.recovery_code import key_of
from local_store.station import StationStore
from local_store.store import SqlStore
from provisioning.commands import ASKED_WRONGLY, CONFIG, COULD_NOT, DONE, LANGUAGE, Parsers, clock_of, complain, say
from provisioning.enrol import settings
from provisioning.store_commands import no_code

T = TypeVar("T")

_KEY = "store.key"
_STORE = "store.db"


def add_parsers(commands: Parsers) -> None:
    """Let `commands` know it."""
    about = "send what an old card of this station still held (its data folder, with its key)"
    command = commands.add_parser("bring-in", parents=[CONFIG, LANGUAGE], help=about)
    command.add_argument("--from", dest="place", required=True, type=Path, metavar="DATA_FOLDER")
    command.add_argument("--code", metavar="CODE", help="the recovery code, which a Raspberry Pi's old card needs")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace, words: Translator) -> int:
    config = settings(options.config)
    old: Path = options.place
    if not (old / _STORE).is_file() or not (old / _KEY).is_file():
        complain(words.text("{folder} holds no station's store with its key.", folder=old))
        return ASKED_WRONGLY
    key = key_of(options.code) if options.code is not None else None
    if options.code is not None and key is None:
        complain(no_code(words))
        return ASKED_WRONGLY
    link = NativeRestLink(config, clock_of(load(options.config)))
    try:
        make_folder(config.key_folder)
        clear_leftovers(config.key_folder)
        # The old card is only read: it may be failing, and is the only one there is.
        with tempfile.TemporaryDirectory(dir=config.key_folder, prefix=OLD_CARD) as copy:
            for name in (_KEY, _STORE, f"{_STORE}-wal"):
                if (old / name).exists():
                    shutil.copyfile(old / name, Path(copy) / name)
            card = StationStore(
                Path(copy), config.library_id, config.device_id, BUILD_MS, machine_secret=read_machine_secret
            )
            if key is not None:
                card.bind(key)  # the copy's own key file: the old one opens in the old machine alone
            store = card.open()
            try:
                run, left = send_all(store, link)
            finally:
                store.close()
    except OtherMachine:
        complain(words.text("The old card opens in its own machine only. Add --code with its recovery code."))
        return ASKED_WRONGLY
    except StoreDamaged as error:
        complain(words.text("The old store is damaged: {why}. What can be read: provisioning recover.", why=error))
        return COULD_NOT
    except (StoreBroken, OSError) as error:
        complain(words.text("The old store cannot be read: {why}.", why=error))
        return COULD_NOT
    finally:
        link.close()
    say(
        words.plural(
            "{n} record of the old card is there now.", "{n} records of the old card are there now.", run.taken
        )
    )
    if run.outcome not in (Outcome.NOTHING, Outcome.DRAINED) or left.pending:
        complain(words.text("Not all of it: {why}. The same command goes on.", why=run.detail or run.outcome.name))
        return COULD_NOT
    return DONE


def send_all(store: SqlStore, link: NativeRestLink) -> tuple[PushRun, OutboxCounts]:
    """By the rules of every push. What the centre has already it takes as the same once more."""

    def on_store(job: Callable[[UnitOfWork], T]) -> T:
        with store.unit_of_work() as work:
            return job(work)

    run = Outbox(link, on_store, lambda _: None).push(threading.Event())
    return run, on_store(lambda work: work.outbox_counts())
