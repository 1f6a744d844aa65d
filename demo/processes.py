"""Starting the real programs, and waiting for what they say."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 60.0
NO_DISPLAY = "none"


class DemoFailed(Exception):
    """Something was not as promised; the message says what."""


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, check=False)


def run_or_fail(*words: str) -> str:
    done = run(*words)
    if done.returncode != 0:
        raise DemoFailed(f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


class Server:
    """The central server on loopback; killed and started again on the same port. `options` of its `serve`."""

    def __init__(self, data: Path, *options: str, database: str = "") -> None:
        """`data` is its folder, also when its database is another (`database`, the URL)."""
        self.data = data
        self.where = ("--database", database) if database else ("--data", str(data))
        self._options = options
        self._scheme = "http"
        self._port = 0
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._port}"

    def start(self) -> None:
        words = ["central_server", "serve", *self.where, "--port", str(self._port), *self._options]
        self._process = subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=(self.data.parent / "server.log").open("a"),
            text=True,
        )
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE_S)
        line = self._process.stdout.readline() if ready else ""
        if "listening on" not in line:
            raise DemoFailed(f"the server did not start: {line!r}")
        self._scheme = line.removeprefix("listening on ").partition(":")[0]
        self._port = int(line.rsplit(":", 1)[1])

    def rss_mb(self) -> float:
        if self._process is None:
            raise DemoFailed("the server does not run")
        return _rss_mb(self._process.pid)

    def freeze(self) -> None:
        """Connections are taken by the kernel, and nobody answers until `thaw`."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """As the power does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE_S)
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None


class Kiosk:
    """The station's own process. Its log tells when something has been recorded."""

    def __init__(
        self,
        config: Path,
        log: Path,
        pictures: Path | None,
        *,
        display: str = NO_DISPLAY,
        environment: Mapping[str, str] = os.environ,
        before: Sequence[str] = (),
        program: Sequence[str] = ("-m", "kiosk"),
    ) -> None:
        """`display`: a name for DISPLAY, or "" for whatever `environment` has. `before`: words of a command that runs
        it; `program`: what Python runs."""
        self._log = log
        self._pictures = pictures
        self._read = log.stat().st_size if log.exists() else 0
        self._lines: list[dict[str, Any]] = []
        self._mark = 0
        environment = dict(environment)
        if display == NO_DISPLAY:
            environment["SDL_VIDEODRIVER"] = "offscreen"
        elif display:
            environment |= {"SDL_VIDEODRIVER": "x11", "DISPLAY": display}
        words = ["run", "--config", str(config)]
        if pictures is not None:
            words += ["--pictures", str(pictures)]
        self.process = subprocess.Popen([*before, sys.executable, *program, *words], cwd=ROOT, env=environment)

    def said(self) -> list[dict[str, Any]]:
        """Every log line so far."""
        if self._log.exists():
            with self._log.open(encoding="utf-8") as log:
                log.seek(self._read)
                text = log.read()
            whole = text.rfind("\n") + 1
            self._read += len(text[:whole].encode())
            self._lines += [json.loads(line) for line in text[:whole].splitlines()]
        return self._lines

    def wait_for(self, what: str, is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next line, after the one found last, for which `is_it`; raises DemoFailed after a minute."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            lines = self.said()
            for place in range(self._mark, len(lines)):
                if is_it(lines[place]):
                    self._mark = place + 1
                    return lines[place]
            if self.process.poll() is not None:
                raise DemoFailed(f"the station ended with {self.process.returncode} while waiting for {what}")
            time.sleep(0.01)
        raise DemoFailed(f"waited {PATIENCE_S:.0f} s in vain for {what}; last said: {self.said()[-5:]}")

    def act(self, name: str) -> dict[str, Any]:
        return self.wait_for(name, lambda line: line.get("act") == name)

    def notice(self, code: str) -> dict[str, Any]:
        return self.wait_for(f"notice {code}", lambda line: code in line.get("code", "").split())

    def wait_until_sent(self) -> None:
        """Until the outbox was empty at some time after the last recorded act."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            says = [line["says"] for line in self.said() if line["says"] == "outbox: drained" or "ms" in line]
            if says and says[-1] == "outbox: drained":
                return
            time.sleep(0.01)
        raise DemoFailed("the outbox was not sent in a minute")

    def pictured(self, page: str) -> None:
        """Until there is a picture of `page`, like "home-vi": what comes next would take the page away."""
        deadline = time.monotonic() + PATIENCE_S
        while self._pictures is None or not (self._pictures / f"{page}.png").exists():
            if time.monotonic() > deadline:
                raise DemoFailed(f"no picture of {page} came")
            time.sleep(0.05)

    def cpu_s(self) -> float:
        """Of all its threads, since it began."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mb(self) -> float:
        return _rss_mb(self.process.pid)

    def kill(self) -> None:
        """As the power does."""
        self.process.kill()
        self.process.wait(PATIENCE_S)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise DemoFailed("the station did not stop when asked") from None
        if code != 0:
            raise DemoFailed(f"the station ended with {code}")


def _rss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise DemoFailed("no VmRSS")
