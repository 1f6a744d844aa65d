"""Debian's Chromium, driven from outside. No other browser is ever fetched."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, ViewportSize, sync_playwright

PROGRAM = shutil.which("chromium")
HOW_TO_GET_IT = "there is no Chromium here: sudo apt-get install chromium"

PHONE: ViewportSize = {"width": 360, "height": 740}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}

_OURS = Path(__file__).parents[2] / "screens" / "assets" / "fonts"
# The station's letters beside the machine's, so that a page is as wide on every machine.
_FONTS = f"""<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include><dir>{_OURS}</dir></fontconfig>
"""


@contextmanager
def running() -> Iterator[Browser]:
    """One, without a window. While it runs, this thread has an event loop that runs: nobody else may begin one."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        fonts = Path(folder) / "fonts.conf"
        fonts.write_text(_FONTS)
        # Root has no sandbox to put it into.
        browser = playwright.chromium.launch(
            executable_path=PROGRAM,
            chromium_sandbox=os.geteuid() != 0,
            env={**os.environ, "FONTCONFIG_FILE": str(fonts)},
        )
        try:
            yield browser
        finally:
            browser.close()
