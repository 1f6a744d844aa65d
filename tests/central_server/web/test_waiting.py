"""Files that were looked at wait where every process of the server finds them, and nobody but their sender."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from stat import S_IMODE
from threading import Barrier

import pytest
import requests

from central_server.imports.rows import Options
from central_server.people import Role
from central_server.web import waiting as waiting_module
from central_server.web.waiting import FOLDER, File, Waiting
from tests.central_server.support import serving
from tests.central_server.web.browser import Browser
from tests.central_server.web.conftest import World

HALF_AN_HOUR_MS = 30 * 60_000
OPTIONS = Options(sheets=("Sách",), encoding="tcvn3", values={"Loại": "STK"}, numbers_as_shown=True)
RAW = b"a\nb\r\n\0" * 3


def keep(waiting: Waiting, visit: str, now_ms: int, raw: bytes = RAW, library: str = "hoa-sen") -> str:
    return waiting.keep(visit, library, File("titles", "sách.csv", OPTIONS, raw), now_ms)


def test_a_file_waits_for_its_sender_alone_and_for_half_an_hour(tmp_path: Path) -> None:
    first, second = Waiting(tmp_path / FOLDER), Waiting(tmp_path / FOLDER)
    token = keep(first, "a", 0)
    assert second.take(token, "b", "hoa-sen", 1) is None
    assert second.take(token, "a", "sao-khue", 1) is None
    assert second.take("", "a", "hoa-sen", 1) is None
    assert second.take("*", "a", "hoa-sen", 1) is None
    assert second.take(token, "a", "hoa-sen", 1) == File("titles", "sách.csv", OPTIONS, RAW), "of another process"
    assert first.take(token, "a", "hoa-sen", 1) is None, "taken twice"
    late = keep(first, "a", 0)
    assert first.take(late, "a", "hoa-sen", HALF_AN_HOUR_MS) is None


def test_of_two_who_take_at_once_one_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have it open before one takes it away."""
    both, unlink = Barrier(2, timeout=10), Path.unlink
    token = keep(Waiting(tmp_path), "a", 0)

    def when_both_are_there(path: Path, missing_ok: bool = False) -> None:
        both.wait()
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", when_both_are_there)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _n: Waiting(tmp_path).take(token, "a", "hoa-sen", 1), range(2)))
    assert [one is None for one in found].count(True) == 1


def test_who_sends_another_one_means_that_one(tmp_path: Path) -> None:
    waiting = Waiting(tmp_path)
    first, second = keep(waiting, "a", 0), keep(waiting, "a", 1)
    assert waiting.take(first, "a", "hoa-sen", 2) is None
    assert waiting.take(second, "a", "hoa-sen", 2) is not None


def test_only_so_much_waits_and_only_for_so_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting_module, "_MOST_BYTES", 10_000)
    monkeypatch.setattr(waiting_module, "_MOST", 4)
    waiting = Waiting(tmp_path)
    tokens = [keep(waiting, f"v{number}", number, b"x" * 3_000) for number in range(5)]
    found = [waiting.take(one, f"v{number}", "hoa-sen", 9) is not None for number, one in enumerate(tokens)]
    assert found == [False, False, True, True, True], "too large together"
    for number in range(6):
        keep(waiting, f"v{number}", number)
    assert len(list(tmp_path.iterdir())) == 4, "too many"
    (tmp_path / f"{HALF_AN_HOUR_MS}.half.unfinished").write_bytes(b"of a process that was killed")
    waiting.tidy(HALF_AN_HOUR_MS + 3)
    assert len(list(tmp_path.iterdir())) == 2, "what waited for half an hour is there still"
    waiting.tidy(HALF_AN_HOUR_MS + 9)
    assert not list(tmp_path.iterdir())


def test_nothing_of_a_file_is_for_others_on_the_machine(tmp_path: Path) -> None:
    keep(Waiting(tmp_path / FOLDER), "a-visit-of-somebody", 0)
    (path,) = (tmp_path / FOLDER).iterdir()
    assert (S_IMODE(path.stat().st_mode), S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)
    assert not any(word in path.name for word in ("somebody", "hoa-sen", "csv"))


def test_without_a_folder_it_waits_in_this_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    waiting = Waiting(None)
    waiting.tidy(1)
    assert not list(tmp_path.iterdir())
    assert waiting.take(keep(waiting, "a", 0), "a", "hoa-sen", 1) is not None


def test_what_one_process_looked_at_another_takes(
    world: World, at_work: Callable[[Role], Browser], tmp_path: Path
) -> None:
    """Two servers of one database; what is left by one that was killed goes with the next."""
    releases = tmp_path / "releases"
    waiting = world.server.where if isinstance(world.server.where, Path) else tmp_path
    with serving(world.server.where, "--releases", releases) as first:
        browser = at_work(Role.LIBRARIAN)
        browser.url = first.url
        path = f"/desk/{world.library}/titles/import"
        browser.go(path)
        assert (
            browser.send(path, files={"file": ("x.csv", "Mã đầu sách,Nhan đề,Loại\nD7,Kính vạn hoa,STK\n".encode())})
            == 200
        )
        form = next(one for one in browser.forms if one.action.endswith("take"))
        (waiting / FOLDER / "1.left.unfinished").write_bytes(b"long ago")
    with serving(world.server.where, "--releases", releases) as second:
        sent = requests.post(second.url + f"{path}/take", data=form.fields, cookies=browser.session.cookies, timeout=30)
        assert sent.status_code == 200
        assert "Đã nhập tệp" in sent.text
        assert not [one for one in (waiting / FOLDER).iterdir() if one.name.endswith("unfinished")]
