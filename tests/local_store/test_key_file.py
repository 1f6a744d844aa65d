"""The key: made once, durable, private, and never made again over a store."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from kiosk.ports.errors import OtherMachine, SecretUnreadable, StoreBroken
from local_store import open_store
from local_store.key_file import is_sealed_here, read_or_create_key, seal_key
from tests.local_store.shelf import config_in


def test_makes_a_private_key_once_and_reads_it_after_that(tmp_path: Path) -> None:
    key = read_or_create_key(tmp_path / "store.key", tmp_path / "store.db")
    assert len(key) == 32
    assert read_or_create_key(tmp_path / "store.key", tmp_path / "store.db") == key
    assert key not in (tmp_path / "store.key").read_bytes()
    assert stat.S_IMODE((tmp_path / "store.key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["store.key"]


def test_makes_another_key_for_another_station(tmp_path: Path) -> None:
    keys = {read_or_create_key(tmp_path / name, tmp_path / "store.db") for name in ("a", "b", "c")}
    assert len(keys) == 3


@pytest.mark.parametrize("left", ["store.db", "store.db-wal", "store.db.damaged-20261123T000000Z"])
def test_makes_no_new_key_while_there_is_a_store(tmp_path: Path, left: str) -> None:
    (tmp_path / left).write_bytes(b"loans")
    with pytest.raises(StoreBroken, match="only it opens"):
        read_or_create_key(tmp_path / "store.key", tmp_path / "store.db")
    assert not (tmp_path / "store.key").exists()


def test_makes_no_key_when_it_may_not(tmp_path: Path) -> None:
    with pytest.raises(StoreBroken, match="no key file"):
        read_or_create_key(tmp_path / "store.key", tmp_path / "store.db", may_create=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_takes_no_key_of_another_length(tmp_path: Path, length: int) -> None:
    (tmp_path / "store.key").write_bytes(bytes(length))
    with pytest.raises(StoreBroken, match=f"{length} bytes"):
        read_or_create_key(tmp_path / "store.key", tmp_path / "store.db")
    assert (tmp_path / "store.key").stat().st_size == length


def test_starts_afresh_when_making_a_key_was_cut_short(tmp_path: Path) -> None:
    (tmp_path / "store.key.half").write_bytes(b"half")
    assert len(read_or_create_key(tmp_path / "store.key", tmp_path / "store.db")) == 32


def test_closes_a_key_file_that_others_could_read(tmp_path: Path) -> None:
    file = tmp_path / "store.key"
    key = read_or_create_key(file, tmp_path / "store.db")
    file.chmod(0o644)
    assert read_or_create_key(file, tmp_path / "store.db") == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_says_that_the_store_is_broken_when_the_key_cannot_be_read_or_written(tmp_path: Path) -> None:
    (tmp_path / "store.key").mkdir()
    with pytest.raises(StoreBroken):
        read_or_create_key(tmp_path / "store.key", tmp_path / "store.db")
    with pytest.raises(StoreBroken):
        read_or_create_key(tmp_path / "missing" / "store.key", tmp_path / "store.db")


def test_opens_the_store_with_the_key_that_it_made(tmp_path: Path) -> None:
    for _ in range(2):
        key = read_or_create_key(tmp_path / "store.key", config_in(tmp_path).path)
        open_store(config_in(tmp_path, key=key)).close()


# sealed to a machine

MACHINE, ANOTHER = bytes(range(1, 33)), bytes(range(2, 34))


def sealed(folder: Path, secret: bytes | None = MACHINE) -> tuple[Path, bytes]:
    """The file and the key."""
    return folder / "store.key", read_or_create_key(folder / "store.key", folder / "store.db", lambda: secret)


def opened(file: Path, secret: bytes | None) -> bytes:
    return read_or_create_key(file, file.with_name("store.db"), lambda: secret)


@pytest.mark.parametrize("other", [ANOTHER, None, bytes(31), MACHINE[:-1] + b"\0"])
def test_opens_a_sealed_key_on_its_own_machine_only(tmp_path: Path, other: bytes | None) -> None:
    file, key = sealed(tmp_path)
    before = file.read_bytes()
    with pytest.raises(OtherMachine):
        opened(file, other)
    assert (opened(file, MACHINE), file.read_bytes()) == (key, before)
    assert is_sealed_here(file, lambda: MACHINE)


def test_control_opens_a_key_that_is_not_sealed_anywhere(tmp_path: Path) -> None:
    file, key = sealed(tmp_path, None)
    assert [opened(file, secret) for secret in (None, MACHINE, ANOTHER)] == [key] * 3
    assert not is_sealed_here(file, lambda: MACHINE)
    (tmp_path / "before").mkdir()
    old = tmp_path / "before" / "store.key"
    old.write_bytes(key)
    assert opened(old, ANOTHER) == key, "a file from before there was a seal"


def test_needs_every_byte_of_the_file_and_of_the_secret(tmp_path: Path) -> None:
    file, _ = sealed(tmp_path)
    whole = file.read_bytes()
    for at in range(len(whole)):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(StoreBroken):
            opened(file, MACHINE)
    file.write_bytes(whole)
    for at in range(len(MACHINE)):
        with pytest.raises(OtherMachine):
            opened(file, MACHINE[:at] + bytes([MACHINE[at] ^ 128]) + MACHINE[at + 1 :])


def test_seals_a_key_anew_and_keeps_one_that_does_not_open_here(tmp_path: Path) -> None:
    file, key = sealed(tmp_path)
    before = file.read_bytes()
    assert seal_key(file, key, lambda: MACHINE)
    assert [path.name for path in tmp_path.iterdir()] == ["store.key"]
    assert file.read_bytes() != before
    assert seal_key(file, key, lambda: ANOTHER)
    assert opened(file, ANOTHER) == key
    assert opened(tmp_path / "store.key.of-another-machine", MACHINE) == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_does_not_take_a_secret_that_cannot_be_read_for_none(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def unreadable() -> bytes | None:
        raise SecretUnreadable("silent")

    file, _ = sealed(tmp_path)
    with pytest.raises(SecretUnreadable):
        read_or_create_key(file, tmp_path / "store.db", unreadable)
    (tmp_path / "new").mkdir()
    key = read_or_create_key(tmp_path / "new" / "store.key", tmp_path / "new" / "store.db", unreadable)
    assert "not sealed" in caplog.text
    assert opened(tmp_path / "new" / "store.key", None) == key
