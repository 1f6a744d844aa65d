"""Who must not get in: every attack on the real server process is answered with its status, changes nothing, tells
nothing; and the same request done rightly is served."""

import json
import socket
from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from central_server import clock, devices, nonces
from central_server.devices import State
from tests.central_server.scene import ENROLMENTS, OPERATIONS, Scene
from tests.central_server.signing import Headers, Key, digest_of
from tests.central_server.support import Station, let_in, request_of

pytestmark = pytest.mark.slow

OTHER_BODY = b'{"protocol":1}'
# A signature by the right key that says something else than the request or the protocol: what `Key.sign` is told.
SIGNED_OTHERWISE: dict[str, dict[str, Any]] = {
    "altered path": {"target": "/v1/operation"},
    "altered query": {"target": f"{OPERATIONS}?a=1"},
    "altered method": {"method": "PUT"},
    "altered body": {"body": OTHER_BODY},
    "no digest": {"body": b""},
    "a digest of another body": {"digest": digest_of(OTHER_BODY)},
    "a digest by another algorithm": {"digest": "sha-512"},
    "digest not covered": {"components": ("@method", "@path", "@query")},
    "query not covered": {"components": ("@method", "@path", "content-digest")},
    "nothing covered": {"components": ()},
    "more covered": {"components": ("@method", "@path", "@query", "content-digest", "content-type")},
    "another order": {"components": ("@path", "@method", "@query", "content-digest")},
    "another algorithm": {"parameters": 'keyid="{key_id}";alg="hmac-sha256"'},
    "no algorithm": {"parameters": 'keyid="{key_id}"'},
    "no key": {"parameters": 'alg="ed25519"'},
    "a key that is no text": {"parameters": 'keyid=1;alg="ed25519"'},
    "a time": {"parameters": 'created=1795000000;keyid="{key_id}";alg="ed25519"'},
    "an unknown parameter": {"parameters": 'keyid="{key_id}";alg="ed25519";tag="tram"'},
    "another label": {"label": "sig1"},
}


def _others(right: Headers) -> Headers:
    return Key().sign("POST", OPERATIONS, OTHER_BODY) | {"Content-Digest": right["Content-Digest"]}


# What is done to the headers of a request that was signed rightly.
HEADERS_OTHERWISE: dict[str, Callable[[Headers], Headers | list[tuple[str, Any]]]] = {
    "unsigned": lambda right: {"Content-Digest": right["Content-Digest"]},
    "only the parameters": lambda right: _changed(right, "Signature", lambda _: ""),
    "only the signature": lambda right: _changed(right, "Signature-Input", lambda _: ""),
    "another's signature": lambda right: right | {"Signature": _others(right)["Signature"]},
    "an unknown key": lambda right: right | {"Signature-Input": _others(right)["Signature-Input"]},
    "two labels": lambda right: _signatures(right, lambda value: f"{value}, {value.replace('tram', 'sig1', 1)}"),
    "the label twice": lambda right: _signatures(right, lambda value: f"{value}, {value}"),
    "the signature twice": lambda right: [*right.items(), ("signature", right["Signature"])],
    "the parameters twice": lambda right: [*right.items(), ("signature-input", right["Signature-Input"])],
    "the digest twice": lambda right: [*right.items(), ("content-digest", right["Content-Digest"])],
    "a folded signature": lambda right: _changed(right, "Signature", lambda value: value[:20] + "\r\n " + value[20:]),
    "a cut signature": lambda right: _changed(right, "Signature", lambda value: value[:60] + ":"),
    "a huge field": lambda right: _changed(right, "Signature-Input", lambda value: value + ";x=" + "1" * 2_000),
    "not ASCII": lambda right: _changed(right, "Signature", lambda value: value.replace("tram", "trạm").encode()),
    **{
        f"garbage {garbage[:15]!r}": partial(lambda value, right: _signatures(right, lambda _: value), garbage)
        for garbage in ("", "tram", "tram=()", "tram=1", 'tram=("@method', ":" * 900, "tram=:AAAA:", "(" * 900)
    },
}


def _changed(right: Headers, name: str, change: Callable[[str], Any]) -> list[tuple[str, Any]]:
    return list((right | {name: change(right[name])}).items())


def _signatures(right: Headers, change: Callable[[str], str]) -> Headers:
    return right | {name: change(right[name]) for name in ("Signature-Input", "Signature")}


@pytest.mark.parametrize("attack", SIGNED_OTHERWISE)
def test_answers_401_when_something_else_was_signed(scene: Scene, attack: str) -> None:
    body = scene.batch()
    signed: dict[str, Any] = {"method": "POST", "target": OPERATIONS, "body": body} | SIGNED_OTHERWISE[attack]
    if signed.get("digest") == "sha-512":
        signed["digest"] = digest_of(body, "sha-512")
    answer = scene.refuses(401, lambda: scene.send("POST", OPERATIONS, scene.key.sign(**signed), body))
    assert "tram-nonce" not in answer.headers
    scene.serves(body)


@pytest.mark.parametrize("attack", HEADERS_OTHERWISE)
def test_answers_401_when_the_headers_are_not_as_they_were_signed(scene: Scene, attack: str) -> None:
    body = scene.batch()
    headers = HEADERS_OTHERWISE[attack](scene.key.sign("POST", OPERATIONS, body))
    answer = scene.refuses(401, lambda: scene.send("POST", OPERATIONS, headers, body))
    assert "tram-nonce" not in answer.headers
    scene.serves(body)


def test_answers_401_when_the_body_is_another(scene: Scene) -> None:
    body = scene.batch()
    headers = scene.key.sign("POST", OPERATIONS, OTHER_BODY)
    scene.refuses(401, lambda: scene.send("POST", OPERATIONS, headers, body))
    scene.refuses(401, lambda: scene.send("POST", OPERATIONS, headers | {"Content-Digest": digest_of(body)}, body))
    scene.serves(body)


@pytest.mark.parametrize("target", ["/v1/device", "/v1/changes?library={library}", "/v1/changes?limit=x"])
def test_answers_401_before_anything_else_when_a_question_is_not_signed(scene: Scene, target: str) -> None:
    target = target.format(library=scene.library)
    scene.refuses(401, lambda: scene.send("GET", target, {}))
    signed_elsewhere = scene.key.sign("GET", scene.changes, nonce=scene.nonce())
    scene.refuses(401, lambda: scene.send("GET", target, signed_elsewhere))


@pytest.mark.parametrize(
    ("state", "told"),
    [(State.PENDING, "pending"), (State.REVOKED, "revoked"), (State.REPLACED, "revoked")],
)
def test_answers_403_and_nothing_but_its_state_when_the_key_is_not_active(
    scene: Scene, state: State, told: str
) -> None:
    body = scene.batch()
    scene.set_state(state, scene.key)
    signed = scene.key.sign("POST", OPERATIONS, body)
    scene.refuses(403, lambda: scene.send("POST", OPERATIONS, signed, body), state=told)
    question = scene.key.sign("GET", scene.changes, nonce=scene.nonce())
    scene.refuses(403, lambda: scene.send("GET", scene.changes, question), state=told)
    who = scene.send("GET", "/v1/device", scene.key.sign("GET", "/v1/device", nonce=scene.nonce())).content
    assert who == {
        "library": scene.library,
        "device": "tram-1",
        "key_id": scene.key.id,
        "state": told,
        "server_key": scene.server_key,
    }
    scene.set_state(State.ACTIVE, scene.key)
    assert scene.send("POST", OPERATIONS, signed, body).status == 200, "what waited is taken when it is let in"


def test_answers_no_long_poll_with_data_when_the_station_is_revoked_meanwhile(scene: Scene) -> None:
    nonce = scene.nonce()
    cursor = scene.send("GET", scene.changes, scene.key.sign("GET", scene.changes, nonce=nonce)).content["cursor"]
    waiting = f"/v1/changes?library={scene.library}&cursor={cursor}&wait=20"
    headers = scene.key.sign("GET", waiting, nonce=scene.nonce())
    connection = HTTPConnection(urlsplit(scene.server.url).netloc, timeout=30)
    connection.request("GET", waiting, headers=headers)
    scene.server.ask(scene.key, "GET", "/v1/device")  # by now the poll waits
    with scene.store.writing.begin() as writing:
        devices.revoke(writing, scene.library, "tram-1")
    second = Key()
    let_in(scene.store, second, scene.library, "tram-2")
    body = json.dumps(
        request_of([Station(scene.library, "tram-2").check_out("TK.1", "00000000-0000-4000-8000-000000000000")])
        | {"library": scene.library, "device": "tram-2"}
    ).encode()
    assert scene.send("POST", OPERATIONS, second.sign("POST", OPERATIONS, body), body).status == 200
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["state"]) == (403, "revoked")
    connection.close()


NONCES: dict[str, Callable[[Scene], str | None]] = {
    "none": lambda scene: None,
    "invented": lambda scene: "A" * 22,
    "used": lambda scene: _used(scene),
    "of another station": lambda scene: _of_another(scene),
    "too old": lambda scene: _too_old(scene),
}


def _used(scene: Scene) -> str:
    nonce = scene.nonce()
    assert scene.send("GET", "/v1/device", scene.key.sign("GET", "/v1/device", nonce=nonce)).status == 200
    return nonce


def _too_old(scene: Scene) -> str:
    scene.nonce()
    with scene.store.writing.begin() as connection:
        secret = nonces.secret_of(connection, scene.library)
    return nonces.give(secret, scene.key.id, clock.now_ms() - nonces.GOOD_FOR_MS - 1)


def _of_another(scene: Scene) -> str:
    neighbour = Key()
    let_in(scene.store, neighbour, scene.library, "tram-2")
    return scene.nonce(neighbour)


@pytest.mark.parametrize("attack", NONCES)
@pytest.mark.parametrize("target", ["/v1/device", "/v1/changes?library={library}&cursor="])
def test_answers_401_and_a_fresh_nonce_when_the_nonce_is_not_good(scene: Scene, target: str, attack: str) -> None:
    target = target.format(library=scene.library)
    headers = scene.key.sign("GET", target, nonce=NONCES[attack](scene))
    answer = scene.refuses(401, lambda: scene.send("GET", target, headers), again=True)
    again = scene.key.sign("GET", target, nonce=answer.headers["tram-nonce"])
    assert scene.send("GET", target, again).status == 200


def test_tells_nothing_when_a_question_is_replayed(scene: Scene) -> None:
    headers = scene.key.sign("GET", scene.changes, nonce=scene.nonce())
    assert "Minh An" in scene.send("GET", scene.changes, headers).text
    scene.refuses(401, lambda: scene.send("GET", scene.changes, headers), again=True)


def test_changes_nothing_twice_when_a_batch_is_replayed(scene: Scene) -> None:
    body = scene.batch()
    headers = scene.key.sign("POST", OPERATIONS, body)
    assert scene.send("POST", OPERATIONS, headers, body).content["verdicts"][0]["verdict"] == "accepted"
    before = scene.everything()
    assert scene.send("POST", OPERATIONS, headers, body).content["verdicts"][0]["verdict"] == "duplicate"
    assert scene.everything() == before
    scene.set_state(State.REVOKED, scene.key)
    scene.refuses(403, lambda: scene.send("POST", OPERATIONS, headers, body), state="revoked")


@pytest.mark.parametrize("whose", [{"library": "{other}"}, {"library": "nowhere"}, {"device": "tram-2"}])
def test_answers_403_when_a_batch_names_another_library_or_station(scene: Scene, whose: dict[str, str]) -> None:
    named = {name: value.format(other=scene.other) for name, value in whose.items()}
    right = scene.batch()
    body = json.dumps(json.loads(right) | named).encode()
    signed = scene.key.sign("POST", OPERATIONS, body)
    scene.refuses(403, lambda: scene.send("POST", OPERATIONS, signed, body))
    scene.serves(right)


@pytest.mark.parametrize("named", ["{other}", "nowhere", ""])
def test_answers_403_when_a_question_names_another_library(scene: Scene, named: str) -> None:
    target = f"/v1/changes?library={named.format(other=scene.other)}&cursor="
    headers = scene.key.sign("GET", target, nonce=scene.nonce())
    scene.refuses(403, lambda: scene.send("GET", target, headers))
    scene.serves(scene.batch())


def test_touches_no_other_library_when_an_operation_names_one_in_its_body(scene: Scene) -> None:
    foreign = Station(library=scene.other, device="tram-1").check_in("TK.1")
    body = json.dumps(request_of([foreign], scene.library)).encode()
    before = scene.everything()
    answer = scene.send("POST", OPERATIONS, scene.key.sign("POST", OPERATIONS, body), body)
    assert answer.content["verdicts"][0]["reason"] == "unreadable"
    after = scene.everything()
    for name in ("loan", "loan_end", "check_in"):
        assert after[name] == before[name]
    told = [change for change in after["change"] if change not in before["change"]]
    assert {(change.library_id, change.kind) for change in told} == {(scene.library, "dispute")}
    new = [row for row in after["operation"] if row not in before["operation"]]
    assert {row.library_id for row in new} == {scene.library}


def test_records_nothing_when_an_upload_is_cut_off(scene: Scene) -> None:
    body = scene.batch()
    before = scene.everything()
    head = "".join(f"{name}: {value}\r\n" for name, value in scene.key.sign("POST", OPERATIONS, body).items())
    parts = urlsplit(scene.server.url)
    for length, sent in ((len(body) + 1, body), (len(body), body[:-1])):
        with socket.create_connection((parts.hostname, parts.port), 30) as line:
            line.sendall(f"POST {OPERATIONS} HTTP/1.1\r\nHost: x\r\n{head}Content-Length: {length}\r\n\r\n".encode())
            line.sendall(sent)
            line.shutdown(socket.SHUT_WR)
            assert b" 200 " not in line.recv(1_000)
    assert scene.everything() == before
    assert '"bug"' not in scene.server.log()
    scene.serves(body)


def test_answers_400_when_the_headers_are_huge(scene: Scene) -> None:
    parts = urlsplit(scene.server.url)
    with socket.create_connection((parts.hostname, parts.port), 30) as line:
        line.sendall(b"GET /v1/device HTTP/1.1\r\nSignature: " + b"x" * 100_000)
        assert line.recv(100).startswith(b"HTTP/1.1 400 ")


def test_shows_no_page_when_who_asks_sits_elsewhere(scene: Scene) -> None:
    scene.refuses(403, lambda: scene.send("GET", "/here", {"X-Forwarded-For": "192.0.2.7"}))
    assert scene.send("GET", "/here", {}).status == 200


# Made from a token and the enrolment that it is for: what is sent instead. A new key signs all of them.
TOKENS: dict[str, Callable[[Scene, dict[str, Any]], dict[str, Any]]] = {
    "another library": lambda scene, right: right | {"library": scene.other},
    "another device": lambda scene, right: right | {"device": "tram-9"},
    "a token of another library": lambda scene, right: right | {"token": scene.token(scene.other, "tram-2")},
    "a token of another device": lambda scene, right: right | {"token": scene.token(scene.library, "tram-3")},
    "a token that is too old": lambda scene, right: right | {"token": scene.token(minutes_ago=31)},
    "a token used by another key": lambda scene, right: right | {"token": _used_token(scene)},
    "a used token, typed otherwise": lambda scene, right: (
        right | {"token": f" {_used_token(scene).lower().replace('-', ' ')} "}
    ),
    "a token with a NUL behind it": lambda scene, right: right | {"token": right["token"] + "\0"},
    "a token in digits of another script": lambda scene, right: (
        right | {"token": right["token"].translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))}
    ),
    "a tampered token": lambda scene, right: (
        right | {"token": right["token"][:-1] + ("2" if right["token"].endswith("1") else "1")}
    ),
    "a token that is none": lambda scene, right: right | {"token": "x"},
    "a token that is too large": lambda scene, right: right | {"token": "Z" * 26},
    "no token": lambda scene, right: right | {"token": ""},
}


def _one_letter_off(token: str) -> str:
    return token[:-1] + ("2" if token.endswith("1") else "1")


def _used_token(scene: Scene) -> str:
    token = scene.token()
    first = Key()
    assert scene.enrol(first, scene.enrolment(first, token)).status == 200
    return token


@pytest.mark.parametrize("attack", TOKENS)
def test_answers_403_in_the_same_words_when_the_token_is_not_good(scene: Scene, attack: str) -> None:
    key = Key()
    right = scene.enrolment(key, scene.token())
    wrong = TOKENS[attack](scene, right)
    answer = scene.refuses(403, lambda: scene.enrol(key, wrong))
    assert answer.content["error"] == "This token is not good for this station: make a new one at the centre."
    assert "tram-nonce" not in answer.headers
    unknown = scene.send("GET", "/v1/device", key.sign("GET", "/v1/device"))
    assert (unknown.status, "again" in unknown.content) == (401, False)
    assert scene.enrol(key, right).content == {
        "key_id": key.id,
        "state": "pending",
        "server_key": scene.server_key,
        "proof": scene.proof(key.id),
    }


def test_enrols_once_when_a_key_is_known_or_a_station_active(scene: Scene) -> None:
    active = scene.enrolment(scene.key, scene.token(device="tram-1", replaces=True)) | {"device": "tram-1"}
    scene.refuses(403, lambda: scene.enrol(scene.key, active))
    early = scene.enrolment(key := Key(), scene.token())
    let_in(scene.store, Key(), scene.library, "tram-2")
    scene.refuses(403, lambda: scene.enrol(key, early))
    replacing = scene.enrolment(key, scene.token(replaces=True))
    assert scene.enrol(key, replacing).status == 200


def test_answers_401_when_an_enrolment_is_not_signed_by_its_own_key(scene: Scene) -> None:
    key, other = Key(), Key()
    right = scene.enrolment(key, scene.token())
    scene.refuses(401, lambda: scene.enrol(other, right))
    scene.refuses(401, lambda: scene.enrol(key, right | {"public_key": other.public_text}))
    scene.refuses(401, lambda: scene.enrol(key, right, headers={}))
    named_otherwise = key.sign(
        "POST", ENROLMENTS, json.dumps(right).encode(), parameters=f'keyid="{other.id}";alg="ed25519"'
    )
    scene.refuses(401, lambda: scene.enrol(key, right, headers=named_otherwise))
    replayed = key.sign("POST", ENROLMENTS, json.dumps(right).encode())
    scene.refuses(401, lambda: scene.enrol(key, right | {"device": "tram-9"}, headers=replayed))
    assert scene.enrol(key, right).status == 200


@pytest.mark.parametrize(
    "spoilt",
    [
        {"protocol": 2},
        {"public_key": "A"},
        {"public_key": "A" * 43 + "="},
        {"token": None},
        {"token": "-" * 100_000},
        {"library": ""},
    ],
)
def test_answers_400_when_an_enrolment_is_not_the_protocols_json(scene: Scene, spoilt: dict[str, Any]) -> None:
    key = Key()
    right = scene.enrolment(key, scene.token())
    scene.refuses(400, lambda: scene.enrol(key, right | spoilt))
    assert scene.enrol(key, right).status == 200


def test_answers_429_when_enrolments_fail_again_and_again(scene: Scene) -> None:
    key = Key()
    right = scene.enrolment(key, scene.token())
    for _ in range(10):
        scene.refuses(403, lambda: scene.enrol(key, right | {"token": "x"}, address="192.0.2.9"))
    scene.refuses(429, lambda: scene.enrol(key, right, address="192.0.2.9"))
    assert scene.enrol(key, right, address="192.0.2.10").status == 200, "others may"


def test_logs_no_token_when_it_refuses_or_takes_one(scene: Scene) -> None:
    key = Key()
    used, unused = scene.token(), scene.token()
    for token, device in ((used, "tram-2"), (unused, "tram-9"), (unused, unused)):
        scene.enrol(key, scene.enrolment(key, token) | {"device": device})
    log = scene.server.log()
    assert '"why":"token of another device"' in log
    assert '"event":"enrolled"' in log
    for token in (used, unused):
        assert token not in log
        assert token.replace("-", "") not in log
