"""The station's key: made once for a token, durable, private, and never lost while somebody may still need it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from central_link.identity import Identity, KeyUnusable
from tests.central_link.stand_in import enrolled

TOKEN, OTHER = bytes(16), bytes(range(16))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def present(folder: Path) -> str | None:
    key = Identity(folder).key()
    return key.id if key else None


def test_makes_one_private_key_for_a_token_and_keeps_it(tmp_path: Path) -> None:
    key = Identity(tmp_path / "data").key_for(TOKEN)
    assert Identity(tmp_path / "data").key_for(TOKEN).id == key.id
    assert names(tmp_path / "data") == {"device.key.next"}
    assert stat.S_IMODE((tmp_path / "data" / "device.key.next").stat().st_mode) == 0o600


def test_signs_with_nothing_before_the_centre_knows_the_key(tmp_path: Path) -> None:
    identity = Identity(tmp_path)
    key = identity.key_for(TOKEN)
    assert present(tmp_path) is None
    identity.sign_with(key)
    assert present(tmp_path) == key.id
    assert names(tmp_path) == {"device.key"}
    assert identity.key_for(TOKEN).id == key.id  # and goes on with it when asked again


def test_keeps_the_key_before_until_the_new_one_is_confirmed(tmp_path: Path) -> None:
    first, second = enrolled(tmp_path), enrolled(tmp_path, OTHER)
    assert first.id != second.id == present(tmp_path)
    Identity(tmp_path).confirmed()
    assert names(tmp_path) == {"device.key"}
    assert present(tmp_path) == second.id


def test_takes_the_last_confirmed_key_back_when_the_new_ones_are_not_taken(tmp_path: Path) -> None:
    confirmed = enrolled(tmp_path)
    enrolled(tmp_path, OTHER)
    enrolled(tmp_path, b"another of sixte")
    assert Identity(tmp_path).take_back()
    assert present(tmp_path) == confirmed.id
    assert not Identity(tmp_path).take_back()
    assert present(tmp_path) == confirmed.id


def test_leaves_the_key_in_use_alone_while_another_is_being_enrolled(tmp_path: Path) -> None:
    used = enrolled(tmp_path)
    Identity(tmp_path).key_for(OTHER)
    assert present(tmp_path) == used.id


def test_sees_a_key_that_comes_changes_and_goes_without_being_made_anew(tmp_path: Path) -> None:
    reader = Identity(tmp_path)
    assert reader.key() is None
    for token in (TOKEN, OTHER):
        made = enrolled(tmp_path, token)
        seen = reader.key()
        assert seen is not None
        assert seen.id == made.id
    (tmp_path / "device.key").unlink()
    assert reader.key() is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b'{"private": "AAAA", "token": ""}',
        b'{"private": "?", "token": ""}',
        b'{"private": "' + b"A" * 43 + b'="}',
        b"-----BEGIN PRIVATE KEY-----",
    ],
)
def test_touches_no_file_that_is_not_a_key(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "device.key"
    file.write_bytes(content)
    with pytest.raises(KeyUnusable, match=r"device.key is not a station's key"):
        Identity(tmp_path).key()
    with pytest.raises(KeyUnusable):
        Identity(tmp_path).key_for(TOKEN)
    assert file.read_bytes() == content


def test_says_so_when_the_key_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "device.key").mkdir()
    with pytest.raises(KeyUnusable, match=r"cannot be read: Is a directory"):
        Identity(tmp_path).key()


def test_starts_afresh_when_making_a_key_was_cut_short(tmp_path: Path) -> None:
    (tmp_path / "device.key.next.half").write_bytes(b"half")
    enrolled(tmp_path)
    assert names(tmp_path) == {"device.key"}


def test_closes_a_key_that_others_could_read(tmp_path: Path) -> None:
    enrolled(tmp_path)
    (tmp_path / "device.key").chmod(0o644)
    assert Identity(tmp_path).key() is not None
    assert stat.S_IMODE((tmp_path / "device.key").stat().st_mode) == 0o600
