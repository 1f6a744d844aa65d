"""The time, signed for who asks; and the key that signs it."""

import base64
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from central_server import clock, server_key
from central_server.database import Store, open_store, reading
from central_server.tables.keys import server_key as server_key_table
from tests.central_server.databases import Databases
from tests.central_server.scene import Scene

NONCE = "0123456789abcdef" * 2


def key_of(store: Store) -> str:
    with reading(store) as connection:
        return server_key.read(connection).public


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_says_the_time_to_anybody_and_signs_it_for_this_question(scene: Scene) -> None:
    before = clock.now_ms()
    answer = scene.send("GET", f"/v1/time?nonce={NONCE}", {})
    assert answer.status == 200
    said = answer.content
    assert said.keys() == {"now_ms", "nonce", "signature"}
    assert before <= said["now_ms"] <= clock.now_ms()
    assert said["nonce"] == NONCE
    key = Ed25519PublicKey.from_public_bytes(raw(scene.server_key))
    key.verify(raw(said["signature"]), f"tram-xanh time v1\n{NONCE}\n{said['now_ms']}".encode())
    with pytest.raises(InvalidSignature):
        key.verify(raw(said["signature"]), f"tram-xanh time v1\n{NONCE}\n{said['now_ms'] + 1}".encode())


@pytest.mark.parametrize("query", ["", "?nonce=", "?nonce=0123", f"?nonce={NONCE}0", f"?nonce={NONCE.upper()}"])
def test_signs_nothing_but_a_nonce(scene: Scene, query: str) -> None:
    assert scene.send("GET", f"/v1/time{query}", {}).status == 400


def test_keeps_its_key_for_the_life_of_the_database(databases: Databases) -> None:
    where = databases.new()
    store = open_store(where)
    first = key_of(store)
    store.close()
    again = open_store(where)
    try:
        assert key_of(again) == first
        with reading(again) as connection:
            assert connection.scalar(sa.select(sa.func.count()).select_from(server_key_table)) == 1
    finally:
        again.close()


def test_has_another_key_than_another_database(tmp_path: Path) -> None:
    keys = set()
    for name in ("one", "other"):
        store = open_store(tmp_path / name)
        keys.add(key_of(store))
        store.close()
    assert len(keys) == 2
