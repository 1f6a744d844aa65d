"""The protocol over HTTP, against the real server process."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import get_args

import pytest
import requests

from central_server import bodies, pages
from central_server.database import Store, open_store
from central_server.ledger import read_ledger
from central_server.wire import Reason
from tests.central_server.databases import Databases
from tests.central_server.support import Operation, Server, Station, loan_of, request_of, serving


def sentence_of(answer: requests.Response, status: int) -> str:
    """The sentence of a fault: `{"error": "…"}` and nothing else."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    content = answer.json()
    assert list(content) == ["error"]
    return str(content["error"])


def rename(store: Store, table: str, name: str) -> None:
    with store.writing.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {name}")


def patron_of(server: Server, library: str) -> str:
    found, _ = server.all_changes(library)
    return str(next(one["id"] for one in found if one["kind"] == "patron"))


def test_answers_a_verdict_for_each_when_operations_come(server: Server, library: str) -> None:
    station = Station(library=library)
    lent = station.check_out("TK.1", patron_of(server, library))
    answer = server.post([lent, station.check_in("TK.9")], library)
    assert answer.status_code == 200
    told = server.changes(library).json()["changes"]
    numbers = {one["id"]: one["number"] for one in told if one["kind"] == "loan"}
    assert numbers.keys() == {loan_of(lent)}
    assert answer.json() == {
        "verdicts": [
            {"epoch": station.epoch, "seq": 1, "verdict": "accepted", "reason": None, "loans": numbers},
            {"epoch": station.epoch, "seq": 2, "verdict": "disputed", "reason": "unknown_item", "loans": {}},
        ]
    }


def test_takes_500_operations_when_they_come_at_once(server: Server, library: str) -> None:
    station = Station(library=library)
    answer = server.post([station.check_in("TK.1") for _ in range(500)], library)
    assert {one["verdict"] for one in answer.json()["verdicts"]} == {"accepted"}


def test_answers_413_when_there_are_more_than_500_operations(server: Server, library: str) -> None:
    station = Station(library=library)
    assert "501" in sentence_of(server.post([station.check_in("TK.1") for _ in range(501)], library), 413)


@pytest.mark.parametrize("chunked", [False, True])
def test_answers_413_when_the_request_is_larger_than_4_mib(server: Server, chunked: bool) -> None:
    assert "4194304" in sentence_of(server.post_raw(b" " * (4 * 1024 * 1024 + 1), chunked=chunked), 413)


def test_takes_a_request_when_it_is_exactly_4_mib(server: Server, library: str) -> None:
    raw = json.dumps(request_of([Station(library=library).check_in("TK.1")], library)).encode()
    assert server.post_raw(raw.ljust(4 * 1024 * 1024), library).status_code == 200


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"<html>",
        b"[]",
        b"\xff\xfe",
        b"[" * 200_000,
        b'{"protocol":1,"library":"x","device":"y"}',
        b'{"protocol":1,"library":"x","device":"y","operations":[]}',
        b'{"protocol":1,"library":"","device":"y","operations":[]}',
        b'{"protocol":2,"library":"x","device":"y","operations":[{}]}',
        b'{"protocol":1,"library":"x","device":"y\\u0000","operations":[{}]}',
        b'{"protocol":1,"library":"x","device":"y\\ud800","operations":[{}]}',
    ],
)
def test_answers_400_when_the_request_is_not_the_protocols_json(server: Server, raw: bytes) -> None:
    assert sentence_of(server.post_raw(raw), 400).endswith(".")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epoch", "AB" * 16),
        ("epoch", "ab" * 16 + "\n"),
        ("seq", 0),
        ("seq", 2**64),
        ("seq", "1"),
        ("hash", "12"),
        ("body", None),
        ("body", {}),
        ("reader", {"patron": "An", "salt": "00" * 16}),
        ("reader", {"patron": "7c3f5d5e-0b0a-4a52-9d0e-0f0f5a2d9b11"}),
    ],
)
def test_answers_400_and_names_the_place_when_an_operation_is_malformed(
    server: Server, library: str, field: str, value: object
) -> None:
    station = Station(library=library)
    batch = [station.check_in("TK.1"), {**station.check_in("TK.2"), field: value}]
    assert "operations[1]" in sentence_of(server.post(batch, library), 400) or field == "reader"
    assert server.post(batch[:1], library).json()["verdicts"][0]["verdict"] == "accepted", (
        "the good one was not recorded"
    )


def test_ignores_fields_of_the_request_when_it_does_not_know_them(server: Server, library: str) -> None:
    operation = Station(library=library).check_in("TK.1") | {"weather": "sun"}
    request = request_of([operation], library) | {"signature": "…"}
    assert server.post_raw(json.dumps(request).encode(), library).status_code == 200


def test_answers_404_when_the_path_is_unknown(server: Server) -> None:
    sentence_of(requests.get(f"{server.url}/v1/no-such", timeout=5), 404)


def test_answers_405_when_the_method_is_wrong(server: Server) -> None:
    sentence_of(requests.get(f"{server.url}/v1/operations", timeout=5), 405)


def test_answers_503_when_another_process_writes(server: Server, beside: Store, library: str) -> None:
    operation = Station(library=library).check_in("TK.1")
    server.key(library)
    with beside.writing.begin():
        assert "busy" in sentence_of(server.post([operation], library), 503)
    assert server.post([operation], library).json()["verdicts"][0]["verdict"] == "accepted"


def test_answers_500_and_goes_on_when_the_database_is_not_as_it_should_be(
    server: Server, beside: Store, library: str
) -> None:
    operation = Station(library=library).check_in("TK.1")
    rename(beside, "voided", "elsewhere")
    try:
        assert "fault" in sentence_of(server.post([operation], library), 500)
    finally:
        rename(beside, "elsewhere", "voided")
    assert server.post([operation], library).json()["verdicts"][0]["verdict"] == "accepted"


def test_says_that_it_is_well_when_asked(server: Server) -> None:
    health = requests.get(f"{server.url}/v1/health", timeout=5).json()
    assert health.keys() == {"status", "protocol", "version", "now_ms"}
    assert (health["status"], health["protocol"]) == ("ok", 1)
    assert abs(health["now_ms"] - time.time() * 1000) < 60_000


def test_documents_the_wire_when_openapi_is_asked_for(server: Server) -> None:
    document = requests.get(f"{server.url}/openapi.json", timeout=5).json()
    post = document["paths"]["/v1/operations"]["post"]
    assert post["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/OperationsRequest")
    assert set(post["responses"]) == {"200", "400", "401", "403", "413", "503"}
    assert set(document["paths"]["/v1/changes"]["get"]["responses"]) == {"200", "400", "401", "403", "410", "503"}
    names = set(document["components"]["schemas"])
    assert {"Operation", "OperationsAnswer", "Verdict", "ChangesAnswer", "HealthAnswer", "Fault"} <= names
    assert document["components"]["schemas"]["Reason"]["enum"] == sorted(Reason)


def test_records_once_when_the_same_batch_comes_from_many_at_once(server: Server, library: str) -> None:
    station = Station(library=library)
    batch = [station.check_in("TK.1") for _ in range(50)]
    seen: list[str] = []

    def send() -> None:
        seen.extend(one["verdict"] for one in server.post(batch, library).json()["verdicts"])

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (seen.count("accepted"), seen.count("duplicate")) == (50, 250)


@pytest.mark.slow
def test_records_once_when_two_servers_work_on_one_database(server: Server, library: str) -> None:
    station = Station(library=library)
    batches = [[station.check_in("TK.1") for _ in range(20)] for _ in range(10)]
    with serving(server.where) as other, ThreadPoolExecutor(4) as pool:
        other.keys[library, station.device] = server.key(library)

        def send(one: Server, batch: list[Operation]) -> int:
            while (status := one.post(batch, library).status_code) == 503:
                pass  # busy with the other's
            return status

        posts = [pool.submit(send, one, batch) for batch in batches for one in (server, other)]
        assert {post.result(60) for post in posts} == {200}
    store = open_store(server.where, create=False)
    kept = [(one["epoch"], one["seq"]) for one in read_ledger(store, library)["operations"]]
    store.close()
    assert sorted(kept) == [(station.epoch, seq) for seq in range(1, 201)]


def test_logs_no_personal_data_when_it_works(server: Server, library: str) -> None:
    patron = patron_of(server, library)
    server.post([Station(library=library).check_out("TK.1", patron)], library)
    log = server.log()
    assert all(json.loads(line)["event"] for line in log.splitlines())
    assert '"accepted":1' in log
    for word in ("HS1", "Minh An", "Dế Mèn", patron):
        assert word not in log


def test_escapes_what_stations_send_when_it_shows_the_page(server: Server, library: str) -> None:
    station = Station(library=library, device="<b>tram</b>")
    out = station.check_out("<script>alert(1)</script>", patron_of(server, library))
    raw = json.dumps(request_of([out], library, station.device)).encode()
    assert server.post_raw(raw, library, station.device).json()["verdicts"][0]["reason"] == "unknown_item"
    answer = requests.get(f"{server.url}/here", timeout=5)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text
    assert "&lt;b&gt;tram&lt;/b&gt;" in answer.text
    assert "<script" not in answer.text
    assert "mã vạch không có trong danh mục" in answer.text
    for word in ("Minh An", "HS1"):
        assert word not in answer.text


def test_shows_the_page_when_the_store_has_no_library(store: Store) -> None:
    assert "Chưa có thư viện nào" in pages.overview(store)


def test_has_words_for_every_kind_and_every_reason() -> None:
    kinds = {str(one.__struct_config__.tag) for one in get_args(bodies.Body)}
    assert pages.KINDS.keys() == kinds | {None}
    assert pages.REASONS.keys() == set(Reason)


@pytest.mark.slow
def test_shows_the_page_when_there_is_no_library(databases: Databases) -> None:
    with serving(databases.new()) as fresh:
        assert "chưa có thư viện nào" in requests.get(fresh.url, timeout=5).text
