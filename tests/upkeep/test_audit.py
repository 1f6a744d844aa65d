"""The station's audit on a real store: what is healthy passes, what was changed is found and named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlcipher3.dbapi2 as sqlcipher

from kiosk.__main__ import main
from kiosk.domain.ids import erased_mark
from kiosk.domain.operations import OperationKind
from kiosk.ports.errors import StoreDamaged
from kiosk.ports.store import BEGINNING, WalkedTo
from kiosk.upkeep.audit import Fault, Report, verify
from local_store import StoreConfig, open_store, read_store
from local_store.engine import StoreReader
from tests.local_store.shelf import CATALOGUE, LAN, MINH, config_in, write_operation

OPERATIONS = 1_000
Change = Callable[[sqlcipher.Connection], object]


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A store of 1,000 operations in four epochs, every second one about a reader."""
    config = config_in(tmp_path_factory.mktemp("healthy"))
    for _ in range(4):
        store = open_store(config)
        with store.unit_of_work() as work:
            work.apply(CATALOGUE, "1")
            for number in range(OPERATIONS // 4):
                kind = OperationKind.VISIT if number % 2 else OperationKind.CHECK_IN
                write_operation(work, kind, patron=(LAN, MINH)[number % 4 // 2] if number % 2 else None)
            work.commit()
        store.close()
    return config.path.read_bytes()


@pytest.fixture
def config(tmp_path: Path, healthy: bytes) -> StoreConfig:
    config = config_in(tmp_path)
    config.path.write_bytes(healthy)
    return config


def audited(config: StoreConfig, reader: StoreReader | None = None) -> Report:
    return verify((reader or read_store(config)).history(), config.library_id, config.device_id)


def change(config: StoreConfig, *statements: str) -> None:
    with closing(sqlcipher.connect(str(config.path), isolation_level=None)) as connection:
        connection.execute(f"PRAGMA key = \"x'{config.key.hex()}'\"")
        for statement in statements:
            assert connection.execute(statement).rowcount != 0, statement


def test_passes_a_healthy_store_of_a_thousand_operations(config: StoreConfig) -> None:
    assert audited(config) == Report(operations=OPERATIONS, epochs=4, readers=OPERATIONS // 2)


def test_passes_an_empty_store(tmp_path: Path) -> None:
    open_store(config_in(tmp_path)).close()
    assert audited(config_in(tmp_path)) == Report()


def test_passes_a_store_of_which_a_reader_was_erased(config: StoreConfig) -> None:
    store = open_store(config)
    with store.unit_of_work() as work:
        after: WalkedTo | None = BEGINNING
        while after is not None:
            after = work.erase({erased_mark(LAN.id)}, after, 400)
        work.commit()
    store.close()
    assert audited(config) == Report(operations=OPERATIONS, epochs=4, readers=248, erased=252)


def test_sees_one_moment_while_the_station_goes_on(config: StoreConfig) -> None:
    store = open_store(config)
    history: Iterator[object] = store.history()
    next(history)
    with store.unit_of_work() as work:
        write_operation(work)
        work.commit()
    assert len(list(history)) == OPERATIONS - 1
    assert audited(config, store).operations == OPERATIONS + 1
    store.close()


SWAP = (
    "UPDATE outbox SET place = -1 WHERE place = 300",
    "UPDATE outbox SET place = 300 WHERE place = 301",
    "UPDATE outbox SET place = 301 WHERE place = -1",
)
FORGED = "'11111111-1111-1111-1111-111111111111'"
HASH = "the hash does not follow from the operation before"
WORDS = "the reader's own words do not match the commitment"
LINE = "the audit line does not follow from the one before"
CHANGES: list[tuple[tuple[str, ...], int, str]] = [
    (("UPDATE outbox SET body = replace(body, 'TK.00001', 'TK.00000') WHERE place = 300",), 300, HASH),
    (("UPDATE outbox SET body = substr(body, 2) WHERE place = 300",), 300, "the body cannot be read"),
    (("UPDATE outbox SET hash = zeroblob(32) WHERE place = 300",), 300, HASH),
    (("DELETE FROM outbox WHERE place = 300",), 300, "the operation is missing"),
    (("DELETE FROM outbox WHERE place = 300", "DELETE FROM audit WHERE place = 300"), 300, "the operation is missing"),
    (("DELETE FROM outbox WHERE place = 1000",), 1000, "the operation is missing"),
    (("DELETE FROM audit WHERE place = 300",), 300, "the audit line is missing"),
    (SWAP, 300, "it does not stand where its epoch has it"),
    (("UPDATE outbox SET kind = 'check_out' WHERE place = 300",), 300, "the body contradicts its place"),
    ((f"UPDATE outbox SET reader = {FORGED} WHERE place = 300",), 300, "the reader does not match the commitment"),
    (("UPDATE outbox SET salt = zeroblob(16) WHERE place = 300",), 300, "the reader does not match the commitment"),
    (("UPDATE outbox SET reader = NULL WHERE place = 300",), 300, "something of an erased reader is left"),
    (("UPDATE outbox SET private = 'HS1' WHERE place = 300",), 300, WORDS),
    (("UPDATE audit SET entry = entry || ' ' WHERE place = 300",), 300, "the audit line is about something else"),
    (("UPDATE audit SET hash = zeroblob(32) WHERE place = 300",), 300, LINE),
    (("UPDATE epoch SET \"before\" = 1 WHERE \"before\" = 250",), 251, "it does not stand where its epoch has it"),
    (("UPDATE outbox SET seq = 2 WHERE place = 251", "UPDATE epoch SET \"before\" = 249 WHERE \"before\" = 250"),
     251, "the number does not follow from the operation before"),
]  # fmt: skip


@pytest.mark.parametrize(("statements", "place", "what"), CHANGES)
def test_names_the_first_fault_when_something_was_changed(
    config: StoreConfig, statements: tuple[str, ...], place: int, what: str
) -> None:
    change(config, *statements)
    here = next((one for one, _ in read_store(config).history() if one and one.place == place), None)
    report = audited(config)
    assert report.fault == Fault(place, here and here.epoch, here and here.seq, what)
    assert report.operations == place - 1


def test_notices_a_whole_history_that_was_written_anew_without_its_predecessor(config: StoreConfig) -> None:
    """Every hash from there on is right again, and the predecessor that the epoch names is not."""
    change(
        config,
        "DELETE FROM outbox WHERE place <= 250",
        "DELETE FROM audit WHERE place <= 250",
        "UPDATE outbox SET place = place - 250",
        "UPDATE audit SET place = place - 250",
        "DELETE FROM epoch WHERE \"before\" = 0",
        "UPDATE epoch SET \"before\" = \"before\" - 250",
    )  # fmt: skip
    fault = audited(config).fault
    assert fault is not None
    assert (fault.place, fault.seq, fault.what) == (1, 1, "it names another predecessor")


def test_meets_a_flipped_bit_in_the_file_as_damage(config: StoreConfig) -> None:
    raw = bytearray(config.path.read_bytes())
    raw[len(raw) // 2] ^= 1
    config.path.write_bytes(raw)
    with pytest.raises(StoreDamaged):
        audited(config)


@pytest.fixture
def kiosk_toml(tmp_path: Path, config: StoreConfig) -> Path:
    (tmp_path / "store.key").write_bytes(config.key)
    (tmp_path / "store.key").chmod(0o600)
    file = tmp_path / "kiosk.toml"
    file.write_text(
        '[station]\nlibrary = "hoa-sen"\ndevice = "tram-1"\ndata = "."\n'
        '[codes]\ncard = "HS.*"\nitem = "TK.*"\n[central]\nkind = "simulated"\n'
    )
    return file


def test_says_on_the_command_line_that_every_chain_verifies(
    kiosk_toml: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "verify", "--config", str(kiosk_toml)]) == 0
    assert capsys.readouterr().out == (
        "1000 operations in 4 epochs, 500 readers, 0 erased, 0 pruned: every chain verifies\n"
    )


def test_says_on_the_command_line_where_the_first_fault_is_and_not_about_whom(
    kiosk_toml: Path, config: StoreConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    change(config, f"UPDATE outbox SET reader = {FORGED} WHERE place = 300")
    assert main(["audit", "verify", "--config", str(kiosk_toml), "--json"]) == 1
    said = capsys.readouterr().out
    assert json.loads(said)["fault"] | {"epoch": ""} == {
        "place": 300,
        "epoch": "",
        "seq": 50,
        "what": "the reader does not match the commitment",
    }
    assert FORGED.strip("'") not in said
    assert main(["audit", "verify", "--config", str(kiosk_toml)]) == 1
    assert "place 300, epoch " in capsys.readouterr().out


def test_says_on_the_command_line_that_the_store_cannot_be_read(
    kiosk_toml: Path, config: StoreConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    config.path.unlink()
    assert main(["audit", "verify", "--config", str(kiosk_toml)]) == 1
    assert "cannot be read" in capsys.readouterr().err
