"""What only a keyboard can do; what it shares with other scanners is in the contract, what its keys mean in
test_keystrokes. A FIFO stands for the node under /dev/input."""

from __future__ import annotations

import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from devices.scanners.framing import CUT_OFF
from devices.scanners.keyboard_scanner import KeyboardConfig, KeyboardScanner, open_node
from devices.scanners.keystrokes import EV_SYN, SYN_DROPPED, Keystrokes
from devices.simulated.keyboard_node import Event, KeyboardNode, OpenNode, typed
from tests.devices.scanner_rig import PATIENCE_S, Running

pytestmark = pytest.mark.slow

NO_SILENCE_MS = int(PATIENCE_S * 10_000)
ID = "1a86:e129"


class Inputs:
    """A folder of nodes like /dev/input."""

    def __init__(self, folder: Path, plugs: ExitStack) -> None:
        self._folder = folder
        self._plugs = plugs
        self._nodes: dict[str, KeyboardNode] = {}

    def add(self, **about: Any) -> KeyboardNode:
        path = self._folder / f"event{len(self._nodes)}"
        node = self._nodes[str(path)] = self._plugs.enter_context(KeyboardNode(path, **about))
        return node

    def paths(self) -> list[str]:
        return sorted(str(path) for path in self._folder.iterdir())

    def open(self, path: str) -> OpenNode:
        if path not in self._nodes:
            raise FileNotFoundError(2, os.strerror(2))
        return self._nodes[path].open()

    def scanner(self, keystrokes: Keystrokes | None = None, **config: Any) -> KeyboardScanner:
        config = {"silence_ms": NO_SILENCE_MS} | config
        return KeyboardScanner(
            KeyboardConfig(**config), keystrokes, nodes=self.paths, open_node=self.open, retry_s=0.05
        )


@pytest.fixture
def inputs(tmp_path: Path) -> Iterator[Inputs]:
    with ExitStack() as plugs:
        yield Inputs(tmp_path, plugs)


@pytest.mark.parametrize(
    "looked_for",
    [{"id": ID}, {"id": "1A86:E129"}, {"name": "wch.*scanner"}, {"name": "WCH BarCode Scanner"}, {"path": "event3"}],
)
def test_finds_its_keyboard_among_all_inputs(inputs: Inputs, tmp_path: Path, looked_for: dict[str, str]) -> None:
    inputs.add(vendor=0x046D, product=0xC31C, name="A keyboard")
    inputs.add(vendor=0x1A86, product=0xE128, name="Not a WCH BarCode Scanner")
    inputs.add(keys=[113, 114, 115])  # the scanner's other half: keys for the volume
    scanner = inputs.add()
    if "path" in looked_for:
        looked_for = {"path": str(tmp_path / looked_for["path"])}
    with Running(inputs.scanner(**looked_for)) as at_work:
        assert at_work.next_lost() is False
        scanner.scan("TK.00123")
        assert at_work.texts(1) == ["TK.00123"]


def test_reads_each_of_two_alike_once(inputs: Inputs) -> None:
    keyboards = [inputs.add(), inputs.add()]
    with Running(inputs.scanner(id=ID)) as first, Running(inputs.scanner(id=ID)) as second:
        assert first.next_lost() is False
        assert second.next_lost() is False
        for keyboard in keyboards:
            keyboard.scan("TK.00123")
        assert first.texts(1) == second.texts(1) == ["TK.00123"]
        first.end()
        second.end()
        assert first.left() == second.left() == []


def test_reads_none_that_it_cannot_have_for_itself(inputs: Inputs, caplog: pytest.LogCaptureFixture) -> None:
    """A key that goes elsewhere too may do anything there."""
    keyboard = inputs.add()
    other = keyboard.open()
    other.grab()
    with Running(inputs.scanner(id=ID)) as at_work:
        assert at_work.next_lost() is True
        keyboard.scan("TK.00122")
        other.close()
        assert at_work.next_lost() is False
        keyboard.scan("TK.00123")
        assert at_work.texts(1) == ["TK.00123"]
    assert caplog.text.count("another program has grabbed it") == 1


@pytest.mark.parametrize("looked_for", ["id", "path"])
def test_says_plainly_that_it_may_not_read(inputs: Inputs, looked_for: str, caplog: pytest.LogCaptureFixture) -> None:
    keyboard = inputs.add()
    keyboard.openable = False
    config = {"id": ID} if looked_for == "id" else {"path": str(keyboard.path)}
    at_work = Running(inputs.scanner(**config))
    at_work.stop = looked = CountsWaits(4)
    with at_work:
        assert looked.waited.wait(PATIENCE_S)
        assert at_work.left_lost() == [True]
        assert caplog.text.count("this account may not read it; it must belong to the group") == 1
        keyboard.openable = True
        assert at_work.next_lost() is False


class CountsWaits(threading.Event):
    """A stop signal that tells when the scanner has waited for it so many times."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._left = count
        self.waited = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        self._left -= 1
        if self._left <= 0:
            self.waited.set()
        return super().wait(timeout)


def test_tells_each_new_reason_why_it_is_missing(inputs: Inputs, caplog: pytest.LogCaptureFixture) -> None:
    with Running(inputs.scanner(id=ID)) as at_work:
        assert at_work.next_lost() is True
        keyboard = inputs.add()
        assert at_work.next_lost() is False
        keyboard.scan("TK.00123")
        assert at_work.texts(1) == ["TK.00123"]
        keyboard.openable = False
        keyboard.plug()
        assert at_work.next_lost() is True
        wait_until(lambda: "may not read it" in caplog.text)
        assert at_work.left_lost() == []
    assert caplog.text.count("none of 0 input devices is it") == 1
    assert caplog.text.count("hung up") == 1


def wait_until(true: Any) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_reads_on_when_it_is_plugged_in_again(inputs: Inputs) -> None:
    keyboard = inputs.add()
    with Running(inputs.scanner(name="WCH.*")) as at_work:
        for code in ("TK.00001", "TK.00002", "TK.00003"):
            assert at_work.next_lost() is False
            keyboard.scan(code)
            assert at_work.texts(1) == [code]
            keyboard.unplug()
            assert at_work.next_lost() is True
            keyboard.plug()
        assert at_work.next_lost() is False


class KeepsHalfScans(Keystrokes):
    def reset(self) -> None:
        pass


@pytest.mark.parametrize(
    ("keystrokes", "next_scan"),
    [(None, "tk.00123"), (KeepsHalfScans(NO_SILENCE_MS), "PM.00TK>))!@#")],
    ids=["protected", "control"],
)
def test_drops_half_a_scan_when_it_is_unplugged(inputs: Inputs, keystrokes: Keystrokes | None, next_scan: str) -> None:
    keyboard = inputs.add()
    with Running(inputs.scanner(keystrokes, id=ID)) as at_work:
        assert at_work.next_lost() is False
        now = time.monotonic()
        held = [*typed("T", now, end=None)][:2]  # Shift, and its report
        keyboard.send(*typed("PM.00001", now), *typed("PM.00", now, end=None), *held)
        assert at_work.texts(1) == ["PM.00001"]
        keyboard.unplug()
        assert at_work.next_lost() is True
        keyboard.plug()
        assert at_work.next_lost() is False
        keyboard.scan("tk.00123")
        assert at_work.texts(1) == [next_scan]


class NodeOnSocket(OpenNode):
    """Whose reading fails in the end, like that of a node whose device is gone: ENODEV there, ECONNRESET here."""

    def __init__(self, node: KeyboardNode, data: bytes) -> None:
        super().__init__(node)
        os.close(self._fd)
        ours, theirs = socket.socketpair()
        ours.send(b"unread")
        theirs.send(data)
        theirs.close()
        ours.setblocking(False)
        self._fd = ours.detach()
        self.closed = threading.Event()

    def close(self) -> None:
        super().close()
        self.closed.set()


def test_takes_a_node_that_cannot_be_read_for_one_that_is_unplugged(inputs: Inputs) -> None:
    keyboard = inputs.add()
    broken = NodeOnSocket(keyboard, b"")
    nodes = iter([broken, keyboard.open()])
    scanner = KeyboardScanner(
        KeyboardConfig(path="event0", silence_ms=NO_SILENCE_MS), open_node=lambda _: next(nodes), retry_s=0.05
    )
    with Running(scanner) as at_work:
        assert at_work.next_lost() is True
        assert at_work.next_lost() is False
        keyboard.scan("TK.00123")
        assert at_work.texts(1) == ["TK.00123"]
    assert broken.closed.is_set()


def test_throws_away_what_was_typed_before_it_began(inputs: Inputs) -> None:
    keyboard = inputs.add()
    keyboard.scan("TK.00001")
    with Running(inputs.scanner(id=ID)) as at_work:
        assert at_work.next_lost() is False
        keyboard.scan("TK.00002")
        assert at_work.texts(1) == ["TK.00002"]


def test_ends_by_silence_what_has_no_enter(inputs: Inputs) -> None:
    keyboard = inputs.add()
    with Running(inputs.scanner(id=ID, silence_ms=100)) as at_work:
        assert at_work.next_lost() is False
        keyboard.send(*typed("PM.00", time.monotonic(), end=None))
        assert at_work.texts(1) == ["PM.00"]
        keyboard.scan("TK.00123")
        assert at_work.texts(1) == ["TK.00123"]


def test_takes_for_half_a_scan_what_has_no_enter_where_one_is_known(inputs: Inputs) -> None:
    keyboard = inputs.add()
    with Running(inputs.scanner(id=ID, silence_ms=100, end="enter")) as at_work:
        assert at_work.next_lost() is False
        keyboard.send(*typed("PM.00", time.monotonic(), end=None))
        assert at_work.texts(1) == ["PM.00" + CUT_OFF]


def test_tells_codes_apart_that_it_reads_late(inputs: Inputs) -> None:
    """The machine was busy for ten seconds; the kernel knows when each key was pressed."""
    keyboard = inputs.add()
    with Running(inputs.scanner(id=ID, silence_ms=100)) as at_work:
        assert at_work.next_lost() is False
        began = time.monotonic() - 10
        late = [*typed("PM.00", began, 0.008, end=None), *typed("TK.00123", began + 1, 0.008, end=None)]
        keyboard.send(*late, *typed("TK.00124", began + 2, 0.008))
        assert at_work.texts(3) == ["PM.00", "TK.00123", "TK.00124"]


def test_reads_events_that_come_in_pieces(inputs: Inputs) -> None:
    keyboard = inputs.add()
    with Running(inputs.scanner(id=ID)) as at_work:
        assert at_work.next_lost() is False
        for byte in b"".join(event.packed() for event in typed("đ 1", time.monotonic())):
            keyboard.send_bytes(bytes([byte]))
        assert at_work.texts(1) == ["đ 1"]


def test_drops_what_the_kernel_lost_events_of(inputs: Inputs, caplog: pytest.LogCaptureFixture) -> None:
    keyboard = inputs.add()
    with Running(inputs.scanner(id=ID, silence_ms=100)) as at_work:
        assert at_work.next_lost() is False
        began = time.monotonic() - 10
        keyboard.send(*typed("HS25", began, end=None), Event(began, EV_SYN, SYN_DROPPED, 0), *typed("0004", began))
        keyboard.send(*typed("TK.00123", began + 1))
        assert at_work.texts(1) == ["TK.00123"]
    assert caplog.text.count("the kernel lost events") == 1


def test_logs_no_key(inputs: Inputs, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    keyboard = inputs.add()
    with Running(inputs.scanner(id=ID)) as at_work:
        assert at_work.next_lost() is False
        keyboard.scan("XZ")  # as a person's
        keyboard.scan("XZ.00123")
        now = time.monotonic()
        f2 = [event._replace(code=60) for event in typed("q", now, end=None)]
        keyboard.send(*f2, *typed("XZQ", now), *f2, *typed("XZQ", now))
        keyboard.scan("XZ.00124")
        assert at_work.texts(2) == ["XZ.00123", "XZ.00124"]
        keyboard.unplug()
        assert at_work.next_lost() is True
    assert caplog.text.count("a combination of keys, was refused") == 1
    assert caplog.text.count("keys as a person types them were not taken") == 1
    assert "XZ" not in caplog.text


EVDEV = """
import os

class InputDevice:
    def __init__(self, path):
        if path.endswith("event0"):
            b"WCH \\xc3".decode()
        self._fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    def fileno(self):
        return self._fd
    def close(self):
        os.close(self._fd)
"""


@pytest.fixture
def another_evdev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The package as EVDEV has it; whoever imports it after this test gets none of that."""
    (tmp_path / "evdev.py").write_text(EVDEV)
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop("evdev", None)
    yield
    sys.modules.pop("evdev", None)


@pytest.mark.usefixtures("another_evdev")
@pytest.mark.parametrize(("node", "why"), [("event0", "its name is not UTF-8"), ("event1", "Inappropriate ioctl")])
def test_passes_over_a_node_that_cannot_be_asked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, node: str, why: str
) -> None:
    """What the package raises then, whichever device it was, ends no scanner's thread."""
    os.mkfifo(tmp_path / node)
    with Running(KeyboardScanner(KeyboardConfig(path=str(tmp_path / node)))) as at_work:
        assert at_work.next_lost() is True
    with Running(KeyboardScanner(KeyboardConfig(id=ID), nodes=lambda: [str(tmp_path / node)])) as at_work:
        assert at_work.next_lost() is True
    assert why in caplog.text
    assert "none of 1 input devices is it" in caplog.text


@pytest.mark.parametrize("what", ["nothing", "file", "fifo"])
def test_takes_what_is_no_input_device_for_a_missing_scanner(tmp_path: Path, what: str) -> None:
    pytest.importorskip("evdev", reason="evdev is an extra that has no wheel")
    path = tmp_path / "event0"
    if what == "file":
        path.write_bytes(b"TK.00123\r")
    elif what == "fifo":
        os.mkfifo(path)
    with pytest.raises(OSError):  # noqa: PT011
        open_node(str(path))
    with Running(KeyboardScanner(KeyboardConfig(path=str(path)))) as at_work:
        assert at_work.next_lost() is True
        at_work.end()
        assert at_work.left() == []
