"""Enrolment as it should go: a token, four words that both sides show, a person who compares them, and what follows."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from central_server import clock, devices, nonces
from central_server.cannot import CannotDo
from central_server.database import Store
from central_server.devices import Device, State
from central_server.enrolment import four_words, make_token, token_bytes, token_text
from central_server.imports.words import fold
from central_server.tries import MOST, Tries
from tests.central_server.databases import Databases
from tests.central_server.scene import OPERATIONS, Scene
from tests.central_server.signing import Key
from tests.central_server.support import NOON_MS, ROOT, option_of, run, serving

WORDS = (ROOT / "docs" / "protocol-words.txt").read_text("utf-8").splitlines()


def shown_at_the_station(key: Key, token: str, library: str, device: str) -> list[str]:
    """The four words as the protocol says, by other means than the server's."""
    secret = token_bytes(token)
    assert secret is not None
    scrypt = Scrypt(salt=b"tram-xanh four words v1", length=4, n=2**14, r=8, p=1)
    return [WORDS[byte] for byte in scrypt.derive(key.public + secret + f"{library}\0{device}".encode())]


def enrolled(scene: Scene, device: str = "tram-2", *, replaces: bool = False) -> tuple[Key, list[str]]:
    """A key that waits to be confirmed, and the words on its station's screen."""
    key, token = Key(), scene.token(device=device, replaces=replaces)
    assert scene.enrol(key, scene.enrolment(key, token) | {"device": device}).status == 200
    return key, shown_at_the_station(key, token, scene.library, device)


def state_of(scene: Scene, key: Key) -> str:
    return str(scene.server.ask(key, "GET", "/v1/device").json()["state"])


def decide(scene: Scene, decision: Callable[..., object], *more: object, name: str = "tram-2") -> None:
    """As a command beside the running server does."""
    with scene.store.writing.begin() as connection:
        decision(connection, scene.library, name, *more)


def listed(scene: Scene) -> list[Device]:
    with scene.store.reading.connect() as connection:
        return devices.listed(connection, scene.library)


def test_keeps_the_words_of_the_protocol_as_they_are() -> None:
    assert (ROOT / "central_server" / "protocol-words.txt").read_bytes() == (
        ROOT / "docs" / "protocol-words.txt"
    ).read_bytes()
    assert len(set(WORDS)) == 256


def test_computes_the_words_of_the_protocol() -> None:
    words = four_words(bytes(range(32)), bytes(range(16)), "hoa-sen", "tram-1")
    assert words == ["ấm trà", "lâu đài", "vàng anh", "lều trại"]


TOKENS = [
    (bytes(16), "00000-00000-00000-00000-00000-0"),
    (b"\xff" * 16, "7ZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-Z"),
    (bytes(range(16)), "00041-06105-0R3GG-28A1C-60T3G-F"),
]


@pytest.mark.parametrize(("secret", "text"), TOKENS)
def test_writes_and_reads_a_token_as_a_number(secret: bytes, text: str) -> None:
    assert (token_text(secret), token_bytes(text)) == (text, secret)


@pytest.mark.parametrize("typed", ["7zzzz zzzzz zzzzz zzzzz zzzzz z", " 7ZZZZZZZZZZZZZZZZZZZZZZZZZ\n"])
def test_reads_a_token_when_it_is_typed_otherwise(typed: str) -> None:
    assert token_bytes(typed) == b"\xff" * 16


def test_reads_a_token_when_letters_look_like_digits() -> None:
    assert token_bytes("ooooo-ooooo-ooooo-ooooo-ooooi-l") == (33).to_bytes(16)


@pytest.mark.parametrize("text", ["", "7", "8" + "0" * 25, "U" * 26, "7" * 27, "đ" * 26, "\0" * 26])
def test_takes_no_token_when_it_is_none(text: str) -> None:
    assert token_bytes(text) is None


def test_lets_a_station_in_when_a_person_confirms_its_words(scene: Scene) -> None:
    key, words = enrolled(scene)
    target = f"/v1/changes?library={scene.library}"
    assert (state_of(scene, key), scene.server.ask(key, "GET", target).status_code) == ("pending", 403)
    decide(scene, devices.confirm, " ".join(words), NOON_MS)
    assert state_of(scene, key) == "active"
    assert len(scene.server.ask(key, "GET", target).json()["changes"]) == 7


def test_answers_the_same_when_the_answer_to_an_enrolment_was_lost(scene: Scene) -> None:
    key, token = Key(), scene.token()
    request = scene.enrolment(key, token)
    first = scene.enrol(key, request)
    before = scene.everything()
    assert (
        scene.enrol(key, request).content
        == first.content
        == {
            "key_id": key.id,
            "state": "pending",
            "server_key": scene.server_key,
            "proof": scene.proof(key.id),
        }
    )
    assert scene.everything() == before
    assert "tram-nonce" in first.headers


@pytest.mark.parametrize(
    "change", [str.upper, fold, lambda words: words.replace(", ", " "), lambda words: f" {words} "]
)
def test_confirms_when_the_words_are_typed_with_other_case_marks_or_commas(
    scene: Scene, change: Callable[[str], str]
) -> None:
    key, words = enrolled(scene)
    decide(scene, devices.confirm, change(", ".join(words)), NOON_MS)
    assert state_of(scene, key) == "active"


def test_changes_nothing_when_the_words_are_others(scene: Scene) -> None:
    key, words = enrolled(scene)
    before = scene.everything()
    for typed in ("", "ấm trà", ", ".join(reversed(words)), ", ".join(words[:3]), f"{', '.join(words)} ấm"):
        with pytest.raises(CannotDo, match="not the four words"):
            decide(scene, devices.confirm, typed, NOON_MS)
    with pytest.raises(CannotDo, match="No station waits"):
        decide(scene, devices.confirm, ", ".join(words), NOON_MS, name="tram-3")
    assert (scene.everything(), state_of(scene, key)) == (before, "pending")


def test_replaces_the_old_key_when_the_new_one_is_confirmed(scene: Scene) -> None:
    with pytest.raises(CannotDo, match="--replace"):
        scene.token(device="tram-1")
    stranger, _ = enrolled(scene, "tram-1", replaces=True)
    new, words = enrolled(scene, "tram-1", replaces=True)
    assert state_of(scene, scene.key) == "active", "until the words were compared"
    decide(scene, devices.confirm, ", ".join(words), NOON_MS, name="tram-1")
    assert [state_of(scene, key) for key in (new, scene.key, stranger)] == ["active", "revoked", "revoked"]
    states = {one.key_id: one.state for one in listed(scene)}
    assert states == {new.id: State.ACTIVE, scene.key.id: State.REPLACED, stranger.id: State.REPLACED}
    decide(scene, devices.revoke, name="tram-1")
    decide(scene, devices.admit, name="tram-1")
    assert [state_of(scene, key) for key in (new, scene.key)] == ["active", "revoked"]


def test_takes_what_waited_when_a_revoked_station_is_admitted_again(scene: Scene) -> None:
    body = scene.batch()
    decide(scene, devices.revoke, name="tram-1")
    scene.refuses(
        403, lambda: scene.send("POST", OPERATIONS, scene.key.sign("POST", OPERATIONS, body), body), state="revoked"
    )
    with pytest.raises(CannotDo, match="No station is active or waits"):
        decide(scene, devices.revoke, name="tram-1")
    decide(scene, devices.admit, name="tram-1")
    scene.serves(body)
    with pytest.raises(CannotDo, match="is active"):
        decide(scene, devices.admit, name="tram-1")


def test_admits_nobody_who_was_never_confirmed(scene: Scene) -> None:
    key, _ = enrolled(scene)
    decide(scene, devices.revoke)
    with pytest.raises(CannotDo, match="No confirmed station"):
        decide(scene, devices.admit)
    assert state_of(scene, key) == "revoked"


@pytest.mark.parametrize(
    ("library", "name", "minutes", "sentence"),
    [
        ("nowhere", "tram-2", 30, "no library 'nowhere'"),
        (None, "", 30, "1 to 64 letters"),
        (None, "x" * 65, 30, "1 to 64 letters"),
        (None, "tram 2\n", 30, "1 to 64 letters"),
        (None, "tram-2", 0, "1 to 10080 minutes"),
        (None, "tram-2", 10_081, "1 to 10080 minutes"),
    ],
)
def test_makes_no_token_when_it_is_asked_for_wrongly(
    store: Store, known: object, library: str | None, name: str, minutes: int, sentence: str
) -> None:
    with store.writing.begin() as connection, pytest.raises(CannotDo, match=sentence):
        make_token(connection, library or "hoa-sen", name, minutes, NOON_MS)


def test_keeps_no_token_but_its_hash(store: Store, known: object, databases: Databases) -> None:
    with store.writing.begin() as connection:
        token = make_token(connection, "hoa-sen", "tram-1", 30, NOON_MS).text
    secret = token_bytes(token)
    assert secret is not None
    store.close()
    kept = databases.content(store.where)
    for form in (token.encode(), token.replace("-", "").encode(), secret, secret.hex().encode()):
        assert form not in kept
    assert hashlib.sha256(secret).hexdigest().encode() in kept


def test_notes_when_a_station_was_last_seen(scene: Scene) -> None:
    key, words = enrolled(scene)
    assert listed(scene)[-1].seen_ms is None
    decide(scene, devices.confirm, ", ".join(words), NOON_MS)
    state_of(scene, key)
    while (seen_ms := listed(scene)[-1].seen_ms) is None:
        scene.serves(scene.batch())  # it is noted beside the answer
    assert abs(seen_ms - clock.now_ms()) < 60_000


def test_takes_no_nonce_when_ten_minutes_have_passed_or_it_was_given_to_another_key() -> None:
    nonce = nonces.give(b"secret", "a", NOON_MS)
    assert nonces.is_good(b"secret", "a", nonce, NOON_MS + nonces.GOOD_FOR_MS)
    assert not nonces.is_good(b"secret", "a", nonce, NOON_MS + nonces.GOOD_FOR_MS + 1)
    assert not nonces.is_good(b"secret", "b", nonce, NOON_MS)
    assert not nonces.is_good(b"other", "a", nonce, NOON_MS)
    assert not any(nonces.is_good(b"secret", "a", one, NOON_MS) for one in (None, "", "ế", nonce[1:], f"0{nonce}"))


def test_remembers_a_used_nonce_as_long_as_it_is_good(store: Store) -> None:
    first, later = (nonces.give(b"secret", "a", at) for at in (NOON_MS, NOON_MS + 7 * nonces.GOOD_FOR_MS))
    with store.writing.begin() as connection:
        secret = nonces.secret_of(connection, "hoa-sen")
        assert nonces.secret_of(connection, "hoa-sen") == secret != nonces.secret_of(connection, "sao-mai")
        taken = [nonces.take(connection, "hoa-sen", first, NOON_MS + late) for late in (0, nonces.GOOD_FOR_MS)]
        assert taken == [True, False]
        assert nonces.take(connection, "hoa-sen", later, NOON_MS + 7 * nonces.GOOD_FOR_MS)
        assert connection.exec_driver_sql("SELECT nonce FROM used_nonce").scalars().all() == [later]


def test_lets_an_address_try_again_when_a_minute_has_passed() -> None:
    now = [0.0]
    tries = Tries(lambda: now[0])
    for _ in range(MOST):
        assert tries.may("a")
        tries.failed("a")
    assert (tries.may("a"), tries.may("b")) == (False, True)
    now[0] = 60_000
    assert tries.may("a")


@pytest.mark.long
@pytest.mark.slow
def test_enrols_a_station_by_the_commands_beside_a_running_server(databases: Databases, tmp_path: Path) -> None:
    titles = tmp_path / "titles.csv"
    titles.write_text("code,title\nD1,x\n")
    where = databases.new()
    data = option_of(where)
    whose = (*data, "--library", "hoa-sen", "--device", "tram-1")
    run("import", *data, "--library", "hoa-sen", "--library-name", "Hoa Sen", "--kind", "titles", titles)

    def said(*arguments: str | Path) -> str:
        done = run(*arguments)
        assert (done.returncode, done.stderr) == (0, ""), done
        return done.stdout

    def refused(*arguments: str | Path) -> str:
        done = run(*arguments)
        assert (done.returncode, done.stdout) == (2, ""), done
        return done.stderr

    with serving(where) as server:
        assert said("devices", *data) == "No station was enrolled here.\n"
        token = json.loads(said("enrol-token", *whose, "--json"))
        assert token.keys() == {"token", "library", "device", "expires_ms"}
        key = Key()
        request = {"protocol": 1, "library": "hoa-sen", "device": "tram-1", "public_key": key.public_text}
        body = json.dumps(request | {"token": token["token"].lower()}).encode()
        assert server.ask(key, "POST", "/v1/enrolments", body, nonce=False).status_code == 200
        words = shown_at_the_station(key, token["token"], "hoa-sen", "tram-1")
        [waiting] = json.loads(said("devices", *data, "--json"))["devices"]
        assert (waiting["state"], waiting["words"], waiting["key_id"]) == ("pending", words, key.id)
        assert ", ".join(words) in said("devices", *data, "--library", "hoa-sen")
        assert "nothing was changed" in refused("confirm", *whose, "--words", "một hai ba bốn")
        assert "confirmed" in said("confirm", *whose, "--words", fold(", ".join(words)))
        assert server.ask(key, "GET", "/v1/changes?library=hoa-sen").status_code == 200
        assert "--replace" in refused("enrol-token", *whose)
        assert "It is not shown again." in said("enrol-token", *whose, "--replace", "--minutes", "5")
        assert "revoked" in said("revoke", *whose)
        assert server.ask(key, "GET", "/v1/changes?library=hoa-sen").json()["state"] == "revoked"
        assert "admitted" in said("admit", *whose)
        assert server.ask(key, "GET", "/v1/changes?library=hoa-sen").status_code == 200
        assert "active" in said("devices", *data)
    assert "no library 'x'" in refused("devices", *data, "--library", "x")
    assert "no database" in refused("devices", "--data", tmp_path)
