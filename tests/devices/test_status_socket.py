from __future__ import annotations

import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from devices.host.status_socket import NAME, STATUS, ask_word, serve_words


@contextmanager
def station(folder: Path, told: bytes) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=serve_words, args=(folder, {STATUS: lambda: told}, stop))
    thread.start()
    while not (folder / NAME).exists() or ask_word(folder) is None:
        assert thread.is_alive()
    yield
    stop.set()
    ask_word(folder)
    thread.join()


def test_tells_everybody_who_asks(tmp_path: Path) -> None:
    long = b"x" * 300_000
    with station(tmp_path, long):
        assert [ask_word(tmp_path) for _ in range(3)] == [long] * 3
        assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600
    assert not (tmp_path / NAME).exists()


def test_works_in_a_folder_whose_path_is_longer_than_an_address(tmp_path: Path) -> None:
    folder = tmp_path / ("d" * 120)
    folder.mkdir()
    with station(folder, b"{}"):
        assert ask_word(folder) == b"{}"


def test_takes_the_place_of_a_station_whose_power_went(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(tmp_path / NAME))
    assert ask_word(tmp_path) is None
    with station(tmp_path, b"{}"):
        assert ask_word(tmp_path) == b"{}"


def test_leaves_the_place_to_a_station_that_answers(tmp_path: Path) -> None:
    with station(tmp_path, b"first"):
        with pytest.raises(OSError, match="in use"):
            serve_words(tmp_path, {STATUS: lambda: b"second"}, threading.Event())
        assert ask_word(tmp_path) == b"first"


def test_hears_nothing_where_no_station_runs(tmp_path: Path) -> None:
    assert ask_word(tmp_path) is None
    assert ask_word(tmp_path / "not there") is None


def test_is_not_held_up_by_somebody_who_never_reads(tmp_path: Path) -> None:
    with station(tmp_path, b"y" * 5_000_000), socket.socket(socket.AF_UNIX) as idle:
        idle.connect(str(tmp_path / NAME))
        idle.close()
        assert ask_word(tmp_path) is not None


def test_answers_each_word_by_its_own_and_an_unknown_one_by_nothing(tmp_path: Path) -> None:
    stop = threading.Event()
    words = {STATUS: lambda: b"well", "resync": lambda: b"begun"}
    thread = threading.Thread(target=serve_words, args=(tmp_path, words, stop))
    thread.start()
    while ask_word(tmp_path) is None:
        assert thread.is_alive()
    assert ask_word(tmp_path, "resync") == b"begun"
    assert ask_word(tmp_path, "open the door") == b""
    assert ask_word(tmp_path, "x" * 100_000) in (b"", None)
    assert ask_word(tmp_path) == b"well"
    stop.set()
    ask_word(tmp_path)
    thread.join()


@pytest.mark.parametrize("how", [pytest.param("is slow", marks=pytest.mark.slow), "hangs up", "has no time to look"])
def test_one_that_gives_no_answer_is_there_all_the_same(tmp_path: Path, how: str) -> None:
    """Who took it for none would start it anew under a reader."""
    with socket.socket(socket.AF_UNIX) as busy, ExitStack() as others:
        busy.bind(str(tmp_path / NAME))
        busy.listen(0)
        if how == "hangs up":
            thread = threading.Thread(target=lambda: busy.accept()[0].close())
            thread.start()
            others.callback(thread.join)
        elif how == "has no time to look":
            other = others.enter_context(socket.socket(socket.AF_UNIX))
            other.connect(str(tmp_path / NAME))
        assert ask_word(tmp_path) == b""
