"""The releases that stations fetch: put there by a command, asked for as everything is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from central_server import devices
from central_server.database import open_store
from central_server.releases import MOST_PIECE_BYTES
from tests.central_server.databases import Databases
from tests.central_server.signing import Key
from tests.central_server.support import Server, bring_a_small_library, option_of, run, serving
from tests.provisioning.forged import Forged, written

pytestmark = pytest.mark.slow

KEY = Ed25519PrivateKey.generate()


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    return tmp_path / "releases"


@pytest.fixture
def centre(databases: Databases, shelf: Path, tmp_path: Path) -> Iterator[Server]:
    where = databases.new()
    store = open_store(where)
    bring_a_small_library(store, tmp_path)
    store.close()
    with serving(where, "--releases", str(shelf)) as running:
        yield running


def bundle(folder: Path, version: str = "0.3.0", *, key: Ed25519PrivateKey = KEY, **says: object) -> Path:
    forged = Forged(key)
    forged.manifest |= {"version": version, "architectures": ["aarch64"], "pythons": ["3.11", "3.13"], **says}
    return written(folder, forged.raw())


def put(centre: Server, shelf: Path, file: Path, *more: str | Path) -> tuple[int, str]:
    done = run("release", *option_of(centre.where), "--releases", shelf, "--bundle", file, *more)
    return done.returncode, done.stdout + done.stderr


def ask(centre: Server, path: str, **query: object) -> requests.Response:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return centre.ask(centre.key("hoa-sen"), "GET", f"/v1/releases/{path}?{asked}")


def newest(centre: Server, architecture: str = "aarch64", python: str = "3.11", after: str = "0.2.0") -> object:
    answer = ask(centre, "newest", architecture=architecture, python=python, after=after)
    assert answer.status_code == 200, answer.text
    return answer.json()["release"]


def test_tells_the_newest_for_the_stations_kind_of_machine(centre: Server, shelf: Path, tmp_path: Path) -> None:
    assert newest(centre) is None
    for version in ("0.3.0", "0.10.0", "0.9.0"):
        assert put(centre, shelf, bundle(tmp_path, version))[0] == 0
    assert put(centre, shelf, bundle(tmp_path, "0.11.0", architectures=["x86_64"], pythons=["3.13"]))[0] == 0
    found = newest(centre)
    assert isinstance(found, dict)
    assert found["version"] == "0.10.0"
    assert newest(centre, after="") == found
    assert newest(centre, after="0.9.0") == found
    assert newest(centre, after="0.10.0") is None
    assert newest(centre, python="3.12") is None
    other = newest(centre, architecture="x86_64", python="3.13")
    assert isinstance(other, dict)
    assert other["version"] == "0.11.0"
    for file in shelf.glob("0.10.0_*"):
        file.unlink()  # withdrawn, while the server runs
    still = newest(centre)
    assert isinstance(still, dict)
    assert still["version"] == "0.9.0"
    (shelf / f"0.12.0_{'0' * 64}.bundle").write_bytes(b"spoilt")
    (shelf / "note.txt").write_text("hello")
    assert newest(centre) == still


def test_gives_it_in_pieces_of_any_size(centre: Server, shelf: Path, tmp_path: Path) -> None:
    file = bundle(tmp_path)
    put(centre, shelf, file)
    release = newest(centre)
    assert isinstance(release, dict)
    whole = file.read_bytes()
    assert release["size"] == len(whole)
    for count in (1_000, len(whole), MOST_PIECE_BYTES):
        found = b""
        while len(found) < len(whole):
            answer = ask(centre, release["sha256"], at=len(found), count=count)
            assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/octet-stream")
            found += answer.content
        assert found == whole
    assert ask(centre, release["sha256"], at=len(whole), count=1).status_code == 404
    assert ask(centre, "0" * 64, at=0, count=1).status_code == 404


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("newest", {"architecture": "aarch64"}),
        ("newest", {"architecture": "a/b", "python": "3.11"}),
        ("newest", {"architecture": "aarch64", "python": "3.11", "after": "new"}),
        ("..%2F..%2Fcentral.db", {"at": 0, "count": 10}),
        ("*", {"at": 0, "count": 10}),
        ("0" * 63, {"at": 0, "count": 10}),
        ("0" * 64, {"at": -1, "count": 10}),
        ("0" * 64, {"at": 0, "count": 0}),
        ("0" * 64, {"at": 0, "count": MOST_PIECE_BYTES + 1}),
        ("0" * 64, {"at": 1 << 70, "count": 1}),
    ],
)
def test_refuses_what_is_not_asked_as_the_protocol_says(centre: Server, path: str, query: dict[str, object]) -> None:
    assert ask(centre, path, **query).status_code in (400, 404)


def test_answers_only_who_may_ask(centre: Server, shelf: Path, tmp_path: Path) -> None:
    put(centre, shelf, bundle(tmp_path))
    release = newest(centre)
    assert isinstance(release, dict)
    paths = (
        "/v1/releases/newest?architecture=aarch64&python=3.11",
        f"/v1/releases/{release['sha256']}?at=0&count=10",
    )
    key = centre.key("hoa-sen")
    for path in paths:
        assert requests.get(centre.url + path, timeout=10).status_code == 401
        assert centre.ask(Key(), "GET", path).status_code == 401
        nonce = key.nonces.pop()
        once = key.sign("GET", path, b"", nonce)
        assert requests.get(centre.url + path, headers=once, timeout=10).status_code == 200
        again = requests.get(centre.url + path, headers=once, timeout=10)  # somebody has listened
        assert (again.status_code, again.json()["again"]) == (401, True)
        key.nonces.append(again.headers["Tram-Nonce"])
    store = open_store(centre.where, create=False)
    with store.writing.begin() as connection:
        devices.revoke(connection, "hoa-sen", "tram-1")
    store.close()
    for path in paths:
        answer = centre.ask(key, "GET", path)
        assert (answer.status_code, answer.json()["state"]) == (403, "revoked")


def test_the_command_takes_only_what_the_publisher_has_signed(centre: Server, shelf: Path, tmp_path: Path) -> None:
    publisher = tmp_path / "publisher.pub"
    publisher.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    foreign = bundle(tmp_path, key=Ed25519PrivateKey.generate())
    status, said = put(centre, shelf, foreign, "--publisher", publisher)
    assert status == 2
    assert "not signed with this key" in said
    assert newest(centre) is None
    assert put(centre, shelf, bundle(tmp_path), "--publisher", publisher)[0] == 0
    assert newest(centre) is not None
    told = run("release", *option_of(centre.where), "--releases", shelf, "--json").stdout
    (only,) = json.loads(told)["releases"]
    assert (only["version"], only["architectures"], only["pythons"]) == ("0.3.0", ["aarch64"], ["3.11", "3.13"])


@pytest.mark.parametrize(
    "content", [b"", b"no bundle", bytes(10_000), b"\x1f\x8b" + bytes(100)], ids=["empty", "text", "zeros", "gzip"]
)
def test_the_command_refuses_what_is_no_bundle(tmp_path: Path, content: bytes) -> None:
    done = run("release", "--data", tmp_path, "--bundle", written(tmp_path, content))
    assert done.returncode == 2
    assert "is not a bundle" in done.stderr
    assert not (tmp_path / "releases").exists()


@pytest.mark.parametrize(
    "says",
    [
        {"product": "tram-do"},
        {"version": "../1"},
        {"pythons": "3.11"},
        {"pythons": {"3.11": 1}},
        {"architectures": [1]},
        {"pythons": None},
    ],
)
def test_the_command_refuses_a_bundle_that_says_what_it_must_not(tmp_path: Path, says: dict[str, object]) -> None:
    done = run("release", "--data", tmp_path, "--bundle", bundle(tmp_path, **{"version": "0.3.0", **says}))
    assert done.returncode == 2, done.stdout
    assert not list(tmp_path.glob("releases/*"))


def test_the_command_asks_for_a_folder_where_the_database_has_none(tmp_path: Path) -> None:
    done = run("release", "--database", "postgresql://nobody@127.0.0.1/none", "--bundle", bundle(tmp_path))
    assert done.returncode == 2
    assert "--releases" in done.stderr
