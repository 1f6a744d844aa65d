"""script/demo: a whole library on this machine."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from demo import day
from demo.by_hand import QUOC_BAO
from demo.enrolment import enrol_station
from demo.office import Office
from demo.processes import DemoFailed, Kiosk, Server
from demo.school import LIBRARY, fill, write_config
from demo.sheet import write_sheet

TRY = """
Quét thử: gõ một dòng rồi nhấn Enter.   Type a line, then Enter; it acts as a scan.

  HS250001    thẻ của Minh An          a pupil's card
  TK.00001    Dế Mèn phiêu lưu ký      a book: scan the card first, or scan it again later to return it
  TK.00002    Cho tôi xin một vé đi tuổi thơ
  TC.0012     sách tra cứu             a reference book: read here only
  HS240003 rồi/then TK.00010           a book that the office lent him: scanning it renews it
  9786042134620                        a publisher's code, not the library's label

Thẻ và nhãn để in ra quét thử · cards and labels to print: {folder}/sheet.pdf
The centre's page: {url}
Close the window, or Ctrl+C here, to end. Everything of it is in {folder}
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/demo", description=__doc__)
    parser.add_argument("--headless", action="store_true", help="play a day without a display and compare the ledgers")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where pictures, figures and stores go (a new folder)")
    options = parser.parse_args()
    try:
        return _headless(options.out) if options.headless else _window(options.out)
    except DemoFailed as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1


def _headless(out: Path | None) -> int:
    if out is None:
        raise DemoFailed("--headless wants --out DIR")
    out = out.resolve()
    if out.exists() and any(out.iterdir()):
        if not (out / "station.log").exists():
            raise DemoFailed(f"{out} holds something else")
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
    print(json.dumps(day.play(out), indent=2))
    return 0


def _window(out: Path | None) -> int:
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise DemoFailed("no display here; try: script/demo --headless --out out")
    folder = (out or Path(tempfile.mkdtemp(prefix="tram-xanh-"))).resolve()
    (folder / "centre").mkdir(parents=True)
    server = Server(folder / "centre")
    fill(folder / "centre")
    server.start()
    try:
        Office(server, LIBRARY).lend(QUOC_BAO, "TK.00010", days_ago=5, due_in=9)
        sound = "alsa" if shutil.which("aplay") else "none"
        config = write_config(folder, server, scanner='kind = "lines"', sound=sound, quick=False)
        enrol_station(config, server, LIBRARY, "tram-1")
        write_sheet(folder / "sheet.pdf")
        print(TRY.format(url=server.url, folder=folder), flush=True)
        kiosk = Kiosk(config, folder / "station.log", None, display="")
        try:
            kiosk.process.wait()
        except KeyboardInterrupt:
            kiosk.stop()
    finally:
        server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
