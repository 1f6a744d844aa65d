"""A station's folders without a station: releases that write down that they were started."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import provisioning.chooser
from provisioning.chooser.choose import Places

CHOOSER = Path(provisioning.chooser.__file__).parent
PYTHON = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable


class StationRoot:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.places = Places(root)
        self.places.releases.mkdir(parents=True)
        self.places.marks.mkdir(parents=True)
        self.started = root / "started"
        self.started.touch()

    def install(self, version: str, ends_with: int = 1) -> None:
        release = self.places.releases / version
        (release / "bin").mkdir(parents=True)
        (release / "release.json").write_text(json.dumps({"version": version, "schema": "a"}))
        python = release / "bin/python"
        python.write_text(f'#!/bin/sh\necho "${{DISPLAY:-none}}" {version} "$@" >> {self.started}\nexit {ends_with}\n')
        python.chmod(0o755)

    def delete(self, version: str) -> None:
        shutil.rmtree(self.places.releases / version)

    def run(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        command = [PYTHON, "-I", "-S", str(CHOOSER / program), "--root", str(self.root), *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    def popen(self, program: str, *words: str) -> subprocess.Popen[str]:
        """In a group of its own, so that all that it begins can be ended."""
        command = [PYTHON, "-I", "-S", str(CHOOSER / program), "--root", str(self.root), *words]
        plain = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
        return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=plain, start_new_session=True)

    def start(self, *, chooses: bool = True) -> str:
        """As systemd does it; what was started: a version, or "staff"."""
        before = len(self.starts())
        if chooses:
            chosen = self.run("choose.py")
            assert chosen.returncode == 0, chosen.stderr
        with self.popen("start.py") as process:
            assert process.stderr is not None
            said = process.stderr.readline()
            if "staff are called" in said:
                process.kill()  # the picture would be shown for a minute
                return "staff"
            process.wait(60)
        assert len(self.starts()) == before + 1, said
        return self.starts()[-1].split()[1]

    def starts(self) -> list[str]:
        return self.started.read_text().splitlines()

    def mark(self, name: str, text: str = "") -> None:
        (self.places.marks / name).write_text(text)
