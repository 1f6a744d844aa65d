"""A sitting with a camera, a serial scanner and a finger, at a window on a real display in memory."""

from __future__ import annotations

import json
import time
from pathlib import Path

from demo.camera_pictures import barcode, hold_up, scene
from demo.processes import DemoFailed, Kiosk, Server, run
from demo.school import Scanner, write_config
from demo.touchscreen import Touchscreen

GIA_HAN, QUOC_BAO = "HS250002", "HS240003"
LENT_BY_THE_OFFICE = "TK.00014"
"""To Quốc Bảo, who renews it with a finger."""

# Where keys are, as shares of the window's width and height.
_MAIN_KEY = (0.68, 0.89)
_MY_BOOKS_OF_HOME = (0.24, 0.89)
_FIRST_RENEW_KEY = (0.85, 0.22)
_VIEW_S = 2.2
"""How long a code must be out of the camera's view before it counts again."""


class Hands:
    def __init__(self, folder: Path, server: Server, scanner: Scanner, screen: Touchscreen) -> None:
        self._view = folder / "camera"
        self._view.mkdir()
        self._shown = 0
        self.scanner = scanner
        self.screen = screen
        lines = f'kind = "serial"\nport = "{scanner.device}"\n\n[[scanner]]\nkind = "camera"\npath = "camera"'
        self.config = write_config(folder, server, scanner=lines, fullscreen=True, quick=False)
        pictures = folder / "by-hand"
        self.kiosk = Kiosk(self.config, folder / "station.log", pictures, display=screen.name)

    def show(self, code: str) -> None:
        """A little askew, with a sensor's noise. Named by number: a file's name must not tell whose card it is."""
        self._shown += 1
        picture = scene(barcode(code), turned=5, tilted=0.05, blurred=0.7, noise=4)
        hold_up(self._view, f"{self._shown:03}.png", picture)

    def tap(self, place: tuple[float, float]) -> None:
        time.sleep(0.5)  # a hand needs a moment, and a picture of the page too
        self.screen.tap(*place)


def sit(folder: Path, server: Server, scanner: Scanner) -> dict[str, object]:
    """What the camera and the finger did, for the summary. Raises DemoFailed at a broken promise."""
    screen = Touchscreen()
    try:
        hands = Hands(folder, server, scanner, screen)
        try:
            _wait_until_ready(hands.kiosk)
            _borrow_by_camera_and_serial(hands)
            _return_by_camera(hands)
            _renew_by_touch(hands)
            hands.kiosk.wait_until_sent()
            return {"status": _status(hands.config)}
        finally:
            hands.kiosk.stop()
    finally:
        screen.close()


def _wait_until_ready(kiosk: Kiosk) -> None:
    kiosk.wait_for("the first frame", lambda line: line.get("figure") == "first_frame_s")
    kiosk.wait_for("the camera", lambda line: line["says"] == "camera camera: open")
    kiosk.pictured("home-vi")


def _borrow_by_camera_and_serial(hands: Hands) -> None:
    kiosk = hands.kiosk
    hands.show(GIA_HAN)
    kiosk.act("PatronFound")
    hands.scanner.scan("TK.00012")
    kiosk.act("LoanRecorded")
    hands.show("TK.00013")
    kiosk.act("LoanRecorded")
    kiosk.pictured("borrow-vi")
    hands.tap(_MAIN_KEY)
    kiosk.act("Finished")
    kiosk.pictured("finish-vi")
    hands.tap(_MAIN_KEY)
    kiosk.act("Home")


def _return_by_camera(hands: Hands) -> None:
    time.sleep(_VIEW_S)
    hands.show("TK.00013")
    hands.kiosk.act("ReturnRecorded")
    hands.kiosk.pictured("give_back-vi")
    hands.tap(_MAIN_KEY)
    hands.kiosk.act("Home")


def _renew_by_touch(hands: Hands) -> None:
    hands.tap(_MY_BOOKS_OF_HOME)
    hands.kiosk.act("CardFirst")
    hands.show(QUOC_BAO)
    hands.kiosk.act("BooksListed")
    hands.kiosk.pictured("my_books-vi")
    hands.tap(_FIRST_RENEW_KEY)
    hands.kiosk.act("LoanRecorded")
    hands.tap(_MAIN_KEY)
    hands.kiosk.act("Finished")
    hands.tap(_MAIN_KEY)
    hands.kiosk.act("Home")


def _status(config: Path) -> object:
    done = run("kiosk", "status", "--json", "--config", str(config))
    told = json.loads(done.stdout)
    if done.returncode != 0 or set(told["running"]["devices"].values()) != {"ready"}:
        raise DemoFailed(f"the station says of itself: {told}")
    return told
