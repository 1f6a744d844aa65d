"""The change feed over HTTP: pages, long polls, cursors of another database."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from central_server.database import Store, open_store
from tests.central_server.databases import Databases
from tests.central_server.support import ROOT, Server, Station, bring, bring_a_small_library, serving


def test_gives_everything_page_by_page_when_the_cursor_is_empty(server: Server, library: str) -> None:
    found, cursor = server.all_changes(library)
    assert [one["kind"] for one in found] == ["title"] + ["item"] * 3 + ["patron"] * 3
    title, item, patron = found[0], found[1], found[4]
    assert title["data"] == {
        "name": "Dế Mèn phiêu lưu ký",
        "author": "",
        "isbn": None,
        "call_number": "",
        "shelf": "",
    }
    assert item["data"] == {
        "title": title["id"],
        "barcode": "TK.1",
        "item_type": "STK",
        "status": "available",
        "in_house_only": False,
    }
    assert patron["data"] == {
        "shown_name": "Minh An",
        "class_name": "",
        "category": "hs",
        "valid_until": None,
        "blocked": False,
        "cards": ["HS1"],
        "suspended_until": None,
        "lifted_on": None,
        "note": None,
        "staff": None,
    }
    assert server.changes(library, cursor).json() == {"changes": [], "cursor": cursor, "more": False}


def test_gives_only_what_is_new_when_a_cursor_is_given(server: Server, library: str) -> None:
    found, cursor = server.all_changes(library)
    patron = found[-1]["id"]
    station = Station(library=library)
    out = station.check_out("TK.1", patron)
    server.post([out], library)
    page = server.changes(library, cursor).json()
    assert [(one["kind"], one["data"]["open"]) for one in page["changes"]] == [("loan", True)]
    server.post([station.check_in("TK.1")], library)
    found, _ = server.all_changes(library)
    assert [one["data"]["open"] for one in found if one["kind"] == "loan"] == [False], "one row for one loan"


def test_gives_nothing_of_another_library_when_both_change(server: Server, library: str, tmp_path: Path) -> None:
    store = open_store(server.where)
    bring_a_small_library(store, tmp_path, "khac")
    store.close()
    mine, cursor = server.all_changes(library)
    others, _ = server.all_changes("khac")
    assert {one["id"] for one in mine}.isdisjoint({one["id"] for one in others})
    server.post([Station(library="khac").check_out("TK.1", others[-1]["id"])], "khac")
    assert server.changes(library, cursor).json()["changes"] == []


@pytest.mark.parametrize(
    "parameters", [{"limit": 0}, {"limit": 2001}, {"limit": "x"}, {"wait": -1}, {"wait": 56}, {"wait": "nan"}]
)
def test_answers_400_when_a_parameter_is_out_of_range(server: Server, library: str, parameters: dict[str, Any]) -> None:
    answer = server.changes(library, **parameters)
    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert next(iter(parameters)) in answer.json()["error"]


@pytest.mark.slow
@pytest.mark.parametrize("cursor", ["x", "…", "AAAA", "YS4xLjE", "YWIuMS4x", "AC4xLjE", "a.1.1", "0" * 5000])
def test_answers_410_when_the_cursor_is_none_of_this_database(server: Server, library: str, cursor: str) -> None:
    answer = server.changes(library, cursor)
    assert (answer.status_code, list(answer.json())) == (410, ["error"])


def test_answers_410_when_the_cursor_is_of_another_library(server: Server, library: str, tmp_path: Path) -> None:
    store = open_store(server.where)
    bring_a_small_library(store, tmp_path, "nguoi-khac")
    store.close()
    _, cursor = server.all_changes("nguoi-khac")
    assert server.changes(library, cursor).status_code == 410


@pytest.mark.slow
def test_answers_410_when_the_database_was_restored_from_a_backup(databases: Databases, tmp_path: Path) -> None:
    where = databases.new()
    store = open_store(where)
    patron = bring_a_small_library(store, tmp_path)["patron"]["HS1"]
    store.close()
    with serving(where) as server:
        _, old = server.all_changes()
        backup = databases.backup(where)
        server.post([Station().check_out("TK.1", patron)])
        _, newer = server.all_changes()
        assert server.changes(cursor=old).status_code == 200
    with serving(where) as server:
        for cursor in (old, newer):
            assert server.changes(cursor=cursor).status_code == 200, "a restart alone forgets no cursor"
    with serving(backup) as restored:
        assert restored.changes(cursor=newer).status_code == 410
        station = Station()
        # The number of the lost change is taken again: the cursor must stay unknown.
        restored.post([station.check_out(barcode, patron) for barcode in ("TK.2", "TK.3")])
        assert restored.changes(cursor=newer).status_code == 410
        assert [one["kind"] for one in restored.changes(cursor=old).json()["changes"]] == ["loan", "loan"]


def test_answers_at_once_when_something_is_new_already(server: Server, library: str) -> None:
    begun = time.monotonic()
    assert server.changes(library, wait=30).json()["changes"]
    assert time.monotonic() - begun < 5


@pytest.mark.slow
def test_waits_its_time_when_nothing_happens(server: Server, library: str) -> None:
    _, cursor = server.all_changes(library)
    begun = time.monotonic()
    assert server.changes(library, cursor, wait=0.7).json() == {"changes": [], "cursor": cursor, "more": False}
    assert 0.6 < time.monotonic() - begun < 5


def test_answers_a_long_poll_when_an_operation_comes(server: Server, library: str) -> None:
    found, cursor = server.all_changes(library)
    out = Station(library=library).check_out("TK.1", found[-1]["id"])
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(server.changes, library, cursor, wait=30)
        time.sleep(0.3)
        begun = time.monotonic()
        server.post([out], library)
        assert [one["kind"] for one in waiting.result(10).json()["changes"]] == ["loan"]
    assert time.monotonic() - begun < 3


def test_answers_a_long_poll_when_an_import_in_another_process_adds_a_title(
    server: Server, beside: Store, library: str, tmp_path: Path
) -> None:
    _, cursor = server.all_changes(library)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(server.changes, library, cursor, wait=30)
        time.sleep(0.3)
        begun = time.monotonic()
        bring(beside, "titles", "Mã đầu sách,Nhan đề\nD2,Đất rừng phương Nam\n", tmp_path, library)
        assert [one["data"]["name"] for one in waiting.result(10).json()["changes"]] == ["Đất rừng phương Nam"]
    assert time.monotonic() - begun < 3


@pytest.mark.slow
def test_keeps_answering_when_many_long_polls_wait(server: Server, library: str) -> None:
    found, cursor = server.all_changes(library)
    for n in range(60):
        server.key(library, f"tram-{n}")
    before = threads_of(server.process)
    with ThreadPoolExecutor(60) as pool:
        waiting = [pool.submit(server.changes, library, cursor, f"tram-{n}", wait=30) for n in range(60)]
        time.sleep(0.5)
        assert server.changes(library).status_code == 200
        assert threads_of(server.process) <= before + 8
        taken = server.post([Station(library=library).check_out("TK.2", found[-1]["id"])], library)
        assert taken.status_code == 200, taken.text
        assert {len(one.result(20).json()["changes"]) for one in waiting} == {1}


def threads_of(process: subprocess.Popen[str]) -> int:
    return len(list(Path(f"/proc/{process.pid}/task").iterdir()))


@pytest.mark.slow
def test_answers_its_long_polls_and_ends_well_when_it_is_asked_to_stop(databases: Databases, tmp_path: Path) -> None:
    where = databases.new()
    store = open_store(where)
    bring_a_small_library(store, tmp_path)
    store.close()
    with serving(where) as server:
        _, cursor = server.all_changes()
        answers: list[int] = []
        waiting = threading.Thread(target=lambda: answers.append(server.changes(cursor=cursor, wait=50).status_code))
        waiting.start()
        time.sleep(0.4)
        server.process.terminate()
        assert server.process.wait(5) == 0
        waiting.join(5)
        assert answers == [200]
    if isinstance(where, Path):
        assert not (where / "central.sqlite-wal").exists(), "the log was folded into the file"


def test_tells_the_items_again_when_the_type_of_their_title_changes(
    server: Server, library: str, tmp_path: Path
) -> None:
    _, cursor = server.all_changes(library)
    store = open_store(server.where)
    bring(store, "titles", "Mã đầu sách,Nhan đề,Loại\nD1,Dế Mèn phiêu lưu ký,TT\n", tmp_path, library)
    store.close()
    changes = server.changes(library, cursor).json()["changes"]
    assert [(one["kind"], one["data"].get("item_type")) for one in changes] == [("item", "TT")] * 3


@pytest.mark.slow
def test_starts_without_alembic_when_the_schema_is_up_to_date(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    program = f"""import sys
from pathlib import Path
import central_server.app
from central_server.database import open_store
open_store(Path({str(tmp_path)!r})).close()
assert "alembic" not in sys.modules
"""
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
