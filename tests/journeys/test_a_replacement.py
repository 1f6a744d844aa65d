"""A station dies, another takes its place under the same name, and later the old card is found in a drawer."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from demo.enrolment import confirm
from demo.processes import Server, run, run_or_fail
from demo.school import LIBRARY, SAMPLES, write_config
from kiosk.bootstrap.stores import read_store
from kiosk.config import load
from kiosk.domain.enrolment_code import FILE_NAME
from kiosk.session.states import Borrowing
from local_store.key_file import read_or_create_key, seal_key
from local_store.recovery_code import code_of
from tests.journeys.hands import Hands

pytestmark = pytest.mark.slow


def operations_at_the_centre(server: Server) -> list[tuple[str, str, str]]:
    ledger = json.loads(run_or_fail("central_server", "ledger", "--json", *server.where, "--library", LIBRARY))
    return [(row["epoch"], row["kind"], row["barcode"]) for row in ledger["operations"]]


def bring_in(config: Path, old: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return run("provisioning", "bring-in", "--config", str(config), "--from", str(old), "--language", "en", *more)


def test_what_the_old_card_still_held_reaches_the_centre_once(tmp_path: Path, server: Server) -> None:
    with Hands(tmp_path, server) as first:
        first.wait(lambda: first.knows("HS250001"))
        server.kill()  # as good as a network that is away, and so it stays until the station is dead
        first.scanner.scan("HS250001")
        first.until(lambda state: isinstance(state.doing, Borrowing))
        for count, barcode in enumerate(("TK.00001", "TK.00002"), 1):
            first.scanner.scan(barcode)
            first.until(lambda state, count=count: len(state.doing.rows) == count)  # type: ignore[union-attr]
    old = first.config.data
    assert read_store(first.config).counts()["pending"] == 2
    server.start()

    # Another machine, blank, by a code that comes as a file.
    run_or_fail(
        "central_server", "import", *server.where, "--library", LIBRARY, "--kind", "station",
        str(SAMPLES / "station.toml"),
    )  # fmt: skip
    replacing = ("enrol-token", *server.where, "--library", LIBRARY, "--device", "tram-1", "--url", server.url)
    refused = run("central_server", *replacing)
    assert (refused.returncode, "--replace" in refused.stderr) == (2, True)
    (tmp_path / "new").mkdir()
    run_or_fail("central_server", *replacing, "--replace", "--qr", str(tmp_path / "new" / FILE_NAME))
    config = tmp_path / "new" / "kiosk.toml"
    config.write_text('[station]\ndata = "data"\n')
    asked = ("enrol", "--code", str(tmp_path / "new"), "--config", str(config))
    shown = json.loads(run("provisioning", *asked, "--json", "--no-wait").stdout)
    confirm(server, LIBRARY, "tram-1", shown["words"])
    assert run("provisioning", *asked).returncode == 0
    assert load(config).station.device == "tram-1"

    listed = json.loads(run_or_fail("central_server", "devices", *server.where, "--json"))["devices"]
    assert sorted(one["state"] for one in listed) == ["active", "replaced"]
    dead = write_config(tmp_path, server, scanner='kind = "lines"')
    assert bring_in(dead, old).returncode == 1, "the old card's own key is shut out"
    assert operations_at_the_centre(server) == []

    assert bring_in(config, tmp_path).returncode == 2  # nothing is there
    # As the card of a Raspberry Pi, which opens in that one alone.
    key_file = old / "store.key"
    key = read_or_create_key(key_file, old / "store.db")
    seal_key(key_file, key, lambda: bytes(range(32)))
    sealed = bring_in(config, old)
    assert (sealed.returncode, "recovery code" in sealed.stderr) == (2, True)
    assert bring_in(config, old, "--code", "ABCD").returncode == 2
    assert operations_at_the_centre(server) == []
    done = bring_in(config, old, "--code", code_of(key))
    assert (done.returncode, done.stdout) == (0, "2 records of the old card are there now.\n"), done.stderr
    there = operations_at_the_centre(server)
    assert [row[1:] for row in there] == [("check_out", "TK.00001"), ("check_out", "TK.00002")]
    again = bring_in(config, old, "--code", code_of(key))
    assert again.returncode == 0
    assert operations_at_the_centre(server) == there, "once"
    seal_key(key_file, key, lambda: None)
    assert read_store(first.config).counts()["pending"] == 2, "the old card is only read"
    assert not list((tmp_path / "new" / "data").glob("bring-in-*"))
